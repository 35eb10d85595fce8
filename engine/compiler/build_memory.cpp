// Accesses to memories: loads, stores, atomics. Those to memory 0 where a guard area stands behind
// it are not checked, a fault is the trap. All are volatile, so that traps keep their order.

#include <cstddef>

#include "compiler/function_builder.hpp"

namespace cairn::engine::compiler {

using wasm::Imm;
using wasm::Op;

namespace {

constexpr llvm::AtomicOrdering sequential = llvm::AtomicOrdering::SequentiallyConsistent;

/// What an atomic read-modify-write instruction does, by the part of its name behind "rmw".
llvm::AtomicRMWInst::BinOp operation_of(std::string_view id) {
  using enum llvm::AtomicRMWInst::BinOp;
  const auto is = [&](std::string_view name) { return id.find(name) != std::string_view::npos; };
  if (is("_add")) return Add;
  if (is("_sub")) return Sub;
  if (is("_and")) return And;
  if (is("_xor")) return Xor;
  if (is("_or")) return Or;
  return Xchg;
}

}  // namespace

/// As `Translator::guarded`.
bool FunctionBuilder::guarded(const wasm::MemArg& mem) const {
  return mem.memory == 0 && mem.offset < guard_size && builder_.has_guarded_memory();
}

/// Where guarded memory 0 begins: the same in the whole function.
llvm::Value* FunctionBuilder::memory_base() {
  if (memory_base_ == nullptr) {
    Builder entry(entry_);
    memory_base_ = load_invariant(entry, entry.getPtrTy(),
                                  field(entry, instance_, offsetof(InstanceData, memory0_base)));
  }
  return memory_base_;
}

/// A memory's `MemoryInst`.
llvm::Value* FunctionBuilder::memory(uint32_t index) {
  const uint32_t imported = module_.ast.imported_memories;
  if (index < imported || module_.memory_types[index].shared)
    return invariant_item(offsetof(InstanceData, memories), index);
  return field(ir_, instance_,
               module_.layout.own_memories + uint64_t{index - imported} * sizeof(MemoryInst));
}

llvm::Value* FunctionBuilder::as_address(llvm::Value* value) {
  return ir_.CreateZExt(value, ir_.getInt64Ty());
}

/// Where an access of `bytes` goes that begins at `address` plus the instruction's offset.
llvm::Value* FunctionBuilder::place_of(const wasm::MemArg& mem, llvm::Value* address,
                                       uint32_t bytes) {
  if (guarded(mem)) {
    llvm::Value* const at = ir_.CreateGEP(ir_.getInt8Ty(), memory_base(), as_address(address));
    return ir_.CreateConstGEP1_64(ir_.getInt8Ty(), at, mem.offset);
  }
  return semantic("address", {instance_, memory(mem.memory), as_address(address),
                              constant64(mem.offset), constant32(bytes)});
}

/// Marks an access: it touches nothing but memories.
template <class Access>
Access* FunctionBuilder::in_memory(Access* access) {
  access->setMetadata(llvm::LLVMContext::MD_tbaa, builder_.tags().memory);
  return access;
}

llvm::Value* FunctionBuilder::load(llvm::Type* type, llvm::Value* from) {
  // Held: see distinct_accesses.hpp.
  return ir_.CreateFreeze(
      in_memory(ir_.CreateAlignedLoad(type, from, llvm::Align(1), /*isVolatile=*/true)));
}
void FunctionBuilder::store(llvm::Value* value, llvm::Value* to) {
  in_memory(ir_.CreateAlignedStore(value, to, llvm::Align(1), /*isVolatile=*/true));
}

void FunctionBuilder::access_memory(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  store_fuel();
  if (row.prefix == 0xFD) return access_vector(in);
  const uint32_t bytes = 1u << wasm::natural_align_log2(row.imm);
  llvm::Type* const number = ir_.getIntNTy(bytes * 8);
  if (row.sig[1] != '_') {
    llvm::Value* const value = operand();
    llvm::Value* const to = place_of(in.mem, operand(), bytes);
    return store(value->getType()->isIntegerTy() ? ir_.CreateTrunc(value, number) : value, to);
  }
  llvm::Value* const from = place_of(in.mem, operand(), bytes);
  switch (row.sig.back()) {
    case 'f': return push(Kind::f32, load(ir_.getFloatTy(), from));
    case 'd': return push(Kind::f64, load(ir_.getDoubleTy(), from));
    default: break;
  }
  const Kind result = row.sig.back() == 'i' ? Kind::i32 : Kind::i64;
  push(result, ir_.CreateIntCast(load(number, from), type_of(ir_.getContext(), result),
                                 row.id.ends_with("_s")));
}

/// Vector loads and stores; what happens to the bits on their way is in the semantics.
void FunctionBuilder::access_vector(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  const uint32_t bytes = 1u << wasm::natural_align_log2(row.imm);
  const bool has_lane = row.imm >= Imm::mem0_lane;
  const bool loads = row.sig.back() == 'v';
  llvm::Value* const vector = has_lane || !loads ? operand() : nullptr;
  llvm::Value* const place = place_of(in.mem, operand(), bytes);
  if (in.op == Op::v128_load)
    return push(Kind::v128, load(type_of(ir_.getContext(), Kind::v128), place));
  if (in.op == Op::v128_store) return store(vector, place);
  llvm::Type* const number = ir_.getIntNTy(bytes * 8);
  if (!loads)
    return store(ir_.CreateTrunc(semantic(row.id, {vector, constant32(in.lane)}), number), place);
  // Numbers of less than 32 bits are passed as 32.
  llvm::Value* const bits = load(number, place);
  llvm::Value* const passed = bytes < 4 ? ir_.CreateZExt(bits, ir_.getInt32Ty()) : bits;
  push(Kind::v128, has_lane ? semantic(row.id, {passed, vector, constant32(in.lane)})
                            : semantic(row.id, {passed}));
}

// ---- Atomics -----------------------------------------------------------------------------------

/// The same for an atomic access: its alignment is checked first.
llvm::Value* FunctionBuilder::atomic_place(const wasm::MemArg& mem, llvm::Value* address,
                                           uint32_t bytes) {
  if (!guarded(mem))
    return semantic("atomic_address", {instance_, memory(mem.memory), as_address(address),
                                       constant64(mem.offset), constant32(bytes)});
  if (bytes > 1) {
    llvm::Value* const sum = ir_.CreateAdd(as_address(address), constant64(mem.offset));
    raise_if(ir_.CreateICmpNE(ir_.CreateAnd(sum, constant64(bytes - 1)), constant64(0)),
             Trap::unaligned_atomic);
  }
  return place_of(mem, address, bytes);
}

void FunctionBuilder::atomic(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  if (in.op == Op::atomic_fence) {
    ir_.CreateFence(sequential);
    return;
  }
  store_fuel();
  std::vector<llvm::Value*> args(row.sig.find('_'));
  for (size_t i = args.size(); i-- > 0;) args[i] = operand();
  if (in.op == Op::memory_atomic_notify || in.op == Op::memory_atomic_wait32 ||
      in.op == Op::memory_atomic_wait64)
    return wait_or_notify(in, std::move(args));
  const uint32_t bytes = 1u << wasm::natural_align_log2(row.imm);
  const llvm::Align align(bytes);
  llvm::Type* const number = ir_.getIntNTy(bytes * 8);
  llvm::Value* const place = atomic_place(in.mem, args[0], bytes);
  const auto wrapped = [&](size_t index) { return ir_.CreateTrunc(args[index], number); };
  if (row.sig.back() == '_') {
    llvm::StoreInst* const store = ir_.CreateAlignedStore(wrapped(1), place, align, true);
    store->setAtomic(sequential);
    in_memory(store);
    return;
  }
  llvm::Value* found = nullptr;
  if (args.size() == 1) {
    llvm::LoadInst* const load = ir_.CreateAlignedLoad(number, place, align, true);
    load->setAtomic(sequential);
    found = in_memory(load);
  } else if (args.size() == 3) {
    llvm::AtomicCmpXchgInst* const exchange =
        ir_.CreateAtomicCmpXchg(place, wrapped(1), wrapped(2), align, sequential, sequential);
    exchange->setVolatile(true);
    found = ir_.CreateExtractValue(in_memory(exchange), 0);
  } else {
    llvm::AtomicRMWInst* const modify =
        ir_.CreateAtomicRMW(operation_of(row.id), place, wrapped(1), align, sequential);
    modify->setVolatile(true);
    found = in_memory(modify);
  }
  const Kind result = row.sig.back() == 'i' ? Kind::i32 : Kind::i64;
  push(result, ir_.CreateZExt(found, type_of(ir_.getContext(), result)));
}

/// The address is checked in the runtime. A sum that does not fit is out of bounds in any case, and
/// as unaligned as its low bits say.
void FunctionBuilder::wait_or_notify(const wasm::Instruction& in, std::vector<llvm::Value*> args) {
  llvm::Value* const address = as_address(args[0]);
  llvm::Value* const sum = ir_.CreateAdd(address, constant64(in.mem.offset));
  llvm::Value* const overflows = ir_.CreateICmpULT(sum, address);
  const uint32_t bytes = 1u << wasm::natural_align_log2(wasm::info(in.op).imm);
  llvm::Value* const beyond = ir_.CreateOr(sum, constant64(~uint64_t{bytes - 1}));
  args[0] = ir_.CreateSelect(overflows, beyond, sum);
  args.insert(args.begin(), {instance_, constant32(in.mem.memory)});
  push(Kind::i32, semantic(wasm::info(in.op).id, args));
}

}  // namespace cairn::engine::compiler
