#pragma once
/// What the tables of fused handlers are written in.

#include "interp/control.hpp"
#include "interp/functor.hpp"
#include "interp/fusion.hpp"
#include "interp/memory.hpp"
#include "interp/moves.hpp"
#include "interp/plain_vector.hpp"

namespace cairn::engine {

// Operand classes as the tables abbreviate them: slot, accumulator, pinned local, immediate.
inline constexpr Src S = Src::slot, A = Src::acc, P = Src::pin, I = Src::imm;
inline constexpr Dst toS = Dst::slot, toA = Dst::acc, toP = Dst::pin;
using u32 = uint32_t;
using u64 = uint64_t;
using i8 = int8_t;
using u8 = uint8_t;
using i16 = int16_t;
using u16 = uint16_t;
using i32 = int32_t;
using i64 = int64_t;

/// Puts a row into the table (`Fusion`). C++ has no constant for the distance between a function
/// and a place in a table; the assembler has.
template <class First, class Second>
CAIRN_BODY void fuse() {
  using All = Fused<First, Second>;
  asm volatile(
      ".pushsection cairn_fusions,\"aR\"\n.p2align 2\n"
      ".long %c0 - .\n.long %c1 - .\n.long 0\n.long %c2 - .\n.long %c3 - .\n"
      ".popsection"
      :
      : "i"(&tail_shell<First>), "i"(&tail_shell<Second>), "i"(&tail_shell<All>),
        "i"(&loop_shell<All>));
}
template <class First, class Second, class Third>
CAIRN_BODY void fuse() {
  using All = Fused<First, Second, Third>;
  asm volatile(
      ".pushsection cairn_fusions,\"aR\"\n.p2align 2\n"
      ".long %c0 - .\n.long %c1 - .\n.long %c2 - .\n.long %c3 - .\n.long %c4 - .\n"
      ".popsection"
      :
      : "i"(&tail_shell<First>), "i"(&tail_shell<Second>), "i"(&tail_shell<Third>),
        "i"(&tail_shell<All>), "i"(&loop_shell<All>));
}

}  // namespace cairn::engine
