#pragma once
/// What topics and their patterns look like.

#include <cairn/base/result.hpp>

#include <cstddef>
#include <string_view>

namespace cairn::actor {

inline constexpr size_t topic_bytes_max = 1024;
inline constexpr size_t topic_words_max = 32;

/// A topic: words of any characters but white space, `*` and `>`, joined by dots.
Result<> check_topic(std::string_view topic);
/// Likewise, but a word may be `*`, and the last one `>`.
Result<> check_pattern(std::string_view pattern);

}  // namespace cairn::actor
