// References, tables, and the bulk instructions on memories and tables. Indices and lengths go to
// the semantics with 64 bits.

#include <cstddef>

#include "compiler/function_builder.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::compiler {

using wasm::AbsHeapType;
using wasm::Op;

bool FunctionBuilder::reference(const wasm::Instruction& in) {
  return of_references(in) || of_tables(in) || of_memories(in) || aggregate(in);
}

// ---- References --------------------------------------------------------------------------------

/// Does the reference have the type (with the module's indices)? As an i32.
llvm::Value* FunctionBuilder::test_reference(llvm::Value* reference, wasm::ValType type) {
  llvm::Type* const i32 = ir_.getInt32Ty();
  llvm::Value* const is_null = ir_.CreateICmpEQ(reference, constant64(0));
  llvm::Value* const matches = test_object(reference, type.heap());
  if (!type.nullable()) return ir_.CreateZExt(matches, i32);
  return ir_.CreateZExt(ir_.CreateOr(is_null, matches), i32);
}

/// The same for the object itself, as an i1; false for null.
llvm::Value* FunctionBuilder::test_object(llvm::Value* reference, wasm::HeapType heap) {
  const auto holds = [&](llvm::Value* answer) { return ir_.CreateICmpNE(answer, constant32(0)); };
  if (heap.is_index()) {
    llvm::Value* const type = constant32(heap.index());
    if (module_.ast.types[heap.index()].func() != nullptr)
      return holds(semantic("has_function_type", {instance_, reference, type}));
    llvm::Value* const depth = constant32(module_.runtime_types[heap.index()].depth);
    return holds(semantic("has_object_type", {instance_, reference, type, depth}));
  }
  switch (heap.abstract()) {
    // The tops: validation has seen that the reference is from this hierarchy.
    case AbsHeapType::any:
    case AbsHeapType::extern_:
    case AbsHeapType::func:
    case AbsHeapType::exn: return ir_.CreateICmpNE(reference, constant64(0));
    case AbsHeapType::i31: return ir_.CreateTrunc(reference, ir_.getInt1Ty());
    case AbsHeapType::eq: return holds(semantic("is_eq", {reference}));
    case AbsHeapType::struct_: return holds(semantic("is_struct", {reference}));
    case AbsHeapType::array: return holds(semantic("is_array", {reference}));
    default: return ir_.getFalse();
  }
}

bool FunctionBuilder::of_references(const wasm::Instruction& in) {
  const auto heap_kind = [&] { return kind(wasm::ValType::ref(in.heap, true)); };
  const auto checked_i31 = [&] {
    llvm::Value* const value = operand();
    raise_if(ir_.CreateICmpEQ(value, constant64(0)), Trap::null_i31_reference);
    return ir_.CreateTrunc(value, ir_.getInt32Ty());
  };
  switch (in.op) {
    case Op::ref_null: push(heap_kind(), constant64(0)); return true;
    case Op::ref_func:
      push(Kind::func, semantic("ref_func", {instance_, constant32(in.index)}));
      return true;
    case Op::ref_is_null:
      push(Kind::i32, ir_.CreateZExt(ir_.CreateICmpEQ(operand(), constant64(0)), ir_.getInt32Ty()));
      return true;
    case Op::ref_eq: {
      llvm::Value* const b = operand();
      llvm::Value* const a = operand();
      push(Kind::i32, ir_.CreateZExt(ir_.CreateICmpEQ(a, b), ir_.getInt32Ty()));
      return true;
    }
    case Op::ref_as_non_null: {
      const Value value = pop();
      raise_if(ir_.CreateICmpEQ(value.value, constant64(0)), Trap::null_reference);
      push(value.kind, value.value);
      return true;
    }
    case Op::any_convert_extern:
    case Op::extern_convert_any: return true;  // the same bits, and both kinds are traced
    case Op::ref_i31: {
      llvm::Value* const shifted = ir_.CreateShl(operand(), constant32(1));
      push(Kind::ref, ir_.CreateZExt(ir_.CreateOr(shifted, constant32(1)), ir_.getInt64Ty()));
      return true;
    }
    case Op::i31_get_s: push(Kind::i32, ir_.CreateAShr(checked_i31(), constant32(1))); return true;
    case Op::i31_get_u: push(Kind::i32, ir_.CreateLShr(checked_i31(), constant32(1))); return true;
    case Op::ref_test:
    case Op::ref_test_null: {
      const auto type = wasm::ValType::ref(in.heap, in.op == Op::ref_test_null);
      push(Kind::i32, test_reference(operand(), type));
      return true;
    }
    case Op::ref_cast:
    case Op::ref_cast_null: {
      llvm::Value* const value = operand();
      const auto type = wasm::ValType::ref(in.heap, in.op == Op::ref_cast_null);
      raise_if(ir_.CreateICmpEQ(test_reference(value, type), constant32(0)), Trap::cast_failure);
      push(heap_kind(), value);
      return true;
    }
    default: return false;
  }
}

