// The core modules of a component that is being made, and how they are joined.

#include <fmt/format.h>

#include <algorithm>

#include "tools/component_maker.hpp"

namespace cairn::component::tools {
namespace {

using syntax::Sort;
using wit::InterfaceId;
using wit::WorldItem;

const wasm::FuncType destructor_type = {.params = {wasm::i32}, .results = {}};

/// Imports of a core module become one bundle for each module name.
class Bundles {
 public:
  void add(const std::string& module, std::string name, syntax::SortIndex item) {
    bundles_[module].push_back({std::move(name), item});
  }
  /// Defines the bundles and hands them out as arguments.
  std::vector<syntax::Argument> finish(ComponentWriter& writer) {
    std::vector<syntax::Argument> args;
    for (auto& [module, exports] : bundles_) {
      const uint32_t bundle = writer.core_bundle(std::move(exports));
      args.push_back({module, {Sort::core_instance, bundle}});
    }
    return args;
  }

 private:
  std::map<std::string, std::vector<syntax::CoreInlineExport>> bundles_;
};

}  // namespace

/// Which functions the module must be given through the shim: those of adapters, those that need
/// the module's memory. Destructors, which resource types need before the module is there, as well.
Result<> ComponentMaker::plan_entries() {
  for (const UnitImport& import : main_->imports) {
    const auto* what = std::get_if<CoreImport>(&import.what);
    const bool indirect = what == nullptr || TRY(needs_memory(*what));
    if (indirect) entries_.push_back({.type = import.type, .import = &import});
  }
  for (const WorldItem& item : world_->exports) {
    const auto* id = std::get_if<InterfaceId>(&item.item);
    if (id == nullptr) continue;
    for (const wit::TypeId type : decoded_.resolve[*id].types) {
      if (!std::holds_alternative<wit::Resource>(decoded_.resolve[type].kind)) continue;
      const std::string destructor = main_->first_function(
          destructor_names(decoded_.resolve, item, decoded_.resolve[type].name));
      if (destructor.empty()) continue;
      const wasm::FuncType& found = *main_->exported_function(destructor);
      if (found != destructor_type) {
        return fail(ErrorKind::invalid,
                    fmt::format("the export `{}` is of type {}, expected {}", destructor,
                                to_string(found), to_string(destructor_type)));
      }
      entries_.push_back({.type = destructor_type, .destructor = destructor});
    }
  }
  for (const Entry& entry : entries_) entry_types_.push_back(entry.type);
  return {};
}

void ComponentMaker::add_shim() {
  if (entries_.empty()) return;
  const uint32_t module = writer_.core_module(make_shim(entry_types_));
  shim_ = writer_.core_instance(module, {});
  for (size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].shim = writer_.core_export(Sort::core_func, *shim_, fmt::format("{}", i));
  }
}

void ComponentMaker::add_resources() {
  const wit::Resolve& resolve = decoded_.resolve;
  for (const WorldItem& item : world_->exports) {
    const auto* id = std::get_if<InterfaceId>(&item.item);
    if (id == nullptr) continue;
    outer_->begin_export(item);
    for (const wit::TypeId type : resolve[*id].types) {
      if (!std::holds_alternative<wit::Resource>(resolve[type].kind)) continue;
      const auto names = destructor_names(resolve, item, resolve[type].name);
      const auto entry = std::ranges::find_if(entries_, [&](const Entry& each) {
        return !each.destructor.empty() && std::ranges::find(names, each.destructor) != names.end();
      });
      outer_->define_resource(type,
                              entry == entries_.end() ? std::nullopt : std::optional(entry->shim));
    }
    outer_->end_export();
  }
}

Result<> ComponentMaker::add_main() {
  Bundles bundles;
  for (const UnitImport& import : main_->imports) {
    const auto entry = std::ranges::find(entries_, &import, &Entry::import);
    const uint32_t func = entry != entries_.end()
                              ? entry->shim
                              : TRY(core_function(std::get<CoreImport>(import.what), {}));
    bundles.add(import.module, import.unique_name, {Sort::core_func, func});
  }
  const uint32_t module = writer_.core_module(main_->module());
  main_instance_ = writer_.core_instance(module, bundles.finish(writer_));
  for (const std::string_view name : memory_names) {
    if (main_around_.memory || !main_->exports(wasm::ExternKind::memory, name)) continue;
    main_around_.memory = writer_.core_export(Sort::core_memory, main_instance_, std::string(name));
  }
  const std::string realloc = main_->first_function(realloc_names);
  if (!realloc.empty()) {
    main_around_.realloc = writer_.core_export(Sort::core_func, main_instance_, realloc);
  }
  return {};
}

