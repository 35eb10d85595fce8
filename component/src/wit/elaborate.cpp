#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wit/world_builder.hpp"

namespace cairn::component::wit {

ImportClass import_class(const Resolve& resolve, const WorldItem& item) {
  if (std::holds_alternative<InterfaceId>(item.item)) return ImportClass::interface;
  if (const auto* function = std::get_if<Function>(&item.item)) {
    return function->resource ? ImportClass::resource_function : ImportClass::function;
  }
  const TypeId type = std::get<TypeId>(item.item);
  return resolve.used_from(type) ? ImportClass::used_type : ImportClass::type;
}

void sort_imports(const Resolve& resolve, std::vector<WorldItem>& items) {
  constexpr size_t classes = static_cast<size_t>(ImportClass::resource_function) + 1;
  std::array<std::vector<WorldItem>, classes> by_class;
  for (WorldItem& item : items) {
    by_class[static_cast<size_t>(import_class(resolve, item))].push_back(std::move(item));
  }
  items.clear();
  for (std::vector<WorldItem>& list : by_class) {
    std::ranges::move(list, std::back_inserter(items));
  }
}

void sort_items(const Resolve& resolve, Interface& interface) {
  std::vector<TypeId> types;
  for (const bool used : {true, false}) {
    for (const TypeId id : interface.types) {
      if (resolve.used_from(id).has_value() == used) types.push_back(id);
    }
  }
  interface.types = std::move(types);
  std::map<TypeId, std::vector<Function>> of_resources;
  std::vector<Function> others;
  for (Function& function : interface.functions) {
    auto& list = function.resource ? of_resources[*function.resource] : others;
    list.push_back(std::move(function));
  }
  interface.functions.clear();
  for (const TypeId id : interface.types) {
    std::ranges::move(of_resources[id], std::back_inserter(interface.functions));
  }
  std::ranges::move(others, std::back_inserter(interface.functions));
}

Result<> Elaborator::insert_import(WorldItem item) {
  TRY(environment_.count_world_items(1, item.meta.span));
  imports_.push_back(std::move(item));
  return {};
}

/// What `id` uses, directly or not, each after what it uses itself.
Result<> Elaborator::add_implied_imports(InterfaceId id, const Stability& stability) {
  std::vector<Frame> path = {{id, false, &environment_.dependencies_of(id)}};
  while (!path.empty()) {
    Frame& frame = path.back();
    if (frame.next < frame.dependencies->size()) {
      const InterfaceId next = (*frame.dependencies)[frame.next++];
      if (!imported_.contains(next)) {
        path.push_back({next, false, &environment_.dependencies_of(next)});
      }
      continue;
    }
    const InterfaceId done = frame.id;
    path.pop_back();
    if (!path.empty() && imported_.insert(done).second) {
      TRY(insert_import({.key = done, .item = done, .meta = {.stability = stability}}));
    }
  }
  return {};
}

Result<> Elaborator::add_import(WorldItem item, InterfaceId id) {
  const bool under_own_name = item.name() == nullptr;
  if (under_own_name && imported_.contains(id)) return {};
  TRY(add_implied_imports(id, item.meta.stability));
  if (under_own_name) imported_.insert(id);
  return insert_import(std::move(item));
}

Result<> Elaborator::imports(std::vector<WorldItem> items) {
  const Resolve& resolve = environment_.resolve;
  sort_imports(resolve, items);
  // An interface that was named has its own docs and gates, also where another one needs it before.
  std::map<InterfaceId, Meta> named;
  for (const WorldItem& item : items) {
    if (const auto* id = std::get_if<InterfaceId>(&item.key)) named.emplace(*id, item.meta);
  }
  for (WorldItem& item : items) {
    if (const auto* id = std::get_if<InterfaceId>(&item.item)) {
      TRY(add_import(std::move(item), InterfaceId(*id)));
      continue;
    }
    if (const auto* type = std::get_if<TypeId>(&item.item)) {
      const std::optional<InterfaceId> from = resolve.used_from(*type);
      if (from && !imported_.contains(*from)) {
        TRY(add_import(
            {.key = *from, .item = *from, .meta = {.stability = resolve[*type].meta.stability}},
            *from));
      }
    }
    TRY(insert_import(std::move(item)));
  }
  for (WorldItem& item : imports_) {
    const auto* id = std::get_if<InterfaceId>(&item.key);
    const auto found = id == nullptr ? named.end() : named.find(*id);
    if (found != named.end()) item.meta = found->second;
  }
  return {};
}

std::vector<WorldItem> Elaborator::take_imports() {
  sort_imports(environment_.resolve, imports_);
  return std::move(imports_);
}

// ---- Exports ---------------------------------------------------------------------------------

/// An exported interface takes what it uses from other exports where these are there, and from
/// imports otherwise. What is only imported cannot use anything exported, so an interface may not
/// be needed in both ways.
Result<> Elaborator::exports(const std::vector<WorldItem>& items, const std::string& world) {
  const auto is_interface = [](const WorldItem& item) {
    return std::holds_alternative<InterfaceId>(item.item);
  };
  for (const WorldItem& item : items) {
    const auto* id = std::get_if<InterfaceId>(&item.key);
    if (id != nullptr) export_items_.emplace(*id, &item);
    if (id != nullptr) to_be_exported_.insert(*id);
    if (!is_interface(item)) exports_.push_back(item);
  }
  for (const WorldItem& item : items) {
    if (is_interface(item)) TRY(add_export(item, std::get<InterfaceId>(item.item), world));
  }
  return {};
}

std::unexpected<Error> Elaborator::both_ways(const std::vector<Frame>& path, InterfaceId id,
                                             const std::string& world) const {
  const Resolve& resolve = environment_.resolve;
  const auto name = [&](InterfaceId interface) {
    return resolve[interface].name.empty() ? "an interface of this world"
                                           : fmt::format("`{}`", resolve.name_of(interface));
  };
  std::string way;
  std::string missing;
  for (const Frame& frame : path) {
    way += name(frame.id) + " uses ";
    if (!frame.is_export && missing.empty()) missing = name(frame.id);
  }
  const auto found = export_items_.find(id);
  const Span span = found == export_items_.end() ? Span() : found->second->meta.span;
  return environment_.error(
      span, fmt::format("the world `{0}` exports {1}, but would have to import it as well: {2}{1}, "
                        "and {3} is not exported",
                        world, name(id), way, missing));
}

/// All that `frame` needs is there.
Result<> Elaborator::leave(const Frame& frame, const Stability& stability,
                           const std::string& world) {
  if (!frame.is_export) {
    needed_as_import_.insert(frame.id);
    if (imported_.insert(frame.id).second) {
      return insert_import({.key = frame.id, .item = frame.id, .meta = {.stability = stability}});
    }
    return {};
  }
  if (needed_as_import_.contains(frame.id)) {
    const auto found = export_items_.find(frame.id);
    const Span span = found == export_items_.end() ? Span() : found->second->meta.span;
    return environment_.error(
        span, fmt::format("the world `{0}` exports `{1}`, but has to import it as well, as another "
                          "export uses an interface that is not exported and uses `{1}`",
                          world, environment_.resolve.name_of(frame.id)));
  }
  exported_.insert(frame.id);
  exports_.push_back(*export_items_.at(frame.id));
  return {};
}

Result<> Elaborator::add_export(const WorldItem& item, InterfaceId id, const std::string& world) {
  const bool under_own_name = item.name() == nullptr;
  if (under_own_name && exported_.contains(id)) return {};
  std::vector<Frame> path = {{id, true, &environment_.dependencies_of(id)}};
  while (!path.empty()) {
    Frame& frame = path.back();
    if (frame.next == frame.dependencies->size()) {
      const Frame done = frame;
      if (path.size() > 1 || under_own_name) TRY(leave(done, item.meta.stability, world));
      path.pop_back();
      continue;
    }
    const InterfaceId next = (*frame.dependencies)[frame.next++];
    const bool is_export = frame.is_export && to_be_exported_.contains(next);
    if (is_export && exported_.contains(next)) continue;
    if (!is_export) {
      if (exported_.contains(next)) return both_ways(path, next, world);
      if (needed_as_import_.contains(next)) continue;
    }
    path.push_back({next, is_export, &environment_.dependencies_of(next)});
  }
  if (!under_own_name) exports_.push_back(item);
  return {};
}

}  // namespace cairn::component::wit
