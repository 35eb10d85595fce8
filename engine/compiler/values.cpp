#include "compiler/values.hpp"

#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Intrinsics.h>

#include <cstddef>

#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

namespace {

constexpr std::string_view letters = "ilfdvll";  // by Kind

// StoreData has no standard layout, but no virtual bases either: offsets are what they seem.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"
constexpr uint64_t store_offset = offsetof(InstanceData, store);
constexpr uint64_t native_offset = offsetof(StoreData, native);
#pragma clang diagnostic pop

Kind kind_of_letter(char letter) { return static_cast<Kind>(letters.find(letter)); }

}  // namespace

llvm::Type* type_of(llvm::LLVMContext& context, Kind kind) {
  switch (kind) {
    case Kind::i32: return llvm::Type::getInt32Ty(context);
    case Kind::f32: return llvm::Type::getFloatTy(context);
    case Kind::f64: return llvm::Type::getDoubleTy(context);
    case Kind::v128: return llvm::FixedVectorType::get(llvm::Type::getInt8Ty(context), 16);
    default: return llvm::Type::getInt64Ty(context);
  }
}

std::string signature_of(const ModuleState& module, const wasm::FuncType& type) {
  std::string signature;
  const auto add = [&](const std::vector<wasm::ValType>& types) {
    for (const wasm::ValType each : types)
      signature += letters[static_cast<size_t>(
          kind_of(module.types->canonical(each), module.engine->types))];
  };
  add(type.params);
  signature += '_';
  add(type.results);
  return signature;
}

Signature parse_signature(std::string_view signature) {
  Signature parsed;
  std::vector<Kind>* to = &parsed.params;
  for (const char letter : signature) {
    if (letter == '_')
      to = &parsed.results;
    else
      to->push_back(kind_of_letter(letter));
  }
  return parsed;
}

llvm::Value* field(Builder& ir, llvm::Value* base, uint64_t offset) {
  return ir.CreateConstInBoundsGEP1_64(ir.getInt8Ty(), base, offset);
}

llvm::Value* load_slot(Builder& ir, Kind kind, llvm::Value* slots, uint32_t index) {
  return ir.CreateAlignedLoad(type_of(ir.getContext(), kind), field(ir, slots, uint64_t{index} * 8),
                              llvm::Align(kind == Kind::i32 || kind == Kind::f32 ? 4 : 8));
}

/// Integers fill their slot: the upper half of an i32 is zero.
llvm::StoreInst* store_slot(Builder& ir, Kind kind, llvm::Value* value, llvm::Value* slots,
                            uint32_t index) {
  if (kind == Kind::i32) value = ir.CreateZExt(value, ir.getInt64Ty());
  return ir.CreateAlignedStore(value, field(ir, slots, uint64_t{index} * 8),
                               llvm::Align(kind == Kind::f32 ? 4 : 8));
}

llvm::Value* hide(Builder& ir, llvm::Value* number) {
  llvm::Type* const type = number->getType();
  llvm::InlineAsm* const nothing = llvm::InlineAsm::get(
      llvm::FunctionType::get(type, {type}, false), "", "=r,0", /*hasSideEffects=*/false);
  llvm::CallInst* const call = ir.CreateCall(nothing, {number});
  call->setDoesNotAccessMemory();
  call->setDoesNotThrow();
  call->addFnAttr(llvm::Attribute::WillReturn);
  return call;
}

void return_result(Builder& ir, llvm::CallInst* call) {
  if (call->getType()->isVoidTy())
    ir.CreateRetVoid();
  else
    ir.CreateRet(call);
}

llvm::LoadInst* load_invariant(Builder& ir, llvm::Type* type, llvm::Value* address) {
  llvm::LoadInst* const load = ir.CreateLoad(type, address);
  load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(ir.getContext(), {}));
  return load;
}

llvm::Value* store_of(Builder& ir, llvm::Value* instance) {
  return load_invariant(ir, ir.getPtrTy(), field(ir, instance, store_offset));
}

llvm::Value* context_field(Builder& ir, llvm::Value* instance, uint64_t offset) {
  return field(ir, store_of(ir, instance), native_offset + offset);
}

llvm::Value* store_field(Builder& ir, llvm::Value* instance, uint64_t offset) {
  return field(ir, store_of(ir, instance), offset);
}

llvm::CallInst* call_runtime(Builder& ir, llvm::Value* instance, uint64_t offset,
                             llvm::Type* result, llvm::ArrayRef<llvm::Value*> args) {
  llvm::Value* const calls = load_invariant(ir, ir.getPtrTy(), CAIRN_CONTEXT(ir, instance, calls));
  llvm::Value* const callee = load_invariant(ir, ir.getPtrTy(), field(ir, calls, offset));
  std::vector<llvm::Type*> types;
  for (const llvm::Value* arg : args) types.push_back(arg->getType());
  return ir.CreateCall(llvm::FunctionType::get(result, types, false), callee, args);
}

llvm::CallInst* call_runtime_rarely(Builder& ir, llvm::Value* instance, uint64_t offset,
                                    llvm::Type* result, llvm::ArrayRef<llvm::Value*> args) {
  llvm::CallInst* const call = call_runtime(ir, instance, offset, result, args);
  call->setCallingConv(llvm::CallingConv::PreserveMost);
  return call;
}

}  // namespace cairn::engine::compiler
