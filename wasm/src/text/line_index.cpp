#include "text/line_index.hpp"

#include <algorithm>

namespace cairn::wasm::text {

SourceLocation LineIndex::locate(uint32_t offset) {
  if (begins_.empty()) {
    begins_.push_back(0);
    for (size_t at = 0; (at = source_.find('\n', at)) != std::string_view::npos;) {
      begins_.push_back(static_cast<uint32_t>(++at));
    }
  }
  if (begins_[last_] > offset) {
    last_ = static_cast<size_t>(std::ranges::upper_bound(begins_, offset) - begins_.begin()) - 1;
  }
  while (last_ + 1 < begins_.size() && begins_[last_ + 1] <= offset) ++last_;
  return {static_cast<uint32_t>(last_ + 1), offset - begins_[last_] + 1};
}

}  // namespace cairn::wasm::text
