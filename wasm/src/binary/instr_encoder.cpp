// Instructions to their binary form; the inverse of instr_decoder.cpp.

#include <cairn/wasm/instruction.hpp>

#include "binary/cursor.hpp"

namespace cairn::wasm {

namespace {

void append_block_type(Bytes& out, const BlockType& type) {
  switch (type.kind) {
    case BlockType::Kind::empty: out.push_back(0x40); break;
    case BlockType::Kind::value: append_val_type(out, type.value); break;
    case BlockType::Kind::index: append_signed_leb(out, type.index); break;
  }
}

void append_memarg(Bytes& out, const MemArg& mem) {
  if (mem.memory == 0) {
    append_unsigned_leb(out, mem.align_log2);
  } else {
    append_unsigned_leb(out, mem.align_log2 | 0x40);
    append_unsigned_leb(out, mem.memory);
  }
  append_unsigned_leb(out, mem.offset);
}

void append_catches(Bytes& out, const std::vector<CatchClause>& catches) {
  append_unsigned_leb(out, catches.size());
  for (const CatchClause& clause : catches) {
    out.push_back(static_cast<uint8_t>(clause.kind));
    if (clause.kind <= CatchClause::Kind::catch_ref) append_unsigned_leb(out, clause.tag);
    append_unsigned_leb(out, clause.label);
  }
}

void append_label_cast(Bytes& out, const Instruction& in) {
  out.push_back(
      static_cast<uint8_t>((in.cast_from.nullable() ? 1 : 0) | (in.cast_to.nullable() ? 2 : 0)));
  append_unsigned_leb(out, in.index);
  append_heap_type(out, in.cast_from.heap());
  append_heap_type(out, in.cast_to.heap());
}

void append_immediates(Bytes& out, const Instruction& in) {
  switch (info(in.op).imm) {
    case Imm::none: break;
    case Imm::label:
    case Imm::func:
    case Imm::type:
    case Imm::local:
    case Imm::global:
    case Imm::table:
    case Imm::elem:
    case Imm::data:
    case Imm::memory:
    case Imm::tag: append_unsigned_leb(out, in.index); break;
    case Imm::type_table:
    case Imm::table_table:
    case Imm::elem_table:
    case Imm::memory_memory:
    case Imm::data_memory:
    case Imm::type_field:
    case Imm::type_type:
    case Imm::type_data:
    case Imm::type_elem:
    case Imm::type_count:
      append_unsigned_leb(out, in.index);
      append_unsigned_leb(out, in.index2);
      break;
    case Imm::block: append_block_type(out, in.block); break;
    case Imm::br_table:
      append_unsigned_leb(out, in.labels.size() - 1);
      for (uint32_t label : in.labels) append_unsigned_leb(out, label);
      break;
    case Imm::mem0:
    case Imm::mem1:
    case Imm::mem2:
    case Imm::mem3:
    case Imm::mem4: append_memarg(out, in.mem); break;
    case Imm::mem0_lane:
    case Imm::mem1_lane:
    case Imm::mem2_lane:
    case Imm::mem3_lane: append_memarg(out, in.mem); [[fallthrough]];
    case Imm::lane2:
    case Imm::lane4:
    case Imm::lane8:
    case Imm::lane16: out.push_back(in.lane); break;
    case Imm::shuffle:
    case Imm::v128: append(out, in.bytes); break;
    case Imm::i32:
    case Imm::i64: append_signed_leb(out, static_cast<int64_t>(in.value)); break;
    case Imm::f32: append_le(out, static_cast<uint32_t>(in.value)); break;
    case Imm::f64: append_le(out, in.value); break;
    case Imm::heap:
    case Imm::ref_cast: append_heap_type(out, in.heap); break;
    case Imm::select_types:
      append_unsigned_leb(out, in.types.size());
      for (ValType type : in.types) append_val_type(out, type);
      break;
    case Imm::label_cast: append_label_cast(out, in); break;
    case Imm::try_table:
      append_block_type(out, in.block);
      append_catches(out, in.catches);
      break;
    case Imm::fence: out.push_back(0); break;
  }
}

}  // namespace

void encode(const Instruction& in, Bytes& out) {
  const OpInfo& row = info(in.op);
  if (row.prefix == 0) {
    out.push_back(static_cast<uint8_t>(row.code));
  } else {
    out.push_back(row.prefix);
    append_unsigned_leb(out, row.code);
  }
  append_immediates(out, in);
}

}  // namespace cairn::wasm
