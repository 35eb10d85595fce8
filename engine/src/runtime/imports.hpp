#pragma once
/// Imports that have been found and checked.

#include <span>

#include "runtime/store_data.hpp"

namespace cairn::engine {

/// By kind, in the module's order. Immutable, and shared by all instances that are made from it:
/// they use the arrays as they are.
struct ResolvedImports {
  Module module;
  std::vector<FuncInst*> funcs;
  std::vector<TableInst*> tables;
  std::vector<MemoryInst*> memories;
  std::vector<GlobalInst*> globals;
  std::vector<TagInst*> tags;
  /// Host functions that belong to no store, and the instances made for them.
  std::vector<std::shared_ptr<const HostFunc>> hosts;
  std::vector<FuncInst> host_funcs;

  /// Where the imports live; null when that is nowhere in particular (host functions).
  const StoreData* store = nullptr;
  bool mixes_stores = false;

  explicit ResolvedImports(Module of) : module(std::move(of)) {}
  void add(const Extern& item);
};

/// The function instance of a host function.
FuncInst make_func_inst(const wasm::TypeRegistry& types, const HostFunc& host);

/// Checks what is given against what the module imports.
Result<std::shared_ptr<const ResolvedImports>> resolve_imports(const Module& module,
                                                               std::span<const Extern> imports);

/// Instantiates with checked imports (spec: Execution > Modules > Instantiation).
Result<Instance> instantiate(StoreData& store, std::shared_ptr<const ResolvedImports> imports);

/// Takes an instance apart: for its store.
void destroy_instance(InstanceData* instance);

/// Makes memories and tables. On an error nothing is left to undo but the object itself.
Result<> open_memory(StoreData& store, MemoryInst& memory, const wasm::MemoryType& type,
                     uint64_t image);
/// A shared memory of at most `bytes_max`, whatever its type says.
Result<std::shared_ptr<MemoryInst>> make_shared_memory(std::shared_ptr<EngineState> engine,
                                                       const wasm::MemoryType& type,
                                                       uint64_t bytes_max);
/// `place`: where the first elements go; null to let the table have its own storage.
Result<> open_table(StoreData& store, TableInst& table, const wasm::TableType& type,
                    uint64_t* place, uint64_t init);

}  // namespace cairn::engine
