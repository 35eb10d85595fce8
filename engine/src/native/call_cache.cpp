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

}  // namespace cairn::engine
