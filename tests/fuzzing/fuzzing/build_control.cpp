// Blocks, branches and exceptions. After an instruction that never falls through the code is dead
// up to the end of its block, where every operand type is right; expressions simply go on there.

#include <cairn/base/result.hpp>

#include "fuzzing/function_builder.hpp"

namespace cairn::fuzzing {
using namespace wasm;

namespace {

const ValType caught = ValType::ref(AbsHeapType::exn, true);

}  // namespace

BlockType FunctionBuilder::block_type(const Types& params, const Types& results) {
  if (params.empty() && results.empty()) return {};
  if (params.empty() && results.size() == 1 && !choices_.chance(10)) {
    return {BlockType::Kind::value, results[0], 0};
  }
  if (!plan_.has(Feature::multi_value)) return {BlockType::Kind::value, results[0], 0};
  return {BlockType::Kind::index, {}, plan_.func_type_index({params, results})};
}

/// An expression that is a construct.
void FunctionBuilder::control(ValType type) {
  const bool multi = plan_.has(Feature::multi_value);
  Types results{type};
  if (multi && choices_.chance(25)) {
    results = plan_.random_values(3);
    results.insert(results.begin() + choices_.below(static_cast<uint32_t>(results.size() + 1)),
                   type);
  }
  const Types params = multi && choices_.chance(30) ? plan_.random_values(3) : Types{};
  switch (choices_.below(5)) {
    case 0: block(params, results, Op::block); break;
    case 1: block(params, results, Op::loop); break;
    case 2: if_else(results); break;
    case 3:
      if (plan_.has(Feature::exceptions)) return try_block(type);
      [[fallthrough]];
    default: return branching_loop(type);
  }
  reduce(results, type);
}

/// A block or loop with parameters, which its body takes from the stack first.
void FunctionBuilder::block(const Types& params, const Types& results, Op op) {
  exprs(params);
  Instruction in;
  in.op = op;
  in.block = block_type(params, results);
  emit(in);
  labels_.push_back({op == Op::loop ? params : results, op == Op::loop});
  if (op == Op::loop) count_step();
  for (size_t i = params.size(); i-- > 0;) {
    if (choices_.chance(30))
      emit(Op::drop);
    else
      emit(Op::local_set, temporary(params[i]));
  }
  body(results);
}

/// Statements, results and the end of the innermost construct.
void FunctionBuilder::body(const Types& results) {
  statements();
  exprs(results);
  labels_.pop_back();
  emit(Op::end);
}

void FunctionBuilder::if_else(const Types& results) {
  expr(i32);
  Instruction in;
  in.op = Op::if_;
  in.block = block_type({}, results);
  emit(in);
  labels_.push_back({results, false});
  if (!results.empty() || choices_.chance(50)) {
    statements();
    exprs(results);
    emit(Op::else_);
  }
  body(results);
}

/// Runs a few times: the shape of most loops of compilers.
void FunctionBuilder::bounded_loop() {
  const ValType type = choices_.chance(25) ? i64 : i32;
  const uint32_t counter = new_local(type);
  constant(type, 1 + choices_.below(6));
  emit(Op::local_set, counter);
  Instruction in;
  in.op = Op::loop;
  emit(in);
  labels_.push_back({{}, true});
  count_step();
  statements();
  emit(Op::local_get, counter);
  constant(type, 1);
  emit(type == i32 ? Op::i32_sub : Op::i64_sub);
  if (choices_.chance(50)) {
    emit(Op::local_tee, counter);
    if (type == i64) {
      constant(i64, 0);
      emit(Op::i64_ne);
    }
  } else {
    emit(Op::local_set, counter);
    emit(Op::local_get, counter);
    constant(type, 0);
    emit(type == i32 ? Op::i32_gt_s : Op::i64_gt_s);
  }
  emit(Op::br_if, 0);
  labels_.pop_back();
  emit(Op::end);
}

/// A loop that carries a value around in its parameter.
void FunctionBuilder::branching_loop(ValType type) {
  if (!plan_.has(Feature::multi_value)) {
    bounded_loop();
    return expr(type);
  }
  const uint32_t rounds = new_local(i32);
  constant(i32, 1 + choices_.below(5));
  emit(Op::local_set, rounds);
  expr(type);
  Instruction in;
  in.op = Op::loop;
  in.block = block_type({type}, {type});
  emit(in);
  labels_.push_back({{type}, true});
  count_step();
  const uint32_t carried = temporary(type);
  emit(Op::local_set, carried);
  statements();
  expr(type);
  emit(Op::local_get, rounds);
  constant(i32, 1);
  emit(Op::i32_sub);
  emit(Op::local_tee, rounds);
  emit(Op::br_if, 0);
  labels_.pop_back();
  emit(Op::end);
}

/// An expression around a branch: taken or not, the block sees values of the right types.
void FunctionBuilder::branch(ValType type) {
  if (plan_.has(Feature::gc) && choices_.chance(25) && branch_on_reference(type)) return;
  if (choices_.chance(8)) {
    branch_away();
    return leaf(type);
  }
  const uint32_t depth = random_label();
  const Types types = label(depth).types;
  if (label(depth).loop && choices_.chance(70)) return leaf(type);
  exprs(types);
  expr(i32);
  emit(Op::br_if, depth);
  if (types.empty()) return expr(type);
  reduce(types, type);
}

/// Ends in dead code.
void FunctionBuilder::branch_away() {
  switch (choices_.below(8)) {
    case 0: return emit(choices_.chance(90) ? Op::nop : Op::unreachable);
    case 1: exprs(type_.results); return emit(Op::return_);
    case 2: return branch_table(random_label());
    case 3:
      if (plan_.has(Feature::tail_call)) return tail_call();
      break;
    case 4:
      if (plan_.has(Feature::exceptions) && choices_.chance(50)) return throw_something();
      break;
    default: break;
  }
  const uint32_t depth = random_label();
  exprs(Types(label(depth).types));
  emit(Op::br, depth);
}

void FunctionBuilder::branch_table(uint32_t depth) {
  const Types types = label(depth).types;
  std::vector<uint32_t> same;
  for (uint32_t i = 0; i < labels_.size(); ++i) {
    if (label(i).types == types) same.push_back(i);
  }
  exprs(types);
  small(i32, 7);
  Instruction in;
  in.op = Op::br_table;
  for (uint32_t i = choices_.below(8); i != 0; --i) in.labels.push_back(choices_.pick(same));
  in.labels.push_back(depth);
  emit(in);
}

/// `if` around something that leaves.
void FunctionBuilder::leave_conditionally() {
  if (choices_.chance(40)) {
    const uint32_t depth = random_label();
    const Types types = label(depth).types;
    exprs(types);
    expr(i32);
    emit(Op::br_if, depth);
    return drop_all(types);
  }
  expr(i32);
  Instruction in;
  in.op = Op::if_;
  emit(in);
  labels_.push_back({});
  branch_away();
  labels_.pop_back();
  emit(Op::end);
}

/// block (result T)
///   block (result payload)
///     try_table (result T) (catch … 0) … end
///     br 1
///   end                     ;; the payload, from which a T is made
/// end
void FunctionBuilder::try_block(ValType type) {
  const uint32_t tag = choices_.below(module_.tag_count());
  const auto kind = static_cast<CatchClause::Kind>(choices_.below(4));
  Types payload;
  if (kind == CatchClause::Kind::catch_ || kind == CatchClause::Kind::catch_ref) {
    payload = plan_.func_type(module_.tags[tag].type_index).params;
  }
  if (kind == CatchClause::Kind::catch_ref || kind == CatchClause::Kind::catch_all_ref) {
    payload.push_back(caught);
  }
  Instruction in;
  in.op = Op::block;
  in.block = block_type({}, {type});
  emit(in);
  labels_.push_back({{type}, false});
  in.block = block_type({}, payload);
  emit(in);
  labels_.push_back({payload, false});

  in.op = Op::try_table;
  in.block = block_type({}, {type});
  // Clauses count labels from outside the try_table.
  for (uint32_t i = choices_.below(3); i != 0; --i) {
    const uint32_t other = choices_.below(module_.tag_count()), depth = random_label();
    if (label(depth).types == plan_.func_type(module_.tags[other].type_index).params) {
      in.catches.push_back({CatchClause::Kind::catch_, other, depth});
    }
  }
  in.catches.push_back({kind, tag, 0});
  emit(in);
  labels_.push_back({{type}, false});
  if (choices_.chance(40)) leave_conditionally();
  if (choices_.chance(40)) {
    // Something to catch.
    expr(i32);
    Instruction condition;
    condition.op = Op::if_;
    emit(condition);
    labels_.push_back({});
    throw_something();
    labels_.pop_back();
    emit(Op::end);
  }
  body({type});
  emit(Op::br, 1);
  labels_.pop_back();
  emit(Op::end);
  if (!payload.empty())
    reduce(payload, type);
  else
    leaf(type);
  labels_.pop_back();
  emit(Op::end);
}

void FunctionBuilder::throw_something() {
  if (choices_.chance(15)) {
    expr(caught);
    return emit(Op::throw_ref);
  }
  const uint32_t tag = choices_.below(module_.tag_count());
  exprs(plan_.func_type(module_.tags[tag].type_index).params);
  emit(Op::throw_, tag);
}

}  // namespace cairn::fuzzing
