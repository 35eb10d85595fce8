#include <fmt/format.h>
#include <cairn/component/wit.hpp>

#include <algorithm>

#include "wit/type_parts.hpp"

namespace cairn::component::wit {
namespace {

template <class T, class Ids>
std::optional<typename Ids::value_type> find_named(const T& resolve, const Ids& ids,
                                                   std::string_view name) {
  for (const auto id : ids) {
    if (resolve[id].name == name) return id;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Primitive type) {
  static constexpr std::string_view names[] = {"bool", "s8",   "u8",     "s16",          "u16",
                                               "s32",  "u32",  "s64",    "u64",          "f32",
                                               "f64",  "char", "string", "error-context"};
  return names[static_cast<size_t>(type)];
}

std::string_view Function::label() const {
  const std::string_view all = name;
  if (kind == Kind::freestanding) return all;
  if (kind == Kind::constructor) return "constructor";
  return all.substr(all.find('.') + 1);
}

std::strong_ordering PackageName::operator<=>(const PackageName& other) const {
  if (const auto order = space <=> other.space; order != 0) return order;
  if (const auto order = name <=> other.name; order != 0) return order;
  if (!version || !other.version) return version.has_value() <=> other.version.has_value();
  if (const int order = version->compare(*other.version); order != 0) return order <=> 0;
  return version->build <=> other.version->build;
}

std::string PackageName::to_string() const {
  return version ? fmt::format("{}:{}@{}", space, name, version->to_string())
                 : fmt::format("{}:{}", space, name);
}

std::string PackageName::item(std::string_view item_name) const {
  return version ? fmt::format("{}:{}/{}@{}", space, name, item_name, version->to_string())
                 : fmt::format("{}:{}/{}", space, name, item_name);
}

PackageId Resolve::add(Package package) {
  packages.push_back(std::move(package));
  return {static_cast<uint32_t>(packages.size() - 1)};
}

InterfaceId Resolve::add(Interface interface) {
  interfaces.push_back(std::move(interface));
  return {static_cast<uint32_t>(interfaces.size() - 1)};
}

WorldId Resolve::add(World world) {
  worlds.push_back(std::move(world));
  return {static_cast<uint32_t>(worlds.size() - 1)};
}

Result<TypeId> Resolve::add(TypeDef type, const Limits& limits) {
  if (types.size() >= limits.types) {
    return fail(ErrorKind::limit, fmt::format("more than {} types", limits.types));
  }
  type.has_borrow = std::holds_alternative<Borrow>(type.kind);
  type.depth = 1;
  for_each_part(type.kind, [&](const Type& part) {
    const TypeId* id = std::get_if<TypeId>(&part);
    if (id == nullptr) return;
    const TypeDef& inner = (*this)[*id];
    type.has_borrow |= inner.has_borrow;
    if (inner.name.empty()) type.depth = std::max(type.depth, inner.depth + 1);
  });
  if (type.depth > limits.type_depth) {
    return fail(ErrorKind::limit,
                fmt::format("more than {} types inside each other", limits.type_depth));
  }
  types.push_back(std::move(type));
  return TypeId{static_cast<uint32_t>(types.size() - 1)};
}

std::optional<PackageId> Resolve::find_package(const PackageName& name) const {
  const auto found = std::ranges::find(packages, name, &Package::name);
  if (found == packages.end()) return std::nullopt;
  return PackageId{static_cast<uint32_t>(found - packages.begin())};
}

std::optional<InterfaceId> Resolve::find_interface(PackageId package, std::string_view name) const {
  return find_named(*this, (*this)[package].interfaces, name);
}

std::optional<WorldId> Resolve::find_world(PackageId package, std::string_view name) const {
  return find_named(*this, (*this)[package].worlds, name);
}

std::optional<TypeId> Resolve::find_type(InterfaceId interface, std::string_view name) const {
  return find_named(*this, (*this)[interface].types, name);
}

std::string Resolve::name_of(InterfaceId id) const {
  const Interface& interface = (*this)[id];
  return (*this)[interface.package].name.item(interface.name);
}

std::string Resolve::name_of(WorldId id) const {
  const World& world = (*this)[id];
  return (*this)[world.package].name.item(world.name);
}

std::string Resolve::name_of(const WorldItem& item) const {
  if (const std::string* name = item.name()) return *name;
  return name_of(std::get<InterfaceId>(item.key));
}

Type Resolve::dealias(Type type) const {
  // Every alias comes after the type that it stands for, so this ends.
  while (const TypeId* id = std::get_if<TypeId>(&type)) {
    const Alias* alias = std::get_if<Alias>(&(*this)[*id].kind);
    if (alias == nullptr) break;
    type = Type(alias->type);
  }
  return type;
}

bool Resolve::has_borrow(const Type& type) const {
  const TypeId* id = std::get_if<TypeId>(&type);
  return id != nullptr && (*this)[*id].has_borrow;
}

bool Resolve::is_resource(TypeId id) const {
  const Type type = dealias(id);
  const TypeId* target = std::get_if<TypeId>(&type);
  return target != nullptr && std::holds_alternative<Resource>((*this)[*target].kind);
}

std::optional<InterfaceId> Resolve::used_from(TypeId id) const {
  const TypeDef& type = (*this)[id];
  const Alias* alias = std::get_if<Alias>(&type.kind);
  if (alias == nullptr) return std::nullopt;
  const TypeId* target = std::get_if<TypeId>(&alias->type);
  if (target == nullptr || (*this)[*target].owner == type.owner) return std::nullopt;
  const InterfaceId* from = std::get_if<InterfaceId>(&(*this)[*target].owner);
  return from == nullptr ? std::nullopt : std::optional(*from);
}

std::vector<InterfaceId> Resolve::dependencies(InterfaceId interface) const {
  std::vector<InterfaceId> found;
  std::set<InterfaceId> seen;
  for (const TypeId type : (*this)[interface].types) {
    const std::optional<InterfaceId> from = used_from(type);
    if (from && seen.insert(*from).second) found.push_back(*from);
  }
  return found;
}

}  // namespace cairn::component::wit
