#pragma once
/// The `sig` column of the instruction table as types, made at compile time.

#include <cairn/wasm/instruction.hpp>

#include <array>

namespace cairn::wasm {

/// What has to be checked of an instruction's immediates before its signature applies.
enum class ImmCheck : uint8_t { none, memarg, memory, lane, memarg_and_lane, shuffle, data, elem };

/// The type of a plain instruction. `m`, the address type of a memory, is written as `bot`.
struct Signature {
  bool special = true;  ///< checked by hand
  ImmCheck check = ImmCheck::none;
  uint8_t param_count = 0;
  uint8_t result_count = 0;
  std::array<ValType, 4> params;
  std::array<ValType, 2> results;
};

inline constexpr ValType address_letter = ValType::Kind::bot;

constexpr ValType type_of_letter(char letter) {
  switch (letter) {
    case 'i': return i32;
    case 'l': return i64;
    case 'f': return f32;
    case 'd': return f64;
    case 'v': return v128;
    default: return address_letter;
  }
}

constexpr ImmCheck imm_check(Imm imm) {
  if (imm >= Imm::mem0 && imm <= Imm::mem4) return ImmCheck::memarg;
  if (imm >= Imm::mem0_lane && imm <= Imm::mem3_lane) return ImmCheck::memarg_and_lane;
  if (imm >= Imm::lane2 && imm <= Imm::lane16) return ImmCheck::lane;
  switch (imm) {
    case Imm::memory: return ImmCheck::memory;
    case Imm::shuffle: return ImmCheck::shuffle;
    case Imm::data: return ImmCheck::data;
    case Imm::elem: return ImmCheck::elem;
    default: return ImmCheck::none;
  }
}

constexpr Signature signature_of(std::string_view text, Imm imm) {
  Signature signature;
  if (text == "special") return signature;
  signature.special = false;
  signature.check = imm_check(imm);
  const size_t bar = text.find('_');
  for (char letter : text.substr(0, bar)) {
    signature.params[signature.param_count++] = type_of_letter(letter);
  }
  for (char letter : text.substr(bar + 1)) {
    signature.results[signature.result_count++] = type_of_letter(letter);
  }
  return signature;
}

inline constexpr std::array<Signature, op_count> signatures = {{
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) signature_of(#sig, Imm::imm),
#include <cairn/wasm/instructions.def>
}};

}  // namespace cairn::wasm
