#include "tools/component_maker.hpp"

#include <fmt/format.h>
#include <cairn/base/leb128.hpp>
#include <cairn/component/validate.hpp>
#include <cairn/wasm/binary.hpp>

#include <algorithm>

namespace cairn::component::tools {
namespace {

using wit::Function;
using wit::InterfaceId;
using wit::WorldItem;

const InterfaceId* interface_of(const WorldItem& item) {
  return std::get_if<InterfaceId>(&item.item);
}

bool imports_from(const CoreUnit& unit, std::string_view module) {
  return std::ranges::any_of(unit.module()->imports,
                             [&](const wasm::Import& import) { return import.module == module; });
}

void append_text(Bytes& to, std::string_view text) {
  append_unsigned_leb(to, text.size());
  to.insert(to.end(), text.begin(), text.end());
}

/// The section `producers` (tool-conventions, "ProducersSection"): one field, one value.
Bytes producers(std::string_view version) {
  Bytes payload = {1};
  append_text(payload, "processed-by");
  payload.push_back(1);
  append_text(payload, "cairn");
  append_text(payload, version);
  return payload;
}

}  // namespace

// ---- Reading -----------------------------------------------------------------------------------

Result<> ComponentMaker::read_units(ByteSpan core_module) {
  main_ = TRY(CoreUnit::read(core_module, "the module"));
  std::vector<wit::Decoded> parts;
  if (auto own = TRY(wit::decode_module(core_module))) parts.push_back(*std::move(own));
  const bool is_command = main_->exported_function("_start") != nullptr;
  for (const Adapter& adapter : options_.adapters) {
    if (!imports_from(*main_, adapter.name)) continue;
    const std::string what = fmt::format("the adapter `{}`", adapter.name);
    adapters_.push_back(TRY(CoreUnit::read(adapter.module, what)));
    adapters_.back().import_memory();
    adapter_names_.push_back(adapter.name);
    std::optional<wit::Decoded> world = TRY(wit::decode_module(adapter.module));
    if (!world) return fail(ErrorKind::invalid, fmt::format("{} holds no world", what));
    if (!is_command) world->resolve[*world->world].exports.clear();
    parts.push_back(*std::move(world));
  }
  if (parts.empty()) {
    return fail(ErrorKind::invalid,
                fmt::format("the module holds no world: a section `{}` was expected, as `cairn "
                            "component embed` makes it",
                            wit::world_section));
  }
  return join_worlds(std::move(parts));
}

Result<> ComponentMaker::join_worlds(std::vector<wit::Decoded> parts) {
  decoded_ = TRY(wit::join_worlds(parts));
  world_ = &decoded_.resolve[*decoded_.world];
  types_.emplace(decoded_.resolve);
  return check_world();
}

/// All functions' types are of a size that can be worked with: nothing behind this need count.
Result<> ComponentMaker::check_world() {
  for (const auto* items : {&world_->imports, &world_->exports}) {
    for (const WorldItem& item : *items) {
      if (const auto* function = std::get_if<Function>(&item.item)) {
        TRY(types_->function(*function));
      } else if (const InterfaceId* id = interface_of(item)) {
        for (const Function& each : decoded_.resolve[*id].functions) TRY(types_->function(each));
      }
    }
  }
  return {};
}

Result<UnitImport> ComponentMaker::classify(const CoreUnit& unit, const wasm::Import& import,
                                            const std::string& name) {
  const wasm::FuncType* type = unit.type_of(import);
  if (type == nullptr) {
    return fail(ErrorKind::invalid,
                fmt::format("{} imports a {} `{}` from `{}`; components give functions only",
                            unit.what(), wasm::to_string(import.kind), name, import.module));
  }
  UnitImport out{.module = import.module,
                 .name = name,
                 .unique_name = {},
                 .type = *type,
                 .what = CoreImport{}};
  if (&unit == &*main_) {
    const auto adapter = std::ranges::find(adapter_names_, import.module);
    if (adapter != adapter_names_.end()) {
      const auto index = static_cast<size_t>(adapter - adapter_names_.begin());
      const wasm::FuncType* offered = adapters_[index].exported_function(name);
      if (offered == nullptr || *offered != *type) {
        return fail(
            ErrorKind::invalid,
            fmt::format("the module imports `{}` {} from `{}`, which the adapter {}", name,
                        to_string(*type), import.module,
                        offered == nullptr ? "does not have"
                                           : fmt::format("has as {}", to_string(*offered))));
      }
      out.what = ProvidedImport{ProvidedImport::By::adapter, index};
      return out;
    }
  } else if (import.module == "bridge") {
    out.what = ProvidedImport{ProvidedImport::By::bridge};
    return out;
  } else if (import.module == "main") {
    out.what = ProvidedImport{ProvidedImport::By::main};
    return out;
  }
  const CoreImport what = TRY(classify_import(decoded_.resolve, *world_, import.module, name));
  TRY(check_type(out, what));
  out.what = what;
  return out;
}

/// Lowered functions only: built-ins are checked when the component is validated.
Result<> ComponentMaker::check_type(const UnitImport& import, const CoreImport& what) {
  if (what.kind != CanonKind::lower) return {};
  const wasm::FuncType expected =
      TRY(types_->core_type(*what.function, CanonDirection::lower, {.is_async = what.is_async}));
  if (import.type == expected) return {};
  return fail(ErrorKind::invalid,
              fmt::format("the import `{}` from `{}` is of type {}, expected {}", import.name,
                          import.module, to_string(import.type), to_string(expected)));
}

Result<> ComponentMaker::classify(CoreUnit& unit) {
  const bool is_main = &unit == &*main_;
  for (size_t i = 0; i < unit.module()->imports.size(); ++i) {
    const wasm::Import& import = unit.module()->imports[i];
    const bool own_memory = !is_main && import.kind == wasm::ExternKind::memory &&
                            import.module == "env" && import.name == "memory";
    if (own_memory) continue;
    UnitImport classified = TRY(classify(unit, import, unit.name_of_import(i)));
    classified.unique_name = import.name;
    unit.imports.push_back(std::move(classified));
  }
  for (const UnitImport& import : unit.imports) {
    if (const auto* what = std::get_if<CoreImport>(&import.what)) note_use(*what);
  }
  return {};
}

// ---- Imports -----------------------------------------------------------------------------------

void ComponentMaker::note_use(const CoreImport& import) {
  if (import.of_export) return;
  if (import.item == nullptr) {
    if (import.function != nullptr) used_root_functions_.insert(import.function->name);
    return;
  }
  used_items_.insert(import.item);
  if (import.function != nullptr) {
    used_functions_[*interface_of(*import.item)].insert(import.function->name);
  }
}

bool ComponentMaker::is_needed(const WorldItem& item, const std::set<InterfaceId>& needed) const {
  if (const auto* function = std::get_if<Function>(&item.item)) {
    return used_root_functions_.contains(function->name);
  }
  const InterfaceId* id = interface_of(item);
  if (id == nullptr) return true;
  return item.name() == nullptr ? needed.contains(*id) : used_items_.contains(&item);
}

/// Functions and interfaces that are in use, interfaces that one of those or an export takes types
/// from, and all types.
void ComponentMaker::add_imports() {
  const wit::Resolve& resolve = decoded_.resolve;
  std::set<InterfaceId> needed;
  std::vector<InterfaceId> pending;
  const auto need = [&](InterfaceId id) {
    if (needed.insert(id).second) pending.push_back(id);
  };
  for (const WorldItem* item : used_items_) need(*interface_of(*item));
  for (const WorldItem& item : world_->exports) {
    const InterfaceId* id = interface_of(item);
    if (id == nullptr) continue;
    for (const InterfaceId used : resolve.dependencies(*id)) need(used);
  }
  for (const WorldItem& item : world_->imports) {
    const auto* type = std::get_if<wit::TypeId>(&item.item);
    if (type == nullptr) continue;
    if (const auto from = resolve.used_from(*type)) need(*from);
  }
  while (!pending.empty()) {
    const InterfaceId id = pending.back();
    pending.pop_back();
    for (const InterfaceId used : resolve.dependencies(id)) need(used);
  }
  outer_.emplace(resolve, *world_, writer_, &used_functions_);
  for (const WorldItem& item : world_->imports) {
    if (is_needed(item, needed)) outer_->import_item(item);
  }
}

// ---- All together ------------------------------------------------------------------------------

Result<syntax::Component> ComponentMaker::run(ByteSpan core_module) {
  TRY(read_units(core_module));
  initialize_ = main_->first_function(initialize_names);
  TRY(classify(*main_));
  for (CoreUnit& adapter : adapters_) TRY(classify(adapter));
  add_imports();
  TRY(plan_entries());
  add_shim();
  add_resources();
  TRY(add_main());
  for (size_t i = 0; i < adapters_.size(); ++i) TRY(add_adapter(i));
  TRY(add_fixup());
  TRY(add_exports());
  if (!options_.version.empty()) writer_.add_custom("producers", producers(options_.version));
  return writer_.take();
}

Result<syntax::Component> make_component(ByteSpan core_module, const MakeOptions& options) {
  auto component =
      std::make_shared<syntax::Component>(TRY(ComponentMaker(options).run(core_module)));
  wasm::TypeRegistry registry;
  Types types(registry);
  ValidateOptions checks;
  checks.read.features = Features::all();
  TRY(validate(component, types, checks));
  return std::move(*component);
}

Result<Bytes> embed_world(ByteSpan core_module, const wit::Resolve& resolve, wit::WorldId world,
                          wit::StringEncoding strings) {
  wasm::Module module = TRY(wasm::decode({core_module.begin(), core_module.end()}));
  const Bytes payload = encode(wit::encode_world(resolve, world, strings));
  module.customs.push_back({.name = std::string(wit::world_section),
                            .payload = payload,
                            .after = wasm::SectionId::data});
  return wasm::encode(module);
}

}  // namespace cairn::component::tools
