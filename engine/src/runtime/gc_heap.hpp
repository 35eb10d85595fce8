#pragma once
/// The garbage-collected heap of one store: precise, non-moving mark and sweep.
/// Any function here that allocates may collect first: every reference that must survive has to be
/// reachable from a root (a slot that the executions report, a table, a global, a `Root`).

#include "runtime/runtime.hpp"

namespace cairn::engine {

/// Every object starts with this header; the payload follows at `payload_offset`.
struct GcObject {
  enum class Kind : uint8_t { structure, array, exception, host };
  const RuntimeType* type;  ///< struct and array; null otherwise
  uint32_t length;          ///< array: elements; exception: payload slots
  Kind kind;
  uint8_t mark;
  uint16_t size_class;

  static constexpr uint32_t payload_offset = 16;
  uint8_t* payload() { return reinterpret_cast<uint8_t*>(this) + payload_offset; }
  uint64_t* slots() { return reinterpret_cast<uint64_t*>(payload()); }
};
static_assert(sizeof(GcObject) == 16);

/// An exception's payload: slot 0 is its `TagInst*`, the arguments follow (v128 takes two).
inline TagInst* exception_tag(GcObject* exception) {
  return reinterpret_cast<TagInst*>(exception->slots()[0]);
}

// Allocation. Objects come zeroed. Null when the heap's limit does not allow it.
GcObject* gc_new_struct(StoreData&, const RuntimeType& type);
GcObject* gc_new_array(StoreData&, const RuntimeType& type, uint32_t length);
GcObject* gc_new_exception(StoreData&, TagInst* tag, uint32_t payload_slots);

// Array instructions with bounds checks; `Trap::none` on success.
Trap array_new_data(InstanceData&, const RuntimeType&, uint32_t data, uint32_t s, uint32_t n,
                    uint64_t& ref);
Trap array_new_elem(InstanceData&, const RuntimeType&, uint32_t elem, uint32_t s, uint32_t n,
                    uint64_t& ref);
Trap array_init_data(InstanceData&, uint64_t array, uint32_t d, uint32_t data, uint32_t s,
                     uint32_t n);
Trap array_init_elem(InstanceData&, uint64_t array, uint32_t d, uint32_t elem, uint32_t s,
                     uint32_t n);
Trap array_copy(uint64_t dst, uint32_t d, uint64_t src, uint32_t s, uint32_t n);
/// `value` points to the slots of the value.
Trap array_fill(uint64_t array, uint32_t d, const uint64_t* value, uint32_t n);

/// Told every root by whoever holds some.
class RootVisitor {
 public:
  virtual void visit(uint64_t ref) = 0;

 protected:
  ~RootVisitor() = default;
};
/// The references in the frames of one execution. In interp/roots.cpp.
void visit_roots(ExecutionData& execution, RootVisitor& visitor);

}  // namespace cairn::engine
