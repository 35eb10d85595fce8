// Blocks, branches, returns, select.

#include <llvm/IR/CFG.h>

#include "compiler/function_builder.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

using wasm::Op;

// ---- Labels ------------------------------------------------------------------------------------

void FunctionBuilder::block_types(const wasm::BlockType& type, Label& label) const {
  if (type.kind == wasm::BlockType::Kind::value) label.results = {kind(type.value)};
  if (type.kind == wasm::BlockType::Kind::index) {
    const wasm::FuncType& func = *module_.ast.types[type.index].func();
    label.params = kinds(func.params);
    label.results = kinds(func.results);
  }
}

/// Gives a label its block, with a phi for each value that branches to it bring.
void FunctionBuilder::set_block(Label& label, const char* name) {
  label.block = block(name);
  Builder ir(label.block);
  for (const Kind kind : label.type == Label::Type::loop ? label.params : label.results)
    label.phis.push_back(ir.CreatePHI(type_of(builder_.context(), kind), 2));
}

void FunctionBuilder::pass_values(Label& to) {
  work_ += to.phis.size();
  const size_t first = stack_.size() - to.phis.size();
  for (size_t i = 0; i < to.phis.size(); ++i)
    to.phis[i]->addIncoming(stack_[first + i].value, ir_.GetInsertBlock());
}

/// Goes on at a label's block: its values are on the stack.
void FunctionBuilder::start_at(Label& label) {
  stack_.resize(label.height);
  go_to(label.block);
  fuel_is_stored_ = false;
  reload_operands();
  const std::vector<Kind>& kinds = label.type == Label::Type::loop ? label.params : label.results;
  for (size_t i = 0; i < kinds.size(); ++i)
    push(kinds[i], label.phis.empty()
                       ? llvm::PoisonValue::get(type_of(builder_.context(), kinds[i]))
                       : static_cast<llvm::Value*>(label.phis[i]));
}

void FunctionBuilder::begin(const wasm::Instruction& in, Label::Type type) {
  Label label;
  label.type = type;
  block_types(in.block, label);
  llvm::Value* condition = nullptr;
  if (type == Label::Type::if_) {
    condition = ir_.CreateICmpNE(operand(), ir_.getInt32(0));
    charge(take_fuel());
  }
  if (type == Label::Type::loop) charge(take_fuel());
  label.height = stack_.size() - label.params.size();
  spill_operands();
  if (type == Label::Type::loop && loop_offset_ == in.offset - source_.body.offset) load_frame();
  set_block(label, type == Label::Type::loop ? "loop" : "end");
  if (type == Label::Type::if_) {
    label.else_block = block("else");
    label.else_params.assign(stack_.begin() + static_cast<ptrdiff_t>(label.height), stack_.end());
    llvm::BasicBlock* const then = block("then");
    ir_.CreateCondBr(condition, then, label.else_block, hint(in.offset));
    go_to(then);
    reload_operands();
  }
  if (type == Label::Type::loop) {
    pass_values(label);
    ir_.CreateBr(label.block);
    start_at(label);
    interruption_check();
  }
  if (type == Label::Type::try_table) label.catches = in.catches;
  if (type == Label::Type::legacy_try) label.handler = block("handler");
  labels_.push_back(std::move(label));
}

void FunctionBuilder::interruption_check() {
  if (!module_.engine->settings.interruption) return;
  llvm::Value* const wanted =
      ir_.CreateLoad(ir_.getInt32Ty(), CAIRN_STORE_FIELD(ir_, instance_, interrupt), true);
  llvm::BasicBlock* const stop = block("interrupt");
  llvm::BasicBlock* const on = block("on");
  ir_.CreateCondBr(ir_.CreateICmpNE(wanted, ir_.getInt32(0)), stop, on, weights(false));
  go_to(stop);
  rare_call(offsetof(RuntimeCalls, interrupt), {instance_});
  ir_.CreateBr(on);
  go_to(on);
}

/// Ends the part before `else` or `catch`: its results go to the construct's end.
void FunctionBuilder::end_part(Label& construct) {
  if (dead_) return;
  charge(take_fuel());
  pass_values(construct);
  ir_.CreateBr(construct.block);
  construct.targeted = true;
}

