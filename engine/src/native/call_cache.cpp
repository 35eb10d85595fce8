// Calls through tables that compiled code makes for the first time.

#include <algorithm>

#include "interp/code.hpp"
#include "native/semantics_calls.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

CallCache::CallCache() { std::ranges::fill(func, no_func); }

const CallCache no_calls;

const void* rt_cache_call(InstanceData* instance, FuncInst* func, uint64_t slot, uint32_t type,
                          const void* foreign) {
  const void* entry = foreign;
  if (func->instance == instance) {
    const bool tail = instance->module->control_traits.tail_calls;
    entry = std::atomic_ref(tail ? func->target.tail_entry : func->target.entry)
                .load(std::memory_order_acquire);
    // What has no code of its own yet, or has to be found first, is entered elsewhere soon.
    const NativeTarget& compiled = func->code->target;
    if (func->code->native_entry.load(std::memory_order_acquire) == nullptr ||
        entry != (tail ? compiled.tail_entry : compiled.entry))
      return entry;
  }
  if (!instance->own_call_cache) {
    instance->own_call_cache = std::make_unique<CallCache>();
    instance->call_cache = instance->own_call_cache.get();
  }
  CallCache& cache = *instance->own_call_cache;
  cache.func[slot] = reinterpret_cast<uint64_t>(func);
  cache.entry[slot] = entry;
  cache.type[slot] = type;
  return entry;
}

const void* rt_call_entry(InstanceData* instance, FuncInst* func, uint64_t slot, uint32_t type,
                          const void* foreign) {
  const RuntimeCalls& calls = *instance->store->native.calls;
  const auto raise = [&](Trap trap) { calls.raise(instance, static_cast<uint32_t>(trap)); };
  if (func == nullptr) raise(Trap::uninitialized_element);
  if (func->type_id != type && !instance->store->engine->types.is_subtype(func->type_id, type))
    raise(Trap::indirect_call_type_mismatch);
  return rt_cache_call(instance, func, slot, type, foreign);
}

}  // namespace cairn::engine
