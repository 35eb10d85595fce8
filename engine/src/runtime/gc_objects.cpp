#include <cstring>

#include "runtime/segments.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {
namespace {

/// Bytes of one array element.
uint64_t width_of(const GcObject& array) { return array.type->fields[0].width; }

bool in_bounds(uint64_t start, uint64_t count, uint64_t size) {
  return count <= size && start <= size - count;
}

}  // namespace

GcObject* gc_new_struct(StoreData& store, const RuntimeType& type) {
  return heap_of(store).allocate(GcObject::Kind::structure, &type, 0, type.size);
}

GcObject* gc_new_array(StoreData& store, const RuntimeType& type, uint32_t length) {
  return heap_of(store).allocate(GcObject::Kind::array, &type, length,
                                 uint64_t{length} * type.fields[0].width);
}

GcObject* gc_new_exception(StoreData& store, TagInst* tag, uint32_t payload_slots) {
  GcObject* exception = heap_of(store).allocate(GcObject::Kind::exception, nullptr, payload_slots,
                                                (uint64_t{payload_slots} + 1) * sizeof(uint64_t));
  if (exception) exception->slots()[0] = reinterpret_cast<uint64_t>(tag);
  return exception;
}

Trap array_new_data(InstanceData& instance, const RuntimeType& type, uint32_t data, uint32_t s,
                    uint32_t n, uint64_t& ref) {
  const ByteSpan bytes = data_bytes(instance, data);
  const uint64_t length = uint64_t{n} * type.fields[0].width;
  if (!in_bounds(s, length, bytes.size())) return Trap::out_of_bounds_memory_access;
  GcObject* array = gc_new_array(*instance.store, type, n);
  if (!array) return Trap::allocation_size_too_large;
  if (length != 0) std::memcpy(array->payload(), bytes.data() + s, length);
  ref = reinterpret_cast<uint64_t>(array);
  return Trap::none;
}

Trap array_new_elem(InstanceData& instance, const RuntimeType& type, uint32_t elem, uint32_t s,
                    uint32_t n, uint64_t& ref) {
  if (!in_bounds(s, n, elem_size(instance, elem))) return Trap::out_of_bounds_table_access;
  GcObject* array = gc_new_array(*instance.store, type, n);
  if (!array) return Trap::allocation_size_too_large;
  for (uint32_t i = 0; i < n; ++i) array->slots()[i] = elem_ref(instance, elem, s + i);
  ref = reinterpret_cast<uint64_t>(array);
  return Trap::none;
}

Trap array_init_data(InstanceData& instance, uint64_t array_ref, uint32_t d, uint32_t data,
                     uint32_t s, uint32_t n) {
  if (array_ref == 0) return Trap::null_array_reference;
  GcObject& array = *reinterpret_cast<GcObject*>(array_ref);
  if (!in_bounds(d, n, array.length)) return Trap::out_of_bounds_array_access;
  const ByteSpan bytes = data_bytes(instance, data);
  const uint64_t width = width_of(array);
  if (!in_bounds(s, n * width, bytes.size())) return Trap::out_of_bounds_memory_access;
  if (n != 0) std::memcpy(array.payload() + d * width, bytes.data() + s, n * width);
  return Trap::none;
}

Trap array_init_elem(InstanceData& instance, uint64_t array_ref, uint32_t d, uint32_t elem,
                     uint32_t s, uint32_t n) {
  if (array_ref == 0) return Trap::null_array_reference;
  GcObject& array = *reinterpret_cast<GcObject*>(array_ref);
  if (!in_bounds(d, n, array.length)) return Trap::out_of_bounds_array_access;
  if (!in_bounds(s, n, elem_size(instance, elem))) return Trap::out_of_bounds_table_access;
  for (uint32_t i = 0; i < n; ++i) array.slots()[d + i] = elem_ref(instance, elem, s + i);
  return Trap::none;
}

Trap array_copy(uint64_t dst_ref, uint32_t d, uint64_t src_ref, uint32_t s, uint32_t n) {
  if (dst_ref == 0 || src_ref == 0) return Trap::null_array_reference;
  GcObject& dst = *reinterpret_cast<GcObject*>(dst_ref);
  GcObject& src = *reinterpret_cast<GcObject*>(src_ref);
  if (!in_bounds(d, n, dst.length) || !in_bounds(s, n, src.length)) {
    return Trap::out_of_bounds_array_access;
  }
  const uint64_t width = width_of(dst);
  if (n != 0) std::memmove(dst.payload() + d * width, src.payload() + s * width, n * width);
  return Trap::none;
}

Trap array_fill(uint64_t array_ref, uint32_t d, const uint64_t* value, uint32_t n) {
  if (array_ref == 0) return Trap::null_array_reference;
  GcObject& array = *reinterpret_cast<GcObject*>(array_ref);
  if (!in_bounds(d, n, array.length)) return Trap::out_of_bounds_array_access;
  const uint64_t width = width_of(array);
  uint8_t* at = array.payload() + d * width;
  if (width == 1) {
    std::memset(at, static_cast<uint8_t>(*value), n);
    return Trap::none;
  }
  for (uint32_t i = 0; i < n; ++i, at += width) std::memcpy(at, value, width);
  return Trap::none;
}

}  // namespace cairn::engine
