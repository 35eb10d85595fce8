#include "compiler/semantics.hpp"

#include <cstdint>

namespace cairn::engine::compiler {

namespace {
alignas(16) constexpr uint8_t bitcode[] = {
#embed CAIRN_SEMANTICS_BITCODE
};
}  // namespace

llvm::StringRef semantics_bitcode() {
  return {reinterpret_cast<const char*>(bitcode), sizeof bitcode};
}

}  // namespace cairn::engine::compiler
