#pragma once
/// What a store owns.

#include "runtime/gc_heap.hpp"

namespace cairn::engine {

struct StoreData {
  Store* face = nullptr;
  std::shared_ptr<EngineState> engine;
  StoreLimits limits;
  /// Signed: the interpreter subtracts first and looks at the sign. Never above INT64_MAX.
  int64_t fuel = 0;
  std::atomic<uint32_t> interrupt = 0;  ///< not 0: stop at the next check
  /// Frames on all executions of this store that are on the native stack now (host functions that
  /// call back), so that nesting cannot exceed `call_depth_max`.
  uint32_t native_depth = 0;
  std::vector<ExecutionData*> executions;  ///< all that are alive: the collector's roots
  TrapInfo last_trap;
  GcObject* last_exception = nullptr;  ///< a root
};

struct EngineState {
  Settings settings;
  wasm::TypeRegistry types;
};

/// Everything a module needs to run, made once when it is loaded.
struct ModuleState {
  std::shared_ptr<EngineState> engine;
  wasm::Module ast;
  std::shared_ptr<const wasm::TypeRegistry::Handle> types;
  std::vector<RuntimeType> runtime_types;  ///< by type index
  std::vector<uint32_t> func_type_index;   ///< by function index, imports first: the type index
  std::vector<wasm::GlobalType> global_types;  ///< by index, imports first; canonical
  std::vector<wasm::TableType> table_types;
  std::vector<wasm::MemoryType> memory_types;
  std::vector<uint32_t> tag_type_index;
  /// By defined function; translated on the first call (interp/code.hpp).
  std::unique_ptr<FuncCode[], void (*)(FuncCode*)> codes{nullptr, nullptr};
};

}  // namespace cairn::engine
