#include "wit/package_resolver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "wit/topological.hpp"
#include "wit/world_builder.hpp"

namespace cairn::component::wit {
namespace {

std::string path_text(const ast::UsePath& path) {
  return path.package ? path.package->name.item(path.item.text) : std::string(path.item.text);
}

/// "it has `a`, `b`" of a package, for messages.
std::string what_it_has(const PackageScope& scope) {
  if (scope.items.empty()) return "which is empty";
  std::string text = "which has";
  constexpr size_t shown_max = 20;
  size_t shown = 0;
  for (const auto& [name, item] : scope.items) {
    if (shown == shown_max) return text + " and more";
    text += fmt::format("{} `{}`", shown++ == 0 ? "" : ",", name);
  }
  return text;
}

}  // namespace

Result<PackageId> PackageResolver::run() {
  package_ = environment_.resolve.add(
      Package{.name = source_.name, .docs = source_.docs, .span = source_.span});
  PackageScope& scope = environment_.packages[source_.name];
  scope.id = package_;
  TRY(declare());
  for (size_t body = 0; body < source_.bodies.size(); ++body) TRY(make_file_scope(body));
  const std::vector<uint32_t> order = TRY(this->order());
  for (const uint32_t index : order) {
    Decl& decl = decls_[index];
    TRY(allocate(decl));
    environment_.packages[source_.name].items[std::string(decl.name.text)] = decl.symbol;
  }
  // Worlds refer to interfaces, never the other way round.
  for (const uint32_t index : order) {
    const Decl& decl = decls_[index];
    if (decl.interface == nullptr) continue;
    TRY(fill_interface(std::get<InterfaceId>(decl.symbol.id), decl.interface->items, decl.body,
                       !decl.symbol.left_out));
  }
  for (const uint32_t index : order) {
    const Decl& decl = decls_[index];
    if (decl.world == nullptr) continue;
    TRY(resolve_world(*this, std::get<WorldId>(decl.symbol.id), *decl.world, decl.body,
                      !decl.symbol.left_out));
  }
  return package_;
}

Meta PackageResolver::meta(const ast::Head& head, Span span) const {
  return {.docs = head.docs,
          .stability = head.attributes.stability,
          .external_id = head.attributes.external_id,
          .span = span};
}

// ---- Names -----------------------------------------------------------------------------------

Result<> PackageResolver::declare() {
  for (size_t body = 0; body < source_.bodies.size(); ++body) {
    for (const ast::Item& item : source_.bodies[body]->items) {
      if (const auto* interface = std::get_if<ast::Interface>(&item)) {
        TRY(declare_one({.interface = interface, .body = body, .name = interface->name}));
      } else if (const auto* world = std::get_if<ast::World>(&item)) {
        TRY(declare_one({.world = world, .body = body, .name = world->name}));
      }
    }
  }
  std::map<std::string, std::string_view> lower;
  for (const Decl& decl : decls_) {
    const auto [found, added] = lower.emplace(lower_case(decl.name.text), decl.name.text);
    if (added) continue;
    return environment_.error(
        decl.symbol.span,
        fmt::format("the name `{}` differs from `{}` in upper and lower case only", decl.name.text,
                    found->second));
  }
  return {};
}

Result<> PackageResolver::declare_one(Decl decl) {
  decl.symbol.span = span(decl.body, decl.name.at);
  const auto index = static_cast<uint32_t>(decls_.size());
  if (!by_name_.emplace(decl.name.text, index).second) {
    return environment_.error(decl.symbol.span,
                              fmt::format("the package `{}` has an interface or world `{}` already",
                                          source_.name.to_string(), decl.name.text));
  }
  decls_.push_back(decl);
  return {};
}

Result<> PackageResolver::make_file_scope(size_t body) {
  std::map<std::string, Target, std::less<>> scope;
  const auto add = [&](const ast::Name& name, const Target& target) -> Result<> {
    if (scope.emplace(name.text, target).second) return {};
    return environment_.error(span(body, name.at),
                              fmt::format("this file has the name `{}` already", name.text));
  };
  for (uint32_t i = 0; i < decls_.size(); ++i) {
    if (decls_[i].body == body) TRY(add(decls_[i].name, i));
  }
  for (const ast::Item& item : source_.bodies[body]->items) {
    const auto* use = std::get_if<ast::TopLevelUse>(&item);
    if (use == nullptr) continue;
    TRY(add(use->local(), TRY(find_in_package(use->path, body))));
  }
  file_scopes_.push_back(std::move(scope));
  return {};
}

Result<PackageResolver::Target> PackageResolver::find(const ast::UsePath& path, size_t body) {
  if (!path.package) {
    const auto in_file = file_scopes_[body].find(path.item.text);
    if (in_file != file_scopes_[body].end()) return in_file->second;
  }
  return find_in_package(path, body);
}

Result<PackageResolver::Target> PackageResolver::find_in_package(const ast::UsePath& path,
                                                                 size_t body) {
  if (path.package && path.package->name != source_.name) return TRY(find_foreign(path, body));
  const auto found = by_name_.find(path.item.text);
  if (found != by_name_.end()) return found->second;
  return environment_.error(span(body, path.item.at),
                            fmt::format("there is no interface or world `{}` in the package `{}`",
                                        path.item.text, source_.name.to_string()));
}

Result<ItemSymbol> PackageResolver::find_foreign(const ast::UsePath& path, size_t body) {
  const PackageScope& scope = environment_.packages.at(path.package->name);
  const auto found = scope.items.find(path.item.text);
  if (found != scope.items.end()) return found->second;
  return environment_.error(
      span(body, path.item.at),
      fmt::format("there is no interface or world `{}` in the package `{}`, {}", path.item.text,
                  path.package->name.to_string(), what_it_has(scope)));
}

Result<ItemSymbol> PackageResolver::lookup(const ast::UsePath& path, size_t body) {
  const Target target = TRY(find(path, body));
  if (const auto* foreign = std::get_if<ItemSymbol>(&target)) return *foreign;
  return decls_[std::get<uint32_t>(target)].symbol;
}

Result<> PackageResolver::not_left_out(const ItemSymbol& symbol, const ast::UsePath& path,
                                       size_t body) const {
  if (!symbol.left_out) return {};
  const Resolve& resolve = environment_.resolve;
  const auto gate_of = [&](auto id) { return describe_gate(resolve[id].meta.stability); };
  return environment_.error(
      span(body, path.item.at),
      fmt::format("`{}` is left out: its gate {} is not chosen, and what refers to it has no such "
                  "gate",
                  path_text(path), std::visit(gate_of, symbol.id)));
}

Result<InterfaceId> PackageResolver::lookup_interface(const ast::UsePath& path, size_t body,
                                                      bool kept) {
  const ItemSymbol symbol = TRY(lookup(path, body));
  const auto* id = std::get_if<InterfaceId>(&symbol.id);
  if (id == nullptr) {
    return environment_.error(
        span(body, path.item.at),
        fmt::format("`{}` is a world, expected an interface", path_text(path)));
  }
  if (kept) TRY(not_left_out(symbol, path, body));
  return *id;
}

Result<WorldId> PackageResolver::lookup_world(const ast::UsePath& path, size_t body, bool kept) {
  const ItemSymbol symbol = TRY(lookup(path, body));
  const auto* id = std::get_if<WorldId>(&symbol.id);
  if (id == nullptr) {
    return environment_.error(
        span(body, path.item.at),
        fmt::format("`{}` is an interface, expected a world", path_text(path)));
  }
  if (kept) TRY(not_left_out(symbol, path, body));
  return *id;
}

// ---- Order -----------------------------------------------------------------------------------

/// What must be resolved before: interfaces that an interface uses, worlds that a world includes.
Result<> PackageResolver::edges_of(const Decl& decl, std::vector<uint32_t>& edges) {
  const auto add = [&](const ast::UsePath& path) -> Result<> {
    const Target target = TRY(find(path, decl.body));
    if (const auto* local = std::get_if<uint32_t>(&target)) edges.push_back(*local);
    return {};
  };
  if (decl.interface != nullptr) {
    for (const ast::InterfaceItem& item : decl.interface->items) {
      if (const auto* use = std::get_if<ast::Use>(&item)) TRY(add(use->from));
    }
  } else {
    for (const ast::WorldItem& item : decl.world->items) {
      if (const auto* include = std::get_if<ast::Include>(&item)) TRY(add(include->from));
    }
  }
  return {};
}

Result<std::vector<uint32_t>> PackageResolver::order() {
  std::vector<std::vector<uint32_t>> edges(decls_.size());
  for (size_t i = 0; i < decls_.size(); ++i) TRY(edges_of(decls_[i], edges[i]));
  TopologicalOrder order = topological_order(edges);
  if (order.cycle.empty()) return std::move(order.order);
  std::string path;
  for (const uint32_t index : order.cycle) path += fmt::format("`{}` → ", decls_[index].name.text);
  const Decl& first = decls_[order.cycle[0]];
  return environment_.error(
      first.symbol.span,
      fmt::format("the {0} `{1}` {2} itself: {3}`{1}`", first.interface ? "interface" : "world",
                  first.name.text, first.interface ? "uses" : "includes", path));
}

Result<> PackageResolver::allocate(Decl& decl) {
  const Stability& stability = decl.head().attributes.stability;
  const bool kept = TRY(this->kept(stability, decl.symbol.span));
  decl.symbol.left_out = !kept;
  Resolve& resolve = environment_.resolve;
  const std::string name(decl.name.text);
  const Meta meta = this->meta(decl.head(), decl.symbol.span);
  if (decl.interface != nullptr) {
    const InterfaceId id = resolve.add(Interface{.name = name, .package = package_, .meta = meta});
    decl.symbol.id = id;
    if (kept) resolve[package_].interfaces.push_back(id);
  } else {
    const WorldId id = resolve.add(World{.name = name, .package = package_, .meta = meta});
    decl.symbol.id = id;
    if (kept) resolve[package_].worlds.push_back(id);
  }
  return {};
}

// ---- Interfaces ------------------------------------------------------------------------------

Result<> PackageResolver::check_methods(const ast::TypeDef& resource, size_t body) const {
  std::map<std::string, std::string_view> seen;
  for (const ast::Func& func : resource.functions) {
    const Span span = this->span(body, func.name.at);
    const bool constructor = func.kind == Function::Kind::constructor;
    const std::string key = constructor ? "" : lower_case(func.name.text);
    if (!seen.emplace(key, func.name.text).second) {
      return environment_.error(
          span, constructor ? fmt::format("`{}` has a constructor already", resource.name.text)
                            : fmt::format("`{}` has a function `{}` already", resource.name.text,
                                          func.name.text));
    }
    if (key == lower_case(resource.name.text)) {
      return environment_.error(
          span, fmt::format("a function of the resource `{}` cannot have the same name",
                            resource.name.text));
    }
  }
  return {};
}

Result<> PackageResolver::fill_interface(InterfaceId id,
                                         const std::vector<ast::InterfaceItem>& items, size_t body,
                                         bool kept) {
  std::vector<const ast::Use*> uses;
  std::vector<const ast::TypeDef*> types;
  for (const ast::InterfaceItem& item : items) {
    if (const auto* use = std::get_if<ast::Use>(&item)) uses.push_back(use);
    if (const auto* type = std::get_if<ast::TypeDef>(&item)) types.push_back(type);
  }
  TypeScope scope(*this, body, id, kept);
  TRY(scope.add_types(uses, types));
  for (const ast::InterfaceItem& item : items) {
    if (const auto* func = std::get_if<ast::Func>(&item)) TRY(scope.declare_function(func->name));
  }
  std::vector<Function> functions;
  const auto add = [&](const ast::Func& func, const ast::TypeDef* resource) -> Result<> {
    std::optional<Function> function = TRY(scope.function(func, resource));
    if (function) functions.push_back(*std::move(function));
    return {};
  };
  for (const ast::TypeDef* type : types) {
    TRY(check_methods(*type, body));
    for (const ast::Func& func : type->functions) TRY(add(func, type));
  }
  for (const ast::InterfaceItem& item : items) {
    if (const auto* func = std::get_if<ast::Func>(&item)) TRY(add(*func, nullptr));
  }
  Interface& interface = environment_.resolve[id];
  interface.types = scope.types();
  interface.functions = std::move(functions);
  sort_items(environment_.resolve, interface);
  environment_.symbols(id) = scope.take_symbols();
  return {};
}

Result<PackageId> resolve_package(Environment& environment, const PackageSource& source) {
  return PackageResolver(environment, source).run();
}

}  // namespace cairn::component::wit
