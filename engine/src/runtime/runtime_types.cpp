#include "runtime/store_data.hpp"

namespace cairn::engine {
namespace {

uint8_t width_of(wasm::ValType storage) {
  switch (storage.kind()) {
    case wasm::ValType::Kind::i8: return 1;
    case wasm::ValType::Kind::i16: return 2;
    case wasm::ValType::Kind::i32:
    case wasm::ValType::Kind::f32: return 4;
    case wasm::ValType::Kind::v128: return 16;
    default: return 8;
  }
}

/// Places a field behind the others, aligned to its own width.
void add_field(RuntimeType& out, const wasm::TypeRegistry& types, wasm::ValType storage) {
  const uint8_t width = width_of(storage);
  const uint32_t offset = (out.size + width - 1) & ~uint32_t(width - 1);
  out.fields.push_back({.offset = offset, .width = width, .is_ref = storage.is_ref()});
  out.size = offset + width;
  if (is_heap_ref(types, storage)) out.heap_refs.push_back(offset);
}

}  // namespace

bool is_heap_ref(const wasm::TypeRegistry& types, wasm::ValType type) {
  if (!type.is_ref()) return false;
  if (type.heap().is_index()) return types.get(type.heap().index()).type.func() == nullptr;
  return type.heap() != wasm::AbsHeapType::func && type.heap() != wasm::AbsHeapType::nofunc;
}

void make_runtime_types(ModuleState& module) {
  const wasm::TypeRegistry& types = module.engine->types;
  const uint32_t count = module.types->size();
  module.runtime_types.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    RuntimeType& out = module.runtime_types[i];
    out.id = (*module.types)[i];
    const wasm::CanonicalType& canonical = types.get(out.id);
    out.type = &canonical.type;
    out.supertypes = canonical.supertypes.data();
    out.depth = static_cast<uint32_t>(canonical.supertypes.size()) - 1;
    if (const wasm::StructType* structure = canonical.type.structure()) {
      for (const wasm::FieldType& field : structure->fields) add_field(out, types, field.storage);
    } else if (const wasm::ArrayType* array = canonical.type.array()) {
      add_field(out, types, array->element.storage);
    }
  }
}

}  // namespace cairn::engine
