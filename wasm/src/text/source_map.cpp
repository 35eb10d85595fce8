#include <cairn/wasm/text.hpp>

#include <algorithm>

namespace cairn::wasm {

std::optional<SourceLocation> SourceMap::find(uint64_t offset) const {
  const auto after = std::ranges::upper_bound(entries_, offset, {}, &Entry::offset);
  if (after == entries_.begin()) return std::nullopt;
  return std::prev(after)->at;
}

}  // namespace cairn::wasm
