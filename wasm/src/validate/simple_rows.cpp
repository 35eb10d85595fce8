#include "validate/simple_rows.hpp"

#include "opcode_map.hpp"
#include "validate/signature.hpp"

namespace cairn::wasm {

namespace {

constexpr uint32_t all_bits = ~uint32_t{0};

constexpr SimpleKind kind_of(Op op, Imm imm) {
  switch (op) {
    case Op::local_get: return SimpleKind::local_get;
    case Op::local_set: return SimpleKind::local_set;
    case Op::local_tee: return SimpleKind::local_tee;
    case Op::block:
    case Op::loop: return SimpleKind::block;
    case Op::if_: return SimpleKind::if_;
    case Op::end: return SimpleKind::end;
    case Op::br_if: return SimpleKind::br_if;
    default: break;
  }
  if (signatures[static_cast<size_t>(op)].special) return SimpleKind::none;
  if (imm >= Imm::mem0 && imm <= Imm::mem4) return SimpleKind::memory;
  switch (imm) {
    case Imm::none: return SimpleKind::plain;
    case Imm::i32: return SimpleKind::const_leb32;
    case Imm::i64: return SimpleKind::const_leb64;
    case Imm::f32:
    case Imm::f64: return SimpleKind::const_bytes;
    default: return SimpleKind::none;
  }
}

constexpr SimpleRow simple_row(OpcodeRow opcode) {
  SimpleRow row;
  if (!opcode.known()) return row;
  if (opcode.op == Op::drop) {
    row.kind = SimpleKind::plain;
    row.pops = 1;  // of any type
    return row;
  }
  const Signature& signature = signatures[static_cast<size_t>(opcode.op)];
  if (signature.param_count > 2 || signature.result_count > 1) return row;
  row.kind = kind_of(opcode.op, opcode.imm);
  row.pops = signature.param_count;
  row.pushes = signature.result_count;
  if (row.kind == SimpleKind::memory)
    row.size = static_cast<uint8_t>(natural_align_log2(opcode.imm));
  if (row.kind == SimpleKind::const_bytes) row.size = opcode.imm == Imm::f32 ? 4 : 8;
  if (row.pops >= 1) {
    row.last_mask = all_bits;
    row.last = signature.params[row.pops - 1u];
  }
  if (row.pops == 2) {
    row.before_mask = all_bits;
    row.before = signature.params[0];
  }
  if (row.pushes == 1) row.result = signature.results[0];
  return row;
}

constexpr SimpleRows rows_of_all = [] {
  SimpleRows rows;
  for (size_t code = 0; code < rows.size(); ++code)
    rows[code] = simple_row(detail::plain_rows[code]);
  return rows;
}();

}  // namespace

SimpleRows simple_rows(const ModuleContext& context) {
  SimpleRows rows = rows_of_all;
  for (size_t code = 0; code < rows.size(); ++code) {
    SimpleRow& row = rows[code];
    const bool on = context.features.has(detail::plain_rows[code].feature);
    if (!on || (row.kind == SimpleKind::memory && context.memories.empty())) {
      row = {};
    } else if (row.kind == SimpleKind::memory) {
      const ValType address = val_type(context.memories[0].address);
      (row.pops == 2 ? row.before : row.last) = address;
    }
  }
  return rows;
}

}  // namespace cairn::wasm
