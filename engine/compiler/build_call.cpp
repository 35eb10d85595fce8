// Calls. Calls of functions in the same image are direct; all others load the target's entry.

#include <cstddef>

#include "compiler/function_builder.hpp"
#include "interp/code.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

using wasm::Op;

/// What a call needs to know of its callee.
struct FunctionBuilder::Callee {
  std::string signature;
  llvm::Function* direct = nullptr;  ///< in this image
  llvm::Value* target = nullptr;     ///< else: its `NativeTarget` …
  llvm::Value* entry = nullptr;      ///< … and where it is entered
};

/// A function of this instance that is not in this image.
FunctionBuilder::Callee FunctionBuilder::own_callee(llvm::Value* target, std::string signature) {
  const Convention convention = builder_.convention();
  builder_.leave_stub(convention, signature);
  const uint64_t place = convention == Convention::tail ? offsetof(NativeTarget, tail_entry)
                                                        : offsetof(NativeTarget, entry);
  llvm::Value* const entry = ir_.CreateLoad(ir_.getPtrTy(), field(ir_, target, place));
  return {.signature = std::move(signature), .target = target, .entry = entry};
}

/// The function of a reference: this instance's, another one's, or the host's.
FunctionBuilder::Callee FunctionBuilder::any_callee(llvm::Value* func, std::string signature) {
  llvm::Function* const foreign = builder_.foreign_stub(signature);
  llvm::Value* const owner =
      ir_.CreateLoad(ir_.getPtrTy(), field(ir_, func, offsetof(FuncInst, instance)));
  // A branch: what is guessed right needs no waiting for the comparison.
  llvm::BasicBlock* const before = ir_.GetInsertBlock();
  llvm::BasicBlock* const own = block("own");
  llvm::BasicBlock* const on = block("on");
  ir_.CreateCondBr(ir_.CreateICmpEQ(owner, instance_), own, on, weights(true));
  go_to(own);
  Callee callee = own_callee(func, std::move(signature));
  ir_.CreateBr(on);
  go_to(on);
  llvm::PHINode* const entry = ir_.CreatePHI(ir_.getPtrTy(), 2);
  entry->addIncoming(callee.entry, own);
  entry->addIncoming(foreign, before);
  callee.entry = entry;
  return callee;
}

/// The callee of a call instruction; pops what names it. Fuel is paid by `pay`, at the place where
/// the interpreter does it.
FunctionBuilder::Callee FunctionBuilder::find_callee(const wasm::Instruction& in,
                                                     bool pays_after_look_up) {
  std::string signature = signature_of(module_, callee_type(in));
  const auto pay = [&] { charge(take_fuel()); };
  switch (in.op) {
    case Op::call:
    case Op::return_call: {
      pay();
      if (in.index < module_.ast.imported_functions)
        return {.signature = signature,
                .target = invariant_item(offsetof(InstanceData, imported_funcs), in.index),
                .entry = builder_.foreign_stub(signature)};
      const uint32_t index = in.index - module_.ast.imported_functions;
      if (llvm::Function* const direct = builder_.function(index))
        return {.signature = std::move(signature), .direct = direct};
      llvm::Value* const codes =
          load_invariant(ir_, ir_.getPtrTy(), field(ir_, instance_, offsetof(InstanceData, codes)));
      return own_callee(field(ir_, codes, uint64_t{index} * sizeof(FuncCode)),
                        std::move(signature));
    }
    case Op::call_indirect:
    case Op::return_call_indirect: {
      llvm::Value* const index = ir_.CreateZExt(operand(), ir_.getInt64Ty());
      if (!pays_after_look_up) pay();
      Callee callee = table_callee(in, index, std::move(signature));
      if (pays_after_look_up) pay();
      return callee;
    }
    default: {
      llvm::Value* const reference = operand();
      pay();
      raise_if(ir_.CreateICmpEQ(reference, ir_.getInt64(0)), Trap::null_function_reference);
      return any_callee(ir_.CreateIntToPtr(reference, ir_.getPtrTy()), std::move(signature));
    }
  }
}

