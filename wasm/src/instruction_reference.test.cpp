// The reference of instructions in docs/instructions.md is made from the instruction table. With
// CAIRN_UPDATE_GOLDEN=1 in the environment this test writes it; else it fails where they differ.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/base/leb128.hpp>
#include <cairn/wasm/instruction.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace cairn::wasm {
namespace {

/// The immediates as they stand in the text format.
std::string immediates(Imm imm) {
  switch (imm) {
    case Imm::none:
    case Imm::fence: return "";
    case Imm::block: return "label? blocktype";
    case Imm::try_table: return "label? blocktype catch*";
    case Imm::label: return "label";
    case Imm::br_table: return "label* label";
    case Imm::label_cast: return "label reftype reftype";
    case Imm::func: return "func";
    case Imm::type: return "type";
    case Imm::type_table: return "table? typeuse";
    case Imm::local: return "local";
    case Imm::global: return "global";
    case Imm::table: return "table?";
    case Imm::table_table: return "table? table?";
    case Imm::elem_table: return "table? elem";
    case Imm::elem: return "elem";
    case Imm::data: return "data";
    case Imm::memory: return "memory?";
    case Imm::memory_memory: return "memory? memory?";
    case Imm::data_memory: return "memory? data";
    case Imm::mem0:
    case Imm::mem1:
    case Imm::mem2:
    case Imm::mem3:
    case Imm::mem4: return "memory? offset=N? align=N?";
    case Imm::mem0_lane:
    case Imm::mem1_lane:
    case Imm::mem2_lane:
    case Imm::mem3_lane: return "memory? offset=N? align=N? lane";
    case Imm::lane2:
    case Imm::lane4:
    case Imm::lane8:
    case Imm::lane16: return "lane";
    case Imm::shuffle: return "lane¹⁶";
    case Imm::i32: return "i32";
    case Imm::i64: return "i64";
    case Imm::f32: return "f32";
    case Imm::f64: return "f64";
    case Imm::v128: return "shape number*";
    case Imm::heap: return "heaptype";
    case Imm::ref_cast: return "reftype";
    case Imm::select_types: return "(result t)";
    case Imm::type_field: return "type field";
    case Imm::type_type: return "type type";
    case Imm::type_data: return "type data";
    case Imm::type_elem: return "type elem";
    case Imm::type_count: return "type N";
    case Imm::tag: return "tag";
  }
  return "";
}

std::string types(std::string_view letters) {
  std::string text;
  for (const char letter : letters) {
    if (!text.empty()) text += ' ';
    switch (letter) {
      case 'i': text += "i32"; break;
      case 'l': text += "i64"; break;
      case 'f': text += "f32"; break;
      case 'd': text += "f64"; break;
      case 'v': text += "v128"; break;
      case 'm': text += "addr"; break;
      default: ADD_FAILURE() << "unknown letter " << letter;
    }
  }
  return text;
}

std::string signature(const OpInfo& row) {
  if (row.sig == "special") return "";
  const size_t middle = row.sig.find('_');
  return fmt::format("[{}] → [{}]", types(row.sig.substr(0, middle)),
                     types(row.sig.substr(middle + 1)));
}

std::string encoding(const OpInfo& row) {
  if (row.prefix == 0) return fmt::format("{:02X}", row.code);
  Bytes code;
  append_unsigned_leb(code, row.code);
  return fmt::format("{:02X} {:02X}", row.prefix, fmt::join(code, " "));
}

std::string reference() {
  std::string text =
      "# Instructions\n\n"
      "Every instruction that Cairn knows, made from `wasm/include/cairn/wasm/instructions.def`.\n"
      "What one does is told by the [specification](https://webassembly.github.io/spec/core/), and "
      "in\n"
      "code by `engine/src/numerics/`. *addr* is the address type of the memory: i32, or i64 with\n"
      "memory64. No type is given where it depends on types that the module defines. Fuel is what "
      "one\n"
      "execution costs with `--fuel`; bulk instructions, growth and new arrays cost 1 more for "
      "each 64\n"
      "bytes or elements. `cairn features` says what the features are.\n\n"
      "| code | instruction | type | fuel | feature |\n| --- | --- | --- | --- | --- |\n";
  for (const OpInfo& row : op_table) {
    const std::string operands = immediates(row.imm);
    text += fmt::format("| {} | `{}`{} | {} | {} | {} |\n", encoding(row), row.text,
                        operands.empty() ? "" : " " + operands, signature(row), row.fuel,
                        row.feature == Feature::mvp ? "" : to_string(row.feature));
  }
  return text;
}

TEST(InstructionReference, IsMadeFromTheTable) {
  const std::string path = CAIRN_SOURCE_DIR "/docs/instructions.md";
  const std::string made = reference();
  if (std::getenv("CAIRN_UPDATE_GOLDEN")) std::ofstream(path, std::ios::binary) << made;
  std::ifstream file(path, std::ios::binary);
  std::stringstream found;
  found << file.rdbuf();
  EXPECT_EQ(found.str(), made) << "CAIRN_UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace
}  // namespace cairn::wasm
