#pragma once
/// The runtime structures (spec: Execution > Runtime Structure) that interpreter handlers read and
/// write directly. Pointers here are owned by the store unless said otherwise, and stay where they
/// are for the store's life.

#include <atomic>
#include <cairn/engine/engine.hpp>
#include <cairn/engine/linker.hpp>
#include <cairn/engine/store.hpp>
#include <cairn/engine/trap.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "native/target.hpp"

namespace cairn::engine {

struct GcObject;
struct ExecutionData;  // interp/execution_data.hpp
struct FuncCode;       // interp/code.hpp
class GcHeap;
struct ResolvedImports;

/// What execution needs of one type of a module. Owned by the module, which every store that runs
/// it keeps alive. Two modules may have one each for the same `id`: compare ids.
struct RuntimeType {
  wasm::TypeId id = 0;
  uint32_t depth = 0;                        ///< index of `id` in `supertypes`
  const wasm::TypeId* supertypes = nullptr;  ///< from the root to this type
  const wasm::SubType* type = nullptr;       ///< canonical
  struct Field {
    uint32_t offset = 0;  ///< from the payload's start (behind the header)
    uint8_t width = 0;    ///< bytes: 1, 2, 4, 8 or 16; references take 8
    bool is_ref = false;
  };
  std::vector<Field> fields;  ///< struct: each; array: one, the element
  uint32_t size = 0;          ///< struct: payload bytes
  /// Offsets of the struct's fields (or 0 for the array's element) that can hold an object of the
  /// collected heap: every reference that is not to a function.
  std::vector<uint32_t> heap_refs;
};

/// Can a value of this canonical type be an object of the collected heap (or an i31)?
bool is_heap_ref(const wasm::TypeRegistry& types, wasm::ValType type);

struct FuncInst {
  NativeTarget target = {.kind = NativeTarget::Kind::func};
  wasm::TypeId type_id = 0;
  uint32_t func_index = 0;           ///< in its module; meaningless for host functions
  FuncCode* code = nullptr;          ///< null: a host function
  InstanceData* instance = nullptr;  ///< whose function it is; null for host functions
  const HostFunc* host = nullptr;
  const wasm::FuncType* type = nullptr;  ///< canonical
  /// A host function that belongs to no store: the module whose imports it was made for.
  const ModuleState* home = nullptr;
  /// How many slots arguments and results take; meaningless for host functions.
  uint32_t param_slots = 0, result_slots = 0;
};

/// A memory. One that is not shared lies in its instance's block (or in `HostItems`); a shared one
/// is an object of its own that several stores hold.
struct MemoryInst : std::enable_shared_from_this<MemoryInst> {
  uint8_t* base = nullptr;
  /// Accessible bytes. Relaxed: a shared memory may grow while others read it.
  std::atomic<uint64_t> size = 0;
  bool guarded = false;
  wasm::MemoryType type;
  MemoryBlock block;
  MemoryProvider* provider = nullptr;
  std::shared_ptr<EngineState> engine;  ///< of a shared memory: keeps the provider alive
  StoreData* store = nullptr;           ///< whose limits count it; null when shared
  uint64_t max_bytes = 0;               ///< growth never goes beyond
  uint64_t image = 0;     ///< the image that a fresh instance gave it, see MemoryBlock
  bool touched = false;   ///< the host has had a look at the bytes
  std::mutex grow_mutex;  ///< shared memories
  ~MemoryInst();          ///< gives the bytes back to the provider
  uint64_t page_size() const { return uint64_t{1} << type.page_size_log2; }
};

struct TableInst {
  uint64_t* elements = nullptr;  ///< `Ref::bits` each
  uint64_t size = 0;
  wasm::TableType type;  ///< canonical element type
  StoreData* store = nullptr;
  bool heap_refs = false;         ///< the collector looks at the elements
  std::vector<uint64_t> storage;  ///< empty while `elements` points into the instance's block
};

struct GlobalInst {
  alignas(16) uint64_t slots[2] = {0, 0};
  wasm::GlobalType type;  ///< canonical
  StoreData* store = nullptr;
};

struct TagInst {
  wasm::TypeId type_id = 0;
  const wasm::FuncType* type = nullptr;  ///< canonical
};

/// One instance. Fields that handlers read come first.
/// Which functions of tables compiled code of an instance has called, by the lowest bits of the
/// index: whoever calls the same one again needs not look at its type, and not at the function.
struct CallCache {
  static constexpr uint32_t size = 256;
  static constexpr uint64_t no_func = 1;  ///< equals no reference
  CallCache();
  uint64_t func[size];           ///< the reference in the table
  const void* entry[size] = {};  ///< where it is entered …
  wasm::TypeId type[size] = {};  ///< … by calls that expect this type
};

/// With nothing in it.
extern const CallCache no_calls;

struct InstanceData {
  uint8_t* memory0_base =
      nullptr;  ///< of memory 0 when it is guarded (then it never moves), else null
  GlobalInst** globals = nullptr;  ///< one for each index, imports first
  MemoryInst** memories = nullptr;
  TableInst** tables = nullptr;
  TagInst** tags = nullptr;
  FuncInst** imported_funcs = nullptr;
  StoreData* store = nullptr;
  const ModuleState* module = nullptr;
  FuncCode* codes = nullptr;               ///< of the module, by defined index
  const wasm::TypeId* type_ids = nullptr;  ///< of the module, by type index
  const CallCache* call_cache = nullptr;   ///< empty and shared at first

