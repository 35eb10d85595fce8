#include "fuzzing/function_builder.hpp"

#include <cairn/base/result.hpp>
#include <cairn/wasm/binary.hpp>

namespace cairn::fuzzing {
using namespace wasm;

namespace {

constexpr uint32_t depth_max = 8, budget_max = 300, locals_max = 10, statements_max = 6;
constexpr uint32_t statement_share = 45, result_share = 30;

}  // namespace

FunctionBuilder::FunctionBuilder(ModulePlan& plan, const PlainOps& ops, uint32_t function)
    : plan_(plan),
      choices_(plan.choices()),
      ops_(ops),
      module_(plan.module()),
      type_index_(plan.type_index_of_function(function)),
      type_(plan.func_type(type_index_)),
      locals_(type_.params),
      budget_(budget_max) {}

Code FunctionBuilder::build() {
  labels_.push_back({type_.results, false});
  count_step();
  for (uint32_t i = choices_.below(locals_max); i != 0; --i) {
    const ValType type = plan_.random_value();
    const bool set = !type.defaultable() || choices_.chance(40);
    if (set) leaf(type);
    const uint32_t index = new_local(type);
    if (set) emit(Op::local_set, index);
  }
  statements();
  log_locals();
  budget_ += result_share * static_cast<uint32_t>(type_.results.size());
  exprs(type_.results);
  Code code;
  for (size_t i = type_.params.size(); i < locals_.size(); ++i) {
    code.locals.push_back({1, locals_[i]});
  }
  code.body = plan_.keep(std::move(code_));
  return code;
}

/// Traps when the steps are used up, else takes one.
void FunctionBuilder::count_step() {
  emit(Op::global_get, ModulePlan::steps_index);
  emit(Op::i32_eqz);
  Instruction in;
  in.op = Op::if_;
  emit(in);
  emit(Op::unreachable);
  emit(Op::end);
  emit(Op::global_get, ModulePlan::steps_index);
  constant(i32, 1);
  emit(Op::i32_sub);
  emit(Op::global_set, ModulePlan::steps_index);
}

void FunctionBuilder::statements() {
  for (uint32_t i = choices_.below(statements_max + 1); i != 0; --i) statement();
}

void FunctionBuilder::exprs(const Types& types) {
  for (const ValType type : types) {
    const Share share(budget_, result_share);
    expr(type);
  }
}

void FunctionBuilder::expr(ValType type) {
  if (depth_ >= depth_max || budget_ == 0 || choices_.exhausted()) return leaf(type);
  ++depth_;
  --budget_;
  switch (choices_.below(24)) {
    case 0:
    case 1:
    case 2:
    case 3: leaf(type); break;
    case 4:
    case 5: value_from_storage(type); break;
    case 6: control(type); break;
    case 7: branch(type); break;
    case 8: call(type); break;
    case 9: sequence(type); break;
    default:
      if (type.is_ref()) {
        reference(type);
      } else if (type.is_num() && choices_.chance(12) && plan_.has(Feature::reference_types)) {
        if (type == i32 && choices_.chance(60))
          number_from_reference();
        else if (!field_of(type) && !element_of(type))
          leaf(type);
      } else {
        number(type);
      }
  }
  --depth_;
}

void FunctionBuilder::number(ValType type) {
  if (type == i64 && !ops_.wide().empty() && choices_.chance(8)) return wide(type);
  if (type.is_num() && choices_.chance(4) && memory_size(type)) return;
  const bool common = type.is_num() && choices_.chance(60);
  Op op = choices_.pick(common ? ops_.common(type) : ops_.producing(type));
  // Conversions that trap would end most calls early.
  const std::string_view name = info(op).text;
  if (name.find(".trunc_f") != std::string_view::npos && !choices_.chance(25)) {
    op = type == i32 ? Op::i32_trunc_sat_f64_s : Op::i64_trunc_sat_f64_u;
  }
  plain(op);
}

/// `select`, or a value that is somewhere already.
void FunctionBuilder::value_from_storage(ValType type) {
  if (choices_.chance(35)) {
    const bool typed =
        type.is_ref() || (plan_.has(Feature::reference_types) && choices_.chance(20));
    expr(type);
    expr(type);
    expr(i32);
    Instruction in;
    in.op = typed ? Op::select_t : Op::select;
    if (typed) in.types = {type};
    return emit(in);
  }
  std::vector<uint32_t> fitting;
  if (choices_.chance(50)) {
    for (uint32_t i = 0; i < module_.globals.size(); ++i) {
      if (plan_.matches(module_.globals[i].type.type, type)) fitting.push_back(i);
    }
    if (!fitting.empty()) return emit(Op::global_get, choices_.pick(fitting));
  }
  fitting.clear();
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (plan_.matches(locals_[i], type)) fitting.push_back(i);
  }
  if (fitting.empty()) return leaf(type);
  // The value that is set has to match the local's own type.
  const uint32_t index = choices_.pick(fitting);
  expr(locals_[index]);
  emit(Op::local_tee, index);
}

void FunctionBuilder::sequence(ValType type) {
  statement();
  expr(type);
}

void FunctionBuilder::leaf(ValType type) {
  if (choices_.chance(70)) {
    std::vector<uint32_t> fitting;
    for (uint32_t i = 0; i < locals_.size(); ++i) {
      if (plan_.matches(locals_[i], type)) fitting.push_back(i);
    }
    if (!fitting.empty()) return emit(Op::local_get, choices_.pick(fitting));
  }
  plan_.push_constant(type, code_, false);
}

