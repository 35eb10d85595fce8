#include <cairn/actor/recorded_limits.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace cairn::actor {

Payload RecordedLimits::to_payload() const {
  return Payload(fmt::format("fuel {}\nmemory {}\npayload {}\n", fuel, memory, payload),
                 limits_type);
}

std::optional<RecordedLimits> RecordedLimits::of(ByteSpan bytes) {
  std::string_view rest = as_text(bytes);
  const auto number = [&rest] {
    const size_t space = std::min(rest.find(' '), rest.size());
    rest.remove_prefix(space);
    const size_t end = std::min(rest.find('\n'), rest.size());
    uint64_t value = 0;
    if (end > 1) std::from_chars(rest.data() + 1, rest.data() + end, value);
    rest.remove_prefix(end);
    return value;
  };
  RecordedLimits limits;
  limits.fuel = number();
  limits.memory = number();
  limits.payload = number();
  // There is one way to write them.
  const Payload again = limits.to_payload();
  return again.text() == as_text(bytes) ? std::optional(limits) : std::nullopt;
}

}  // namespace cairn::actor