void FunctionBuilder::else_branch() {
  Label& construct = labels_.back();
  end_part(construct);
  dead_ = false;
  fuel_ = 0;
  stack_.resize(construct.height);
  go_to(construct.else_block);
  fuel_is_stored_ = false;
  construct.else_block = nullptr;
  construct.type = Label::Type::else_;
  reload_operands();
  for (const Value& param : construct.else_params) push(param.kind, param.value);
}

void FunctionBuilder::end() {
  if (labels_.size() == 1) return finish();
  if (!labels_.back().catches.empty()) build_handlers();
  Label& construct = labels_.back();
  if (construct.else_block != nullptr || construct.type == Label::Type::legacy_catch)
    construct.targeted = true;
  if (construct.type == Label::Type::legacy_catch || construct.type == Label::Type::legacy_try)
    end_legacy_handlers();
  // Straight on: paid for with what follows. Branches to a loop do not come here.
  const bool carries_fuel = !construct.targeted || construct.type == Label::Type::loop;
  if (!dead_) {
    if (!carries_fuel) charge(take_fuel());
    if (construct.type != Label::Type::loop) pass_values(construct);
  }
  if (construct.type == Label::Type::loop) {
    // Branches to it go back; its end is no label.
    labels_.pop_back();
    return;
  }
  if (!dead_) ir_.CreateBr(construct.block);
  if (construct.else_block != nullptr) {
    go_to(construct.else_block);
    for (size_t i = 0; i < construct.phis.size(); ++i)
      construct.phis[i]->addIncoming(construct.else_params[i].value, construct.else_block);
    ir_.CreateBr(construct.block);
  }
  Label ended = std::move(construct);
  labels_.pop_back();
  if (llvm::pred_empty(ended.block)) unreachable(ended);
  if (dead_ && !ended.targeted) {
    ended.block->eraseFromParent();
    return;
  }
  if (!carries_fuel) fuel_ = 0;
  dead_ = false;
  start_at(ended);
}

/// No branch comes to the label's end. What follows may have to be built all the same, with values
/// that nobody sees.
void FunctionBuilder::unreachable(Label& ended) {
  for (llvm::PHINode* const phi : ended.phis) phi->eraseFromParent();
  ended.phis.clear();
}

void FunctionBuilder::mark_dead() {
  dead_ = true;
  dead_depth_ = 0;
  fuel_ = 0;
}

/// The end of the body.
void FunctionBuilder::finish() {
  if (!dead_) return_values();
  labels_.pop_back();
}

// ---- Branches ----------------------------------------------------------------------------------

/// Fuel has been paid.
void FunctionBuilder::branch_free(uint32_t depth) {
  Label& target = label(depth);
  if (target.type == Label::Type::function) {
    const size_t count = target.results.size();
    return return_with({stack_.end() - static_cast<ptrdiff_t>(count), stack_.end()});
  }
  pass_values(target);
  ir_.CreateBr(target.block);
  target.targeted = true;
}

void FunctionBuilder::branch(uint32_t depth) {
  charge(take_fuel());
  branch_free(depth);
}

void FunctionBuilder::branch_if(const wasm::Instruction& in) {
  llvm::Value* const condition = ir_.CreateICmpNE(operand(), ir_.getInt32(0));
  charge(take_fuel());
  branch_when(condition, in.index, hint(in.offset));
}

void FunctionBuilder::branch_when(llvm::Value* condition, uint32_t depth, llvm::MDNode* hint) {
  llvm::BasicBlock* const on = block("on");
  Label& target = label(depth);
  if (target.type != Label::Type::function) {
    pass_values(target);
    ir_.CreateCondBr(condition, target.block, on, hint);
    target.targeted = true;
  } else {
    llvm::BasicBlock* const leave = block("leave");
    ir_.CreateCondBr(condition, leave, on, hint);
    go_to(leave);
    const bool fuel_is_stored = fuel_is_stored_;
    branch_free(depth);
    fuel_is_stored_ = fuel_is_stored;
  }
  go_to(on);
}

