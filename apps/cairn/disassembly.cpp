#include "disassembly.hpp"

#include <fmt/format.h>
#include <cairn/wasm/instruction.hpp>

#include <algorithm>

#include "terminal.hpp"

namespace cairn::cli {
namespace {

using wasm::Imm;
using wasm::Instruction;

/// So many bytes of an instruction stand on its line; longer ones end in "…".
constexpr size_t bytes_shown_max = 8;
/// Deeper blocks are not indented further: a listing would grow with the square of their depth.
constexpr size_t depth_shown_max = 40;

/// So many types of a list are shown: a million functions may share one type with a thousand.
constexpr size_t types_shown_max = 32;

std::string join(const std::vector<wasm::ValType>& types) {
  std::string text;
  for (size_t i = 0; i < std::min(types.size(), types_shown_max); ++i) {
    text += (i == 0 ? "" : ", ") + wasm::to_string(types[i]);
  }
  if (types.size() > types_shown_max) {
    text += fmt::format(", … {} more", types.size() - types_shown_max);
  }
  return text;
}

std::string block_type(const wasm::BlockType& block) {
  switch (block.kind) {
    case wasm::BlockType::Kind::empty: return "";
    case wasm::BlockType::Kind::value: return " (result " + wasm::to_string(block.value) + ")";
    case wasm::BlockType::Kind::index: return fmt::format(" (type {})", block.index);
  }
  return "";
}

std::string memory_argument(const Instruction& in) {
  std::string text;
  if (in.mem.memory != 0) text += fmt::format(" {}", in.mem.memory);
  if (in.mem.offset != 0) text += fmt::format(" offset={}", in.mem.offset);
  return text + fmt::format(" align={}", uint64_t{1} << in.mem.align_log2);
}

std::string vector_bytes(const Instruction& in) {
  std::string text;
  for (const uint8_t byte : in.bytes) text += fmt::format(" {}", byte);
  return text;
}

std::string catch_clauses(const Instruction& in) {
  static constexpr std::string_view words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  std::string text = block_type(in.block);
  for (const wasm::CatchClause& clause : in.catches) {
    const auto kind = static_cast<size_t>(clause.kind);
    text += fmt::format(" ({}", words[kind]);
    if (kind < 2) text += fmt::format(" {}", clause.tag);
    text += fmt::format(" {})", clause.label);
  }
  return text;
}

std::string labels(const Instruction& in) {
  std::string text;
  for (const uint32_t label : in.labels) text += fmt::format(" {}", label);
  return text;
}

std::string named(const wasm::NameMap& names, uint32_t index) {
  const std::string* name = wasm::find_name(names, index);
  return name == nullptr ? fmt::format(" {}", index)
                         : fmt::format(" {} <{}>", index, printable(*name));
}

std::string immediates(const Instruction& in, const wasm::ModuleNames& names) {
  const Imm imm = wasm::info(in.op).imm;
  switch (imm) {
    case Imm::none:
    case Imm::fence: return "";
    case Imm::block: return block_type(in.block);
    case Imm::br_table: return labels(in);
    case Imm::try_table: return catch_clauses(in);
    case Imm::func: return named(names.functions, in.index);
    case Imm::global: return named(names.globals, in.index);
    case Imm::i32: return fmt::format(" {}", static_cast<int32_t>(in.value));
    case Imm::i64: return fmt::format(" {}", static_cast<int64_t>(in.value));
    case Imm::f32: return fmt::format(" {}", std::bit_cast<float>(static_cast<uint32_t>(in.value)));
    case Imm::f64: return fmt::format(" {}", std::bit_cast<double>(in.value));
    case Imm::heap:
    case Imm::ref_cast: return " " + wasm::to_string(in.heap);
    case Imm::select_types: return " (result " + join(in.types) + ")";
    case Imm::label_cast:
      return fmt::format(" {} {} {}", in.index, wasm::to_string(in.cast_from),
                         wasm::to_string(in.cast_to));
    case Imm::shuffle:
    case Imm::v128: return vector_bytes(in);
    case Imm::lane2:
    case Imm::lane4:
    case Imm::lane8:
    case Imm::lane16: return fmt::format(" {}", in.lane);
    case Imm::mem0:
    case Imm::mem1:
    case Imm::mem2:
    case Imm::mem3:
    case Imm::mem4: return memory_argument(in);
    case Imm::mem0_lane:
    case Imm::mem1_lane:
    case Imm::mem2_lane:
    case Imm::mem3_lane: return memory_argument(in) + fmt::format(" {}", in.lane);
    case Imm::type_table:
    case Imm::table_table:
    case Imm::elem_table:
    case Imm::memory_memory:
    case Imm::data_memory:
    case Imm::type_field:
    case Imm::type_type:
    case Imm::type_data:
    case Imm::type_elem:
    case Imm::type_count: return fmt::format(" {} {}", in.index, in.index2);
    default: return fmt::format(" {}", in.index);
  }
}

std::string hex(ByteSpan bytes) {
  std::string text;
  for (const uint8_t byte : bytes.first(std::min(bytes.size(), bytes_shown_max))) {
    text += fmt::format("{:02x} ", byte);
  }
  if (bytes.size() > bytes_shown_max) text += "…";
  // The ellipsis is one column wide and three bytes long.
  const size_t width = bytes_shown_max * 3 + 1;
  const size_t used =
      std::min(bytes.size(), bytes_shown_max) * 3 + (bytes.size() > bytes_shown_max ? 1 : 0);
  return text + std::string(width - used, ' ');
}

bool opens(wasm::Op op) {
  return op == wasm::Op::block || op == wasm::Op::loop || op == wasm::Op::if_ ||
         op == wasm::Op::try_ || op == wasm::Op::try_table;
}

bool closes(wasm::Op op) {
  return op == wasm::Op::end || op == wasm::Op::else_ || op == wasm::Op::catch_ ||
         op == wasm::Op::catch_all || op == wasm::Op::delegate;
}

bool goes_on(wasm::Op op) { return closes(op) && op != wasm::Op::end && op != wasm::Op::delegate; }

std::string header(const wasm::Module& module, const wasm::ModuleNames& names, uint32_t index) {
  const uint32_t func = module.imported_functions + index;
  const uint32_t type_index = module.functions[index];
  std::string text = fmt::format("func[{}]", func);
  if (const std::string* name = wasm::find_name(names.functions, func)) {
    text += fmt::format(" <{}>", printable(*name));
  }
  if (type_index < module.types.size()) {
    if (const wasm::FuncType* type = module.types[type_index].func()) text += " " + describe(*type);
  }
  const wasm::Code& code = module.code[index];
  text += fmt::format(", {} bytes\n", code.body.code.size());
  for (const wasm::LocalGroup& group : code.locals) {
    text += fmt::format("  local {} × {}\n", group.count, wasm::to_string(group.type));
  }
  return text;
}

}  // namespace

std::string describe(const wasm::FuncType& type) {
  return fmt::format("({}) -> ({})", join(type.params), join(type.results));
}

void disassemble(const wasm::Module& module, const wasm::ModuleNames& names, uint32_t index,
                 wasm::Features features) {
  write(stdout, header(module, names, index));
  const wasm::Expr& body = module.code[index].body;
  wasm::InstrDecoder decoder(body, features);
  Instruction in;
  size_t depth = 1;
  while (!decoder.at_end()) {
    const size_t begin = decoder.consumed();
    if (!decoder.step(in)) {
      write(stdout, fmt::format("  {}\n", decoder.error().to_string()));
      break;
    }
    if (closes(in.op) && depth > 0) --depth;
    const ByteSpan bytes = body.code.subspan(begin, decoder.consumed() - begin);
    write(stdout, fmt::format("  {:06x}: {} {}{}{}\n", body.offset + begin, hex(bytes),
                              std::string(std::min(depth, depth_shown_max) * 2, ' '),
                              wasm::info(in.op).text, immediates(in, names)));
    if (opens(in.op) || goes_on(in.op)) ++depth;
  }
}

}  // namespace cairn::cli
