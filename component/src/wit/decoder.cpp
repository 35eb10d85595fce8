#include "wit/decoder.hpp"

#include <fmt/format.h>
#include <cairn/component/names.hpp>

#include <algorithm>

#include "wit/environment.hpp"
#include "wit/package_docs.hpp"
#include "wit/topological.hpp"
#include "wit/world_builder.hpp"

namespace cairn::component::wit {
namespace {

const std::string* external_id(const syntax::ExternName& name) {
  return name.attribute(syntax::Attribute::Kind::external_id);
}

/// "0.2" and ".6-rc.1" are one version; without the second part it is the first of its line.
Result<Version> full_version(std::string text, const std::string* suffix) {
  if (suffix != nullptr) return parse_semver(text + *suffix);
  for (auto dots = std::ranges::count(text, '.'); dots < 2; ++dots) text += ".0";
  return parse_semver(text);
}

const Instance* instance_in(const NamedEntity& item) {
  const auto* instance = std::get_if<const Instance*>(&item.entity);
  return instance == nullptr ? nullptr : *instance;
}

const syntax::Custom* find_custom(const syntax::Component& component, std::string_view name) {
  for (const syntax::Definition& definition : component.definitions) {
    const auto* custom = std::get_if<syntax::Custom>(&definition.what);
    if (custom != nullptr && custom->name == name) return custom;
  }
  return nullptr;
}

}  // namespace

// ---- Names -----------------------------------------------------------------------------------

Result<Decoder::Place> Decoder::place_of(const syntax::ExternName& name, std::string_view text) {
  const ParsedName parsed = TRY(parse_extern_name(text, Features::all()));
  if (!parsed.is_interface()) {
    return fail(ErrorKind::invalid,
                fmt::format("expected the name of an interface or world, found `{}`", text));
  }
  // Of nested names, the last part is the item and what is before it the package.
  const size_t slash = parsed.interface.rfind('/');
  const std::string item = parsed.interface.substr(slash + 1);  // npos + 1 == 0
  PackageName package{.space = parsed.ns, .name = parsed.package};
  if (slash != std::string::npos) package.name += "/" + parsed.interface.substr(0, slash);
  if (parsed.semver) {
    package.version = parsed.semver;
  } else if (!parsed.version.empty()) {
    package.version =
        TRY(full_version(parsed.version, name.attribute(syntax::Attribute::Kind::version_suffix)));
  }
  const auto [found, added] = packages_.try_emplace(package);
  if (added) found->second = resolve_.add(Package{.name = package});
  return Place{found->second, item};
}

// ---- Interfaces ------------------------------------------------------------------------------

Result<InterfaceId> Decoder::named_interface(const syntax::ExternName& name, std::string_view text,
                                             const Instance& instance) {
  const Place place = TRY(place_of(name, text));
  const auto [found, added] = interfaces_.try_emplace(std::pair(place.package.index, place.item));
  if (added) {
    found->second = resolve_.add(Interface{.name = place.item, .package = place.package});
    resolve_[place.package].interfaces.push_back(found->second);
  }
  const InterfaceId id = found->second;
  TRY(fill_interface(id, instance));
  return id;
}

Result<> Decoder::fill_interface(InterfaceId id, const Instance& instance) {
  ScopeOfNames around = std::exchange(scope_, {.owner = id});
  for (const NamedEntity& item : instance.exports) {
    scope_.names.insert(lower_case(item.name.name));
  }
  local_by_root_.clear();
  TRY(add_types(id, instance));
  TRY(add_functions(id, instance));
  local_by_root_.clear();
  scope_ = std::move(around);
  return {};
}

Result<> Decoder::add_types(InterfaceId id, const Instance& instance) {
  auto& types = types_of_[id];
  for (const NamedEntity& item : instance.exports) {
    const auto* type = std::get_if<TypeRef>(&item.entity);
    if (type == nullptr) continue;
    const auto there = types.find(item.name.name);
    if (there != types.end()) {
      know(type->type, there->second);
      continue;
    }
    const TypeId added = TRY(define(type->type, item.name, id));
    types.emplace(item.name.name, added);
    resolve_[id].types.push_back(added);
  }
  return {};
}

Result<> Decoder::add_functions(InterfaceId id, const Instance& instance) {
  const auto& types = types_of_[id];
  auto& functions = functions_of_[id];
  for (const NamedEntity& item : instance.exports) {
    if (std::holds_alternative<TypeRef>(item.entity)) continue;
    const auto* func = std::get_if<FuncRef>(&item.entity);
    if (func == nullptr) {
      return fail(ErrorKind::unsupported,
                  fmt::format("`{}` is no function and no type, and WIT has nothing else in "
                              "interfaces",
                              item.name.name));
    }
    if (functions.contains(item.name.name)) continue;
    Function function = TRY(this->function(item.name, func->type, types));
    functions.emplace(function.name, resolve_[id].functions.size());
    resolve_[id].functions.push_back(std::move(function));
  }
  return {};
}

// ---- Worlds ----------------------------------------------------------------------------------

Result<> Decoder::fill_world(WorldId world, const Face& face) {
  world_types_.clear();
  scope_ = {.owner = world};
  for (const auto* list : {&face.imports, &face.exports}) {
    for (const NamedEntity& item : *list) scope_.names.insert(lower_case(item.name.name));
  }
  for (const NamedEntity& item : face.imports) TRY(world_item(world, item, true));
  for (const NamedEntity& item : face.exports) TRY(world_item(world, item, false));
  sort_imports(resolve_, resolve_[world].imports);
  auto& exports = resolve_[world].exports;
  std::vector<WorldItem> sorted;
  for (const bool functions : {true, false}) {
    for (WorldItem& item : exports) {
      if (std::holds_alternative<Function>(item.item) == functions) sorted.push_back(item);
    }
  }
  exports = std::move(sorted);
  return check_world(resolve_[world]);
}

/// What an interface or type uses must be imported or exported before it.
Result<> Decoder::check_world(const World& world) const {
  std::set<InterfaceId> there;
  const auto need = [&](InterfaceId id) -> Result<> {
    if (there.contains(id)) return {};
    return fail(ErrorKind::invalid,
                fmt::format("the world `{}` needs the interface `{}` before it has it", world.name,
                            resolve_.name_of(id)));
  };
  for (const auto* list : {&world.imports, &world.exports}) {
    for (const WorldItem& item : *list) {
      if (const auto* id = std::get_if<InterfaceId>(&item.item)) {
        for (const InterfaceId used : resolve_.dependencies(*id)) TRY(need(used));
      } else if (const auto* type = std::get_if<TypeId>(&item.item)) {
        const std::optional<InterfaceId> from = resolve_.used_from(*type);
        if (from) TRY(need(*from));
      }
      if (const auto* id = std::get_if<InterfaceId>(&item.key)) there.insert(*id);
    }
  }
  return {};
}

/// Each interface after those that it uses.
Result<> Decoder::order_interfaces() {
  std::vector<std::vector<uint32_t>> edges(resolve_.interfaces.size());
  for (uint32_t i = 0; i < edges.size(); ++i) {
    for (const InterfaceId used : resolve_.dependencies({i})) edges[i].push_back(used.index);
  }
  const TopologicalOrder order = topological_order(edges);
  if (!order.cycle.empty()) {
    return fail(ErrorKind::invalid, fmt::format("the interface `{}` uses itself",
                                                resolve_.name_of(InterfaceId{order.cycle[0]})));
  }
  std::vector<uint32_t> place(edges.size());
  for (uint32_t i = 0; i < edges.size(); ++i) place[order.order[i]] = i;
  for (Package& package : resolve_.packages) {
    std::ranges::sort(package.interfaces, {}, [&](InterfaceId id) { return place[id.index]; });
  }
  return {};
}

Result<> Decoder::world_item(WorldId world, const NamedEntity& item, bool is_import) {
  if (const Instance* instance = instance_in(item)) {
    return world_instance(world, item, *instance, is_import);
  }
  if (const auto* type = std::get_if<TypeRef>(&item.entity)) {
    return world_type(world, item, type->type, is_import);
  }
  const auto* func = std::get_if<FuncRef>(&item.entity);
  if (func == nullptr) {
    return fail(ErrorKind::unsupported,
                fmt::format("`{}` is a module, a component or a value, which WIT has no words for",
                            item.name.name));
  }
  Function function = TRY(this->function(item.name, func->type, world_types_));
  std::string key = function.name;
  auto& to = is_import ? resolve_[world].imports : resolve_[world].exports;
  to.push_back({.key = std::move(key), .item = std::move(function)});
  return {};
}

Result<> Decoder::world_instance(WorldId world, const NamedEntity& item, const Instance& instance,
                                 bool is_import) {
  const std::string& name = item.name.name;
  WorldItem made{.key = name, .item = InterfaceId()};
  if (const std::string* id = external_id(item.name)) made.meta.external_id = *id;
  const std::string* implements = item.name.attribute(syntax::Attribute::Kind::implements);
  if (implements != nullptr) {
    made.item = TRY(named_interface(item.name, *implements, instance));
  } else if (name.find(':') != std::string::npos) {
    const InterfaceId id = TRY(named_interface(item.name, name, instance));
    made.item = id;
    made.key = id;
  } else {
    const InterfaceId id = resolve_.add(Interface{.name = {}, .package = resolve_[world].package});
    TRY(fill_interface(id, instance));
    made.item = id;
  }
  if (made.name() != nullptr && !is_label(name)) {
    return fail(ErrorKind::invalid, fmt::format("`{}` is no name of an instance", name));
  }
  auto& to = is_import ? resolve_[world].imports : resolve_[world].exports;
  to.push_back(std::move(made));
  return {};
}

/// The types of a world stand beside its imports. A type that is exported is one of them.
Result<> Decoder::world_type(WorldId world, const NamedEntity& item, NodeId node, bool is_import) {
  const auto there = world_types_.find(item.name.name);
  if (there != world_types_.end()) {
    know(node, there->second);
    return {};
  }
  const TypeId added = TRY(define(node, item.name, world));
  world_types_.emplace(item.name.name, added);
  const bool clash =
      !is_import && std::ranges::any_of(resolve_[world].imports, [&](const auto& one) {
        return one.name() != nullptr && *one.name() == item.name.name;
      });
  if (clash) {
    return fail(ErrorKind::unsupported,
                fmt::format("`{}` is exported as a type, and an import has the same name; in WIT "
                            "the types of a world stand beside its imports",
                            item.name.name));
  }
  resolve_[world].imports.push_back({.key = item.name.name, .item = added});
  return {};
}

// ---- Packages --------------------------------------------------------------------------------

bool is_package(const syntax::Component& component) {
  bool any = false;
  for (const syntax::Definition& definition : component.definitions) {
    if (std::holds_alternative<syntax::Import>(definition.what)) return false;
    const auto* item = std::get_if<syntax::Export>(&definition.what);
    if (item == nullptr) continue;
    if (item->item.sort != syntax::Sort::type) return false;
    any = true;
  }
  return any || find_custom(component, package_docs_section) != nullptr;
}

Result<> Decoder::note_root(PackageId package) {
  if (!root_) root_ = package;
  if (*root_ == package) return {};
  return fail(ErrorKind::invalid,
              fmt::format("a package has items of `{}` and of `{}`",
                          resolve_[*root_].name.to_string(), resolve_[package].name.to_string()));
}

Result<> Decoder::wrapped_interface(const std::string& name, const Face& face,
                                    const Instance& instance) {
  for (const NamedEntity& import : face.imports) {
    const Instance* used = instance_in(import);
    if (used == nullptr) {
      return fail(ErrorKind::invalid,
                  fmt::format("the interface `{}` imports `{}`, which is no interface", name,
                              import.name.name));
    }
    TRY(named_interface(import.name, import.name.name, *used));
  }
  const syntax::ExternName& full = face.exports[0].name;
  const InterfaceId id = TRY(named_interface(full, full.name, instance));
  if (resolve_[id].name != name) {
    return fail(ErrorKind::invalid,
                fmt::format("the type `{}` holds the interface `{}`", name, resolve_[id].name));
  }
  return note_root(resolve_[id].package);
}

Result<WorldId> Decoder::wrapped_world(const std::string& name, const NamedEntity& exported,
                                       const ComponentRef& type) {
  const Place place = TRY(place_of(exported.name, exported.name.name));
  if (place.item != name) {
    return fail(ErrorKind::invalid,
                fmt::format("the type `{}` holds the world `{}`", name, place.item));
  }
  TRY(note_root(place.package));
  const WorldId id = resolve_.add(World{.name = name, .package = place.package});
  resolve_[place.package].worlds.push_back(id);
  if (type.type == nullptr) return fail(ErrorKind::invalid, "expected the type of a component");
  TRY(fill_world(id, TRY(evaluator_.open(type))));
  return id;
}

Result<> Decoder::package_item(const NamedEntity& item) {
  const std::string& name = item.name.name;
  const auto* ref = std::get_if<TypeRef>(&item.entity);
  const TypeNode* node = ref == nullptr ? nullptr : &evaluator_.node(evaluator_.root(ref->type));
  const auto* type = node == nullptr ? nullptr : std::get_if<syntax::ComponentType>(&node->what);
  if (type == nullptr || !is_label(name)) {
    return fail(
        ErrorKind::invalid,
        fmt::format("expected the type of a component as the export `{}` of a package", name));
  }
  const Face face = TRY(evaluator_.open({.type = type, .scope = node->scope}));
  if (face.exports.size() != 1) {
    return fail(ErrorKind::invalid, fmt::format("expected one export in the type `{}`, found {}",
                                                name, face.exports.size()));
  }
  if (const Instance* instance = instance_in(face.exports[0])) {
    return wrapped_interface(name, face, *instance);
  }
  const auto* world = std::get_if<ComponentRef>(&face.exports[0].entity);
  if (world == nullptr) {
    return fail(ErrorKind::invalid,
                fmt::format("expected an interface or a world in the type `{}`", name));
  }
  TRY(wrapped_world(name, face.exports[0], *world));
  return {};
}

Result<> Decoder::custom_sections(const syntax::Component& component, Decoded& decoded) {
  if (const syntax::Custom* docs = find_custom(component, package_docs_section)) {
    TRY(decode_package_docs(resolve_, *root_, docs->payload));
  }
  const syntax::Custom* encoding = find_custom(component, world_encoding_section);
  if (encoding == nullptr) return {};
  const Bytes& payload = encoding->payload;
  if (payload.size() != 2 || payload[0] != world_encoding_version ||
      payload[1] > static_cast<uint8_t>(StringEncoding::latin1_utf16)) {
    return fail(ErrorKind::unsupported,
                fmt::format("the section `{}` is of an unknown form", world_encoding_section));
  }
  decoded.strings = static_cast<StringEncoding>(payload[1]);
  if (resolve_[*root_].worlds.size() != 1) {
    return fail(ErrorKind::invalid, "expected one world");
  }
  decoded.world = resolve_[*root_].worlds[0];
  return {};
}

Result<Decoded> Decoder::run(const syntax::Component& component) {
  const Face face = TRY(evaluator_.run(component));
  Decoded decoded;
  if (is_package(component)) {
    for (const NamedEntity& item : face.exports) TRY(package_item(item));
    if (!root_) return fail(ErrorKind::invalid, "a package without an interface or a world");
    TRY(custom_sections(component, decoded));
  } else {
    root_ = resolve_.add(Package{.name = {.space = "root", .name = "component"}});
    packages_.emplace(resolve_[*root_].name, *root_);
    decoded.world = resolve_.add(World{.name = "root", .package = *root_});
    resolve_[*root_].worlds.push_back(*decoded.world);
    TRY(fill_world(*decoded.world, face));
  }
  for (Interface& interface : resolve_.interfaces) sort_items(resolve_, interface);
  TRY(order_interfaces());
  decoded.root = *root_;
  decoded.resolve = std::move(resolve_);
  return decoded;
}

Result<Decoded> decode_component(const syntax::Component& component, const Limits& limits) {
  return Decoder(limits).run(component);
}

}  // namespace cairn::component::wit
