// Structures and arrays. Objects do not move; what an instruction that may collect still needs lies
// in the frame of references, because it was an operand.

#include "compiler/function_builder.hpp"

namespace cairn::engine::compiler {

using wasm::Op;

bool FunctionBuilder::aggregate(const wasm::Instruction& in) {
  switch (in.op) {
    case Op::struct_new:
    case Op::struct_new_default:
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::struct_set: structure(in); return true;
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
    case Op::array_new_data:
    case Op::array_new_elem: new_array(in); return true;
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u:
    case Op::array_set:
    case Op::array_len: element(in); return true;
    case Op::array_fill:
    case Op::array_copy:
    case Op::array_init_data:
    case Op::array_init_elem: array_range(in); return true;
    default: return false;
  }
}

/// The type of a value in a field or element of that width.
llvm::Type* FunctionBuilder::stored_type(const RuntimeType::Field& field, Kind value_kind) {
  return field.width < 4 ? ir_.getIntNTy(field.width * 8u) : type_of(ir_.getContext(), value_kind);
}

/// Objects are aligned to 8 bytes.
void FunctionBuilder::store_member(const RuntimeType::Field& field, const Value& value,
                                   llvm::Value* to) {
  llvm::Type* const type = stored_type(field, value.kind);
  builder_.keep_visible(
      *ir_.CreateAlignedStore(field.width < 4 ? ir_.CreateTrunc(value.value, type) : value.value,
                              to, llvm::Align(std::min<uint8_t>(field.width, 8))));
}

void FunctionBuilder::load_member(const RuntimeType::Field& field, wasm::ValType storage,
                                  bool is_signed, llvm::Value* from) {
  const Kind result = kind(storage.unpacked());
  llvm::Value* const value = ir_.CreateAlignedLoad(stored_type(field, result), from,
                                                   llvm::Align(std::min<uint8_t>(field.width, 8)));
  push(result, field.width < 4 ? ir_.CreateIntCast(value, ir_.getInt32Ty(), is_signed) : value);
}

/// A value's slots as two words.
std::pair<llvm::Value*, llvm::Value*> FunctionBuilder::as_words(const Value& value) {
  llvm::Type* const i64 = ir_.getInt64Ty();
  llvm::Value* const zero = constant64(0);
  switch (value.kind) {
    case Kind::f32:
      return {ir_.CreateZExt(ir_.CreateBitCast(value.value, ir_.getInt32Ty()), i64), zero};
    case Kind::f64: return {ir_.CreateBitCast(value.value, i64), zero};
    case Kind::v128: {
      llvm::Value* const pair = ir_.CreateBitCast(value.value, llvm::FixedVectorType::get(i64, 2));
      return {ir_.CreateExtractElement(pair, uint64_t{0}),
              ir_.CreateExtractElement(pair, uint64_t{1})};
    }
    default: return {ir_.CreateZExt(value.value, i64), zero};
  }
}

// ---- Structures --------------------------------------------------------------------------------

void FunctionBuilder::structure(const wasm::Instruction& in) {
  const RuntimeType& type = module_.runtime_types[in.index];
  const auto& fields = module_.ast.types[in.index].structure()->fields;
  const auto place = [&](llvm::Value* object) {
    return semantic("struct_field", {instance_, object, constant32(type.fields[in.index2].offset)});
  };
  switch (in.op) {
    case Op::struct_new: {
      std::vector<Value> values(fields.size());
      for (size_t i = fields.size(); i-- > 0;) values[i] = pop();
      llvm::Value* const object = semantic("struct_new", {instance_, constant32(in.index)});
      llvm::Value* const payload = semantic("payload", {object});
      for (size_t i = 0; i < fields.size(); ++i)
        store_member(type.fields[i], values[i], field(ir_, payload, type.fields[i].offset));
      return push(Kind::ref, object);
    }
    case Op::struct_new_default:
      return push(Kind::ref, semantic("struct_new", {instance_, constant32(in.index)}));
    case Op::struct_set: {
      const Value value = pop();
      return store_member(type.fields[in.index2], value, place(operand()));
    }
    default:
      return load_member(type.fields[in.index2], fields[in.index2].storage,
                         in.op == Op::struct_get_s, place(operand()));
  }
}

// ---- Arrays ------------------------------------------------------------------------------------

void FunctionBuilder::new_array(const wasm::Instruction& in) {
  llvm::Value* const type = constant32(in.index);
  switch (in.op) {
    case Op::array_new: {
      llvm::Value* const length = operand();
      const auto [low, high] = as_words(pop());
      return push(Kind::ref, semantic("array_new", {instance_, type, low, high, length}));
    }
    case Op::array_new_default:
      return push(Kind::ref, semantic("array_new_default", {instance_, type, operand()}));
    case Op::array_new_fixed: {
      const RuntimeType::Field& element = module_.runtime_types[in.index].fields[0];
      std::vector<Value> values(in.index2);
      for (size_t i = values.size(); i-- > 0;) values[i] = pop();
      llvm::Value* const array =
          semantic("array_new_fixed", {instance_, type, constant32(in.index2)});
      llvm::Value* const payload = semantic("payload", {array});
      for (size_t i = 0; i < values.size(); ++i)
        store_member(element, values[i], field(ir_, payload, i * element.width));
      return push(Kind::ref, array);
    }
    default: {
      llvm::Value* const length = operand();
      llvm::Value* const start = operand();
      const char* const name = in.op == Op::array_new_data ? "array_new_data" : "array_new_elem";
      return push(Kind::ref,
                  semantic(name, {instance_, type, constant32(in.index2), start, length}));
    }
  }
}

void FunctionBuilder::element(const wasm::Instruction& in) {
  if (in.op == Op::array_len) return push(Kind::i32, semantic("array_len", {instance_, operand()}));
  const RuntimeType::Field& element = module_.runtime_types[in.index].fields[0];
  const Value value = in.op == Op::array_set ? pop() : Value();
  llvm::Value* const index = operand();
  llvm::Value* const place =
      semantic("array_element", {instance_, operand(), index, constant32(element.width)});
  if (in.op == Op::array_set) return store_member(element, value, place);
  load_member(element, module_.ast.types[in.index].array()->element.storage,
              in.op == Op::array_get_s, place);
}

/// The bulk instructions.
void FunctionBuilder::array_range(const wasm::Instruction& in) {
  llvm::Value* const length = operand();
  if (in.op == Op::array_fill) {
    const auto [low, high] = as_words(pop());
    llvm::Value* const start = operand();
    semantic("array_fill", {instance_, operand(), start, low, high, length});
    return;
  }
  llvm::Value* const from = operand();
  if (in.op == Op::array_copy) {
    llvm::Value* const source = operand();
    llvm::Value* const start = operand();
    semantic("array_copy", {instance_, operand(), start, source, from, length});
    return;
  }
  llvm::Value* const start = operand();
  semantic(in.op == Op::array_init_data ? "array_init_data" : "array_init_elem",
           {instance_, constant32(in.index2), operand(), start, from, length});
}

}  // namespace cairn::engine::compiler
