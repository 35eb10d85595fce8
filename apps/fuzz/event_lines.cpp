// Server-Sent Events: whatever comes is events or too large, the same for every way of cutting it,
// and no event is larger than the limit.

#include "event_lines.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace cairn::cli;

constexpr size_t bytes_max = 40;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string parse(std::string_view text, size_t piece) {
  EventLines lines(bytes_max);
  std::string all;
  const auto seen = [&](const ServerEvent& event) {
    require(event.data.size() <= bytes_max && event.name.size() <= bytes_max &&
            event.id.size() <= bytes_max);
    all += event.name + '\0' + event.id + '\0' + event.data + '\0';
    return event.name != "last";
  };
  while (!text.empty()) {
    const std::string_view part = text.substr(0, piece);
    text.remove_prefix(part.size());
    if (lines.put(part, seen)) continue;
    return all + (lines.is_too_large() ? "too large" : "enough");
  }
  require(!lines.is_too_large());
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  require(parse(text, SIZE_MAX) == parse(text, 1 + data[0] % 16));
  return 0;
}
