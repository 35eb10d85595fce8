#include <fmt/format.h>
#include <cairn/component/wit_binary.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "wit/map_types.hpp"
#include "wit/topological.hpp"
#include "wit/world_builder.hpp"

namespace cairn::component::wit {
namespace {

class Merger {
 public:
  Merger(Resolve& into, const Resolve& from, InBoth in_both, const Limits& limits)
      : into_(into), from_(from), in_both_(in_both), limits_(limits) {}

  Result<PackageId> run(PackageId which) {
    for (uint32_t i = 0; i < from_.packages.size(); ++i) {
      const PackageId id{i};
      const std::optional<PackageId> there = into_.find_package(from_[id].name);
      packages_[id] =
          there ? *there : into_.add(Package{.name = from_[id].name, .docs = from_[id].docs});
    }
    for (const InterfaceId id : TRY(interfaces_in_order())) TRY(add(id));
    for (const Package& package : from_.packages) {
      for (const InterfaceId id : package.interfaces) list_if_new(id);
      for (const WorldId world : package.worlds) TRY(add(world));
    }
    return packages_.at(which);
  }

 private:
  /// Those that packages have, each after those that it uses, of whatever package.
  Result<std::vector<InterfaceId>> interfaces_in_order() const {
    std::vector<InterfaceId> all;
    std::map<InterfaceId, uint32_t> place;
    for (const Package& package : from_.packages) {
      for (const InterfaceId id : package.interfaces) {
        place.emplace(id, static_cast<uint32_t>(all.size()));
        all.push_back(id);
      }
    }
    std::vector<std::vector<uint32_t>> edges(all.size());
    for (size_t i = 0; i < all.size(); ++i) {
      for (const InterfaceId used : from_.dependencies(all[i])) {
        const auto found = place.find(used);
        if (found == place.end()) {
          return fail(ErrorKind::invalid,
                      fmt::format("`{}` uses an interface without a name", from_.name_of(all[i])));
        }
        edges[i].push_back(found->second);
      }
    }
    const TopologicalOrder order = topological_order(edges);
    if (!order.cycle.empty()) {
      return fail(ErrorKind::invalid, fmt::format("the interface `{}` uses itself",
                                                  from_.name_of(all[order.cycle[0]])));
    }
    std::vector<InterfaceId> sorted;
    for (const uint32_t index : order.order) sorted.push_back(all[index]);
    return sorted;
  }

  Result<> add(InterfaceId id) {
    const PackageId package = packages_.at(from_[id].package);
    const auto there = into_.find_interface(package, from_[id].name);
    if (there) return identify(id, *there);
    new_.insert(TRY(copy(id)));
    return {};
  }

  /// Packages keep the order of their interfaces.
  void list_if_new(InterfaceId id) {
    const InterfaceId to = interfaces_.at(id);
    if (new_.contains(to)) into_[into_[to].package].interfaces.push_back(to);
  }

  /// The interface is in both: its types are those that are there.
  Result<> identify(InterfaceId id, InterfaceId there) {
    interfaces_.emplace(id, there);
    for (const TypeId type : from_[id].types) {
      const auto found = into_.find_type(there, from_[type].name);
      if (!found && in_both_ == InBoth::join) {
        into_[there].types.push_back(TRY(copy_type(type)));
        continue;
      }
      if (!found) {
        return fail(ErrorKind::invalid,
                    fmt::format("a type `{}` is expected in the interface `{}`, which has none",
                                from_[type].name, into_.name_of(there)));
      }
      types_.emplace(type, *found);
    }
    return in_both_ == InBoth::join ? add_functions(id, there) : Result<>();
  }

  Result<> add_functions(InterfaceId id, InterfaceId there) {
    for (Function function : from_[id].functions) {
      const auto& known = into_[there].functions;
      if (std::ranges::find(known, function.name, &Function::name) != known.end()) continue;
      TRY(copy_types(function));
      into_[there].functions.push_back(std::move(function));
    }
    sort_items(into_, into_[there]);
    return {};
  }

  Result<InterfaceId> copy(InterfaceId id) {
    const InterfaceId to = into_.add(Interface{.name = from_[id].name,
                                               .package = packages_.at(from_[id].package),
                                               .meta = from_[id].meta});
    interfaces_.emplace(id, to);
    std::vector<TypeId> types;
    for (const TypeId type : from_[id].types) types.push_back(TRY(copy_type(type)));
    std::vector<Function> functions = from_[id].functions;
    for (Function& function : functions) TRY(copy_types(function));
    into_[to].types = std::move(types);
    into_[to].functions = std::move(functions);
    return to;
  }

  /// Types come after those they are made of, so only types in place are found deeper.
  Result<TypeId> copy_type(TypeId id) {
    const auto known = types_.find(id);
    if (known != types_.end()) return known->second;
    TypeDef type = from_[id];
    if (const auto* interface = std::get_if<InterfaceId>(&type.owner)) {
      type.owner = interfaces_.at(*interface);
    } else if (const auto* world = std::get_if<WorldId>(&type.owner)) {
      type.owner = worlds_.at(*world);
    }
    type.meta.span = {};
    TRY(map_types(type.kind, [this](TypeId part) { return copy_type(part); }));
    const TypeId to = TRY(into_.add(std::move(type), limits_));
    types_.emplace(id, to);
    return to;
  }

  Result<> copy_types(Function& function) {
    function.meta.span = {};
    return map_types(function, [this](TypeId part) { return copy_type(part); });
  }

  Result<> add(WorldId id) {
    const PackageId package = packages_.at(from_[id].package);
    if (into_.find_world(package, from_[id].name)) return {};
    World world{.name = from_[id].name, .package = package, .meta = from_[id].meta};
    const WorldId to = into_.add(world);
    worlds_.emplace(id, to);
    for (WorldItem item : from_[id].imports) {
      TRY(copy_item(item));
      world.imports.push_back(std::move(item));
    }
    for (WorldItem item : from_[id].exports) {
      TRY(copy_item(item));
      world.exports.push_back(std::move(item));
    }
    into_[to] = std::move(world);
    into_[package].worlds.push_back(to);
    return {};
  }

  Result<> copy_item(WorldItem& item) {
    if (auto* id = std::get_if<InterfaceId>(&item.key)) *id = interfaces_.at(*id);
    if (auto* function = std::get_if<Function>(&item.item)) return copy_types(*function);
    if (auto* type = std::get_if<TypeId>(&item.item)) {
      *type = TRY(copy_type(*type));
      return {};
    }
    auto& interface = std::get<InterfaceId>(item.item);
    interface = from_[interface].name.empty() ? TRY(copy(interface)) : interfaces_.at(interface);
    return {};
  }

  Resolve& into_;
  const Resolve& from_;
  const InBoth in_both_;
  const Limits& limits_;
  std::map<PackageId, PackageId> packages_;
  std::map<InterfaceId, InterfaceId> interfaces_;
  std::set<InterfaceId> new_;
  std::map<WorldId, WorldId> worlds_;
  std::map<TypeId, TypeId> types_;
};

}  // namespace

Result<PackageId> merge(Resolve& into, const Resolve& from, PackageId which, const Limits& limits,
                        InBoth in_both) {
  return Merger(into, from, in_both, limits).run(which);
}

}  // namespace cairn::component::wit
