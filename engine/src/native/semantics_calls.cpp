// The parts of the semantics that compiled code calls out of line. As the interpreter does it
// (interp/plain_bulk.cpp, interp/plain_gc.cpp, interp/plain_atomic.cpp), to the unit of fuel.

#include "native/semantics_calls.hpp"

#include <algorithm>

#include "runtime/store_data.hpp"

namespace cairn::engine {
namespace {

[[noreturn]] void raise(InstanceData* instance, Trap trap) {
  instance->store->native.calls->raise(instance, static_cast<uint32_t>(trap));
}
void raise_if(InstanceData* instance, Trap trap) {
  if (trap != Trap::none) [[unlikely]]
    raise(instance, trap);
}

/// What an instruction pays for the bytes or elements that it works on, where fuel is counted.
int64_t cost_of_length(const InstanceData* instance, uint64_t length) {
  return instance->store->engine->settings.fuel ? static_cast<int64_t>(length / 64) : 0;
}
/// Stops the execution until there is enough.
void charge(InstanceData* instance, int64_t cost) {
  NativeContext& context = instance->store->native;
  context.fuel -= cost;
  if (context.fuel < 0) [[unlikely]]
    context.calls->out_of_fuel(instance, cost);
}
void give_back(InstanceData* instance, int64_t cost) { instance->store->native.fuel += cost; }

// ---- Bulk instructions ----

/// Pieces of some ten microseconds.
constexpr uint64_t bytes_piece_max = 256 << 10, elements_piece_max = 32 << 10;

uint64_t end_of(uint64_t start, uint64_t count) {
  uint64_t end;
  return __builtin_add_overflow(start, count, &end) ? UINT64_MAX : end;
}

/// What is done in pieces, each paid for, with interruptions between them.
struct Range {
  uint64_t d, s, n;
  bool copies;         ///< there is a source
  uint64_t piece_max;  ///< a multiple of 64
};

/// `work(d, s, n)` gives a trap.
template <class Work>
void in_pieces(InstanceData* instance, Range range, Work work) {
  auto& [d, s, n, copies, piece_max] = range;
  for (;;) {
    const uint64_t piece = std::min(n, piece_max);
    const int64_t cost = cost_of_length(instance, piece);
    // Out of bounds is seen before anything is done or paid for.
    if (piece < n || cost > instance->store->native.fuel) [[unlikely]]
      raise_if(instance, work(end_of(d, n), copies ? end_of(s, n) : s, 0));
    charge(instance, cost);
    // Overlapping ranges: from the side on which nothing is overwritten that is still to be read.
    const bool backward = copies && d > s;
    const uint64_t skip = backward ? n - piece : 0;
    if (const Trap trap = work(d + skip, s + (copies ? skip : 0), piece); trap != Trap::none)
        [[unlikely]] {
      give_back(instance, cost);
      raise(instance, trap);
    }
    if (piece == n) [[likely]]
      return;
    n -= piece;
    if (!backward) {
      d += piece;
      if (copies) s += piece;
    }
    if (instance->store->interrupt.load(std::memory_order_relaxed) != 0)
      instance->store->native.calls->interrupt(instance);
  }
}

/// An array index that is out of bounds stays so.
uint32_t as_index(uint64_t index) {
  return static_cast<uint32_t>(std::min<uint64_t>(index, UINT32_MAX));
}

// ---- Atomics ----

/// An atomic access to a T: its alignment comes first, then its bounds.
template <class T>
MemoryInst& atomic_memory(InstanceData* instance, uint32_t index, uint64_t address) {
  MemoryInst& memory = *instance->memories[index];
  if ((address & (sizeof(T) - 1)) != 0) raise(instance, Trap::unaligned_atomic);
  const uint64_t size = memory.size.load(std::memory_order_relaxed);
  if (size < sizeof(T) || address > size - sizeof(T))
    raise(instance, Trap::out_of_bounds_memory_access);
  return memory;
}
template <class T>
MemoryInst& waiting_memory(InstanceData* instance, uint32_t index, uint64_t address) {
  MemoryInst& memory = atomic_memory<T>(instance, index, address);
  if (!memory.type.shared) raise(instance, Trap::expected_shared_memory);
  return memory;
}

// ---- Arrays ----

const RuntimeType& type_of(const InstanceData* instance, uint32_t type) {
  return instance->module->runtime_types[type];
}

uint64_t as_ref(const GcObject* object) { return reinterpret_cast<uint64_t>(object); }

uint64_t new_array(InstanceData* instance, uint32_t type_index, uint32_t n) {
  StoreData& store = *instance->store;
  const RuntimeType& type = type_of(instance, type_index);
  charge(instance, cost_of_length(instance, n));
  const GcObject* object = gc_new_array(store, type, n);
  if (!object) [[unlikely]] {
    const uint64_t bytes = uint64_t{n} * type.fields[0].width;
    raise(instance, bytes > store.limits.gc_heap_bytes_max ? Trap::allocation_size_too_large
                                                           : Trap::out_of_memory);
  }
  return as_ref(object);
}

template <auto function>
uint64_t new_array_of_segment(InstanceData* instance, uint32_t type, uint32_t segment, uint32_t s,
                              uint32_t n) {
  charge(instance, cost_of_length(instance, n));
  uint64_t ref = 0;
  raise_if(instance, function(*instance, type_of(instance, type), segment, s, n, ref));
  return ref;
}

template <auto function>
void init_array(InstanceData* instance, uint32_t segment, uint64_t array, uint32_t d, uint32_t s,
                uint32_t n) {
  const Range range{.d = d, .s = s, .n = n, .copies = true, .piece_max = UINT64_MAX};
  in_pieces(instance, range, [&](uint64_t to, uint64_t from, uint64_t count) {
    return function(*instance, array, as_index(to), segment, as_index(from),
                    static_cast<uint32_t>(count));
  });
}

}  // namespace

// ---- Functions ---------------------------------------------------------------------------------

uint64_t rt_func_ref(InstanceData* instance, uint32_t func) {
  return reinterpret_cast<uint64_t>(func_ref(*instance, func));
}
uint32_t rt_func_type_matches(InstanceData* instance, uint32_t actual, uint32_t expected) {
  return instance->store->engine->types.is_subtype(actual, expected);
}

// ---- Memories ----------------------------------------------------------------------------------

uint64_t rt_memory_grow(InstanceData* instance, uint32_t index, uint64_t delta) {
  MemoryInst& memory = *instance->memories[index];
  const uint32_t shift = memory.type.page_size_log2;
  // What does not succeed costs nothing.
  uint64_t left = memory.max_bytes - memory.size.load(std::memory_order_relaxed);
  if (const StoreData* store = memory.store)
    left = std::min(left, store->limits.memory_bytes_max - store->memory_bytes);
  const int64_t cost = delta <= left >> shift ? cost_of_length(instance, delta << shift) : 0;
  charge(instance, cost);
  const uint64_t old_size = memory_grow(memory, delta);
  if (old_size == UINT64_MAX) give_back(instance, cost);
  return old_size;
}

void rt_memory_init(InstanceData* instance, uint32_t data, uint32_t memory, uint64_t d, uint64_t s,
                    uint64_t n) {
  const Range range{.d = d, .s = s, .n = n, .copies = true, .piece_max = UINT64_MAX};
  in_pieces(instance, range, [&](uint64_t to, uint64_t from, uint64_t count) {
    return memory_init(*instance, data, memory, to, from, count);
  });
}
void rt_memory_copy(InstanceData* instance, uint32_t to_index, uint32_t from_index, uint64_t d,
                    uint64_t s, uint64_t n) {
  const Range range{.d = d, .s = s, .n = n, .copies = true, .piece_max = bytes_piece_max};
  in_pieces(instance, range, [&](uint64_t to, uint64_t from, uint64_t count) {
    return memory_copy(*instance, to_index, from_index, to, from, count);
  });
}
void rt_memory_fill(InstanceData* instance, uint32_t memory, uint64_t d, uint32_t value,
                    uint64_t n) {
  const Range range{.d = d, .s = 0, .n = n, .copies = false, .piece_max = bytes_piece_max};
  in_pieces(instance, range, [&](uint64_t to, uint64_t, uint64_t count) {
    return memory_fill(*instance, memory, to, static_cast<uint8_t>(value), count);
  });
}
void rt_data_drop(InstanceData* instance, uint32_t data) { data_drop(*instance, data); }

/// Waiting ends early when the store is interrupted; the next check then stops the execution.
uint32_t rt_atomic_wait32(InstanceData* instance, uint32_t memory, uint64_t address,
                          uint32_t expected, uint64_t timeout_ns) {
  return atomic_wait32(waiting_memory<uint32_t>(instance, memory, address), address, expected,
                       static_cast<int64_t>(timeout_ns), instance->store);
}
uint32_t rt_atomic_wait64(InstanceData* instance, uint32_t memory, uint64_t address,
                          uint64_t expected, uint64_t timeout_ns) {
  return atomic_wait64(waiting_memory<uint64_t>(instance, memory, address), address, expected,
                       static_cast<int64_t>(timeout_ns), instance->store);
}
uint32_t rt_atomic_notify(InstanceData* instance, uint32_t memory, uint64_t address,
                          uint32_t count) {
  return atomic_notify(atomic_memory<uint32_t>(instance, memory, address), address, count);
}

// ---- Tables ------------------------------------------------------------------------------------

uint64_t rt_table_grow(InstanceData* instance, uint32_t index, uint64_t delta, uint64_t ref) {
  TableInst& table = *instance->tables[index];
  const StoreData& store = *table.store;
  const bool may_grow = delta <= store.limits.table_elements_max - store.table_elements;
  const int64_t cost = may_grow ? cost_of_length(instance, delta) : 0;
  charge(instance, cost);
  const uint64_t old_size = table_grow(table, delta, ref);
  if (old_size == UINT64_MAX) give_back(instance, cost);
  return old_size;
}

void rt_table_init(InstanceData* instance, uint32_t elem, uint32_t table, uint64_t d, uint64_t s,
                   uint64_t n) {
  const Range range{.d = d, .s = s, .n = n, .copies = true, .piece_max = UINT64_MAX};
  in_pieces(instance, range, [&](uint64_t to, uint64_t from, uint64_t count) {
    return table_init(*instance, elem, table, to, from, count);
  });
}
void rt_table_copy(InstanceData* instance, uint32_t to_index, uint32_t from_index, uint64_t d,
                   uint64_t s, uint64_t n) {
  const Range range{.d = d, .s = s, .n = n, .copies = true, .piece_max = elements_piece_max};
  in_pieces(instance, range, [&](uint64_t to, uint64_t from, uint64_t count) {
    return table_copy(*instance, to_index, from_index, to, from, count);
  });
}
void rt_table_fill(InstanceData* instance, uint32_t table, uint64_t d, uint64_t ref, uint64_t n) {
  const Range range{.d = d, .s = 0, .n = n, .copies = false, .piece_max = elements_piece_max};
  in_pieces(instance, range, [&](uint64_t to, uint64_t, uint64_t count) {
    return table_fill(*instance, table, to, ref, count);
  });
}
void rt_elem_drop(InstanceData* instance, uint32_t elem) { elem_drop(*instance, elem); }

// ---- Structures and arrays ---------------------------------------------------------------------

uint64_t rt_struct_new(InstanceData* instance, uint32_t type) {
  const GcObject* object = gc_new_struct(*instance->store, type_of(instance, type));
  if (!object) [[unlikely]]
    raise(instance, Trap::out_of_memory);
  return as_ref(object);
}

uint64_t rt_array_new(InstanceData* instance, uint32_t type, uint64_t low, uint64_t high,
                      uint32_t n) {
  const uint64_t ref = new_array(instance, type, n);
  const uint64_t value[] = {low, high};
  raise_if(instance, array_fill(ref, 0, value, n));
  return ref;
}
uint64_t rt_array_new_default(InstanceData* instance, uint32_t type, uint32_t n) {
  return new_array(instance, type, n);
}
uint64_t rt_array_new_fixed(InstanceData* instance, uint32_t type, uint32_t n) {
  const GcObject* object = gc_new_array(*instance->store, type_of(instance, type), n);
  if (!object) [[unlikely]]
    raise(instance, Trap::out_of_memory);
  return as_ref(object);
}
uint64_t rt_array_new_data(InstanceData* instance, uint32_t type, uint32_t data, uint32_t s,
                           uint32_t n) {
  return new_array_of_segment<&array_new_data>(instance, type, data, s, n);
}
uint64_t rt_array_new_elem(InstanceData* instance, uint32_t type, uint32_t elem, uint32_t s,
                           uint32_t n) {
  return new_array_of_segment<&array_new_elem>(instance, type, elem, s, n);
}

void rt_array_fill(InstanceData* instance, uint64_t array, uint32_t d, uint64_t low, uint64_t high,
                   uint32_t n) {
  const uint64_t value[] = {low, high};
  const Range range{.d = d, .s = 0, .n = n, .copies = false, .piece_max = elements_piece_max};
  in_pieces(instance, range, [&](uint64_t to, uint64_t, uint64_t count) {
    return array_fill(array, as_index(to), value, static_cast<uint32_t>(count));
  });
}
void rt_array_copy(InstanceData* instance, uint64_t to_array, uint32_t d, uint64_t from_array,
                   uint32_t s, uint32_t n) {
  const Range range{.d = d, .s = s, .n = n, .copies = true, .piece_max = elements_piece_max};
  in_pieces(instance, range, [&](uint64_t to, uint64_t from, uint64_t count) {
    return array_copy(to_array, as_index(to), from_array, as_index(from),
                      static_cast<uint32_t>(count));
  });
}
void rt_array_init_data(InstanceData* instance, uint32_t data, uint64_t array, uint32_t d,
                        uint32_t s, uint32_t n) {
  init_array<&array_init_data>(instance, data, array, d, s, n);
}
void rt_array_init_elem(InstanceData* instance, uint32_t elem, uint64_t array, uint32_t d,
                        uint32_t s, uint32_t n) {
  init_array<&array_init_elem>(instance, elem, array, d, s, n);
}

}  // namespace cairn::engine
