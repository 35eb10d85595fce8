#pragma once
/// Lines and columns of many places of one text.

#include <cairn/base/result.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace cairn::wasm::text {

class LineIndex {
 public:
  explicit LineIndex(std::string_view source) : source_(source) {}
  /// Fast where the places ascend.
  SourceLocation locate(uint32_t offset);

 private:
  std::string_view source_;
  std::vector<uint32_t> begins_;  ///< of the lines; made at the first call
  size_t last_ = 0;               ///< the line that was found last
};

}  // namespace cairn::wasm::text