/// The function in a table, of the type that the instruction names.
FunctionBuilder::Callee FunctionBuilder::table_callee(const wasm::Instruction& in,
                                                      llvm::Value* index, std::string signature) {
  const auto [elements, size] = table(in.index2);
  llvm::Value* const type_ids =
      load_invariant(ir_, ir_.getPtrTy(), field(ir_, instance_, offsetof(InstanceData, type_ids)));
  llvm::Value* const type_id = load_invariant(
      ir_, ir_.getInt32Ty(), field(ir_, type_ids, uint64_t{in.index} * sizeof(wasm::TypeId)));
  llvm::Value* const func = semantic("look_up", {instance_, elements, size, index});
  builder_.leave_stub(builder_.convention(), signature);
  llvm::Value* const entry =
      semantic("entry", {instance_, func, index, type_id, builder_.foreign_stub(signature)});
  return {.signature = std::move(signature), .target = func, .entry = entry};
}

llvm::CallInst* FunctionBuilder::emit_call(const Callee& callee, std::vector<llvm::Value*> args) {
  work_ += args.size();
  store_fuel();
  args.insert(args.begin(), instance_);
  if (callee.direct != nullptr) return builder_.call(ir_, callee.direct, args);
  args.insert(args.begin(), callee.target);
  return builder_.call_entry(ir_, builder_.convention(), callee.signature, callee.entry, args);
}

const wasm::FuncType& FunctionBuilder::callee_type(const wasm::Instruction& in) const {
  const bool by_function = in.op == Op::call || in.op == Op::return_call;
  return *module_.ast.types[by_function ? module_.func_type_index[in.index] : in.index].func();
}

std::vector<llvm::Value*> FunctionBuilder::pop_arguments(size_t count) {
  std::vector<llvm::Value*> args(count);
  for (size_t i = count; i-- > 0;) args[i] = operand();
  return args;
}

/// Gives the first result; what is left of fuel has been taken over.
llvm::Value* FunctionBuilder::call_passing_fuel(llvm::Function* callee,
                                                std::vector<llvm::Value*> args) {
  work_ += args.size();
  args.insert(args.begin(), {instance_, ir_.CreateLoad(ir_.getInt64Ty(), fuel_left_)});
  llvm::Value* const results = builder_.call(ir_, callee, args);
  const bool has_result = results->getType()->isStructTy();
  ir_.CreateStore(has_result ? ir_.CreateExtractValue(results, 1) : results, fuel_left_);
  fuel_is_stored_ = false;
  return has_result ? ir_.CreateExtractValue(results, 0) : nullptr;
}

void FunctionBuilder::call(const wasm::Instruction& in) {
  const wasm::FuncType& type = callee_type(in);
  const Callee callee = find_callee(in, false);
  std::vector<llvm::Value*> args = pop_arguments(type.params.size());
  work_ += stack_.size();
  if (callee.direct != nullptr && ModuleBuilder::passes_fuel(*callee.direct))
    return push_results(type, call_passing_fuel(callee.direct, std::move(args)));
  llvm::CallInst* const call = emit_call(callee, std::move(args));
  reload_fuel();
  check_exception();
  push_results(type, call);
}

void FunctionBuilder::push_results(const wasm::FuncType& type, llvm::Value* first) {
  work_ += type.results.size();
  if (type.results.empty()) return;
  push(kind(type.results[0]), first);
  if (type.results.size() == 1) return;
  llvm::Value* const more = ir_.CreateLoad(ir_.getPtrTy(), CAIRN_CONTEXT(ir_, instance_, results));
  for (size_t i = 1; i < type.results.size(); ++i) {
    const Kind each = kind(type.results[i]);
    push(each, load_slot(ir_, each, more, static_cast<uint32_t>(2 * (i - 1))));
  }
}

void FunctionBuilder::return_call(const wasm::Instruction& in) {
  const wasm::FuncType& type = callee_type(in);
  const Callee callee = find_callee(in, in.op == Op::return_call_indirect);
  llvm::CallInst* const call = emit_call(callee, pop_arguments(type.params.size()));
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  exits_.push_back(call);
  return_result(ir_, call);
  mark_dead();
}

/// Behind a call: is an exception on its way? Where nothing catches, calls do not come back then.
void FunctionBuilder::check_exception() {
  if (!builder_.uses_exceptions()) return;
  llvm::Value* const exception =
      ir_.CreateLoad(ir_.getInt64Ty(), CAIRN_CONTEXT(ir_, instance_, exception));
  llvm::BasicBlock* const on = block("on");
  ir_.CreateCondBr(ir_.CreateICmpEQ(exception, ir_.getInt64(0)), on, handler_from(labels_.size()),
                   weights(true));
  go_to(on);
}

}  // namespace cairn::engine::compiler