void FunctionBuilder::branch_table(const wasm::Instruction& in) {
  llvm::Value* const index = operand();
  charge(take_fuel());
  // A block for each label: the same one may be a target of several entries, but a phi wants one
  // value for each edge.
  std::map<uint32_t, llvm::BasicBlock*> blocks;
  for (const uint32_t depth : in.labels)
    if (!blocks.contains(depth)) blocks.emplace(depth, block("case"));
  llvm::SwitchInst* const choice = ir_.CreateSwitch(index, blocks.at(in.labels.back()),
                                                    static_cast<unsigned>(in.labels.size() - 1));
  for (size_t i = 0; i + 1 < in.labels.size(); ++i)
    choice->addCase(ir_.getInt32(static_cast<uint32_t>(i)), blocks.at(in.labels[i]));
  const bool fuel_is_stored = fuel_is_stored_;
  for (const auto& [depth, from] : blocks) {
    go_to(from);
    fuel_is_stored_ = fuel_is_stored;
    branch_free(depth);
  }
  mark_dead();
}

void FunctionBuilder::branch_on_reference(const wasm::Instruction& in) {
  const Value reference = stack_.back();
  llvm::Value* holds = nullptr;
  if (in.op == Op::br_on_null || in.op == Op::br_on_non_null)
    holds = ir_.CreateICmpEQ(reference.value, ir_.getInt64(0));
  else
    holds = ir_.CreateICmpNE(test_reference(reference.value, in.cast_to), ir_.getInt32(0));
  charge(take_fuel());
  if (in.op == Op::br_on_non_null || in.op == Op::br_on_cast_fail) holds = ir_.CreateNot(holds);
  // br_on_null brings no reference to its label, br_on_non_null none behind it.
  if (in.op == Op::br_on_null) stack_.pop_back();
  branch_when(holds, in.index, hint(in.offset));
  if (in.op == Op::br_on_null) push(reference.kind, reference.value);
  if (in.op == Op::br_on_non_null) stack_.pop_back();
}

/// What the branch hint section says of the instruction at that offset; null when nothing.
llvm::MDNode* FunctionBuilder::hint(uint64_t offset) {
  const std::optional<bool> likely = builder_.likely(offset);
  return likely ? weights(*likely) : nullptr;
}

// ---- Returns -----------------------------------------------------------------------------------

void FunctionBuilder::return_values() {
  charge(take_fuel());
  branch_free(static_cast<uint32_t>(labels_.size() - 1));
}

void FunctionBuilder::return_with(std::vector<Value> values) {
  work_ += values.size();
  if (!passes_fuel_) store_fuel();
  if (values.size() > 1) {
    llvm::Value* const more =
        ir_.CreateLoad(ir_.getPtrTy(), CAIRN_CONTEXT(ir_, instance_, results));
    for (size_t i = 1; i < values.size(); ++i)
      store_slot(ir_, values[i].kind, values[i].value, more, static_cast<uint32_t>(2 * (i - 1)));
  }
  llvm::Value* result = values.empty() ? nullptr : values[0].value;
  if (passes_fuel_) {
    llvm::Value* const left = ir_.CreateLoad(ir_.getInt64Ty(), fuel_left_);
    llvm::Value* const pair = llvm::PoisonValue::get(function_.getReturnType());
    result = result == nullptr
                 ? left
                 : ir_.CreateInsertValue(ir_.CreateInsertValue(pair, result, 0), left, 1);
  }
  exits_.push_back(result == nullptr ? ir_.CreateRetVoid() : ir_.CreateRet(result));
}

void FunctionBuilder::select() {
  // References and vectors are paid for before, as in the interpreter.
  if (stack_[stack_.size() - 2].kind >= Kind::v128) charge(take_fuel());
  llvm::Value* const condition = operand();
  const Value b = pop(), a = pop();
  push(a.kind, ir_.CreateSelect(ir_.CreateICmpNE(condition, ir_.getInt32(0)), a.value, b.value));
}

}  // namespace cairn::engine::compiler
