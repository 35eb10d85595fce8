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
  llvm::Value* target = nullptr;     ///< else: its `NativeTarget`
  /// Null: it is this instance's. Else whose it is; at run time null for a host function.
  llvm::Value* owner = nullptr;
  bool may_be_own = true;
};

FunctionBuilder::Callee FunctionBuilder::callee_of(llvm::Value* func, std::string signature,
                                                   bool may_be_own) {
  return {.signature = std::move(signature),
          .target = func,
          .owner = ir_.CreateLoad(ir_.getPtrTy(), field(ir_, func, offsetof(FuncInst, instance))),
          .may_be_own = may_be_own};
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
        return callee_of(invariant_item(offsetof(InstanceData, imported_funcs), in.index),
                         std::move(signature), false);
      const uint32_t index = in.index - module_.ast.imported_functions;
      if (llvm::Function* const direct = builder_.function(index))
        return {.signature = std::move(signature), .direct = direct};
      llvm::Value* const codes =
          load_invariant(ir_, ir_.getPtrTy(), field(ir_, instance_, offsetof(InstanceData, codes)));
      return {.signature = std::move(signature),
              .target = field(ir_, codes, uint64_t{index} * sizeof(FuncCode))};
    }
    case Op::call_indirect:
    case Op::return_call_indirect: {
      llvm::Value* const index = ir_.CreateZExt(operand(), ir_.getInt64Ty());
      if (!pays_after_look_up) pay();
      llvm::Value* const func = look_up(in.index2, index, in.index);
      if (pays_after_look_up) pay();
      return callee_of(func, std::move(signature), true);
    }
    default: {
      llvm::Value* const reference = operand();
      pay();
      raise_if(ir_.CreateICmpEQ(reference, ir_.getInt64(0)), Trap::null_function_reference);
      return callee_of(ir_.CreateIntToPtr(reference, ir_.getPtrTy()), std::move(signature), true);
    }
  }
}

/// The function in a table, of the type that the instruction names.
llvm::Value* FunctionBuilder::look_up(uint32_t table_index, llvm::Value* index,
                                      uint32_t type_index) {
  const Table table = this->table(table_index);
  llvm::Value* const type_ids =
      load_invariant(ir_, ir_.getPtrTy(), field(ir_, instance_, offsetof(InstanceData, type_ids)));
  llvm::Value* const type_id = load_invariant(
      ir_, ir_.getInt32Ty(), field(ir_, type_ids, uint64_t{type_index} * sizeof(wasm::TypeId)));
  return semantic("look_up", {instance_, table.elements, table.size, index, type_id});
}

/// Calls what may be another instance's or the host's. In a module that catches, its code is
/// entered through the stub that runs it behind a boundary: it may leave frames in one step when an
/// exception passes.
llvm::CallInst* FunctionBuilder::call_foreign(const Callee& callee, Convention convention,
                                              std::vector<llvm::Value*> args) {
  llvm::Value* const nobody = llvm::ConstantPointerNull::get(ir_.getPtrTy());
  llvm::Value* const instance =
      ir_.CreateSelect(ir_.CreateICmpEQ(callee.owner, nobody), instance_, callee.owner);
  ir_.CreateStore(instance_, CAIRN_CONTEXT(ir_, instance_, caller));
  llvm::Value* entry = builder_.leave_stub(convention, callee.signature);
  if (!builder_.uses_exceptions())
    entry =
        ir_.CreateLoad(ir_.getPtrTy(), field(ir_, callee.target, offsetof(NativeTarget, entry)));
  args.insert(args.begin(), {callee.target, instance});
  llvm::CallInst* const call = builder_.call_entry(ir_, convention, callee.signature, entry, args);
  // Merged with the call of this instance's functions, that one would not know its instance.
  call->addFnAttr(llvm::Attribute::NoMerge);
  return call;
}

