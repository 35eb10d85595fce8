#pragma once
/// From opcode numbers to rows of the instruction table, through dense arrays made at compile time.

#include <cairn/wasm/instruction.hpp>

#include <array>

namespace cairn::wasm {

/// What the decoder needs of one row, in four bytes.
struct OpcodeRow {
  Op op = static_cast<Op>(0xFFFF);
  Imm imm = Imm::none;
  Feature feature = Feature::mvp;

  constexpr bool known() const { return op != static_cast<Op>(0xFFFF); }
};

namespace detail {

constexpr uint32_t codes_per_prefix = 512;  // the largest number is 0x113

template <uint8_t wanted_prefix, uint32_t size>
constexpr std::array<OpcodeRow, size> opcode_rows() {
  std::array<OpcodeRow, size> rows{};
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) \
  if constexpr (prefix == wanted_prefix) rows[code] = {Op::id, Imm::imm, Feature::feature};
#include <cairn/wasm/instructions.def>
  return rows;
}

inline constexpr std::array<OpcodeRow, 256> plain_rows = opcode_rows<0x00, 256>();
inline constexpr std::array<std::array<OpcodeRow, codes_per_prefix>, 4> prefixed_rows = {
    opcode_rows<0xFB, codes_per_prefix>(), opcode_rows<0xFC, codes_per_prefix>(),
    opcode_rows<0xFD, codes_per_prefix>(), opcode_rows<0xFE, codes_per_prefix>()};

}  // namespace detail

constexpr bool is_prefix(uint8_t byte) { return byte >= 0xFB && byte <= 0xFE; }

/// The row with that encoding; `known()` is false when there is none.
constexpr OpcodeRow opcode_row(uint8_t prefix, uint32_t code) {
  if (prefix == 0) return code < 256 ? detail::plain_rows[code] : OpcodeRow{};
  if (!is_prefix(prefix) || code >= detail::codes_per_prefix) return {};
  return detail::prefixed_rows[prefix - 0xFB][code];
}

}  // namespace cairn::wasm
