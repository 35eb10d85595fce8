// Calls. Calls of functions in the same image are direct; all others load the target's entry.

#include <cstddef>

#include "compiler/function_builder.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

using wasm::Op;

/// What a call needs to know of its callee.
struct FunctionBuilder::Callee {
  llvm::Function* direct = nullptr;  ///< in this image
  llvm::Value* target = nullptr;     ///< else: its `NativeTarget`
  llvm::Value* instance = nullptr;
  bool foreign = false;  ///< it may belong to another instance or to the host
};

FunctionBuilder::Callee FunctionBuilder::foreign_callee(llvm::Value* func,
                                                        const std::string& signature) {
  llvm::Value* const own =
      ir_.CreateLoad(ir_.getPtrTy(), field(ir_, func, offsetof(FuncInst, instance)));
  // A host function has no instance.
  llvm::Value* const instance = ir_.CreateSelect(
      ir_.CreateICmpEQ(own, llvm::ConstantPointerNull::get(ir_.getPtrTy())), instance_, own);
  ir_.CreateStore(instance_, CAIRN_CONTEXT(ir_, instance_, caller));
  builder_.leave_stub(signature);
  return {.target = func, .instance = instance, .foreign = true};
}

/// The callee of a call instruction; pops what names it. Fuel is paid by `pay`, at the place where
/// the interpreter does it.
FunctionBuilder::Callee FunctionBuilder::find_callee(const wasm::Instruction& in,
                                                     const std::string& signature,
                                                     bool pays_after_look_up) {
  const auto pay = [&] { charge(take_fuel()); };
  switch (in.op) {
    case Op::call:
    case Op::return_call: {
      pay();
      if (in.index < module_.ast.imported_functions)
        return foreign_callee(semantic("import", {instance_, ir_.getInt32(in.index)}), signature);
      const uint32_t index = in.index - module_.ast.imported_functions;
      if (llvm::Function* const direct = builder_.function(index))
        return {.direct = direct, .instance = instance_};
      builder_.leave_stub(signature);
      return {.target = semantic("code_target", {instance_, ir_.getInt32(index)}),
              .instance = instance_};
    }
    case Op::call_indirect:
    case Op::return_call_indirect: {
      llvm::Value* const index = ir_.CreateZExt(operand(), ir_.getInt64Ty());
      if (!pays_after_look_up) pay();
      llvm::Value* const func =
          semantic("look_up", {instance_, ir_.getInt32(in.index2), index, ir_.getInt32(in.index)});
      if (pays_after_look_up) pay();
      return foreign_callee(func, signature);
    }
    default: {
      llvm::Value* const reference = operand();
      pay();
      raise_if(ir_.CreateICmpEQ(reference, ir_.getInt64(0)), Trap::null_function_reference);
      return foreign_callee(ir_.CreateIntToPtr(reference, ir_.getPtrTy()), signature);
    }
  }
}

/// The call itself. In a module that catches, code of other instances is entered through the stub
/// that runs it behind a boundary: it may leave frames in one step when an exception passes.
llvm::CallInst* FunctionBuilder::emit_call(const Callee& callee, const std::string& signature,
                                           std::vector<llvm::Value*> args) {
  work_ += stack_.size() + args.size();
  llvm::CallInst* call = nullptr;
  if (callee.direct != nullptr) {
    args.insert(args.begin(), callee.instance);
    call = ir_.CreateCall(callee.direct, args);
  } else {
    llvm::Value* entry =
        ir_.CreateLoad(ir_.getPtrTy(), field(ir_, callee.target, offsetof(NativeTarget, entry)));
    if (callee.foreign && builder_.uses_exceptions())
      entry = ir_.CreateSelect(ir_.CreateICmpEQ(callee.instance, instance_), entry,
                               builder_.leave_stub(signature));
    args.insert(args.begin(), {callee.target, callee.instance});
    call = ir_.CreateCall(builder_.function_type(signature, true), entry, args);
    call->addParamAttr(0, llvm::Attribute::Nest);
  }
  call->setCallingConv(llvm::CallingConv::Tail);
  return call;
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
  const std::string signature = signature_of(module_, type);
  const Callee callee = find_callee(in, signature, false);
  llvm::CallInst* const call = emit_call(callee, signature, pop_arguments(type.params.size()));
  check_exception(callee.foreign);
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
  const std::string signature = signature_of(module_, type);
  const Callee callee = find_callee(in, signature, in.op == Op::return_call_indirect);
  llvm::CallInst* const call = emit_call(callee, signature, pop_arguments(type.params.size()));
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  exits_.push_back(call);
  if (call->getType()->isVoidTy())
    ir_.CreateRetVoid();
  else
    ir_.CreateRet(call);
  mark_dead();
}

/// Behind a call: is an exception on its way?
void FunctionBuilder::check_exception(bool leaves_instance) {
  const bool catches = builder_.uses_exceptions();
  if (!catches && !leaves_instance) return;
  llvm::Value* const exception =
      ir_.CreateLoad(ir_.getInt64Ty(), CAIRN_CONTEXT(ir_, instance_, exception));
  llvm::Value* const none = ir_.CreateICmpEQ(exception, ir_.getInt64(0));
  llvm::BasicBlock* const on = block("on");
  if (catches) {
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
