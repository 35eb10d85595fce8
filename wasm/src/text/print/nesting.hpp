#pragma once
/// The blocks that are open while an expression is printed.

#include <cairn/wasm/instruction.hpp>

#include <vector>

namespace cairn::wasm::text {

/// What an instruction does to the nesting.
enum class NestingStep : uint8_t {
  plain,
  open,    ///< block, loop, if, try, try_table
  middle,  ///< else, catch, catch_all
  close,   ///< end or delegate of a block
  finish,  ///< the end of the expression
};

/// Checks that `else`, `catch`, `delegate` and `end` stand where the text format can have them.
class Nesting {
 public:
  /// Errors are `malformed` with the instruction's offset.
  Result<NestingStep> step(const Instruction& in);
  uint32_t depth() const { return static_cast<uint32_t>(open_.size()); }

 private:
  std::vector<Op> open_;  ///< the last keyword of each open block
};

}  // namespace cairn::wasm::text