uint32_t FunctionBuilder::new_local(ValType type) {
  locals_.push_back(type);
  return static_cast<uint32_t>(locals_.size() - 1);
}

/// A local for a value that was just made; nullable, so that it needs no initialisation.
uint32_t FunctionBuilder::temporary(ValType type) {
  return new_local(type.is_ref() ? type.as_nullable(true) : type);
}

void FunctionBuilder::drop_all(const Types& types) {
  for (size_t i = 0; i < types.size(); ++i) emit(Op::drop);
}

/// From values of these types on the stack to one of the wanted type.
void FunctionBuilder::reduce(const Types& types, ValType wanted) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < types.size(); ++i) {
    if (plan_.matches(types[i], wanted)) fitting.push_back(i);
  }
  if (fitting.empty()) {
    drop_all(types);
    return leaf(wanted);
  }
  const uint32_t keep = choices_.pick(fitting);
  for (size_t i = types.size() - 1; i > keep; --i) emit(Op::drop);
  if (keep == 0) return;
  const uint32_t local = temporary(types[keep]);
  emit(Op::local_set, local);
  for (uint32_t i = 0; i < keep; ++i) emit(Op::drop);
  emit(Op::local_get, local);
  if (types[keep].is_ref() && !types[keep].nullable()) emit(Op::ref_as_non_null);
}

/// Shows the outside what some of the locals hold.
void FunctionBuilder::log_locals() {
  if (locals_.empty()) return;
  for (uint32_t i = choices_.below(5); i != 0; --i) {
    log_local(choices_.below(static_cast<uint32_t>(locals_.size())));
  }
}

void FunctionBuilder::log_local(uint32_t index) {
  const ValType type = locals_[index];
  if (type.is_ref()) return;
  constant(i32, index);
  emit(Op::local_get, index);
  to_bits(type);
  emit(Op::call, ModulePlan::host_index);
  emit(Op::drop);
}

/// From a number or vector to 64 bits of it.
void FunctionBuilder::to_bits(ValType type) {
  switch (type.kind()) {
    case ValType::Kind::i32: return emit(Op::i64_extend_i32_u);
    case ValType::Kind::f32: emit(Op::i32_reinterpret_f32); return emit(Op::i64_extend_i32_u);
    case ValType::Kind::f64: return emit(Op::i64_reinterpret_f64);
    case ValType::Kind::v128: {
      Instruction in;
      in.op = Op::i64x2_extract_lane;
      in.lane = static_cast<uint8_t>(choices_.below(2));
      return emit(in);
    }
    default: return;
  }
}

void FunctionBuilder::statement() {
  if (depth_ >= depth_max || budget_ == 0 || choices_.exhausted()) return emit(Op::nop);
  const Share share(budget_, statement_share);
  ++depth_;
  --budget_;
  switch (choices_.below(19)) {
    case 0: {
      expr(plan_.random_value());
      emit(Op::drop);
      break;
    }
    case 16:
      expr(i32);
      expr(i64);
      emit(Op::call, ModulePlan::host_index);
      emit(Op::drop);
      break;
    case 1:
    case 2:
    case 3:
    case 4:
      if (!locals_.empty()) {
        const uint32_t index = choices_.below(static_cast<uint32_t>(locals_.size()));
        expr(locals_[index]);
        emit(Op::local_set, index);
      }
      break;
    case 5:
    case 6: {
      const uint32_t index = choices_.below(module_.global_count());
      // The counter of steps stays out of reach, else a call might never end.
      const GlobalType type = module_.globals[index].type;
      if (index == ModulePlan::steps_index || !type.is_mutable) break;
      expr(type.type);
      emit(Op::global_set, index);
      break;
    }
    case 7: bounded_loop(); break;
    case 17:
    case 18: walking_loop(); break;
    case 8: if_else({}); break;
    case 9: leave_conditionally(); break;
    case 10: call_statement(); break;
    case 11: block({}, {}, Op::block); break;
    case 12:
    case 13: reference_statement(); break;
    default: plain_statement(); break;
  }
  --depth_;
}

GeneratedModule generate(Choices& choices, const GeneratorOptions& options) {
  ModulePlan plan(choices, options);
  const PlainOps ops(options, plan.module().memory_count() != 0);
  Module& module = plan.module();
  for (uint32_t i = 0; i < module.functions.size(); ++i) {
    module.code.push_back(FunctionBuilder(plan, ops, module.imported_functions + i).build());
  }
  GeneratedModule generated{encode(module), {}};
  for (const Export& exported : module.exports) {
    if (exported.kind != ExternKind::func) continue;
    const FuncType type = plan.type_of_function(exported.index);
    const uint32_t calls = 1 + choices.below(2);
    for (uint32_t i = 0; i < calls; ++i) {
      Call call{exported.name, {}};
      for (const ValType param : type.params) {
        const uint64_t bits = param.is_ref() ? 0 : plan.number_bits(param);
        const uint64_t slots[] = {bits, bits ^ 0x5555};
        call.arguments.push_back(engine::Value::from_slots(param, slots));
      }
      generated.calls.push_back(std::move(call));
    }
  }
  return generated;
}

}  // namespace cairn::fuzzing
