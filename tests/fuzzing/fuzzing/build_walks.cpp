// Loops that go through memories in equal steps, a number of times that is known in front of them:
// what compilers make of arrays, and what compiled code runs without checks where all rounds are
// within bounds. Their rounds are few and take no steps of the call, which would end them early.

#include <array>

#include "fuzzing/function_builder.hpp"

namespace cairn::fuzzing {
using namespace wasm;

namespace {

constexpr uint32_t walks_max = 3, actions_max = 4, rounds_mask = 0x7F;
constexpr auto steps =
    std::to_array<int32_t>({8, 4, 1, 2, 16, 12, 24, 256, 4096, 0, -4, -8, -1, -256});

struct Access {
  Op load, store;
  ValType type;
};
constexpr uint32_t scalar_accesses = 7;
const Access accesses[] = {
    {Op::i64_load, Op::i64_store, i64},       {Op::i32_load, Op::i32_store, i32},
    {Op::f64_load, Op::f64_store, f64},       {Op::i32_load8_u, Op::i32_store8, i32},
    {Op::i32_load16_s, Op::i32_store16, i32}, {Op::i64_load32_u, Op::i64_store32, i64},
    {Op::f32_load, Op::f32_store, f32},       {Op::v128_load, Op::v128_store, v128},
};

}  // namespace

/// Sets a local to where a walk begins: anywhere, or near an end of the memory.
FunctionBuilder::Walk FunctionBuilder::begin_walk() {
  Walk walk;
  walk.memory = choices_.chance(80) ? 0 : choices_.below(module_.memory_count());
  const MemoryType& memory = module_.memories[walk.memory];
  walk.type = val_type(memory.address);
  walk.step = choices_.pick(steps);
  walk.by_counter = choices_.chance(40);
  const uint64_t size = memory.limits.min << memory.page_size_log2;
  switch (choices_.below(4)) {
    case 0: constant(walk.type, choices_.below(200)); break;
    case 1: constant(walk.type, size - choices_.below(1500)); break;
    case 2: constant(walk.type, uint64_t{0} - choices_.below(300)); break;
    default:
      expr(walk.type);
      clamp(walk.type, 0xFFFF);
      break;
  }
  walk.place = new_local(walk.type);
  emit(Op::local_set, walk.place);
  return walk;
}

/// Sets the locals that count the rounds of a loop.
FunctionBuilder::Counter FunctionBuilder::begin_counter(ValType type) {
  Counter counter{.type = type, .shape = choices_.below(4)};
  switch (counter.shape) {
    case 0:
      counter.limit = new_local(type);
      expr(type);
      clamp(type, rounds_mask);
      emit(Op::local_set, counter.limit);
      constant(type, 0);
      break;
    case 1: constant(type, uint64_t{0} - 1 - choices_.below(rounds_mask)); break;
    case 2:
      expr(type);
      clamp(type, rounds_mask);
      constant(type, 1);
      emit(type == i32 ? Op::i32_add : Op::i64_add);
      break;
    default: constant(type, choices_.below(8)); break;
  }
  counter.local = new_local(type);
  emit(Op::local_set, counter.local);
  return counter;
}

/// Goes back to the loop's head if there is another round.
void FunctionBuilder::next_round(const Counter& counter) {
  const bool narrow = counter.type == i32;
  emit(Op::local_get, counter.local);
  constant(counter.type, counter.shape == 3 ? 1 + choices_.below(4) : 1);
  if (counter.shape == 2)
    emit(narrow ? Op::i32_sub : Op::i64_sub);
  else
    emit(narrow ? Op::i32_add : Op::i64_add);
  emit(Op::local_tee, counter.local);
  if (counter.shape == 0) {
    emit(Op::local_get, counter.limit);
    emit(narrow ? Op::i32_lt_u : Op::i64_lt_u);
  } else if (counter.shape == 3) {
    constexpr Op narrow_ops[] = {Op::i32_lt_s, Op::i32_lt_u, Op::i32_le_s, Op::i32_le_u};
    constexpr Op wide_ops[] = {Op::i64_lt_s, Op::i64_lt_u, Op::i64_le_s, Op::i64_le_u};
    constant(counter.type, choices_.below(200));
    emit((narrow ? narrow_ops : wide_ops)[choices_.below(4)]);
  } else if (!narrow) {
    constant(i64, 0);
    emit(Op::i64_ne);
  }
  emit(Op::br_if, 0);
}

/// Pushes where a walk is.
void FunctionBuilder::place_of(const Walk& walk, const Counter& counter) {
  emit(Op::local_get, walk.place);
  if (!walk.by_counter || counter.type != walk.type) return;
  emit(Op::local_get, counter.local);
  constant(walk.type, static_cast<uint64_t>(int64_t{walk.step}));
  emit(walk.type == i32 ? Op::i32_mul : Op::i64_mul);
  emit(walk.type == i32 ? Op::i32_add : Op::i64_add);
}

void FunctionBuilder::access(Op op, const Walk& walk) {
  Instruction in;
  in.op = op;
  in.index = in.mem.memory = walk.memory;
  in.mem.align_log2 = choices_.below(natural_align_log2(info(op).imm) + 1);
  if (choices_.chance(40)) in.mem.offset = 8 * choices_.below(6);
  emit(in);
}

/// From 64 bits to a number or vector, any bits of it.
void FunctionBuilder::from_bits(ValType type) {
  switch (type.kind()) {
    case ValType::Kind::i32: return emit(Op::i32_wrap_i64);
    case ValType::Kind::f32: emit(Op::i32_wrap_i64); return emit(Op::f32_reinterpret_i32);
    case ValType::Kind::f64: return emit(Op::f64_reinterpret_i64);
    case ValType::Kind::v128: return emit(Op::i64x2_splat);
    default: return;
  }
}

/// Something that a round does. No part of it branches: no step bounds this loop.
void FunctionBuilder::walk_action(const std::vector<Walk>& walks, const Counter& counter,
                                  uint32_t sum) {
  const uint32_t last = plan_.has(Feature::simd) ? scalar_accesses + 1 : scalar_accesses;
  const Access& how = accesses[choices_.below(last)];
  const Walk &from = choices_.pick(walks), &to = choices_.pick(walks);
  switch (choices_.below(5)) {
    case 0:
      emit(Op::local_get, sum);
      place_of(from, counter);
      access(how.load, from);
      to_bits(how.type);
      emit(choices_.chance(50) ? Op::i64_add : Op::i64_xor);
      return emit(Op::local_set, sum);
    case 1:
      place_of(to, counter);
      emit(Op::local_get, sum);
      from_bits(how.type);
      return access(how.store, to);
    case 2: {
      place_of(to, counter);
      place_of(from, counter);
      access(how.load, from);
      if (how.type != f64 || choices_.chance(50)) return access(how.store, to);
      constant(f64, plan_.number_bits(f64));
      emit(Op::f64_add);
      if (plan_.options().portable) canonicalize(Op::f64_add);
      return access(how.store, to);
    }
    case 3: {
      emit(Op::local_get, sum);
      emit(Op::i32_wrap_i64);
      clamp(i32, 1 + choices_.below(3));
      Instruction in;
      in.op = Op::if_;
      emit(in);
      place_of(to, counter);
      emit(Op::local_get, sum);
      from_bits(how.type);
      access(how.store, to);
      return emit(Op::end);
    }
    default: return walk_effect(sum);
  }
}

/// What others can see in the midst of a walk, or what moves its bounds.
void FunctionBuilder::walk_effect(uint32_t sum) {
  if (choices_.chance(15)) {
    const uint32_t function = choices_.below(module_.function_count());
    const FuncType type = plan_.type_of_function(function);
    for (const ValType param : type.params) leaf(param);
    emit(Op::call, function);
    return drop_all(type.results);
  }
  if (choices_.chance(15)) {
    constant(val_type(module_.memories[0].address), choices_.below(2));
    emit(Op::memory_grow, 0);
    return emit(Op::drop);
  }
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < module_.globals.size(); ++i) {
    const GlobalType& type = module_.globals[i].type;
    if (i != ModulePlan::steps_index && type.is_mutable && type.type == i64) fitting.push_back(i);
  }
  if (fitting.empty()) return;
  const uint32_t global = choices_.pick(fitting);
  emit(Op::global_get, global);
  emit(Op::local_get, sum);
  emit(Op::i64_add);
  emit(Op::global_set, global);
}

void FunctionBuilder::walking_loop() {
  if (module_.memory_count() == 0) return bounded_loop();
  std::vector<Walk> walks;
  for (uint32_t i = 1 + choices_.below(walks_max); i != 0; --i) walks.push_back(begin_walk());
  const Counter counter = begin_counter(walks[0].type);
  const uint32_t sum = new_local(i64);
  leaf(i64);
  emit(Op::local_set, sum);
  count_step();
  Instruction in;
  in.op = Op::loop;
  emit(in);
  for (uint32_t i = 1 + choices_.below(actions_max); i != 0; --i) walk_action(walks, counter, sum);
  for (const Walk& walk : walks) {
    if (walk.by_counter && walk.type == counter.type) continue;
    emit(Op::local_get, walk.place);
    constant(walk.type, static_cast<uint64_t>(int64_t{walk.step}));
    emit(walk.type == i32 ? Op::i32_add : Op::i64_add);
    emit(Op::local_set, walk.place);
  }
  next_round(counter);
  emit(Op::end);
  if (choices_.chance(50)) log_local(sum);
}

}  // namespace cairn::fuzzing
