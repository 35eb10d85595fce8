// Instructions from their binary form (spec: Binary Format > Instructions).

#include <cairn/wasm/instruction.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "binary/cursor.hpp"
#include "opcode_map.hpp"

namespace cairn::wasm {

namespace {

constexpr uint32_t memory_index_flag = 0x40;  // in the alignment field of a memory immediate

bool read_block_type(Cursor& in, Features features, BlockType& out) {
  if (in.p == in.end) return in.fail(Fault::unexpected_end);
  if (*in.p == 0x40) {
    ++in.p;
    out.kind = BlockType::Kind::empty;
    return true;
  }
  // A one-byte negative number is a value type, everything else the index of a function type.
  if ((*in.p & 0xC0) == 0x40) {
    out.kind = BlockType::Kind::value;
    if (in.val_type(features, out.value)) return true;
    return in.fault == Fault::malformed_value_type && in.fail(Fault::malformed_block_type);
  }
  const uint8_t* start = in.p;
  int64_t index = 0;
  if (!in.s33(index)) return false;
  if (index < 0 || !features.has(Feature::multi_value)) {
    return in.fail_at(start, Fault::malformed_block_type);
  }
  out.kind = BlockType::Kind::index;
  out.index = static_cast<uint32_t>(index);
  return true;
}

bool read_memarg(Cursor& in, Features features, MemArg& out) {
  const uint8_t* start = in.p;
  uint32_t flags = 0;
  if (!in.u32(flags)) return false;
  out.memory = 0;
  if (flags >= memory_index_flag) [[unlikely]] {
    if (flags >= 2 * memory_index_flag || !features.has(Feature::multi_memory)) {
      return in.fail_at(start, Fault::malformed_memop_flags);
    }
    if (!in.u32(out.memory)) return false;
  }
  out.align_log2 = flags % memory_index_flag;
  return in.u64(out.offset);
}

/// The index of a memory or table that was a zero byte before `feature`.
bool read_index_or_zero(Cursor& in, Features features, Feature feature, uint32_t& out) {
  if (features.has(feature)) return in.u32(out);
  uint8_t zero = 0;
  if (!in.byte(zero)) return false;
  out = 0;
  return zero == 0 || in.fail_at(in.p - 1, Fault::zero_byte);
}

/// A length whose elements have at least one byte each, so that it cannot make us reserve more
/// memory than the input has bytes.
bool read_length(Cursor& in, uint32_t& out) {
  const uint8_t* start = in.p;
  if (!in.u32(out)) return false;
  return out <= in.left() || in.fail_at(start, Fault::length_out_of_bounds);
}

bool read_labels(Cursor& in, std::vector<uint32_t>& out) {
  uint32_t count = 0;
  if (!read_length(in, count)) return false;
  out.resize(count + 1);
  return std::ranges::all_of(out, [&](uint32_t& label) { return in.u32(label); });
}

bool read_types(Cursor& in, Features features, std::vector<ValType>& out) {
  uint32_t count = 0;
  if (!read_length(in, count)) return false;
  out.resize(count);
  return std::ranges::all_of(out, [&](ValType& type) { return in.val_type(features, type); });
}

bool read_catch(Cursor& in, CatchClause& out) {
  uint8_t kind = 0;
  if (!in.byte(kind)) return false;
  if (kind > 3) return in.fail_at(in.p - 1, Fault::malformed_catch_clause);
  out.kind = static_cast<CatchClause::Kind>(kind);
  const bool has_tag = kind < 2;
  return (!has_tag || in.u32(out.tag)) && in.u32(out.label);
}

bool read_catches(Cursor& in, std::vector<CatchClause>& out) {
  uint32_t count = 0;
  if (!read_length(in, count)) return false;
  out.resize(count);
  return std::ranges::all_of(out, [&](CatchClause& clause) { return read_catch(in, clause); });
}

bool read_label_cast(Cursor& in, Features features, Instruction& out) {
  uint8_t flags = 0;
  if (!in.byte(flags)) return false;
  if (flags > 3) return in.fail_at(in.p - 1, Fault::malformed_cast_flags);
  HeapType from = AbsHeapType::bot, to = AbsHeapType::bot;
  if (!in.u32(out.index) || !in.heap_type(features, from) || !in.heap_type(features, to)) {
    return false;
  }
  out.cast_from = ValType::ref(from, (flags & 1) != 0);
  out.cast_to = ValType::ref(to, (flags & 2) != 0);
  return true;
}

bool read_bytes(Cursor& in, Instruction& out) {
  const uint8_t* bytes = nullptr;
  if (!in.take(16, bytes)) return false;
  std::copy_n(bytes, 16, out.bytes);
  return true;
}

template <class T>
bool read_float(Cursor& in, uint64_t& out) {
  const uint8_t* bytes = nullptr;
  if (!in.take(sizeof(T), bytes)) return false;
  out = load_le<T>(bytes);
  return true;
}

/// The immediates that are rarely met, out of line so that the common ones stay small.
[[gnu::noinline]] bool read_rare(Cursor& in, Features features, Imm imm, Instruction& out) {
  switch (imm) {
    case Imm::br_table: return read_labels(in, out.labels);
    case Imm::type_table:
      return in.u32(out.index) &&
             read_index_or_zero(in, features, Feature::reference_types, out.index2);
    case Imm::elem_table:
      return in.u32(out.index) &&
             read_index_or_zero(in, features, Feature::reference_types, out.index2);
    case Imm::table_table:
    case Imm::type_field:
    case Imm::type_type:
    case Imm::type_data:
    case Imm::type_elem:
    case Imm::type_count: return in.u32(out.index) && in.u32(out.index2);
    case Imm::data_memory:
      return in.u32(out.index) &&
             read_index_or_zero(in, features, Feature::multi_memory, out.index2);
    case Imm::memory: return read_index_or_zero(in, features, Feature::multi_memory, out.index);
    case Imm::memory_memory:
      return read_index_or_zero(in, features, Feature::multi_memory, out.index) &&
             read_index_or_zero(in, features, Feature::multi_memory, out.index2);
    case Imm::mem0_lane:
    case Imm::mem1_lane:
    case Imm::mem2_lane:
    case Imm::mem3_lane: return read_memarg(in, features, out.mem) && in.byte(out.lane);
    case Imm::lane2:
    case Imm::lane4:
    case Imm::lane8:
    case Imm::lane16: return in.byte(out.lane);
    case Imm::shuffle:
    case Imm::v128: return read_bytes(in, out);
    case Imm::heap:
    case Imm::ref_cast: return in.heap_type(features, out.heap);
    case Imm::select_types: return read_types(in, features, out.types);
    case Imm::label_cast: return read_label_cast(in, features, out);
    case Imm::try_table:
      return read_block_type(in, features, out.block) && read_catches(in, out.catches);
    case Imm::fence: {
      uint8_t order = 0;
      return in.byte(order) && (order == 0 || in.fail_at(in.p - 1, Fault::zero_byte));
    }
    default: return in.fail(Fault::illegal_opcode);
  }
}

bool read_immediates(Cursor& in, Features features, Imm imm, Instruction& out) {
  switch (imm) {
    case Imm::none: return true;
    case Imm::label:
    case Imm::func:
    case Imm::type:
    case Imm::local:
    case Imm::global:
    case Imm::table:
    case Imm::elem:
    case Imm::data:
    case Imm::tag: return in.u32(out.index);
    case Imm::block: return read_block_type(in, features, out.block);
    case Imm::mem0:
    case Imm::mem1:
    case Imm::mem2:
    case Imm::mem3:
    case Imm::mem4: return read_memarg(in, features, out.mem);
    case Imm::i32: {
      int32_t value = 0;
      if (!in.s32(value)) return false;
      out.value = static_cast<uint64_t>(static_cast<int64_t>(value));
      return true;
    }
    case Imm::i64: {
      int64_t value = 0;
      if (!in.s64(value)) return false;
      out.value = static_cast<uint64_t>(value);
      return true;
    }
    case Imm::f32: return read_float<uint32_t>(in, out.value);
    case Imm::f64: return read_float<uint64_t>(in, out.value);
    default: return read_rare(in, features, imm, out);
  }
}

}  // namespace

bool InstrDecoder::step(Instruction& out) {
  Cursor in{p_, end_};
  const uint64_t at = offset();
  uint8_t byte = 0;
  if (in.byte(byte)) [[likely]] {
    OpcodeRow row = detail::plain_rows[byte];
    uint32_t code = byte;
    bool ok = true;
    if (is_prefix(byte)) [[unlikely]] {
      ok = in.u32(code);
      if (ok) row = opcode_row(byte, code);
    }
    if (!ok) {
      // the fault is the integer's
    } else if (!row.known()) [[unlikely]] {
      in.fail_at(p_, Fault::illegal_opcode);
    } else if (!features_.has(row.feature)) [[unlikely]] {
      in.fail_at(p_, Fault::feature_off);
    } else {
      out.op = row.op;
      out.offset = at;
      if (read_immediates(in, features_, row.imm, out)) [[likely]] {
        p_ = in.p;
        return true;
      }
    }
  }
  fault_ = static_cast<uint8_t>(in.fault);
  fault_at_ = in.p;
  return false;
}

Error InstrDecoder::error() const {
  const Fault fault = static_cast<Fault>(fault_);
  const uint64_t at = base_offset_ + static_cast<uint64_t>(fault_at_ - begin_);
  std::string expected;
  if (fault == Fault::feature_off || fault == Fault::illegal_opcode) {
    Cursor in{fault_at_, end_};
    uint8_t prefix = 0;
    uint32_t code = 0;
    if (in.byte(prefix) && is_prefix(prefix) && in.u32(code)) {
      expected = fmt::format("an instruction after the prefix 0x{:02x}, not 0x{:x}", prefix, code);
    }
    const std::optional<Op> op =
        is_prefix(prefix) ? op_from_code(prefix, code) : op_from_code(0, prefix);
    if (op) {
      expected = fmt::format("the feature {} to be on for {}", to_string(info(*op).feature),
                             info(*op).text);
    }
  }
  return error_of(fault, fault_at_, end_, at, expected);
}

}  // namespace cairn::wasm
