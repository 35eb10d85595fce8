// Instructions without control flow: arithmetic, memory, variables, tables, vectors, references.

#include "interp/functor.hpp"
#include "interp/translator.hpp"

namespace cairn::engine {

using wasm::Imm;
using wasm::Op;

// ---- Arithmetic --------------------------------------------------------------------------------

namespace {

Kind kind_of_letter(char letter) {
  switch (letter) {
    case 'i': return Kind::i32;
    case 'l': return Kind::i64;
    case 'f': return Kind::f32;
    case 'd': return Kind::f64;
    default: return Kind::v128;
  }
}

/// The comparison with its operands exchanged; other instructions commute as they are.
wasm::Op exchanged(wasm::Op op) {
  switch (op) {
    case Op::i32_lt_s: return Op::i32_gt_s;
    case Op::i32_lt_u: return Op::i32_gt_u;
    case Op::i32_gt_s: return Op::i32_lt_s;
    case Op::i32_gt_u: return Op::i32_lt_u;
    case Op::i32_le_s: return Op::i32_ge_s;
    case Op::i32_le_u: return Op::i32_ge_u;
    case Op::i32_ge_s: return Op::i32_le_s;
    case Op::i32_ge_u: return Op::i32_le_u;
    case Op::i64_lt_s: return Op::i64_gt_s;
    case Op::i64_lt_u: return Op::i64_gt_u;
    case Op::i64_gt_s: return Op::i64_lt_s;
    case Op::i64_gt_u: return Op::i64_lt_u;
    case Op::i64_le_s: return Op::i64_ge_s;
    case Op::i64_le_u: return Op::i64_ge_u;
    case Op::i64_ge_s: return Op::i64_le_s;
    case Op::i64_ge_u: return Op::i64_le_u;
    case Op::f32_lt: return Op::f32_gt;
    case Op::f32_gt: return Op::f32_lt;
    case Op::f32_le: return Op::f32_ge;
    case Op::f32_ge: return Op::f32_le;
    case Op::f64_lt: return Op::f64_gt;
    case Op::f64_gt: return Op::f64_lt;
    case Op::f64_le: return Op::f64_ge;
    case Op::f64_ge: return Op::f64_le;
    default: return op;
  }
}

/// Can its result be a NaN that it made, and not one that it moved?
bool makes_nans(wasm::Op op) {
  switch (op) {
#define CAIRN_NAN_RESULT(id, canonicalize) case Op::id:
#include "numerics/nan_results.def"
    return true;
    default: return false;
  }
}

}  // namespace

void Translator::numeric(const wasm::Instruction& in) {
  const std::string_view sig = wasm::info(in.op).sig;
  const Kind result = kind_of_letter(sig.back());
  const bool binary = sig.size() == 4;
  Operand a, b;
  wasm::Op op = in.op;
  const Handler* by_dst = nullptr;
  if (binary) {
    Entry second = pop(), first = pop();
    if (commutes(op) && first.where == Entry::Where::imm && second.where != Entry::Where::imm) {
      std::swap(first, second);
      op = exchanged(op);
    }
    const bool first_constant = !commutes(op) && second.where != Entry::Where::imm;
    a = use(first, first_constant);
    b = use(second);
    by_dst = binary_family(op)->at[static_cast<int>(a.src)][static_cast<int>(b.src)];
  } else {
    a = use(pop(), false);
    by_dst = unary_family(op)->at[static_cast<int>(a.src)];
  }
  spill_accumulator(is_float_kind(result));
  const uint32_t at = emit(by_dst[static_cast<int>(Dst::acc)]);
  const Operand* const constant = a.src == Src::imm             ? &a
                                  : b.src == Src::imm && binary ? &b
                                                                : nullptr;
  const bool wide = constant != nullptr && kind_of_letter(sig.front()) == Kind::f64;
  if (constant != nullptr && !wide) {
    emit_fields_high(0, constant == &a ? b.slot : a.slot, static_cast<uint32_t>(constant->bits));
  } else {
    emit_fields(0, constant == &a ? b.slot : a.slot, b.slot);
    if (wide) emit_bits(constant->bits);
  }
  push(result, Entry::Where::acc);
  produced(at, by_dst);
  last_.op = op;
  last_.a = a;
  last_.b = binary ? b : Operand{.src = Src::imm};
  last_.kind = kind_of_letter(sig.front());
  last_.is_comparison =
      op == Op::i32_eqz || op == Op::i64_eqz || branch_family(op, false) != nullptr;
  if (settings_.deterministic && makes_nans(in.op)) canonicalize_nan(result);
}

/// The deterministic profile: whatever NaN came out, the positive canonical one goes on.
void Translator::canonicalize_nan(Kind kind) {
  emit(control.canonical_nan[kind == Kind::f64][static_cast<int>(Dst::acc)]);
  emit_fields(0);
  acc_[1].by_dst = nullptr;
}

// ---- Memory ------------------------------------------------------------------------------------

bool Translator::guarded(const wasm::MemArg& mem) const {
  const wasm::MemoryType& type = module_.memory_types[mem.memory];
  return mem.memory == 0 && mem.offset < guard_size && type.address == wasm::AddrType::i32 &&
         type.page_size_log2 == 16 && module_.engine->guarded_memories;
}

void Translator::memory_access(const wasm::Instruction& in) {
  const std::string_view sig = wasm::info(in.op).sig;
  const bool load = sig[1] == '_';
  const bool fast = guarded(in.mem);
  if (load) {
    const Entry address = pop();
    const Kind result = kind_of_letter(sig.back());
    if (!fast) {
      const uint16_t slot = use_slot(address);
      push_temp(result);
      emit_plain(checked_handler(in.op), top().home, slot, 0, 0, in.mem.memory, 0, in.mem.offset);
      return;
    }
    const Operand from = use(address, false);
    const Handler* by_dst = load_family(in.op)->at[static_cast<int>(from.src)];
    spill_accumulator(is_float_kind(result));
    const uint32_t at = emit(by_dst[static_cast<int>(Dst::acc)]);
    emit_fields_high(0, from.slot, static_cast<uint32_t>(in.mem.offset));
    push(result, Entry::Where::acc);
    produced(at, by_dst);
    return;
  }
  const Entry value = pop(), address = pop();
  if (!fast) {
    const uint16_t value_slot = use_slot(value), address_slot = use_slot(address);
    emit_plain(checked_handler(in.op), value_slot, address_slot, 0, 0, in.mem.memory, 0,
               in.mem.offset);
    return;
  }
  const Operand to = use(address, false);
  Operand what;
  if (value.where == Entry::Where::imm)
    what = {.src = Src::imm, .bits = value.bits};
  else
    what = use(value, false);
  emit(store_family(in.op)->at[static_cast<int>(to.src)][static_cast<int>(what.src)]);
  emit_fields_high(what.slot, to.slot, static_cast<uint32_t>(in.mem.offset));
  if (what.src == Src::imm) emit_bits(what.bits);
}

// ---- Variables ---------------------------------------------------------------------------------

void Translator::global(const wasm::Instruction& in) {
  const Kind type = kind_of(module_.global_types[in.index].type, module_.engine->types);
  const int d = static_cast<int>(domain_of(type));
  if (in.op == Op::global_get && type < Kind::v128) {
    spill_accumulator(is_float_kind(type));
    const Handler* by_dst = globals.get[d];
    const uint32_t at = emit(by_dst[static_cast<int>(Dst::acc)]);
    emit_fields(0);
    emit_halves(in.index, 0);
    push(type, Entry::Where::acc);
    produced(at, by_dst);
  } else if (in.op == Op::global_get) {
    push_temp(type);
    const uint32_t at =
        emit(type == Kind::v128 ? globals.get_v128 : globals.get[d][static_cast<int>(Dst::slot)]);
    const uint32_t result = near_result(top().home);
    emit_fields(result);
    emit_halves(in.index, 0);
    produced(at, nullptr);
    if (result != top().home) far_copy(top().home, result, slots_of(type));
  } else {
    const Entry value = pop();
    const Operand from = type == Kind::v128 ? Operand{.slot = use_slot(value)} : use(value, false);
    emit(type == Kind::v128 ? globals.set_v128 : globals.set[d][static_cast<int>(from.src)]);
    emit_fields(from.slot);
    emit_halves(in.index, 0);
  }
}

// ---- Everything with operands in slots ---------------------------------------------------------

void Translator::emit_plain(const Handler& handler, uint32_t f0, uint32_t f1, uint32_t f2,
                            uint32_t f3, uint32_t low, uint32_t high, uint64_t bits) {
  const uint32_t at = emit(handler);
  const uint32_t result = near_result(f0);
  emit_fields(result, f1, f2, f3);
  emit_halves(low, high);
  emit_bits(bits);
  // Results take two slots at most, and what lies behind them on the stack is free.
  if (result != f0) return far_copy(f0, result, 2);
  if (!stack_.empty() && stack_.back().where == Entry::Where::temp && stack_.back().home == f0)
    last_ = {.at = at, .by_dst = nullptr, .to_slot = true, .a = {}, .b = {}};
}

/// An instruction that takes its time can stop before or amid its work, which its operands then
/// describe: they have slots of their own.
void Translator::prepare_bulk(uint32_t operands) {
  materialize_top(operands);
  add_stack_map(here());
}

/// Vectors, atomics, memory.fill: operands and result as the row's signature says.
void Translator::vector(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  const size_t split = row.sig.find('_');
  if (in.op == Op::memory_fill || in.op == Op::memory_grow)
    prepare_bulk(static_cast<uint32_t>(split));
  uint16_t slots[4] = {};
  Entry operands[4];
  for (size_t i = split; i-- > 0;) operands[i] = pop();
  for (size_t i = 0; i < split; ++i) slots[i] = use_slot(operands[i]);
  const bool has_result = split + 1 < row.sig.size();
  uint32_t low = in.index, high = in.index2;
  uint64_t bits = in.value;
  Handler handler;
  const bool accesses = (row.imm >= Imm::mem0 && row.imm <= Imm::mem4) ||
                        (row.imm >= Imm::mem0_lane && row.imm <= Imm::mem3_lane);
  if (accesses) {
    low = in.mem.memory;
    high = in.lane;
    bits = in.mem.offset;
    if (row.prefix == 0xFD)
      handler = guarded(in.mem) ? guarded_vector_handler(in.op) : checked_vector_handler(in.op);
  } else if (row.imm == Imm::shuffle || row.imm == Imm::v128) {
    std::memcpy(&low, in.bytes, 4);
    std::memcpy(&high, in.bytes + 4, 4);
    std::memcpy(&bits, in.bytes + 8, 8);
  } else if (row.imm >= Imm::lane2 && row.imm <= Imm::lane16) {
    low = in.lane;
  }
  if (!handler) handler = plain_handler(in.op);
  const char letter = row.sig.back();
  const Kind result =
      letter == 'm'
          ? (module_.memory_types[in.index].address == wasm::AddrType::i64 ? Kind::i64 : Kind::i32)
          : kind_of_letter(letter);
  if (has_result) push_temp(result);
  emit_plain(handler, has_result ? top().home : 0, slots[0], slots[1], slots[2], low, high, bits);
  if (settings_.deterministic && row.prefix == 0xFD && has_result) {
    if (const Handler fix = vector_nan_handler(in.op)) {
      emit_plain(fix, top().home, use_slot(top()), 0, 0, 0, 0, 0);
      last_.at = none;
    }
  }
}

/// 128-bit arithmetic: operands side by side, two results in the first two of their slots.
void Translator::wide(const wasm::Instruction& in) {
  const uint32_t operands = in.op == Op::i64_add128 || in.op == Op::i64_sub128 ? 4 : 2;
  materialize_top(operands);
  const uint32_t first = top(operands - 1).home;
  const uint32_t from = near_block(first, operands);
  drop_to(static_cast<uint32_t>(stack_.size()) - operands);
  push_temp(Kind::i64);
  push_temp(Kind::i64);
  emit_plain(plain_handler(in.op), first, from, from + 1, 0, 0, 0, 0);
  last_.at = none;
}

/// memory.copy and .init, all table instructions: the types follow from the immediates.
void Translator::plain(const wasm::Instruction& in) {
  const auto table_kind = [&](uint32_t table) {
    return module_.table_types[table].address == wasm::AddrType::i64 ? Kind::i64 : Kind::i32;
  };
  const auto element_kind = [&](uint32_t table) {
    return kind_of(module_.table_types[table].element, module_.engine->types);
  };
  uint32_t operands = 3;
  std::optional<Kind> result;
  switch (in.op) {
    case Op::table_get: operands = 1, result = element_kind(in.index); break;
    case Op::table_set: operands = 2; break;
    case Op::table_size: operands = 0, result = table_kind(in.index); break;
    case Op::table_grow: operands = 2, result = table_kind(in.index); break;
    case Op::elem_drop:
    case Op::data_drop: operands = 0; break;
    case Op::ref_func: operands = 0, result = Kind::func; break;
    default: break;
  }
  if (operands == 3 || in.op == Op::table_grow) prepare_bulk(operands);
  Entry entries[3];
  uint16_t slots[3] = {};
  for (uint32_t i = operands; i-- > 0;) entries[i] = pop();
  for (uint32_t i = 0; i < operands; ++i) slots[i] = use_slot(entries[i]);
  if (result) push_temp(*result);
  emit_plain(plain_handler(in.op), result ? top().home : 0, slots[0], slots[1], slots[2], in.index,
             in.index2, 0);
}

}  // namespace cairn::engine
