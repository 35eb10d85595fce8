#include "runtime/store_data.hpp"

namespace cairn::engine {
namespace {

bool is_object_of_kind(uint64_t ref, GcObject::Kind kind) {
  return (ref & 1) == 0 && reinterpret_cast<const GcObject*>(ref)->kind == kind;
}

bool is_struct(uint64_t ref) { return is_object_of_kind(ref, GcObject::Kind::structure); }
bool is_array(uint64_t ref) { return is_object_of_kind(ref, GcObject::Kind::array); }

bool matches_concrete(const wasm::TypeRegistry& types, uint64_t ref, wasm::TypeId id) {
  if (types.get(id).type.func()) {
    return types.is_subtype(reinterpret_cast<const FuncInst*>(ref)->type_id, id);
  }
  if (!is_struct(ref) && !is_array(ref)) return false;
  return types.is_subtype(reinterpret_cast<const GcObject*>(ref)->type->id, id);
}

}  // namespace

bool ref_matches(const StoreData& store, uint64_t ref, wasm::HeapType heap, bool nullable) {
  if (ref == 0) return nullable;
  if (heap.is_index()) return matches_concrete(store.engine->types, ref, heap.index());
  switch (heap.abstract()) {
    // The tops: validation has seen that the reference is from this hierarchy.
    case wasm::AbsHeapType::any:
    case wasm::AbsHeapType::extern_:
    case wasm::AbsHeapType::func:
    case wasm::AbsHeapType::exn: return true;
    case wasm::AbsHeapType::eq: return (ref & 1) != 0 || is_struct(ref) || is_array(ref);
    case wasm::AbsHeapType::i31: return (ref & 1) != 0;
    case wasm::AbsHeapType::struct_: return is_struct(ref);
    case wasm::AbsHeapType::array: return is_array(ref);
    case wasm::AbsHeapType::none:
    case wasm::AbsHeapType::nofunc:
    case wasm::AbsHeapType::noextern:
    case wasm::AbsHeapType::noexn:
    case wasm::AbsHeapType::bot: return false;
  }
  return false;
}

}  // namespace cairn::engine
