#pragma once
/// Stores, instances and what they export.

#include <atomic>
#include <cairn/engine/engine.hpp>
#include <cairn/engine/trap.hpp>
#include <cairn/engine/typed.hpp>
#include <cairn/engine/value.hpp>
#include <cairn/wasm/debug_lines.hpp>
#include <functional>
#include <optional>
#include <string>

namespace cairn::engine {

struct StoreData;
struct ExecutionData;
struct InstanceData;
struct FuncInst;
struct TableInst;
struct MemoryInst;
struct GlobalInst;
struct TagInst;
struct HostFunc;
class Execution;
class Store;
class Linker;

/// What a store's guests may use. Growth past a limit gives the spec's failure value (-1), creation
/// past it an error of kind `limit`.
struct StoreLimits {
  uint64_t memory_bytes_max = UINT64_MAX;    ///< over all memories of the store
  uint64_t table_elements_max = 10'000'000;  ///< over all tables of the store
  uint32_t instances_max = UINT32_MAX;
  /// Frames of one execution in the interpreter; then "call stack exhausted".
  uint32_t call_depth_max = 20'000;
  /// Locals and operands of one execution, likewise. As much again for what compiled code has.
  uint64_t stack_bytes_max = 16u << 20;
  uint64_t gc_heap_bytes_max = 1u << 30;  ///< of objects; what does not fit traps: "out of memory"
};

/// Why a call ended without results.
struct TrapInfo {
  Trap trap = Trap::none;
  struct Frame {
    uint32_t func_index = 0;
    uint64_t offset = 0;                          ///< of the instruction in the module's bytes
    std::string function;                         ///< its name, or empty
    std::string module;                           ///< its name, or empty
    std::optional<wasm::SourceLine> source = {};  ///< where the module says so (DWARF)
  };
  std::vector<Frame> backtrace;  ///< innermost first, at most 64 frames
  bool more_frames = false;      ///< there were more
};

/// An object of the host that guests hold as `externref`. Destroyed when no guest can reach it and
/// no `Root` holds it, at the latest with its store.
class HostObject {
 public:
  virtual ~HostObject() = default;
};

/// Keeps one reference alive for the host; one that was moved from is empty. Must not outlive the
/// store.
class Root {
 public:
  Root() = default;
  Root(Store& store, Ref ref);
  Root(Root&& other) noexcept;
  Root& operator=(Root&& other) noexcept;
  ~Root();
  Ref get() const;

 private:
  StoreData* store_ = nullptr;
  uint32_t index_ = 0;
};

/// A function in a store: a cheap handle, valid as long as the store.
class Func {
 public:
  Func() = default;
  explicit Func(FuncInst* inst) : inst_(inst) {}
  explicit operator bool() const { return inst_ != nullptr; }
  const wasm::FuncType& type() const;
  /// Runs to the end. Wrong argument types: kind `usage`. A trap: kind `trap` with the spec's
  /// message; an exception that nothing caught: kind `exception`; out of fuel or interrupted: kind
  /// `limit`. `Store::last_trap` has the backtrace. Suspending host functions are waited for.
  Result<std::vector<Value>> call(Store& store, std::span<const Value> args) const;
  /// The same for arguments in `slots` (see `HostCallback`), which nobody checks; results come to
  /// the same place. There is room for the larger of both.
  Result<> call_slots(Store& store, uint64_t* slots) const;
  /// Typed: `func.invoke<int32_t>(store, 1, 2)`; the types (see typed.hpp) are checked against the
  /// function's: kind `usage`.
  template <class R = void, class... Args>
  Result<R> invoke(Store& store, Args... args) const;
  FuncInst* inst() const { return inst_; }

 private:
  FuncInst* inst_ = nullptr;
};

class Memory {
 public:
  Memory() = default;
  explicit Memory(MemoryInst* inst) : inst_(inst) {}
  explicit operator bool() const { return inst_ != nullptr; }
  /// The current bytes; growth invalidates the span of an unguarded memory.
  std::span<uint8_t> bytes() const;
  wasm::MemoryType type() const;  ///< with the current size as minimum
  uint64_t pages() const;
  /// The old size in pages, or nothing.
  std::optional<uint64_t> grow(Store& store, uint64_t pages);
  MemoryInst* inst() const { return inst_; }

 private:
  MemoryInst* inst_ = nullptr;
};

/// A shared memory (threads proposal) apart from any store: a handle for any thread, which keeps
/// the memory alive. `Store::add` brings it into a store, for modules to import.
class SharedMemory {
 public:
  /// The type must be shared and have a maximum, all of which is reserved.
  static Result<SharedMemory> create(Engine& engine, const wasm::MemoryType& type);
  /// The one behind a store's memory; nothing when that is not shared.
  static std::optional<SharedMemory> of(Memory memory);
  const std::shared_ptr<MemoryInst>& inst() const { return inst_; }

 private:
  explicit SharedMemory(std::shared_ptr<MemoryInst> inst) : inst_(std::move(inst)) {}
  std::shared_ptr<MemoryInst> inst_;
};

class Table {
 public:
  Table() = default;
  explicit Table(TableInst* inst) : inst_(inst) {}
  explicit operator bool() const { return inst_ != nullptr; }
  wasm::TableType type() const;
  uint64_t size() const;
  Result<Value> get(uint64_t index) const;
  Result<> set(uint64_t index, Value value);
  std::optional<uint64_t> grow(Store& store, uint64_t by, Value init);
  TableInst* inst() const { return inst_; }

