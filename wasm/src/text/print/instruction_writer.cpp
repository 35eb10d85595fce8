#include "text/print/instruction_writer.hpp"

#include <fmt/format.h>
#include <cairn/base/bytes.hpp>

#include <iterator>

#include "text/print/float_text.hpp"

namespace cairn::wasm::text {

void InstructionWriter::write(const Instruction& in, std::string_view label) {
  context_.out += info(in.op).text;
  context_.out += label;
  immediates(in);
}

void InstructionWriter::use(Space space, uint32_t index) {
  context_.out += ' ';
  context_.use(space, index);
}

/// An index that may be left out when it is 0.
void InstructionWriter::optional_use(Space space, uint32_t index) {
  if (index != 0) use(space, index);
}

void InstructionWriter::pair(Space space, uint32_t first, uint32_t second) {
  if (first == 0 && second == 0) return;
  use(space, first);
  use(space, second);
}

void InstructionWriter::local(uint32_t index) {
  context_.out += ' ';
  context_.use(scope_.locals.at(index), index);
}

/// An identifier where it means this label, else the index with the block's number in a comment.
void InstructionWriter::label(uint32_t index) {
  context_.out += ' ';
  const LabelStack& labels = scope_.labels;
  if (const auto id = labels.at(index); id && labels.find(*id) == index) {
    context_.out += *id;
    return;
  }
  context_.number(index);
  if (index < labels.depth()) {
    fmt::format_to(std::back_inserter(context_.out), " (;@{};)", labels.depth() - index);
  }
}

void InstructionWriter::labels(const Instruction& in) {
  for (const uint32_t index : in.labels) label(index);
}

void InstructionWriter::type_use(uint32_t index) {
  context_.out += " (type";
  use(Space::type, index);
  context_.out += ')';
}

void InstructionWriter::block_type(const BlockType& block) {
  switch (block.kind) {
    case BlockType::Kind::empty: return;
    case BlockType::Kind::value:
      context_.out += " (result ";
      context_.type(block.value);
      context_.out += ')';
      return;
    case BlockType::Kind::index:
      type_use(block.index);
      if (const FuncType* type = context_.function_type_at(block.index)) {
        context_.function_type(*type, nullptr);
      }
  }
}

void InstructionWriter::catch_clause(const CatchClause& clause) {
  constexpr std::string_view words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  context_.out += " (";
  context_.out += words[static_cast<size_t>(clause.kind)];
  if (clause.kind == CatchClause::Kind::catch_ || clause.kind == CatchClause::Kind::catch_ref) {
    use(Space::tag, clause.tag);
  }
  label(clause.label);
  context_.out += ')';
}

void InstructionWriter::memarg(const Instruction& in) {
  optional_use(Space::memory, in.mem.memory);
  const auto out = std::back_inserter(context_.out);
  if (in.mem.offset != 0) fmt::format_to(out, " offset={}", in.mem.offset);
  if (in.mem.align_log2 != natural_align_log2(info(in.op).imm)) {
    fmt::format_to(out, " align={}", uint64_t{1} << in.mem.align_log2);
  }
}

void InstructionWriter::immediates(const Instruction& in) {
  std::string& out = context_.out;
  switch (info(in.op).imm) {
    case Imm::none:
    case Imm::fence: return;
    case Imm::block: return block_type(in.block);
    case Imm::try_table:
      block_type(in.block);
      for (const CatchClause& clause : in.catches) catch_clause(clause);
      return;
    case Imm::label: return label(in.index);
    case Imm::br_table: return labels(in);
    case Imm::func: return use(Space::func, in.index);
    case Imm::type: return use(Space::type, in.index);
    case Imm::type_table: optional_use(Space::table, in.index2); return type_use(in.index);
    case Imm::local: return local(in.index);
    case Imm::global: return use(Space::global, in.index);
    case Imm::table: return optional_use(Space::table, in.index);
    case Imm::table_table: return pair(Space::table, in.index, in.index2);
    case Imm::elem_table: optional_use(Space::table, in.index2); return use(Space::elem, in.index);
    case Imm::elem: return use(Space::elem, in.index);
    case Imm::data: return use(Space::data, in.index);
    case Imm::memory: return optional_use(Space::memory, in.index);
    case Imm::memory_memory: return pair(Space::memory, in.index, in.index2);
    case Imm::data_memory:
      optional_use(Space::memory, in.index2);
      return use(Space::data, in.index);
    case Imm::mem0:
    case Imm::mem1:
    case Imm::mem2:
    case Imm::mem3:
    case Imm::mem4: return memarg(in);
    case Imm::mem0_lane:
    case Imm::mem1_lane:
    case Imm::mem2_lane:
    case Imm::mem3_lane: memarg(in); [[fallthrough]];
    case Imm::lane2:
    case Imm::lane4:
    case Imm::lane8:
    case Imm::lane16: out += ' '; return context_.number(in.lane);
    case Imm::shuffle:
      for (const uint8_t lane : in.bytes) {
        out += ' ';
        context_.number(lane);
      }
      return;
    case Imm::i32:
      fmt::format_to(std::back_inserter(out), " {}", static_cast<int32_t>(in.value));
      return;
    case Imm::i64:
      fmt::format_to(std::back_inserter(out), " {}", static_cast<int64_t>(in.value));
      return;
    case Imm::f32: out += ' '; return append_f32(static_cast<uint32_t>(in.value), out);
    case Imm::f64: out += ' '; return append_f64(in.value, out);
    case Imm::v128:
      out += " i32x4";
      for (int lane = 0; lane < 4; ++lane) {
        fmt::format_to(std::back_inserter(out), " 0x{:08x}",
                       load_le<uint32_t>(in.bytes + 4 * lane));
      }
      return;
    case Imm::heap: out += ' '; return context_.heap_type(in.heap);
    case Imm::ref_cast: {
      const bool nullable = in.op == Op::ref_test_null || in.op == Op::ref_cast_null;
      out += ' ';
      return context_.type(ValType::ref(in.heap, nullable));
    }
    case Imm::select_types:
      out += " (result";
      for (const ValType type : in.types) {
        out += ' ';
        context_.type(type);
      }
      out += ')';
      return;
    case Imm::type_field:
      use(Space::type, in.index);
      out += ' ';
      return context_.use(context_.names.fields_of(in.index).at(in.index2), in.index2);
    case Imm::type_type: use(Space::type, in.index); return use(Space::type, in.index2);
    case Imm::type_data: use(Space::type, in.index); return use(Space::data, in.index2);
    case Imm::type_elem: use(Space::type, in.index); return use(Space::elem, in.index2);
    case Imm::type_count:
      use(Space::type, in.index);
      out += ' ';
      return context_.number(in.index2);
    case Imm::label_cast:
      label(in.index);
      out += ' ';
      context_.type(in.cast_from);
      out += ' ';
      return context_.type(in.cast_to);
    case Imm::tag: return use(Space::tag, in.index);
  }
}

}  // namespace cairn::wasm::text