  // The rest is the runtime's own. All arrays lie behind this struct, in one allocation.
  FuncInst* own_funcs = nullptr;       ///< by `ModuleState::escape_slot`; made on demand
  GlobalInst* own_globals = nullptr;   ///< what the module defines
  MemoryInst* own_memories = nullptr;  ///< those that are not shared; others are unset
  TableInst* own_tables = nullptr;
  TagInst* own_tags = nullptr;
  uint32_t made_memories = 0, made_tables = 0;  ///< how many have been constructed
  bool* dropped_elems = nullptr;                ///< by index
  bool* dropped_datas = nullptr;
  /// By element segment: its references where they were computed at instantiation; else null.
  uint64_t** elem_refs = nullptr;
  std::shared_ptr<const ResolvedImports> imports;  ///< keeps the module and host functions alive
  std::unique_ptr<CallCache> own_call_cache;
  InstanceData* next = nullptr;  ///< in the store
};

/// Makes (or finds) the function instance of a function index: what `ref.func` gives.
FuncInst* func_ref(InstanceData& instance, uint32_t func_index);

// ---- Instructions that are not worth a handler of their own. Addresses and counts are
// zero-extended.
// ---- Each checks its bounds as the spec says, before any effect.
Trap memory_init(InstanceData&, uint32_t data, uint32_t memory, uint64_t d, uint64_t s, uint64_t n);
Trap memory_copy(InstanceData&, uint32_t dst, uint32_t src, uint64_t d, uint64_t s, uint64_t n);
Trap memory_fill(InstanceData&, uint32_t memory, uint64_t d, uint8_t value, uint64_t n);
/// The old size in pages, or UINT64_MAX when it cannot grow.
uint64_t memory_grow(MemoryInst& memory, uint64_t delta_pages);
void data_drop(InstanceData&, uint32_t data);
Trap table_init(InstanceData&, uint32_t elem, uint32_t table, uint64_t d, uint64_t s, uint64_t n);
Trap table_copy(InstanceData&, uint32_t dst, uint32_t src, uint64_t d, uint64_t s, uint64_t n);
Trap table_fill(InstanceData&, uint32_t table, uint64_t d, uint64_t ref, uint64_t n);
/// The old size, or UINT64_MAX.
uint64_t table_grow(TableInst& table, uint64_t delta, uint64_t ref);
void elem_drop(InstanceData&, uint32_t elem);

/// Blocks as memory.atomic.wait32/64 do: 0 woken, 1 not equal, 2 timed out (negative: no time-out).
/// The address is in bounds, aligned and in a shared memory (the caller has checked). With `store`
/// (the one that waits), it also ends when that store is interrupted, as if woken.
uint32_t atomic_wait32(MemoryInst&, uint64_t address, uint32_t expected, int64_t timeout_ns,
                       StoreData* store = nullptr);
uint32_t atomic_wait64(MemoryInst&, uint64_t address, uint64_t expected, int64_t timeout_ns,
                       StoreData* store = nullptr);
/// How many waiters were woken; 0 for a memory that is not shared.
uint32_t atomic_notify(MemoryInst&, uint64_t address, uint32_t count);

/// Does the reference have this canonical heap type? Null is not asked about: `nullable` answers
/// it.
bool ref_matches(const StoreData&, uint64_t ref, wasm::HeapType heap, bool nullable);

}  // namespace cairn::engine
