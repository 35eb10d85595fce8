#pragma once
/// Bodies of moves, constants, returns with a value, select, globals.

#include "interp/branch.hpp"

namespace cairn::engine {

template <class T, Src src, Dst dst>
struct Copy {
  CAIRN_BODY void run(Regs& r) {
    write<T, dst>(r, 0, read<T, src>(r, 1));
    r.pc += std::is_same_v<T, double> && src == Src::imm ? 3 : 2;
  }
};

template <Dst dst>
struct Constant {
  CAIRN_BODY void run(Regs& r) {
    write<uint64_t, dst>(r, 0, r.pc[2].bits);
    r.pc += 3;
  }
};

/// Back to the caller's frame; the value goes through the accumulator.
CAIRN_BODY void pop_frame(Regs& r) {
  --r.frame;
  r.pc = r.frame->return_pc;
  r.fp = r.frame->fp;
  r.pin = r.frame->pin;
  to_register<double>(r.pin, r.fpin, r.frame->fpin);
}

template <class T, Src src, bool metered>
struct ReturnValue {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (metered) {
      if (!charge(r, r.pc[3].half.low)) return;
    }
    to_register<T>(r.acc, r.facc, read<T, src>(r, 1));
    pop_frame(r);
  }
};

template <class T, Src a, Src b, Src cond, Dst dst>
struct Select {
  /// Constants (integers only) are both in word 2.
  template <Src src>
  CAIRN_BODY T operand(const Regs& r, int field, uint32_t constant) {
    if constexpr (src == Src::imm)
      return static_cast<T>(static_cast<int64_t>(static_cast<int32_t>(constant)));
    else
      return read<T, src>(r, field);
  }
  CAIRN_BODY void run(Regs& r) {
    const T first = operand<a>(r, 1, r.pc[2].half.low);
    const T second = operand<b>(r, 2, r.pc[2].half.high);
    write<T, dst>(r, 0, read<uint32_t, cond>(r, 3) != 0 ? first : second);
    r.pc += 3;
  }
};

template <class T, Dst dst>
struct GlobalGet {
  CAIRN_BODY void run(Regs& r) {
    T value;
    std::memcpy(&value, r.inst->globals[r.pc[2].half.low]->slots, sizeof value);
    write<T, dst>(r, 0, value);
    r.pc += 3;
  }
};
template <class T, Src src>
struct GlobalSet {
  CAIRN_BODY void run(Regs& r) {
    uint64_t* const cell = r.inst->globals[r.pc[2].half.low]->slots;
    const T value = read<T, src>(r, 0);
    if constexpr (is_float<T>)
      std::memcpy(cell, &value, sizeof value);
    else
      *cell = value;
    r.pc += 3;
  }
};
struct GlobalGetV128 {
  CAIRN_BODY void run(Regs& r) {
    V128::load(r.inst->globals[r.pc[2].half.low]->slots).store(r.fp + r.pc[1].fields.f[0]);
    r.pc += 3;
  }
};
struct GlobalSetV128 {
  CAIRN_BODY void run(Regs& r) {
    V128::load(r.fp + r.pc[1].fields.f[0]).store(r.inst->globals[r.pc[2].half.low]->slots);
    r.pc += 3;
  }
};

struct CopyV128 {
  CAIRN_BODY void run(Regs& r) {
    V128::load(r.fp + r.pc[1].fields.f[1]).store(r.fp + r.pc[1].fields.f[0]);
    r.pc += 2;
  }
};
struct Copy2 {
  CAIRN_BODY void run(Regs& r) {
    const Fields& fields = r.pc[1].fields;
    const uint64_t first = r.fp[fields.f[1]], second = r.fp[fields.f[3]];
    r.fp[fields.f[0]] = first;
    r.fp[fields.f[2]] = second;
    r.pc += 2;
  }
};

}  // namespace cairn::engine
