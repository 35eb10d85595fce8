#include <cairn/wasm/instruction.hpp>

#include "opcode_map.hpp"

namespace cairn::wasm {

constexpr std::array<OpInfo, op_count> op_table = {{
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) \
  {#id, text, prefix, fuel, Imm::imm, Feature::feature, code, #sig},
#include <cairn/wasm/instructions.def>
}};

namespace {

// Keywords are found by open addressing in a table that is filled at compile time.
constexpr uint32_t keyword_slots = 2048;
constexpr uint16_t no_op = 0xFFFF;

constexpr uint32_t hash(std::string_view text) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return hash ^ (hash >> 15);
}

constexpr auto keywords = [] {
  std::array<uint16_t, keyword_slots> slots{};
  slots.fill(no_op);
  for (uint16_t op = 0; op < op_count; ++op) {
    const std::string_view text = op_table[op].text;
    uint32_t slot = hash(text) % keyword_slots;
    while (slots[slot] != no_op && op_table[slots[slot]].text != text) {
      slot = (slot + 1) % keyword_slots;
    }
    if (slots[slot] == no_op) slots[slot] = op;  // of rows with one keyword, the first
  }
  return slots;
}();

}  // namespace

std::optional<Op> op_from_code(uint8_t prefix, uint32_t code) {
  const OpcodeRow row = opcode_row(prefix, code);
  if (!row.known()) return std::nullopt;
  return row.op;
}

std::optional<Op> op_from_text(std::string_view text) {
  uint32_t slot = hash(text) % keyword_slots;
  while (keywords[slot] != no_op) {
    if (op_table[keywords[slot]].text == text) return static_cast<Op>(keywords[slot]);
    slot = (slot + 1) % keyword_slots;
  }
  return std::nullopt;
}

}  // namespace cairn::wasm
