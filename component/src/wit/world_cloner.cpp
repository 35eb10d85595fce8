#include "wit/map_types.hpp"
#include "wit/world_builder.hpp"

namespace cairn::component::wit {

WorldCloner::WorldCloner(Environment& environment, WorldId from, WorldId to, bool drop_since)
    : environment_(environment), from_(from), to_(to), drop_since_(drop_since) {}

/// Versions are those of the package of the included world, so they mean nothing in another one.
void WorldCloner::adapt(Stability& stability) const {
  if (drop_since_ && stability.since) stability = {};
}

Result<> WorldCloner::clone(WorldItem& item, const std::string& new_name) {
  if (auto* function = std::get_if<Function>(&item.item)) {
    function->name = new_name;
    return map_function(*function);
  }
  if (const auto* type = std::get_if<TypeId>(&item.item)) {
    item.item = TRY(clone_type(*type, &new_name));
    return {};
  }
  const auto id = std::get<InterfaceId>(item.item);
  if (environment_.resolve[id].name.empty()) item.item = TRY(clone_interface(id));
  return {};
}

/// Types that do not belong to the world, like those of interfaces with a name, stay as they are.
/// A type belongs to it when its owner does, or when it is written in place.
Result<TypeId> WorldCloner::clone_type(TypeId id, const std::string* new_name) {
  const auto known = types_.find(id);
  if (known != types_.end()) return known->second;
  TypeDef type = environment_.resolve[id];
  const bool in_place = std::holds_alternative<std::monostate>(type.owner);
  if (!in_place && type.owner != from_) return id;
  if (!in_place) type.owner = to_;
  if (new_name != nullptr) type.name = *new_name;
  TRY(map_types(type.kind, [this](TypeId part) { return clone_type(part, nullptr); }));
  adapt(type.meta.stability);
  const TypeId copy = TRY(environment_.add(std::move(type)));
  types_.emplace(id, copy);
  return copy;
}

Result<> WorldCloner::map_function(Function& function) {
  TRY(map_types(function, [this](TypeId id) { return clone_type(id, nullptr); }));
  adapt(function.meta.stability);
  return {};
}

Result<InterfaceId> WorldCloner::clone_interface(InterfaceId id) {
  Interface copy = environment_.resolve[id];
  copy.package = environment_.resolve[std::get<WorldId>(to_)].package;
  adapt(copy.meta.stability);
  const InterfaceId to = environment_.resolve.add(Interface{.name = {}, .package = copy.package});
  const Owner from_before = std::exchange(from_, id), to_before = std::exchange(to_, to);
  for (TypeId& type : copy.types) type = TRY(clone_type(type, nullptr));
  for (Function& function : copy.functions) TRY(map_function(function));
  from_ = from_before;
  to_ = to_before;
  environment_.resolve[to] = std::move(copy);
  return to;
}

}  // namespace cairn::component::wit
