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

template <class First, class Second>
constexpr Fusion fuse() {
  return {{handler_of<First>, handler_of<Second>, {}}, handler_of<Fused<First, Second>>};
}
template <class First, class Second, class Third>
constexpr Fusion fuse() {
  return {{handler_of<First>, handler_of<Second>, handler_of<Third>},
          handler_of<Fused<First, Second, Third>>};
}

}  // namespace cairn::engine
