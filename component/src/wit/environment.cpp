#include "wit/environment.hpp"

#include <fmt/format.h>
#include <cairn/component/limits.hpp>

#include <algorithm>

#include "wit/type_parts.hpp"

namespace cairn::component::wit {
namespace {

/// A component with a larger one would not be valid.
constexpr uint32_t type_size_max = component::Limits{}.type_size;

}  // namespace

std::string lower_case(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Result<TypeId> Environment::add(TypeDef type) {
  const Span span = type.meta.span;
  if (size_of(type.kind) > type_size_max) {
    return error(span, fmt::format("a type is too large: the limit is {} nodes", type_size_max),
                 ErrorKind::limit);
  }
  Result<TypeId> id = resolve.add(std::move(type), options.limits);
  if (!id) return error(span, id.error().message, id.error().kind);
  return id;
}

uint32_t Environment::size_of(const TypeKind& kind) {
  const auto measured = [&](const TypeKind& of) {
    // A name adds nothing to what it stands for.
    uint32_t size = std::holds_alternative<Alias>(of) ? 0 : 1;
    for_each_part(of, [&](const Type& part) {
      const TypeId* const id = std::get_if<TypeId>(&part);
      size = std::min(size + (id == nullptr ? 1 : sizes[id->index]), type_size_max + 1);
    });
    return size;
  };
  // Those that have come since, also from components.
  while (sizes.size() < resolve.types.size())
    sizes.push_back(measured(resolve.types[sizes.size()].kind));
  return measured(kind);
}

Symbols& Environment::symbols(InterfaceId interface) {
  if (interface_symbols.size() <= interface.index) interface_symbols.resize(interface.index + 1);
  return interface_symbols[interface.index];
}

const std::vector<InterfaceId>& Environment::dependencies_of(InterfaceId interface) {
  const auto [found, added] = dependencies.try_emplace(interface);
  if (added) found->second = resolve.dependencies(interface);
  return found->second;
}

Result<> Environment::count_world_items(size_t count, Span span) {
  if (count > options.limits.world_items - world_items) {
    return error(
        span, fmt::format("more than {} imports and exports of worlds", options.limits.world_items),
        ErrorKind::limit);
  }
  world_items += static_cast<uint32_t>(count);
  return {};
}

void Environment::know(PackageId package) {
  PackageScope& scope = packages[resolve[package].name];
  scope.id = package;
  for (const InterfaceId id : resolve[package].interfaces) {
    const Interface& interface = resolve[id];
    scope.items[interface.name] = {id};
    Symbols& known = symbols(id);
    for (const TypeId type : interface.types) {
      const std::string& name = resolve[type].name;
      known[lower_case(name)] = {.type = type, .name = name};
    }
    for (const Function& function : interface.functions) {
      known[lower_case(function.name)] = {.is_type = false, .name = function.name};
    }
  }
  for (const WorldId id : resolve[package].worlds) scope.items[resolve[id].name] = {id};
}

std::string describe_gate(const Stability& stability) {
  if (!stability.feature.empty()) {
    return fmt::format("@unstable(feature = {})", stability.feature);
  }
  return stability.since ? fmt::format("@since(version = {})", stability.since->to_string()) : "";
}

Result<bool> is_kept(const Environment& environment, const PackageName& package,
                     const Stability& stability, Span span) {
  if (!stability.feature.empty()) {
    const Gates& gates = environment.options.gates;
    return gates.all_features || gates.features.contains(stability.feature);
  }
  if (!stability.since) return true;
  if (!package.version) {
    return environment.error(span, fmt::format("{} needs a version of the package, and `{}` has "
                                               "none",
                                               describe_gate(stability), package.to_string()));
  }
  if (stability.since->compare(*package.version) > 0) {
    return environment.error(span,
                             fmt::format("{} is a later version than that of the package `{}`",
                                         describe_gate(stability), package.to_string()));
  }
  return true;
}

namespace {

class RefVisitor {
 public:
  explicit RefVisitor(const std::function<void(const ast::PackageRef&)>& visit) : visit_(visit) {}

  void operator()(const ast::Interface& interface) const { items(interface.items); }
  void operator()(const ast::World& world) const {
    for (const ast::WorldItem& item : world.items) std::visit(*this, item);
  }
  void operator()(const ast::TopLevelUse& use) const { path(use.path); }
  void operator()(const ast::Use& use) const { path(use.from); }
  void operator()(const ast::Include& include) const { path(include.from); }
  void operator()(const ast::TypeDef&) const {}
  void operator()(const ast::Func&) const {}
  void operator()(const ast::Extern& item) const {
    if (const auto* used = std::get_if<ast::UsePath>(&item.what)) path(*used);
    if (const auto* in_place = std::get_if<std::vector<ast::InterfaceItem>>(&item.what)) {
      items(*in_place);
    }
  }

 private:
  void items(const std::vector<ast::InterfaceItem>& list) const {
    for (const ast::InterfaceItem& item : list) std::visit(*this, item);
  }
  void path(const ast::UsePath& used) const {
    if (used.package) visit_(*used.package);
  }

  const std::function<void(const ast::PackageRef&)>& visit_;
};

}  // namespace

void for_each_package_ref(const ast::Body& body,
                          const std::function<void(const ast::PackageRef&)>& visit) {
  const RefVisitor visitor(visit);
  for (const ast::Item& item : body.items) std::visit(visitor, item);
}

}  // namespace cairn::component::wit