// ---- Tables and memories -----------------------------------------------------------------------

/// Pops destination, source or value, and length; numbers are extended to 64 bits.
std::array<llvm::Value*, 3> FunctionBuilder::pop_range() {
  std::array<llvm::Value*, 3> range{};
  for (size_t i = range.size(); i-- > 0;) range[i] = as_address(operand());
  return range;
}

/// Pushes a size: an i32 where addresses are.
void FunctionBuilder::push_size(llvm::Value* size, wasm::AddrType address) {
  if (address == wasm::AddrType::i64)
    push(Kind::i64, size);
  else
    push(Kind::i32, ir_.CreateTrunc(size, ir_.getInt32Ty()));
}

/// One whose size cannot change is the same in the whole function.
FunctionBuilder::Table FunctionBuilder::table(uint32_t index) {
  const uint32_t imported = module_.ast.imported_tables;
  llvm::Value* const table =
      index < imported
          ? invariant_item(offsetof(InstanceData, tables), index)
          : field(ir_, instance_,
                  module_.layout.own_tables + uint64_t{index - imported} * sizeof(TableInst));
  llvm::Value* const elements = field(ir_, table, offsetof(TableInst, elements));
  const wasm::Limits& limits = module_.table_types[index].limits;
  if (limits.max == limits.min)
    return {.elements = load_invariant(ir_, ir_.getPtrTy(), elements),
            .size = constant64(limits.min)};
  return {.elements = ir_.CreateLoad(ir_.getPtrTy(), elements),
          .size = ir_.CreateLoad(ir_.getInt64Ty(), field(ir_, table, offsetof(TableInst, size)))};
}

bool FunctionBuilder::of_tables(const wasm::Instruction& in) {
  llvm::Value* const index = constant32(in.index);
  llvm::Value* const index2 = constant32(in.index2);
  switch (in.op) {
    case Op::table_get: {
      const wasm::ValType element = module_.table_types[in.index].element;
      llvm::Value* const at = as_address(operand());
      const auto [elements, size] = table(in.index);
      push(kind_of(element, module_.engine->types),
           semantic("table_get", {instance_, elements, size, at}));
      return true;
    }
    case Op::table_set: {
      llvm::Value* const value = operand();
      llvm::Value* const at = as_address(operand());
      const auto [elements, size] = table(in.index);
      semantic("table_set", {instance_, elements, size, at, value});
      return true;
    }
    case Op::table_size:
      push_size(table(in.index).size, module_.table_types[in.index].address);
      return true;
    case Op::table_grow: {
      llvm::Value* const delta = as_address(operand());
      llvm::Value* const value = operand();
      push_size(semantic("table_grow", {instance_, index, delta, value}),
                module_.table_types[in.index].address);
      return true;
    }
    case Op::table_fill: {
      const auto [d, value, n] = pop_range();
      semantic("table_fill", {instance_, index, d, value, n});
      return true;
    }
    case Op::table_copy: {
      const auto [d, s, n] = pop_range();
      semantic("table_copy", {instance_, index, index2, d, s, n});
      return true;
    }
    case Op::table_init: {
      const auto [d, s, n] = pop_range();
      semantic("table_init", {instance_, index, index2, d, s, n});
      return true;
    }
    case Op::elem_drop: semantic("elem_drop", {instance_, index}); return true;
    default: return false;
  }
}

bool FunctionBuilder::of_memories(const wasm::Instruction& in) {
  llvm::Value* const index = constant32(in.index);
  llvm::Value* const index2 = constant32(in.index2);
  switch (in.op) {
    case Op::memory_size:
      push_size(semantic("memory_size", {memory(in.index)}),
                module_.memory_types[in.index].address);
      return true;
    case Op::memory_grow:
      push_size(semantic("memory_grow", {instance_, index, as_address(operand())}),
                module_.memory_types[in.index].address);
      return true;
    case Op::memory_init: {
      const auto [d, s, n] = pop_range();
      semantic("memory_init", {instance_, index, index2, d, s, n});
      return true;
    }
    case Op::memory_copy: {
      const auto [d, s, n] = pop_range();
      semantic("memory_copy", {instance_, index, index2, d, s, n});
      return true;
    }
    case Op::memory_fill: {
      const auto [d, value, n] = pop_range();
      semantic("memory_fill", {instance_, index, d, ir_.CreateTrunc(value, ir_.getInt32Ty()), n});
      return true;
    }
    case Op::data_drop: semantic("data_drop", {instance_, index}); return true;
    default: return false;
  }
}

}  // namespace cairn::engine::compiler
