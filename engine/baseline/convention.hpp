#pragma once
/// How baseline code uses the processor's registers, and how functions are called (docs/decisions/
/// 0008-compiled-tier.md: the plain convention).

#include <asmjit/x86.h>

#include <array>
#include <span>
#include <string>
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
inline uint32_t bytes_of(Kind kind) { return kind == Kind::i32 || kind == Kind::f32 ? 4 : 8; }

/// A function type as calls need it.
struct Signature {
  std::string text;  ///< as code images name it
  std::vector<Kind> params, results;
  bool supported = true;         ///< no vectors in it
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
    if (is_float_kind(kind)) {
      if (floats_ < float_arguments) return {Place::Where::xmm, floats_++};
    } else if (integers_ < argument_registers.size()) {
      return {Place::Where::gpr, integers_++};
    }
    return {Place::Where::stack, words_++};
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
