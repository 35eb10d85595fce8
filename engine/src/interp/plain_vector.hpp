#pragma once
/// Bodies of vector instructions.

#include <utility>

#include "interp/memory.hpp"
#include "interp/plain.hpp"
#include "numerics/simd.hpp"

namespace cairn::engine {

/// Operands from fields 1, 2, …; a lane, which numeric functions take as a byte, from word 2.
template <class T>
CAIRN_BODY T operand_or_lane(const Regs& r, int index) {
  if constexpr (std::is_same_v<T, uint8_t>)
    return static_cast<uint8_t>(index_of(r));
  else
    return operand<T>(r, index);
}

template <auto function>
struct VectorOp;
template <class R, class... T, R (*function)(T...)>
struct VectorOp<function> {
  CAIRN_BODY void run(Regs& r) { run(r, std::make_integer_sequence<int, sizeof...(T)>{}); }

 private:
  template <int... i>
  CAIRN_BODY void run(Regs& r, std::integer_sequence<int, i...>) {
    set_result<R>(r, function(operand_or_lane<T>(r, i + 1)...));
    next(r);
  }
};

struct Shuffle {
  CAIRN_BODY void run(Regs& r) {
    const V128 lanes = V128::load(r.pc + 2);
    set_result(r, numerics::i8x16_shuffle(operand<V128>(r, 1), operand<V128>(r, 2), lanes));
    next(r);
  }
};

struct VectorConst {
  CAIRN_BODY void run(Regs& r) {
    set_result(r, V128::load(r.pc + 2));
    next(r);
  }
};

/// Keeps the program counter at the instruction until the access has happened: a fault in guarded
/// memory finds it there. Costs no instruction.
template <class T>
CAIRN_BODY void hold_pc(Regs& r, T loaded) {
  if constexpr (std::is_same_v<T, V128>)
    asm volatile("" : "+r"(r.pc) : "x"(loaded.template as<U64x2>()) : "memory");
  else
    asm volatile("" : "+r"(r.pc) : "r"(loaded) : "memory");
}

/// `function` makes a vector of the bits in memory.
template <class Access>
struct LoadVector {
  CAIRN_BODY void run(Regs& r) {
    uint8_t* from;
    if (!Access::template find<sizeof(V128)>(r, from)) [[unlikely]]
      return raise(r, Trap::out_of_bounds_memory_access);
    pin_pc(r);
    const V128 vector = V128::load(from);
    hold_pc(r, vector);
    set_result(r, vector);
    next(r);
  }
};

template <class Access>
struct StoreVector {
  CAIRN_BODY void run(Regs& r) {
    uint8_t* to;
    if (!Access::template find<sizeof(V128)>(r, to)) [[unlikely]]
      return raise(r, Trap::out_of_bounds_memory_access);
    const V128 vector = operand<V128>(r, 2);
    pin_pc(r);
    vector.store(to);
    hold_pc(r, vector);
    next(r);
  }
};

}  // namespace cairn::engine
