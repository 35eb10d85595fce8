#include "text/immediate_parser.hpp"

#include <fmt/format.h>

#include <bit>
#include <limits>

#include "text/vector_literal.hpp"

namespace cairn::wasm::text {

Result<uint32_t> ImmediateParser::local() {
  if (in_.kind() != TokenKind::id) {
    if (in_.kind() != TokenKind::number) return in_.unexpected("the index of a local");
    return in_.expect_u32();
  }
  const Token& token = in_.token();
  const std::optional<uint32_t> found = scope_.locals.find(*in_.take_id());
  if (!found) return in_.error(token, fmt::format("unknown local {}", in_.tokens().text(token)));
  return *found;
}

Result<uint32_t> ImmediateParser::label() {
  if (in_.kind() != TokenKind::id) {
    if (in_.kind() != TokenKind::number) return in_.unexpected("a label");
    return in_.expect_u32();
  }
  const Token& token = in_.token();
  const std::optional<uint32_t> found = scope_.labels.find(*in_.take_id());
  if (!found) return in_.error(token, fmt::format("unknown label {}", in_.tokens().text(token)));
  return *found;
}

Result<uint32_t> ImmediateParser::field(uint32_t type_index) {
  if (in_.kind() != TokenKind::id) {
    if (in_.kind() != TokenKind::number) return in_.unexpected("the index of a field");
    return in_.expect_u32();
  }
  const Token& token = in_.token();
  const std::string_view id = *in_.take_id();
  if (type_index < context_.fields.size()) {
    if (const auto found = context_.fields[type_index].find(id)) return *found;
  }
  return in_.error(token, fmt::format("unknown field {}", in_.tokens().text(token)));
}

Result<uint32_t> ImmediateParser::optional_index(Space space) {
  if (!context_.at_index()) return 0;
  return context_.index(space);
}

Result<> ImmediateParser::two_indices(Space first, Space second, Instruction& out) {
  out.index = TRY(context_.index(first));
  out.index2 = TRY(context_.index(second));
  return {};
}

Result<> ImmediateParser::optional_pair(Space space, Instruction& out) {
  out.index = out.index2 = 0;
  if (!context_.at_index()) return {};
  return two_indices(space, space, out);
}

Result<> ImmediateParser::segment_and_target(Space segment, Space target, Instruction& out) {
  const TokenKind next = in_.next_token().kind;
  out.index2 = 0;
  if (next == TokenKind::number || next == TokenKind::id) {
    out.index2 = TRY(context_.index(target));
  }
  out.index = TRY(context_.index(segment));
  return {};
}

Result<> ImmediateParser::labels(Instruction& out) {
  out.labels.clear();
  do {
    out.labels.push_back(TRY(label()));
  } while (context_.at_index());
  return context_.check_limit(out.labels.size() - 1, context_.limits.br_table_targets,
                              "targets of a br_table");
}

Result<> ImmediateParser::call_indirect(Instruction& out) {
  out.index2 = TRY(optional_index(Space::table));
  const TypeUse use = TRY(types_.type_use(nullptr));
  out.index = TRY(types_.resolve(use));
  return {};
}

Result<> ImmediateParser::select(Instruction& out) {
  if (!in_.at_open("result")) return {};
  out.op = Op::select_t;
  out.types.clear();
  return types_.results(out.types);
}

Result<> ImmediateParser::cast(Instruction& out) {
  const ValType type = TRY(types_.reference_type());
  out.heap = type.heap();
  if (type.nullable()) out.op = out.op == Op::ref_test ? Op::ref_test_null : Op::ref_cast_null;
  return {};
}

Result<> ImmediateParser::two_types(Instruction& out) {
  out.index = TRY(label());
  out.cast_from = TRY(types_.reference_type());
  out.cast_to = TRY(types_.reference_type());
  return {};
}

Result<> ImmediateParser::memarg(Imm imm, MemArg& mem) {
  mem.offset = 0;
  mem.align_log2 = natural_align_log2(imm);
  constexpr uint64_t max = std::numeric_limits<uint64_t>::max();
  const auto number_after = [&](std::string_view prefix) -> Result<std::optional<uint64_t>> {
    if (in_.kind() != TokenKind::keyword || !in_.text().starts_with(prefix)) return std::nullopt;
    uint64_t value = 0;
    const NumberStatus status = parse_nat(in_.text().substr(prefix.size()), max, value);
    if (status != NumberStatus::ok) return in_.number_error(in_.token(), status, "i64");
    in_.advance();
    return value;
  };
  mem.offset = TRY(number_after("offset=")).value_or(0);
  const Token& token = in_.token();
  if (const std::optional<uint64_t> align = TRY(number_after("align="))) {
    if (!std::has_single_bit(*align)) {
      return in_.error(token, "alignment must be a power of two");
    }
    mem.align_log2 = static_cast<uint32_t>(std::countr_zero(*align));
  }
  return {};
}

/// `memidx? offset? align? laneidx`: a lone number is the lane.
Result<> ImmediateParser::lane_memarg(Instruction& out) {
  const Token& next = in_.next_token();
  const bool memory =
      in_.kind() == TokenKind::id ||
      (in_.kind() == TokenKind::number &&
       (next.kind == TokenKind::number ||
        (next.kind == TokenKind::keyword && (in_.tokens().text(next).starts_with("offset=") ||
                                             in_.tokens().text(next).starts_with("align=")))));
  out.mem.memory = memory ? TRY(context_.index(Space::memory)) : 0;
  TRY(memarg(info(out.op).imm, out.mem));
  out.lane = static_cast<uint8_t>(TRY(in_.expect_nat(255, "i8")));
  return {};
}

Result<> ImmediateParser::shuffle(Instruction& out) {
  for (uint8_t& lane : out.bytes) {
    if (in_.kind() != TokenKind::number) {
      return in_.error(in_.token(), "invalid lane length: a shuffle names 16 lanes");
    }
    lane = static_cast<uint8_t>(TRY(in_.expect_nat(255, "i8")));
  }
  return {};
}

Result<> ImmediateParser::catch_clauses(std::vector<CatchClause>& clauses) {
  using Kind = CatchClause::Kind;
  clauses.clear();
  for (;;) {
    CatchClause clause{};
    if (in_.take_open("catch")) {
      clause.kind = Kind::catch_;
    } else if (in_.take_open("catch_ref")) {
      clause.kind = Kind::catch_ref;
    } else if (in_.take_open("catch_all")) {
      clause.kind = Kind::catch_all;
    } else if (in_.take_open("catch_all_ref")) {
      clause.kind = Kind::catch_all_ref;
    } else {
      return {};
    }
    const bool has_tag = clause.kind == Kind::catch_ || clause.kind == Kind::catch_ref;
    if (has_tag) clause.tag = TRY(context_.index(Space::tag));
    clause.label = TRY(label());
    TRY(in_.expect_close());
    clauses.push_back(clause);
  }
}

Result<> ImmediateParser::read(Instruction& out) {
  const Imm imm = info(out.op).imm;
  switch (imm) {
    case Imm::none:
      if (out.op == Op::select) return select(out);
      return {};
    case Imm::fence:
    case Imm::block:
    case Imm::try_table: return {};
    case Imm::label: out.index = TRY(label()); return {};
    case Imm::br_table: return labels(out);
    case Imm::func: out.index = TRY(context_.index(Space::func)); return {};
    case Imm::type: out.index = TRY(context_.index(Space::type)); return {};
    case Imm::type_table: return call_indirect(out);
    case Imm::local: out.index = TRY(local()); return {};
    case Imm::global: out.index = TRY(context_.index(Space::global)); return {};
    case Imm::table: out.index = TRY(optional_index(Space::table)); return {};
    case Imm::table_table: return optional_pair(Space::table, out);
    case Imm::elem_table: return segment_and_target(Space::elem, Space::table, out);
    case Imm::elem: out.index = TRY(context_.index(Space::elem)); return {};
    case Imm::data:
      context_.uses_data = true;
      out.index = TRY(context_.index(Space::data));
      return {};
    case Imm::memory: out.index = TRY(optional_index(Space::memory)); return {};
    case Imm::memory_memory: return optional_pair(Space::memory, out);
    case Imm::data_memory:
      context_.uses_data = true;
      return segment_and_target(Space::data, Space::memory, out);
    case Imm::mem0:
    case Imm::mem1:
    case Imm::mem2:
    case Imm::mem3:
    case Imm::mem4:
      out.mem.memory = TRY(optional_index(Space::memory));
      return memarg(imm, out.mem);
    case Imm::mem0_lane:
    case Imm::mem1_lane:
    case Imm::mem2_lane:
    case Imm::mem3_lane: return lane_memarg(out);
    case Imm::lane2:
    case Imm::lane4:
    case Imm::lane8:
    case Imm::lane16: out.lane = static_cast<uint8_t>(TRY(in_.expect_nat(255, "i8"))); return {};
    case Imm::shuffle: return shuffle(out);
    case Imm::i32:
      out.value =
          static_cast<uint64_t>(int64_t{static_cast<int32_t>(TRY(expect_integer(in_, 32)))});
      return {};
    case Imm::i64: out.value = TRY(expect_integer(in_, 64)); return {};
    case Imm::f32: out.value = TRY(expect_float(in_, 32)); return {};
    case Imm::f64: out.value = TRY(expect_float(in_, 64)); return {};
    case Imm::v128: return expect_vector(in_, out.bytes);
    case Imm::heap: out.heap = TRY(types_.heap_type()); return {};
    case Imm::select_types: return select(out);
    case Imm::type_field:
      out.index = TRY(context_.index(Space::type));
      out.index2 = TRY(field(out.index));
      return {};
    case Imm::type_type: return two_indices(Space::type, Space::type, out);
    case Imm::type_data:
      context_.uses_data = true;
      return two_indices(Space::type, Space::data, out);
    case Imm::type_elem: return two_indices(Space::type, Space::elem, out);
    case Imm::type_count:
      out.index = TRY(context_.index(Space::type));
      out.index2 = TRY(in_.expect_u32());
      return {};
    case Imm::label_cast: return two_types(out);
    case Imm::ref_cast: return cast(out);
    case Imm::tag: out.index = TRY(context_.index(Space::tag)); return {};
  }
  return {};
}

}  // namespace cairn::wasm::text
