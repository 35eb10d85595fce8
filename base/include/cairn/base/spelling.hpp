#pragma once
/// For those who mistype.

#include <span>
#include <string_view>

namespace cairn {

/// The one of `known` that looks most like `word`: at most two characters are to be added, dropped
/// or changed. Empty: none does.
std::string_view most_like(std::string_view word, std::span<const std::string_view> known);

}  // namespace cairn
