#pragma once
/// The instructions that most bodies are made of, in the form that the quick path of the validator
/// runs on: those with a one-byte opcode, a short immediate and a fixed effect on the stack,
/// and blocks that neither take nor give operands.

#include <cairn/wasm/features.hpp>
#include <cairn/wasm/instruction.hpp>

#include <array>

#include "validate/module_context.hpp"

namespace cairn::wasm {

/// How the immediate is read and where the types come from.
enum class SimpleKind : uint8_t {
  none,  ///< not simple: take the general path
  plain,
  memory,  ///< an access to memory 0
  local_get,
  local_set,
  local_tee,
  const_leb32,
  const_leb64,
  const_bytes,  ///< `size` bytes
  block,        ///< a block or loop without a type
  if_,
  end,
  br_if,
};

/// Takes `pops` operands, at most two, whose types are `last` and `before` (where `before_mask` is
/// set), and gives at most one result.
struct SimpleRow {
  SimpleKind kind = SimpleKind::none;
  uint8_t pops = 0;
  uint8_t pushes = 0;
  uint8_t size = 0;  ///< memory: exponent of the natural alignment
  uint32_t last_mask = 0;
  uint32_t before_mask = 0;
  ValType last;
  ValType before;
  ValType result;
};

using SimpleRows = std::array<SimpleRow, 256>;

/// The rows for one module: instructions of features that are off, and memory accesses where there
/// is no memory, are not simple.
SimpleRows simple_rows(const ModuleContext& context);

}  // namespace cairn::wasm
