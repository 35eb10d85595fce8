#pragma once
/// Times and sizes as people write them.

#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn {

/// "300ms", "5s", "1.5s", "2m", "10us": nanoseconds, below 2^63. A number without a unit is
/// seconds. None: it is something else.
std::optional<uint64_t> parse_duration_ns(std::string_view text);
/// "4096", "64KiB", "16m", "1GiB": bytes, below 2^63; all units are powers of 1024.
std::optional<uint64_t> parse_size(std::string_view text);

}  // namespace cairn
