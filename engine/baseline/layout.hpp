#pragma once
/// Where baseline code finds the fields of the runtime's structures.

#include <cstddef>
#include <cstdint>

#include "interp/code.hpp"
#include "native/abi.hpp"
#include "runtime/gc_heap.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine::baseline::at {

// These structures have no standard layout; Clang lays them out in one way all the same.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"

/// A field of `Struct`, in bytes from its start.
#define CAIRN_PLACE(name, Struct, field) \
  inline constexpr auto name = static_cast<int32_t>(offsetof(Struct, field))
/// A field of the store's `NativeContext`, from the store's start.
#define CAIRN_CONTEXT_PLACE(name, field) \
  inline constexpr auto name =           \
      static_cast<int32_t>(offsetof(StoreData, native) + offsetof(NativeContext, field))

CAIRN_PLACE(memory0_base, InstanceData, memory0_base);
CAIRN_PLACE(globals, InstanceData, globals);
CAIRN_PLACE(memories, InstanceData, memories);
CAIRN_PLACE(tables, InstanceData, tables);
CAIRN_PLACE(imported_funcs, InstanceData, imported_funcs);
CAIRN_PLACE(tags, InstanceData, tags);
CAIRN_PLACE(store, InstanceData, store);
CAIRN_PLACE(codes, InstanceData, codes);
CAIRN_PLACE(type_ids, InstanceData, type_ids);
CAIRN_PLACE(call_cache, InstanceData, call_cache);

CAIRN_CONTEXT_PLACE(stack_limit, stack_limit);
CAIRN_CONTEXT_PLACE(fuel, fuel);
CAIRN_CONTEXT_PLACE(exception, exception);
CAIRN_CONTEXT_PLACE(slots, slots);
CAIRN_CONTEXT_PLACE(refs, refs);
CAIRN_CONTEXT_PLACE(caller, caller);
CAIRN_CONTEXT_PLACE(results, results);
CAIRN_CONTEXT_PLACE(calls, calls);
CAIRN_PLACE(interrupt, StoreData, interrupt);

CAIRN_PLACE(entry, NativeTarget, entry);
CAIRN_PLACE(func_instance, FuncInst, instance);
CAIRN_PLACE(baseline_left, FuncCode, baseline_left);
CAIRN_PLACE(cached_func, CallCache, func);
CAIRN_PLACE(cached_entry, CallCache, entry);
CAIRN_PLACE(cached_type, CallCache, type);
CAIRN_PLACE(global_slots, GlobalInst, slots);
CAIRN_PLACE(memory_base, MemoryInst, base);
CAIRN_PLACE(memory_size, MemoryInst, size);
CAIRN_PLACE(table_elements, TableInst, elements);
CAIRN_PLACE(table_size, TableInst, size);

/// Of an exception: its tag, and the slots of what it was thrown with.
inline constexpr auto exception_tag = static_cast<int32_t>(GcObject::payload_offset);
inline constexpr int32_t exception_payload = exception_tag + 8;

/// A function of `RuntimeCalls`.
#define CAIRN_CALL_PLACE(name) static_cast<int32_t>(offsetof(RuntimeCalls, name))

#pragma clang diagnostic pop

}  // namespace cairn::engine::baseline::at
