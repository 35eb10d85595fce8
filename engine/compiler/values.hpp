#pragma once
/// Values in slots, and the fields of the runtime that built code touches by itself.

#include <llvm/IR/IRBuilder.h>

#include <string_view>

#include "interp/translator.hpp"  // Kind

namespace cairn::engine::compiler {

using Builder = llvm::IRBuilder<>;

/// The LLVM type of a value: i32, i64 (references too), float, double, <16 x i8>.
llvm::Type* type_of(llvm::LLVMContext& context, Kind kind);

/// A signature: a letter for each parameter, '_', one for each result ("il_d"). References are `l`.
std::string signature_of(const ModuleState& module, const wasm::FuncType& type);
struct Signature {
  std::vector<Kind> params, results;
};
Signature parse_signature(std::string_view signature);

/// Reads or writes a value at `slots + index`.
llvm::Value* load_slot(Builder& ir, Kind kind, llvm::Value* slots, uint32_t index);
llvm::StoreInst* store_slot(Builder& ir, Kind kind, llvm::Value* value, llvm::Value* slots,
                            uint32_t index);

/// The address of a field, in bytes from `base`.
llvm::Value* field(Builder& ir, llvm::Value* base, uint64_t offset);
/// `InstanceData::store`.
llvm::Value* store_of(Builder& ir, llvm::Value* instance);
/// A field of the store's `NativeContext`, by its offset there.
llvm::Value* context_field(Builder& ir, llvm::Value* instance, uint64_t offset);
#define CAIRN_CONTEXT(ir, instance, name) \
  ::cairn::engine::compiler::context_field(ir, instance, offsetof(NativeContext, name))
/// A field of `StoreData`, by its offset there.
llvm::Value* store_field(Builder& ir, llvm::Value* instance, uint64_t offset);
#define CAIRN_STORE_FIELD(ir, instance, name) \
  ::cairn::engine::compiler::store_field(ir, instance, offsetof(StoreData, name))
/// Calls a function of `RuntimeCalls`, by its offset there.
llvm::CallInst* call_runtime(Builder& ir, llvm::Value* instance, uint64_t offset,
                             llvm::Type* result, llvm::ArrayRef<llvm::Value*> args);
#define CAIRN_RUNTIME(ir, instance, name, result, ...)                                        \
  ::cairn::engine::compiler::call_runtime(ir, instance, offsetof(RuntimeCalls, name), result, \
                                          __VA_ARGS__)

/// The same for one that is `CAIRN_RARELY_CALLED`.
llvm::CallInst* call_runtime_rarely(Builder& ir, llvm::Value* instance, uint64_t offset,
                                    llvm::Type* result, llvm::ArrayRef<llvm::Value*> args);

/// The same integer, of which LLVM knows nothing.
llvm::Value* hide(Builder& ir, llvm::Value* number);

/// Returns what a call gave.
void return_result(Builder& ir, llvm::CallInst* call);

/// A load of a field that never changes while the instance lives.
llvm::LoadInst* load_invariant(Builder& ir, llvm::Type* type, llvm::Value* address);

}  // namespace cairn::engine::compiler
