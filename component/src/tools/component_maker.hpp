#pragma once
/// Makes a component around a core module. The order of things in it:
///   imports; the shim and what it stands for; resource types; lowered functions that need no
///   memory; the module; the bridge and the adapters; lowered functions that need a memory; the
///   fixup; lifted functions and exports.

#include <cairn/component/tools.hpp>

#include "tools/core_unit.hpp"
#include "tools/indirection.hpp"
#include "tools/outer_types.hpp"
#include "tools/wit_types.hpp"

namespace cairn::component::tools {

class ComponentMaker {
 public:
  explicit ComponentMaker(const MakeOptions& options) : options_(options) {}
  Result<syntax::Component> run(ByteSpan core_module);

 private:
  /// A function that the module is given before it can be there.
  struct Entry {
    wasm::FuncType type;
    uint32_t shim = 0;  ///< the core function that calls through the table
    const UnitImport* import = nullptr;
    std::string destructor = {};  ///< the export of the module, if it is one
  };
  /// A memory and the functions that go with it, of the module or of an adapter.
  struct Surroundings {
    std::optional<uint32_t> memory, realloc;
  };

  // Reading.
  Result<> read_units(ByteSpan core_module);
  Result<> join_worlds(std::vector<wit::Decoded> parts);
  Result<> check_world();
  Result<> classify(CoreUnit& unit);
  Result<UnitImport> classify(const CoreUnit& unit, const wasm::Import& import,
                              const std::string& name);
  Result<> check_type(const UnitImport& import, const CoreImport& what);

  // Imports.
  void note_use(const CoreImport& import);
  bool is_needed(const wit::WorldItem& item, const std::set<wit::InterfaceId>& needed) const;
  void add_imports();
  Result<bool> needs_memory(const CoreImport& import);

  // Core modules.
  Result<> plan_entries();
  void add_shim();
  void add_resources();
  Result<> add_main();
  Result<> add_adapter(size_t index);
  uint32_t provided_to_adapter(const UnitImport& import, uint32_t bridge);
  Result<> add_fixup();
  Result<uint32_t> core_function(const CoreImport& import, const Surroundings& around);
  Result<syntax::Canon> canon_of(const CoreImport& import);
  Result<std::vector<syntax::CanonOption>> options_of(const CoreImport& import,
                                                      const Surroundings& around);
  Result<> give_memory(std::vector<syntax::CanonOption>& options, const Surroundings& around,
                       bool realloc, wit::StringEncoding strings);

  // Exports.
  struct Lifted {
    uint32_t core_func = 0;
    std::vector<syntax::CanonOption> options;
  };
  Result<> add_exports();
  Result<uint32_t> lift(const wit::WorldItem* item, const wit::Function& function);
  Result<std::optional<Lifted>> find_lifted(const CoreUnit& unit, uint32_t instance,
                                            const Surroundings& around, const wit::WorldItem* item,
                                            const wit::Function& function);
  Result<> export_interface(const wit::WorldItem& item);

  const MakeOptions& options_;
  std::optional<CoreUnit> main_;
  std::vector<CoreUnit> adapters_;
  std::vector<std::string> adapter_names_;
  wit::Decoded decoded_;
  const wit::World* world_ = nullptr;
  std::optional<WitTypes> types_;
  std::string initialize_;

  std::set<const wit::WorldItem*> used_items_;
  UsedFunctions used_functions_;
  std::set<std::string> used_root_functions_;
  ComponentWriter writer_;
  std::optional<OuterTypes> outer_;
  std::vector<Entry> entries_;
  std::vector<wasm::FuncType> entry_types_;
  std::optional<uint32_t> shim_;
  uint32_t main_instance_ = 0;
  Surroundings main_around_;
  std::vector<uint32_t> adapter_instances_;
  std::vector<Surroundings> adapter_around_;
};

}  // namespace cairn::component::tools
