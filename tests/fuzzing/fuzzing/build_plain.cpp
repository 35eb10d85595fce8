// Instructions whose types stand in the table, memory instructions among them.

#include <cairn/base/result.hpp>

#include "fuzzing/function_builder.hpp"

namespace cairn::fuzzing {
using namespace wasm;

namespace {

bool divides(Op op) {
  const std::string_view name = info(op).text;
  return name.find(".div_") != std::string_view::npos ||
         name.find(".rem_") != std::string_view::npos;
}

uint32_t lanes_of(Imm imm) {
  switch (imm) {
    case Imm::mem0_lane:
    case Imm::lane16: return 16;
    case Imm::mem1_lane:
    case Imm::lane8: return 8;
    case Imm::mem2_lane:
    case Imm::lane4: return 4;
    default: return 2;
  }
}

bool has_lane(Imm imm) {
  return (imm >= Imm::mem0_lane && imm <= Imm::mem3_lane) ||
         (imm >= Imm::lane2 && imm <= Imm::lane16);
}

}  // namespace

void FunctionBuilder::plain(Op op) {
  const OpInfo& row = info(op);
  Instruction in;
  in.op = op;
  if (names_memory(row.imm)) {
    in.index = in.mem.memory = choices_.below(module_.memory_count());
  }
  uint32_t position = 0;
  for (const char letter : operands_of(row)) {
    if (letter == 'm' && row.imm != Imm::memory)
      address(row, in);
    else
      operand(op, letter, position, in.index);
    ++position;
  }
  if (has_lane(row.imm)) in.lane = static_cast<uint8_t>(choices_.below(lanes_of(row.imm)));
  if (row.imm == Imm::shuffle) {
    for (uint8_t& lane : in.bytes) lane = static_cast<uint8_t>(choices_.below(32));
  }
  emit(in);
  if (plan_.options().portable) canonicalize(op);
}

void FunctionBuilder::operand(Op op, char letter, uint32_t position, uint32_t memory) {
  if (letter == 'm') {  // memory.fill
    return small(val_type(module_.memories[memory].address), 0xFFF);
  }
  const ValType type = type_of_letter(letter);
  expr(type);
  if (position == 1 && divides(op) && choices_.chance(80)) {
    constant(type, 1);
    emit(type == i32 ? Op::i32_or : Op::i64_or);
  }
}

void FunctionBuilder::clamp(ValType type, uint64_t mask) {
  constant(type, mask);
  emit(type == i32 ? Op::i32_and : Op::i64_and);
}

/// An expression that is mostly at most `mask`.
void FunctionBuilder::small(ValType type, uint64_t mask) {
  expr(type);
  if (!choices_.chance(2)) clamp(type, mask);
}

void FunctionBuilder::address(const OpInfo& row, Instruction& in) {
  const MemoryType& memory = module_.memories[in.mem.memory];
  const ValType type = val_type(memory.address);
  const bool atomic = row.feature == Feature::threads;
  const uint32_t natural = natural_align_log2(row.imm);
  expr(type);
  uint64_t mask = memory.page_size_log2 == 0 ? 0x7F : 0xFFFF;
  if (atomic) mask &= ~uint64_t{7};
  if (!choices_.chance(2)) clamp(type, mask);
  in.mem.align_log2 = atomic ? natural : choices_.below(natural + 1);
  switch (choices_.below(48)) {
    case 0:
    case 1:
    case 2: in.mem.offset = 0; break;
    case 3: in.mem.offset = choices_.bits(2); break;
    case 4: in.mem.offset = choices_.bits(4); break;
    case 5: in.mem.offset = memory.address == AddrType::i64 ? choices_.bits(8) : 0xFFFFFFFF; break;
    case 6: in.mem.offset = 0x2000000 - 8 + choices_.below(16); break;  // where guards end
    default: in.mem.offset = choices_.below(64); break;
  }
  if (atomic && choices_.chance(95)) in.mem.offset &= 0xF8;
}

void FunctionBuilder::wide(ValType type) {
  const Op op = choices_.pick(ops_.wide());
  plain(op);
  reduce({i64, i64}, type);
}

/// Makes NaNs that the specification leaves open the canonical one.
void FunctionBuilder::canonicalize(Op op) {
  const OpenNan shape = open_nan(op);
  if (shape == OpenNan::none) return;
  const bool vector = shape == OpenNan::f32x4 || shape == OpenNan::f64x2;
  const ValType type = vector ? v128 : shape == OpenNan::f32 ? f32 : f64;
  constexpr uint64_t nan32 = 0x7FC00000, nan64 = 0x7FF8000000000000;
  const uint32_t local = temporary(type);
  emit(Op::local_tee, local);
  if (vector) {
    Instruction in;
    in.op = Op::v128_const;
    const uint64_t half = shape == OpenNan::f32x4 ? nan32 | nan32 << 32 : nan64;
    store_le(in.bytes, half);
    store_le(in.bytes + 8, half);
    emit(in);
  } else {
    constant(type, shape == OpenNan::f32 ? nan32 : nan64);
  }
  emit(Op::local_get, local);
  emit(Op::local_get, local);
  switch (shape) {
    case OpenNan::f32: emit(Op::f32_eq); break;
    case OpenNan::f64: emit(Op::f64_eq); break;
    case OpenNan::f32x4: emit(Op::f32x4_eq); break;
    default: emit(Op::f64x2_eq); break;
  }
  emit(vector ? Op::v128_bitselect : Op::select);
  // The local is one like any other, and may be read later.
  emit(Op::local_tee, local);
}

/// memory.size or memory.grow, where there is a memory with such addresses.
bool FunctionBuilder::memory_size(ValType type) {
  if (module_.memory_count() == 0) return false;
  const uint32_t memory = choices_.below(module_.memory_count());
  if (val_type(module_.memories[memory].address) != type) return false;
  if (choices_.chance(50)) {
    emit(Op::memory_size, memory);
  } else {
    small(type, 3);
    emit(Op::memory_grow, memory);
  }
  return true;
}

void FunctionBuilder::plain_statement() {
  switch (choices_.below(8)) {
    case 0:
      if (module_.memory_count() != 0 && plan_.has(Feature::bulk_memory)) return memory_copy();
      break;
    case 1:
      if (module_.memory_count() != 0 && !module_.datas.empty()) return memory_init();
      break;
    case 2:
      if (module_.memory_count() != 0 && plan_.has(Feature::threads)) return atomic_wait();
      break;
    default: break;
  }
  if (ops_.statements().empty() || module_.memory_count() == 0) return emit(Op::nop);
  plain(choices_.pick(ops_.statements()));
}

void FunctionBuilder::memory_copy() {
  Instruction in;
  in.op = Op::memory_copy;
  in.index = choices_.below(module_.memory_count());
  in.index2 = choices_.below(module_.memory_count());
  const AddrType to = module_.memories[in.index].address,
                 from = module_.memories[in.index2].address;
  small(val_type(to), 0xFFFF);
  small(val_type(from), 0xFFFF);
  small(to == AddrType::i64 && from == AddrType::i64 ? i64 : i32, 0xFFF);
  emit(in);
}

void FunctionBuilder::memory_init() {
  const uint32_t data = choices_.below(static_cast<uint32_t>(module_.datas.size()));
  if (choices_.chance(10)) return emit(Op::data_drop, data);
  const uint32_t memory = choices_.below(module_.memory_count());
  small(val_type(module_.memories[memory].address), 0xFFFF);
  small(i32, 0x1F);
  small(i32, 0x1F);
  emit(Op::memory_init, data, memory);
}

/// Waits at most for a microsecond: nobody notifies.
void FunctionBuilder::atomic_wait() {
  Instruction in;
  in.op = choices_.chance(50) ? Op::memory_atomic_wait32 : Op::memory_atomic_wait64;
  in.mem.memory = choices_.below(module_.memory_count());
  // On other memories a wait traps.
  if (!module_.memories[in.mem.memory].shared && !choices_.chance(10)) return emit(Op::nop);
  address(info(in.op), in);
  expr(in.op == Op::memory_atomic_wait32 ? i32 : i64);
  constant(i64, choices_.below(1000));
  emit(in);
  emit(Op::drop);
}

}  // namespace cairn::fuzzing
