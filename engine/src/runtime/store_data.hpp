#pragma once
/// What an engine, a loaded module and a store own.

#include "interp/execution_pool.hpp"
#include "interp/stack_pool.hpp"
#include "native/abi.hpp"
#include "native/fiber.hpp"
#include "native/leave_stubs.hpp"
#include "native/process_barrier.hpp"
#include "native/tiering.hpp"
#include "runtime/gc_heap.hpp"
#include "runtime/heap.hpp"
#include "runtime/module_state.hpp"
#include "runtime/parking_lot.hpp"

namespace cairn::engine {

struct EngineState {
  explicit EngineState(Settings from);

  Settings settings;
  wasm::TypeRegistry types;
  const bool process_barriers = has_process_barrier();
  bool guarded_memories = true;  ///< all 32-bit memories with 64 KiB pages have guard areas
  StackPool stacks;
  FiberStackPool fiber_stacks;
  /// How many more executions stores may keep for their next calls.
  std::atomic<int> executions_to_keep = 256;
  LeaveStubs leave_stubs;
  /// Can functions get compiled code?
  bool compiles() const;
  /// Compiles what is hot, when the tier is automatic; else null.
  std::unique_ptr<Tiering> tiering;
  ParkingLot parking;  ///< threads in memory.atomic.wait
};

/// References that native code holds while it may allocate; a link in the store's list for as long
/// as it lives. Slots that hold no reference are skipped by their flag.
class LocalRoots {
 public:
  explicit LocalRoots(StoreData& store);
  ~LocalRoots();
  LocalRoots(const LocalRoots&) = delete;
  LocalRoots& operator=(const LocalRoots&) = delete;

  void push(uint64_t slot, bool is_ref) {
    slots_.push_back(slot);
    is_ref_.push_back(is_ref);
  }
  uint64_t pop() {
    const uint64_t slot = slots_.back();
    slots_.pop_back();
    is_ref_.pop_back();
    return slot;
  }
  void drop(size_t count) {
    slots_.resize(slots_.size() - count);
    is_ref_.resize(slots_.size());
  }
  size_t size() const { return slots_.size(); }
  const uint64_t* end() const { return slots_.data() + slots_.size(); }
  void visit(RootVisitor& visitor) const;
  const LocalRoots* next() const { return next_; }

 private:
  StoreData& store_;
  LocalRoots* next_;
  std::vector<uint64_t> slots_;
  std::vector<uint8_t> is_ref_;
};

/// What a host made in a store, apart from instances.
struct HostItems {
  std::vector<std::unique_ptr<FuncInst>> funcs;
  std::vector<std::shared_ptr<const HostFunc>> host_funcs;
  std::vector<std::unique_ptr<MemoryInst>> memories;
  std::vector<std::unique_ptr<TableInst>> tables;
  std::vector<std::unique_ptr<GlobalInst>> globals;
  std::vector<std::unique_ptr<TagInst>> tags;
  std::vector<std::shared_ptr<MemoryInst>> shared_memories;
  std::vector<std::shared_ptr<const wasm::TypeRegistry::Handle>> types;
};

/// What `Root` objects hold.
class RootTable {
 public:
  /// A function reference or an i31 is kept too, but is no object that the collector could visit.
  uint32_t add(uint64_t ref, bool is_object);
  void remove(uint32_t index);
  uint64_t get(uint32_t index) const { return entries_[index].ref; }
  void visit(RootVisitor& visitor) const;

 private:
  static constexpr uint32_t none = UINT32_MAX;
  struct Entry {
    uint64_t ref = 0;
    bool is_object = false;
    uint32_t next_free = none;
  };
  std::vector<Entry> entries_;
  uint32_t first_free_ = none;
};

struct StoreData {
  StoreData(Store& store, Engine& of, const StoreLimits& store_limits);
  ~StoreData();
  StoreData(const StoreData&) = delete;
  StoreData& operator=(const StoreData&) = delete;

  Store* face = nullptr;
  std::shared_ptr<EngineState> engine;
  Engine* engine_face = nullptr;
  StoreLimits limits;
  /// Signed: the interpreter subtracts first and looks at the sign. Never above INT64_MAX.
  int64_t fuel = 0;
  std::atomic<uint32_t> interrupt = 0;  ///< not 0: stop at the next check
  /// Frames on all executions of this store that are on the native stack now (host functions that
  /// call back), so that nesting cannot exceed `call_depth_max`.
  uint32_t native_depth = 0;
  std::vector<ExecutionData*> executions;  ///< the collector's roots; idle ones among them
  ExecutionPool idle;                      ///< those that serve the next calls
  TrapInfo last_trap;
  GcObject* last_exception = nullptr;  ///< a root
  /// Code has run in this store: no memory of it can be taken for its initial image any more.
  bool has_run = false;

  // For compiled code.
  NativeContext native;
  const bool process_barriers;       ///< see `set_stack_limit`
  ExecutionData* running = nullptr;  ///< the innermost execution on a stack of its own, now
  std::unique_ptr<uint64_t[]> native_results;                 ///< see `NativeContext::results`
  std::vector<std::shared_ptr<const CodeImage>> pinned_code;  ///< has stubs that functions use

  // The rest is the runtime's own. Everything is made when it is first needed.
  uint32_t instance_count = 0;
  InstanceData* instances = nullptr;  ///< the newest first
  uint64_t memory_bytes = 0;          ///< against `limits.memory_bytes_max`
  uint64_t table_elements = 0;        ///< against `limits.table_elements_max`
  std::unique_ptr<HostItems> host_items;
  std::unique_ptr<GcHeap> heap;
  RootTable roots;
  LocalRoots* local_roots = nullptr;
  /// Function instances of functions that nothing declares as escaping (start functions).
  std::vector<std::unique_ptr<FuncInst>> other_funcs;

  HostItems& items() {
    if (!host_items) host_items = std::make_unique<HostItems>();
    return *host_items;
  }
};

/// Is this a value of the (canonical) type?
bool value_fits(const StoreData& store, const Value& value, wasm::ValType type);

/// The references in what an instance defines, and in what the host made.
void visit_instance(InstanceData& instance, RootVisitor& visitor);
void visit_host_items(HostItems& items, const wasm::TypeRegistry& types, RootVisitor& visitor);

}  // namespace cairn::engine
