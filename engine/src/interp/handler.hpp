#pragma once
/// The shell around instruction bodies. A body is a type with
///   static void run(Regs& r);   (or bool, see fusion.hpp)
/// which reads its operands at `r.pc`, does the work and moves `r.pc` to what comes next. The
/// shells keep `Regs` in machine registers, so a body must be inlined completely: it never hands
/// `r` to an out-of-line function. Slow paths save what they need into the execution instead
/// (`spill`, `reload`). To stop, a body points `r.pc` at a stop instruction (`raise`, `leave`).

#include <cairn/engine/v128.hpp>
#include <type_traits>

#include "interp/execution_data.hpp"

namespace cairn::engine {

#define CAIRN_BODY [[gnu::always_inline]] static inline

/// The code that handlers jump to in order to stop: one instruction whose handler saves the
/// registers.
extern const Word stop_code_tail[1];
extern const Word stop_code_loop[1];

/// All handlers lie in one section, so that a fault can be told to come from one.
#define CAIRN_HANDLER_SECTION [[gnu::section("cairn_handlers")]]

template <class Body>
CAIRN_HANDLER_SECTION CAIRN_TAIL_ABI void tail_shell(const Word* pc, uint64_t* fp, uint8_t* mem,
                                                     InstanceData* inst, ExecutionData* ex,
                                                     Frame* frame, uint64_t acc, uint64_t pin,
                                                     FloatReg facc, FloatReg fpin) {
  Regs r{pc, fp, mem, inst, ex, frame, acc, pin, facc, fpin};
  Body::run(r);
  [[clang::musttail]] return r.pc->tail(r.pc, r.fp, r.mem, r.inst, r.ex, r.frame, r.acc, r.pin,
                                        r.facc, r.fpin);
}
template <class Body>
CAIRN_HANDLER_SECTION void loop_shell(Regs& r) {
  Body::run(r);
}
template <class Body>
inline constexpr Handler handler_of{&tail_shell<Body>, &loop_shell<Body>};
/// The same, for tables that are filled at run time: made by instructions, where `handler_of` would
/// be read from a constant that has to be relocated.
template <class Body>
CAIRN_BODY Handler make_handler() {
  Handler handler = handler_of<Body>;
  asm("" : "+r"(handler.tail), "+r"(handler.loop));
  return handler;
}

/// Ends the run with `exit`; `r.pc` stays at the instruction that said so.
CAIRN_BODY void leave(Regs& r, Exit exit) {
  r.ex->exit = exit;
  r.ex->stopped_at = r.pc;
  r.pc = r.ex->stop_code;
}
CAIRN_BODY void raise(Regs& r, Trap trap) {
  r.ex->trap = trap;
  leave(r, Exit::trapped);
}

// ---- Operands --------------------------------------------------------------------------------

enum class Src : uint8_t { slot, acc, pin, imm };
enum class Dst : uint8_t { slot, acc, pin };
inline constexpr int src_count = 4, dst_count = 3;

template <class T>
inline constexpr bool is_float = std::is_floating_point_v<T>;

template <class T>
CAIRN_BODY T read_slot(const Regs& r, uint16_t slot) {
  return *reinterpret_cast<const T*>(r.fp + slot);
}
/// Integers fill the slot (the upper half of an i32 is zero); an f32 leaves the upper half as it
/// was.
template <class T>
CAIRN_BODY void write_slot(Regs& r, uint16_t slot, T value) {
  if constexpr (is_float<T>)
    *reinterpret_cast<T*>(r.fp + slot) = value;
  else
    r.fp[slot] = value;
}
template <class T>
CAIRN_BODY T from_register(uint64_t word, FloatReg vector) {
  if constexpr (std::is_same_v<T, double>)
    return vector[0];
  else if constexpr (std::is_same_v<T, float>)
    return reinterpret_cast<F32x4>(vector)[0];
  else
    return static_cast<T>(word);
}
/// Only lane 0 of the vector means something: leaving the others unset saves an instruction.
template <class T>
CAIRN_BODY void to_register(uint64_t& word, FloatReg& vector, T value) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wuninitialized"
  if constexpr (std::is_same_v<T, double>) {
    FloatReg lanes;
    lanes[0] = value;
    vector = lanes;
  } else if constexpr (std::is_same_v<T, float>) {
    F32x4 lanes;
    lanes[0] = value;
    vector = reinterpret_cast<FloatReg>(lanes);
  } else {
    word = value;
  }
#pragma clang diagnostic pop
}

/// Reads an operand of class `src`; slots come from field `field` of the first operand word. The
/// constant of a 64-bit float has a word of its own (word 2); others are in the first word's upper
/// half, sign-extended.
template <class T, Src src>
CAIRN_BODY T read(const Regs& r, int field) {
  if constexpr (src == Src::slot) return read_slot<T>(r, r.pc[1].fields.f[field]);
  if constexpr (src == Src::acc) return from_register<T>(r.acc, r.facc);
  if constexpr (src == Src::pin) return from_register<T>(r.pin, r.fpin);
  if constexpr (src == Src::imm) {
    if constexpr (std::is_same_v<T, double>)
      return r.pc[2].f64;
    else if constexpr (std::is_same_v<T, float>)
      return std::bit_cast<float>(r.pc[1].half.high);
    else
      return static_cast<T>(static_cast<int64_t>(static_cast<int32_t>(r.pc[1].half.high)));
  }
}
template <class T, Dst dst>
CAIRN_BODY void write(Regs& r, int field, T value) {
  if constexpr (dst == Dst::slot) write_slot<T>(r, r.pc[1].fields.f[field], value);
  if constexpr (dst == Dst::acc) to_register<T>(r.acc, r.facc, value);
  if constexpr (dst == Dst::pin) to_register<T>(r.pin, r.fpin, value);
}

}  // namespace cairn::engine