 private:
  TableInst* inst_ = nullptr;
};

class Global {
 public:
  Global() = default;
  explicit Global(GlobalInst* inst) : inst_(inst) {}
  explicit operator bool() const { return inst_ != nullptr; }
  wasm::GlobalType type() const;
  Value get() const;
  Result<> set(Value value);
  GlobalInst* inst() const { return inst_; }

 private:
  GlobalInst* inst_ = nullptr;
};

class Tag {
 public:
  Tag() = default;
  explicit Tag(TagInst* inst) : inst_(inst) {}
  explicit operator bool() const { return inst_ != nullptr; }
  TagInst* inst() const { return inst_; }

 private:
  TagInst* inst_ = nullptr;
};

/// Anything that can be imported or exported. `kind` says which pointer it is.
struct Extern {
  wasm::ExternKind kind = wasm::ExternKind::func;
  union {
    FuncInst* func = nullptr;
    TableInst* table;
    MemoryInst* memory;
    GlobalInst* global;
    TagInst* tag;
  };
  Extern() = default;
  Extern(Func f) : kind(wasm::ExternKind::func), func(f.inst()) {}
  Extern(Table t) : kind(wasm::ExternKind::table), table(t.inst()) {}
  Extern(Memory m) : kind(wasm::ExternKind::memory), memory(m.inst()) {}
  Extern(Global g) : kind(wasm::ExternKind::global), global(g.inst()) {}
  Extern(Tag t) : kind(wasm::ExternKind::tag), tag(t.inst()) {}
};

class Instance {
 public:
  Instance() = default;
  explicit Instance(InstanceData* data) : data_(data) {}
  explicit operator bool() const { return data_ != nullptr; }
  std::optional<Extern> get(std::string_view name) const;
  Extern get(const wasm::Export& item) const;  ///< an export of its module
  Func func(std::string_view name) const;      ///< empty when there is none of that kind
  Memory memory(std::string_view name) const;  ///< likewise
  Table table(std::string_view name) const;
  Global global(std::string_view name) const;
  Tag tag(std::string_view name) const;
  Module module() const;
  InstanceData* data() const { return data_; }

 private:
  InstanceData* data_ = nullptr;
};

class Store {
 public:
  explicit Store(Engine& engine, StoreLimits limits = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Engine& engine() const;
  const StoreLimits& limits() const;

  /// Fuel left; meaningful when the engine counts fuel. Starts at 0.
  uint64_t fuel() const;
  void set_fuel(uint64_t fuel);

  /// Makes running executions of this store stop as *interrupted* within 1 ms. From any thread.
  void interrupt();
  void clear_interrupt();

  /// Instantiates with imports in the module's order (types are checked: `unlinkable`), and runs
  /// its start function. Data or element segments out of bounds are a `trap`.
  Result<Instance> instantiate(const Module& module, std::span<const Extern> imports);

  // What a host makes itself. Types inside hold canonical ids; wrong initial values: kind `usage`.
  Func new_func(std::shared_ptr<const HostFunc> host);
  /// Makes a shared memory available here. It may be added to several stores, on several threads.
  Memory add(const SharedMemory& memory);
  Result<Memory> new_memory(const wasm::MemoryType& type);
  Result<Table> new_table(const wasm::TableType& type, Value init);
  Result<Global> new_global(const wasm::GlobalType& type, Value init);
  Tag new_tag(const wasm::FuncType& type);
  /// An `externref` to the object, which the store owns from now on. Null (and the object is
  /// destroyed) when the collected heap is full.
  Ref new_extern(std::unique_ptr<HostObject> object);
  /// The host object behind an `externref`, or null for anything else.
  HostObject* host_object(Ref ref) const;
  /// A function reference as a handle (empty for null), and back.
  static Func func_of(Ref ref) { return Func(reinterpret_cast<FuncInst*>(ref.bits)); }
  static Ref ref_of(Func func) { return Ref{reinterpret_cast<uint64_t>(func.inst())}; }
  /// Does the reference have the (canonical) type?
  bool ref_matches(Ref ref, wasm::ValType type) const;

  void collect_garbage();
  uint64_t gc_heap_bytes() const;

  const TrapInfo& last_trap() const;
  /// The payload of the last exception that nothing caught; empty when there is none.
  std::vector<Value> last_exception() const;
  Tag last_exception_tag() const;

  /// Free for the embedder; handed to host functions through `Caller::store()`.
  void* user_data = nullptr;

  StoreData* data() const { return data_.get(); }

 private:
  struct Deleter {
    void operator()(StoreData* data) const;
  };
  std::unique_ptr<StoreData, Deleter> data_;
};

template <class R, class... Args>
Result<R> Func::invoke(Store& store, Args... args) const {
  if (!inst_ || !has_signature<R, Args...>(type())) {
    return fail(ErrorKind::usage, "the function does not have the type of this call");
  }
  if constexpr ((std::is_same_v<Args, Ref> || ...)) {
    const Value values[] = {Typed<Args>::to_value(args)...};
    const std::vector<Value> results = TRY(call(store, values));
    if constexpr (!std::is_void_v<R>)
      return Typed<R>::from_value(results[0]);
    else
      return {};
  } else {
    // A vector takes two.
    uint64_t slots[2 * sizeof...(Args) + 2];
    [[maybe_unused]] uint64_t* to = slots;
    ((Typed<Args>::to_slots(args, to), to += Typed<Args>::type == wasm::v128 ? 2 : 1), ...);
    TRY(call_slots(store, slots));
    const uint64_t* at = slots;
    if constexpr (!std::is_void_v<R>)
      return Typed<R>::take(at);
    else
      return {};
  }
}

}  // namespace cairn::engine
