#pragma once
/// Bodies of loads and stores on memory 0 when it is guarded: no bounds check, a fault is the trap.

#include "interp/handlers.hpp"

namespace cairn::engine {

/// Around an access: the program counter is in its register, or in `Regs` in the loop shell, at
/// this instruction and until the access has happened, so that a fault finds it there. Costs no
/// instruction where the access stands alone; in a fused handler it keeps the first part's step
/// from being delayed.
#if defined(__x86_64__)
#define CAIRN_PC_REGISTER asm("r12")
#elif defined(__aarch64__)
#define CAIRN_PC_REGISTER asm("x20")
#else
#define CAIRN_PC_REGISTER
#endif
CAIRN_BODY void pin_pc(Regs& r) {
  if constexpr (!registers_stay) {
    Regs& saved = r.ex->regs;
    saved.pc = r.pc;
    saved.fp = r.fp;
    saved.mem = r.mem;
    saved.inst = r.inst;
    saved.frame = r.frame;
  }
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wregister"
  register const Word* pc CAIRN_PC_REGISTER = r.pc;
#pragma clang diagnostic pop
  asm volatile("" : "+r"(pc) : : "memory");
  r.pc = pc;
}
#define CAIRN_PIN_PC_AFTER(value) asm volatile("" : "+r"(r.pc) : value : "memory")

template <class Stored, class Result, Src address, Dst dst>
struct LoadMemory {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t at = uint64_t{read<uint32_t, address>(r, 1)} + r.pc[1].half.high;
    Stored value;
    pin_pc(r);
    std::memcpy(&value, r.mem + at, sizeof value);
    if constexpr (is_float<Stored>)
      CAIRN_PIN_PC_AFTER("x"(value));
    else
      CAIRN_PIN_PC_AFTER("r"(value));
    // Sign extension to the result's width, then back to unsigned.
    if constexpr (is_float<Stored>)
      write<Result, dst>(r, 0, value);
    else
      write<Result, dst>(r, 0, static_cast<Result>(static_cast<std::make_signed_t<Result>>(value)));
    r.pc += 2;
  }
};

template <class Stored, class Operand, Src address, Src value_class>
struct StoreMemory {
  CAIRN_BODY void run(Regs& r) {
    const uint64_t at = uint64_t{read<uint32_t, address>(r, 1)} + r.pc[1].half.high;
    Stored value;
    if constexpr (value_class == Src::imm)
      std::memcpy(&value, &r.pc[2], sizeof value);
    else
      value = static_cast<Stored>(read<Operand, value_class>(r, 0));
    pin_pc(r);
    std::memcpy(r.mem + at, &value, sizeof value);
    CAIRN_PIN_PC_AFTER("m"(*r.mem));
    r.pc += value_class == Src::imm ? 3 : 2;
  }
};

}  // namespace cairn::engine