/// What only commands have (`_start`) is not called in other programs, so anything will do for it.
uint32_t ComponentMaker::provided_to_adapter(const UnitImport& import, uint32_t bridge) {
  if (std::get<ProvidedImport>(import.what).by == ProvidedImport::By::bridge) {
    return writer_.core_export(Sort::core_func, bridge, import.name);
  }
  if (main_->exported_function(import.name) != nullptr) {
    return writer_.core_export(Sort::core_func, main_instance_, import.name);
  }
  const uint32_t module = writer_.core_module(make_trap(import.type));
  return writer_.core_export(Sort::core_func, writer_.core_instance(module, {}), "trap");
}

Result<> ComponentMaker::add_adapter(size_t index) {
  const CoreUnit& adapter = adapters_[index];
  if (!main_around_.memory) {
    return fail(ErrorKind::invalid, fmt::format("the module exports no memory `{}`, which {} needs",
                                                memory_names[0], adapter.what()));
  }
  uint64_t pages = 1;
  for (const wasm::Import& import : adapter.module()->imports) {
    if (const auto* memory = std::get_if<wasm::MemoryType>(&import.type)) {
      pages = memory->limits.min;
    }
  }
  Bundles for_bridge;
  for_bridge.add("main", "memory", {Sort::core_memory, *main_around_.memory});
  const uint32_t bridge_module = writer_.core_module(make_bridge(pages));
  const uint32_t bridge = writer_.core_instance(bridge_module, for_bridge.finish(writer_));
  const Surroundings around = {.memory = writer_.core_export(Sort::core_memory, bridge, "memory"),
                               .realloc = writer_.core_export(Sort::core_func, bridge, "realloc")};
  Bundles bundles;
  bundles.add("env", "memory", {Sort::core_memory, *around.memory});
  for (const UnitImport& import : adapter.imports) {
    uint32_t func = 0;
    if (const auto* what = std::get_if<CoreImport>(&import.what)) {
      func = TRY(core_function(*what, around));
    } else {
      func = provided_to_adapter(import, bridge);
    }
    bundles.add(import.module, import.unique_name, {Sort::core_func, func});
  }
  const uint32_t module = writer_.core_module(adapter.module());
  adapter_instances_.push_back(writer_.core_instance(module, bundles.finish(writer_)));
  adapter_around_.push_back(around);
  return {};
}

Result<> ComponentMaker::add_fixup() {
  const bool initialize = !initialize_.empty();
  if (entries_.empty() && !initialize) return {};
  Bundles bundles;
  if (shim_) {
    const uint32_t table = writer_.core_export(Sort::core_table, *shim_, "$imports");
    bundles.add("", "$imports", {Sort::core_table, table});
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    uint32_t func = 0;
    if (entry.import == nullptr) {
      func = writer_.core_export(Sort::core_func, main_instance_, entry.destructor);
    } else if (const auto* what = std::get_if<CoreImport>(&entry.import->what)) {
      func = TRY(core_function(*what, main_around_));
    } else {
      const size_t adapter = std::get<ProvidedImport>(entry.import->what).adapter;
      func = writer_.core_export(Sort::core_func, adapter_instances_[adapter], entry.import->name);
    }
    bundles.add("", fmt::format("{}", i), {Sort::core_func, func});
  }
  if (initialize) {
    const uint32_t func = writer_.core_export(Sort::core_func, main_instance_, initialize_);
    bundles.add("", "_initialize", {Sort::core_func, func});
  }
  const uint32_t module = writer_.core_module(make_fixup(entry_types_, initialize));
  writer_.core_instance(module, bundles.finish(writer_));
  return {};
}

}  // namespace cairn::component::tools