/// Calls what is this instance's.
llvm::CallInst* FunctionBuilder::call_own(const Callee& callee, std::vector<llvm::Value*> args) {
  if (callee.direct != nullptr) {
    args.insert(args.begin(), instance_);
    return builder_.call(ir_, callee.direct, args);
  }
  const Convention convention = builder_.convention();
  builder_.leave_stub(convention, callee.signature);
  const uint64_t place = convention == Convention::tail ? offsetof(NativeTarget, tail_entry)
                                                        : offsetof(NativeTarget, entry);
  args.insert(args.begin(), {callee.target, instance_});
  return builder_.call_entry(ir_, convention, callee.signature,
                             ir_.CreateLoad(ir_.getPtrTy(), field(ir_, callee.target, place)),
                             args);
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

void FunctionBuilder::call(const wasm::Instruction& in) {
  const wasm::FuncType& type = callee_type(in);
  const Callee callee = find_callee(in, false);
  const std::vector<llvm::Value*> args = pop_arguments(type.params.size());
  work_ += stack_.size() + args.size();
  push_results(type, call_callee(callee, args));
}

/// The result of a call, when no exception is on its way.
llvm::Value* FunctionBuilder::call_callee(const Callee& callee,
                                          const std::vector<llvm::Value*>& args) {
  llvm::Value* result = nullptr;
  if (callee.owner == nullptr) {
    result = call_own(callee, args);
  } else if (!callee.may_be_own) {
    result = call_foreign(callee, Convention::plain, args);
  } else {
    llvm::BasicBlock* const own = block("own");
    llvm::BasicBlock* const foreign = block("foreign");
    llvm::BasicBlock* const on = block("called");
    ir_.CreateCondBr(ir_.CreateICmpEQ(callee.owner, instance_), own, foreign, weights(true));
    go_to(foreign);
    llvm::CallInst* const from_foreign = call_foreign(callee, Convention::plain, args);
    ir_.CreateBr(on);
    go_to(own);
    result = call_own(callee, args);
    ir_.CreateBr(on);
    go_to(on);
    if (!result->getType()->isVoidTy()) {
      llvm::PHINode* const either = ir_.CreatePHI(result->getType(), 2);
      either->addIncoming(result, own);
      either->addIncoming(from_foreign, foreign);
      result = either;
    }
  }
  // Compiled code that does not catch does not come back with an exception.
  if (builder_.uses_exceptions() || callee.direct == nullptr) check_exception();
  return result;
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
  const std::vector<llvm::Value*> args = pop_arguments(type.params.size());
  work_ += args.size();
  if (callee.owner != nullptr && callee.may_be_own) {
    llvm::BasicBlock* const own = block("own");
    llvm::BasicBlock* const foreign = block("foreign");
    ir_.CreateCondBr(ir_.CreateICmpEQ(callee.owner, instance_), own, foreign, weights(true));
    go_to(own);
    return_result_of(call_own(callee, args));
    go_to(foreign);
  }
  return_result_of(callee.owner == nullptr ? call_own(callee, args)
                                           : call_foreign(callee, Convention::tail, args));
  mark_dead();
}

void FunctionBuilder::return_result_of(llvm::CallInst* call) {
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  exits_.push_back(call);
  if (call->getType()->isVoidTy())
    ir_.CreateRetVoid();
  else
    ir_.CreateRet(call);
}

/// Behind a call: is an exception on its way?
void FunctionBuilder::check_exception() {
  llvm::Value* const exception =
      ir_.CreateLoad(ir_.getInt64Ty(), CAIRN_CONTEXT(ir_, instance_, exception));
  llvm::Value* const none = ir_.CreateICmpEQ(exception, ir_.getInt64(0));
  llvm::BasicBlock* const on = block("on");
  if (builder_.uses_exceptions()) {
    ir_.CreateCondBr(none, on, handler_from(labels_.size()), weights(true));
  } else {
    llvm::BasicBlock* const pass = block("unwind");
    ir_.CreateCondBr(none, on, pass, weights(true));
    go_to(pass);
    CAIRN_RUNTIME(ir_, instance_, unwind_to_boundary, ir_.getVoidTy(), {instance_})
        ->setDoesNotReturn();
    ir_.CreateUnreachable();
  }
  go_to(on);
}

}  // namespace cairn::engine::compiler
