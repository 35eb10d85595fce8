// References to objects of the collected heap: tests, structures, arrays, exceptions. References
// are words: 0 is null, an odd number is an i31.

#include "compiler/semantics/semantics.hpp"

namespace cairn::engine {
namespace {

[[gnu::always_inline]] inline GcObject* object_at(uint64_t ref) {
  return reinterpret_cast<GcObject*>(ref);
}
[[gnu::always_inline]] inline bool is_object(uint64_t ref, GcObject::Kind kind) {
  return ref != 0 && (ref & 1) == 0 && object_at(ref)->kind == kind;
}

}  // namespace

// ---- Tests. None holds for null.

CAIRN_SEMANTIC uint32_t s_is_struct(uint64_t ref) {
  return is_object(ref, GcObject::Kind::structure);
}
CAIRN_SEMANTIC uint32_t s_is_array(uint64_t ref) { return is_object(ref, GcObject::Kind::array); }
CAIRN_SEMANTIC uint32_t s_is_eq(uint64_t ref) {
  if ((ref & 1) != 0) return 1;
  if (ref == 0) return 0;
  const GcObject::Kind kind = object_at(ref)->kind;
  return kind == GcObject::Kind::structure || kind == GcObject::Kind::array;
}

/// Has the object the module's structure or array type, which lies at this depth below the root, or
/// one of its subtypes?
CAIRN_SEMANTIC uint32_t s_has_object_type(const InstanceData* instance, uint64_t ref,
                                          uint32_t type_index, uint32_t depth) {
  if (ref == 0 || (ref & 1) != 0) return 0;
  const RuntimeType* const own = object_at(ref)->type;
  if (!own) return 0;  // an object of the host
  const wasm::TypeId id = instance->type_ids[type_index];
  return own->id == id || (own->depth > depth && own->supertypes[depth] == id);
}
CAIRN_SEMANTIC uint32_t s_has_function_type(InstanceData* instance, uint64_t ref,
                                            uint32_t type_index) {
  if (ref == 0) return 0;
  const wasm::TypeId actual = reinterpret_cast<const FuncInst*>(ref)->type_id;
  const wasm::TypeId id = instance->type_ids[type_index];
  return actual == id || calls_of(instance).func_type_matches(instance, actual, id) != 0;
}

// ---- Access. The reference has been checked for null where the type of the trap depends on it.

CAIRN_SEMANTIC uint8_t* s_payload(uint64_t ref) { return object_at(ref)->payload(); }
CAIRN_SEMANTIC uint32_t s_array_len(InstanceData* instance, uint64_t ref) {
  if (ref == 0) [[unlikely]]
    raise(instance, Trap::null_array_reference);
  return object_at(ref)->length;
}
/// Where a structure's field lies.
CAIRN_SEMANTIC uint8_t* s_struct_field(InstanceData* instance, uint64_t ref, uint32_t offset) {
  if (ref == 0) [[unlikely]]
    raise(instance, Trap::null_structure_reference);
  return object_at(ref)->payload() + offset;
}
/// Where an array's element of `width` bytes lies.
CAIRN_SEMANTIC uint8_t* s_array_element(InstanceData* instance, uint64_t ref, uint32_t index,
                                        uint32_t width) {
  if (ref == 0) [[unlikely]]
    raise(instance, Trap::null_array_reference);
  if (index >= object_at(ref)->length) [[unlikely]]
    raise(instance, Trap::out_of_bounds_array_access);
  return object_at(ref)->payload() + uint64_t{index} * width;
}

// ---- Allocation ----

CAIRN_SEMANTIC uint64_t s_struct_new(InstanceData* instance, uint32_t type) {
  return calls_of(instance).struct_new(instance, type);
}
CAIRN_SEMANTIC uint64_t s_array_new(InstanceData* instance, uint32_t type, uint64_t low,
                                    uint64_t high, uint32_t n) {
  return calls_of(instance).array_new(instance, type, low, high, n);
}
CAIRN_SEMANTIC uint64_t s_array_new_default(InstanceData* instance, uint32_t type, uint32_t n) {
  return calls_of(instance).array_new_default(instance, type, n);
}
CAIRN_SEMANTIC uint64_t s_array_new_fixed(InstanceData* instance, uint32_t type, uint32_t n) {
  return calls_of(instance).array_new_fixed(instance, type, n);
}
CAIRN_SEMANTIC uint64_t s_array_new_data(InstanceData* instance, uint32_t type, uint32_t data,
                                         uint32_t s, uint32_t n) {
  return calls_of(instance).array_new_data(instance, type, data, s, n);
}
CAIRN_SEMANTIC uint64_t s_array_new_elem(InstanceData* instance, uint32_t type, uint32_t elem,
                                         uint32_t s, uint32_t n) {
  return calls_of(instance).array_new_elem(instance, type, elem, s, n);
}

// ---- Bulk instructions ----

CAIRN_SEMANTIC void s_array_fill(InstanceData* instance, uint64_t array, uint32_t d, uint64_t low,
                                 uint64_t high, uint32_t n) {
  calls_of(instance).array_fill(instance, array, d, low, high, n);
}
CAIRN_SEMANTIC void s_array_copy(InstanceData* instance, uint64_t to, uint32_t d, uint64_t from,
                                 uint32_t s, uint32_t n) {
  calls_of(instance).array_copy(instance, to, d, from, s, n);
}
CAIRN_SEMANTIC void s_array_init_data(InstanceData* instance, uint32_t data, uint64_t array,
                                      uint32_t d, uint32_t s, uint32_t n) {
  calls_of(instance).array_init_data(instance, data, array, d, s, n);
}
CAIRN_SEMANTIC void s_array_init_elem(InstanceData* instance, uint32_t elem, uint64_t array,
                                      uint32_t d, uint32_t s, uint32_t n) {
  calls_of(instance).array_init_elem(instance, elem, array, d, s, n);
}

// ---- Exceptions ----

/// Was the exception, which is not null, made with this tag?
CAIRN_SEMANTIC uint32_t s_has_tag(const InstanceData* instance, uint64_t exception, uint32_t tag) {
  return exception_tag(object_at(exception)) == instance->tags[tag];
}
/// The slots of the exception's arguments.
CAIRN_SEMANTIC uint64_t* s_exception_payload(uint64_t exception) {
  return object_at(exception)->slots() + 1;
}

}  // namespace cairn::engine
