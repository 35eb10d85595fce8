#pragma once
/// How baseline code uses the processor's registers, and how functions are called (docs/decisions/
/// 0008-compiled-tier.md: the plain convention).

#include <asmjit/x86.h>

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "interp/translator.hpp"  // Kind

namespace cairn::engine::baseline {

namespace x86 = asmjit::x86;

/// The instance, in all compiled code of it.
inline constexpr x86::Gp instance_register = x86::r13;
/// The `NativeTarget` of a call.
inline constexpr x86::Gp target_register = x86::r10;
/// Never hold anything from one instruction of the module to the next.
inline constexpr x86::Gp scratch = x86::r11;
inline constexpr x86::Xmm float_scratch = x86::xmm15;

inline constexpr std::array<x86::Gp, 6> argument_registers = {x86::rdi, x86::rsi, x86::rdx,
                                                              x86::rcx, x86::r8,  x86::r9};
/// Those that callees keep, as a set, without the instance's and the frame pointer.
inline constexpr uint32_t callee_saved =
    1u << x86::Gp::kIdBx | 1u << x86::Gp::kIdR12 | 1u << x86::Gp::kIdR14 | 1u << x86::Gp::kIdR15;
inline constexpr uint32_t float_arguments = 8;  ///< xmm0 to xmm7

inline bool is_wide(Kind kind) { return kind != Kind::i32; }
/// The register of that number in the size of an integer or a reference.
inline x86::Gp gpr(uint32_t id, Kind kind) {
  return is_wide(kind) ? x86::Gp(x86::gpq(id)) : x86::Gp(x86::gpd(id));
}
/// Of each of its slots.
inline uint32_t bytes_of(Kind kind) { return kind == Kind::i32 || kind == Kind::f32 ? 4 : 8; }
inline bool is_in_xmm(Kind kind) { return is_float_kind(kind) || kind == Kind::v128; }

/// Between an xmm register and memory; the upper half of a vector lies `high` bytes further on.
inline void load_xmm(x86::Assembler& code, Kind kind, const x86::Xmm& to, const x86::Mem& from,
                     int32_t high = 8) {
  if (kind == Kind::f32) {
    code.movss(to, from);
  } else if (kind == Kind::f64) {
    code.movsd(to, from);
  } else if (high == 8) {
    code.movups(to, from.cloneResized(16));
  } else {
    code.movsd(to, from);
    code.movhps(to, from.cloneAdjusted(high));
  }
}
inline void store_xmm(x86::Assembler& code, Kind kind, const x86::Mem& to, const x86::Xmm& from,
                      int32_t high = 8) {
  if (kind == Kind::f32) {
    code.movss(to, from);
  } else if (kind == Kind::f64) {
    code.movsd(to, from);
  } else if (high == 8) {
    code.movups(to.cloneResized(16), from);
  } else {
    code.movlps(to, from);
    code.movhps(to.cloneAdjusted(high), from);
  }
}
/// In a function's frame slots lie downwards.
inline constexpr int32_t frame_high = -8;

/// A function type as calls need it.
struct Signature {
  std::string text;  ///< as code images name it
  std::vector<Kind> params, results;
  mutable bool is_left = false;  ///< the image at hand has been asked for its leaving stub
};

/// Where a parameter is passed.
struct Place {
  enum class Where : uint8_t { gpr, xmm, stack } where = Where::gpr;
  uint32_t index = 0;  ///< which argument register, xmm register, or word on the stack
};
/// Goes through the parameters of a call in order.
class Places {
 public:
  Place next(Kind kind) {
    if (is_in_xmm(kind)) {
      if (floats_ < float_arguments) return {Place::Where::xmm, floats_++};
    } else if (integers_ < argument_registers.size()) {
      return {Place::Where::gpr, integers_++};
    }
    if (kind == Kind::v128) words_ += words_ % 2;  // aligned
    return {Place::Where::stack, std::exchange(words_, words_ + slots_of(kind))};
  }
  uint32_t stack_words() const { return words_; }

 private:
  uint32_t integers_ = 0, floats_ = 0, words_ = 0;
};
inline uint32_t stack_words(std::span<const Kind> params) {
  Places places;
  for (const Kind kind : params) places.next(kind);
  return places.stack_words();
}

}  // namespace cairn::engine::baseline
