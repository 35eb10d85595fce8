#pragma once
/// How vector instructions become instructions of the processor (up to SSE 4.2).

#include <asmjit/x86.h>

#include <cairn/wasm/instruction.hpp>

namespace cairn::engine::baseline {

/// `a` and `b` are the operands, `x op= y` an instruction of the processor.
struct VectorForm {
  enum class Shape : uint8_t {
    called,       ///< by `RuntimeCalls::vector`
    special,      ///< code of its own: constants, lanes, accesses, shuffles
    binary,       ///< a first= b
    swapped,      ///< b first= a
    ordered,      ///< b first= a, b second= a: the smaller or larger one is `a`
    unary,        ///< r first= a
    negate,       ///< 0 first= a
    extend_high,  ///< r first= upper half of a
    multiply,     ///< of lower halves: both extended by `first`, a second= b
    multiply_high,
    clear_sign,  ///< of floats: `first` shifts ones right by 1
    flip_sign,   ///< of floats: `first` shifts ones left by all bits but one
    shift,       ///< `number`: the bits of a lane, less one
    all_true,    ///< `first` compares lanes with 0
    any_true,
    bitmask,
    bitmask_words,
  } shape = Shape::called;
  bool inverts = false;  ///< the result's bits
  int8_t number = -1;    ///< an immediate behind the operands
  asmjit::InstId first = 0, second = 0;
};

const VectorForm& vector_form_of(wasm::Op op);

/// Is it a vector instruction that `RuntimeCalls::vector` carries out?
bool is_vector_called(wasm::Op op, bool deterministic);
/// What such a call has for its operands.
inline constexpr uint32_t vector_call_words = 6;

}  // namespace cairn::engine::baseline
