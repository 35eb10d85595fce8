#include "wit/package_docs.hpp"

#include <fmt/format.h>
#include <cairn/component/wit_binary.hpp>

#include <map>
#include <nlohmann/json.hpp>

#include "wit/token.hpp"

namespace cairn::component::wit {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// The last version of the form; the one before it is read, too, as it only has less.
constexpr uint8_t section_version = 1;

// ---- Writing ---------------------------------------------------------------------------------

void put(ordered_json& to, const char* key, ordered_json value) {
  if (!value.empty()) to[key] = std::move(value);
}

ordered_json stability_json(const Stability& stability) {
  ordered_json out = ordered_json::object();
  if (stability.unknown()) return out;
  ordered_json fields = ordered_json::object();
  if (stability.since) fields["since"] = stability.since->to_string();
  if (!stability.feature.empty()) fields["feature"] = stability.feature;
  if (stability.deprecated) fields["deprecated"] = stability.deprecated->to_string();
  out[stability.feature.empty() ? "stable" : "unstable"] = std::move(fields);
  return out;
}

ordered_json meta_json(const Meta& meta) {
  ordered_json out = ordered_json::object();
  if (!meta.docs.empty()) out["docs"] = meta.docs;
  put(out, "stability", stability_json(meta.stability));
  return out;
}

template <class List>
ordered_json items_json(const List& list) {
  ordered_json out = ordered_json::object();
  for (const auto& item : list) {
    if (!item.docs.empty()) out[item.name] = item.docs;
  }
  return out;
}

ordered_json type_json(const TypeDef& type) {
  ordered_json out = meta_json(type.meta);
  ordered_json items = ordered_json::object();
  if (const auto* record = std::get_if<Record>(&type.kind)) items = items_json(record->fields);
  if (const auto* flags = std::get_if<Flags>(&type.kind)) items = items_json(flags->labels);
  if (const auto* cases = std::get_if<Enum>(&type.kind)) items = items_json(cases->labels);
  if (const auto* variant = std::get_if<Variant>(&type.kind)) items = items_json(variant->cases);
  put(out, "items", std::move(items));
  return out;
}

ordered_json interface_json(const Resolve& resolve, const Interface& interface) {
  ordered_json out = meta_json(interface.meta);
  ordered_json functions = ordered_json::object(), types = ordered_json::object();
  for (const Function& function : interface.functions) {
    put(functions, function.name.c_str(), meta_json(function.meta));
  }
  for (const TypeId id : interface.types) {
    put(types, resolve[id].name.c_str(), type_json(resolve[id]));
  }
  put(out, "funcs", std::move(functions));
  put(out, "types", std::move(types));
  return out;
}

/// The imports or exports of a world.
struct Side {
  ordered_json interfaces = ordered_json::object(), functions = ordered_json::object(),
               types = ordered_json::object(), stability = ordered_json::object(),
               docs = ordered_json::object();

  Side(const Resolve& resolve, const std::vector<WorldItem>& items) {
    for (const WorldItem& item : items) {
      const std::string name = resolve.name_of(item);
      if (const auto* function = std::get_if<Function>(&item.item)) {
        put(functions, name.c_str(), meta_json(function->meta));
      } else if (const auto* type = std::get_if<TypeId>(&item.item)) {
        put(types, name.c_str(), type_json(resolve[*type]));
      } else if (const Interface& interface = resolve[std::get<InterfaceId>(item.item)];
                 interface.name.empty()) {
        put(interfaces, name.c_str(), interface_json(resolve, interface));
      } else {
        put(stability, name.c_str(), stability_json(item.meta.stability));
        if (!item.meta.docs.empty()) docs[name] = item.meta.docs;
      }
    }
  }
};

ordered_json world_json(const Resolve& resolve, const World& world) {
  Side imports(resolve, world.imports), exports(resolve, world.exports);
  ordered_json out = meta_json(world.meta);
  put(out, "interfaces", std::move(imports.interfaces));
  put(out, "types", std::move(imports.types));
  put(out, "funcs", std::move(imports.functions));
  put(out, "interface_exports", std::move(exports.interfaces));
  put(out, "func_exports", std::move(exports.functions));
  put(out, "interface_import_stability", std::move(imports.stability));
  put(out, "interface_export_stability", std::move(exports.stability));
  put(out, "interface_import_docs", std::move(imports.docs));
  put(out, "interface_export_docs", std::move(exports.docs));
  return out;
}

// ---- Reading ---------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(Resolve& resolve) : resolve_(resolve) {}

  Result<> package(PackageId id, const json& from) {
    resolve_[id].docs = TRY(docs(from));
    TRY(each(from, "worlds", [&](const std::string& name, const json& one) -> Result<> {
      const auto world = resolve_.find_world(id, name);
      return world ? this->world(*world, one) : missing("world", name);
    }));
    return each(from, "interfaces", [&](const std::string& name, const json& one) {
      const auto interface = resolve_.find_interface(id, name);
      return interface ? this->interface(*interface, one) : Result<>(missing("interface", name));
    });
  }

 private:
  static std::unexpected<Error> missing(std::string_view what, std::string_view name) {
    return fail(ErrorKind::invalid,
                fmt::format("the section `{}` speaks of the {} `{}`, which is not there",
                            package_docs_section, what, name));
  }
  static std::unexpected<Error> malformed(std::string_view what) {
    return fail(ErrorKind::malformed,
                fmt::format("malformed section `{}`: expected {}", package_docs_section, what));
  }

  /// Calls `visit` with each entry of the object `key` of `from`, where there is one.
  template <class F>
  static Result<> each(const json& from, const char* key, const F& visit) {
    const auto found = from.find(key);
    if (found == from.end()) return {};
    if (!found->is_object()) return malformed(fmt::format("an object as `{}`", key));
    for (const auto& [name, value] : found->items()) TRY(visit(name, value));
    return {};
  }

  static Result<std::string> text(const json& value) {
    if (!value.is_string()) return malformed("a string");
    return normalize_docs(value.get_ref<const std::string&>());
  }
  static Result<std::string> docs(const json& from) {
    if (!from.is_object()) return malformed("an object");
    const auto found = from.find("docs");
    return found == from.end() || found->is_null() ? std::string() : text(*found);
  }

  static Result<std::optional<Version>> version(const json& from, const char* key) {
    const auto found = from.find(key);
    if (found == from.end() || found->is_null()) return std::nullopt;
    if (!found->is_string()) return malformed("a version");
    return TRY(parse_semver(found->get_ref<const std::string&>()));
  }

  static Result<Stability> stability(const json& from) {
    Stability out;
    if (!from.is_object() || from.size() != 1) return malformed("`stable` or `unstable`");
    const json& fields = from.front();
    if (!fields.is_object()) return malformed("an object of gates");
    out.since = TRY(version(fields, "since"));
    out.deprecated = TRY(version(fields, "deprecated"));
    const auto feature = fields.find("feature");
    if (feature != fields.end()) out.feature = TRY(text(*feature));
    if (!out.feature.empty() && !is_label(out.feature)) return malformed("the name of a feature");
    if (out.since.has_value() == !out.feature.empty()) return malformed("`since` or `feature`");
    return out;
  }

  static Result<> meta(Meta& to, const json& from) {
    if (from.is_string()) {  // the older form, of functions
      to.docs = TRY(text(from));
      return {};
    }
    to.docs = TRY(docs(from));
    const auto found = from.find("stability");
    if (found != from.end()) to.stability = TRY(stability(*found));
    return {};
  }

  template <class List>
  static Result<> items(List& list, const json& from) {
    std::map<std::string_view, std::string*> docs_of;
    for (auto& item : list) docs_of.emplace(item.name, &item.docs);
    return each(from, "items", [&](const std::string& name, const json& one) -> Result<> {
      const auto found = docs_of.find(name);
      if (found == docs_of.end()) return missing("item", name);
      *found->second = TRY(text(one));
      return {};
    });
  }

  Result<> type(TypeId id, const json& from) {
    TypeDef& type = resolve_[id];
    TRY(meta(type.meta, from));
    if (resolve_.used_from(id)) type.meta.docs.clear();
    if (auto* record = std::get_if<Record>(&type.kind)) return items(record->fields, from);
    if (auto* flags = std::get_if<Flags>(&type.kind)) return items(flags->labels, from);
    if (auto* cases = std::get_if<Enum>(&type.kind)) return items(cases->labels, from);
    if (auto* variant = std::get_if<Variant>(&type.kind)) return items(variant->cases, from);
    return {};
  }

  Result<> interface(InterfaceId id, const json& from) {
    TRY(meta(resolve_[id].meta, from));
    std::map<std::string_view, Meta*> functions;
    for (Function& function : resolve_[id].functions) {
      functions.emplace(function.name, &function.meta);
    }
    std::map<std::string_view, TypeId> types;
    for (const TypeId type : resolve_[id].types) types.emplace(resolve_[type].name, type);
    TRY(each(from, "funcs", [&](const std::string& name, const json& one) -> Result<> {
      const auto found = functions.find(name);
      return found == functions.end() ? missing("function", name) : meta(*found->second, one);
    }));
    return each(from, "types", [&](const std::string& name, const json& one) -> Result<> {
      const auto found = types.find(name);
      return found == types.end() ? missing("type", name) : type(found->second, one);
    });
  }

  using Items = std::map<std::string, WorldItem*, std::less<>>;
  Items by_name(std::vector<WorldItem>& list) const {
    Items items;
    for (WorldItem& item : list) items.emplace(resolve_.name_of(item), &item);
    return items;
  }
  static WorldItem* find(const Items& items, std::string_view name) {
    const auto found = items.find(name);
    return found == items.end() ? nullptr : found->second;
  }

  Result<> in_place(WorldItem* item, const std::string& name, const json& from) {
    auto* id = item == nullptr ? nullptr : std::get_if<InterfaceId>(&item->item);
    if (id == nullptr || !resolve_[*id].name.empty()) return missing("interface", name);
    TRY(interface(*id, from));
    item->meta.stability = resolve_[*id].meta.stability;
    return {};
  }

  static Result<> function(WorldItem* item, const std::string& name, const json& from) {
    auto* function = item == nullptr ? nullptr : std::get_if<Function>(&item->item);
    return function == nullptr ? missing("function", name) : meta(function->meta, from);
  }

  Result<> references(const Items& items, const json& from, const char* gates, const char* docs) {
    TRY(each(from, gates, [&](const std::string& name, const json& one) -> Result<> {
      WorldItem* item = find(items, name);
      if (item == nullptr) return missing("interface", name);
      item->meta.stability = TRY(stability(one));
      return {};
    }));
    return each(from, docs, [&](const std::string& name, const json& one) -> Result<> {
      WorldItem* item = find(items, name);
      if (item == nullptr) return missing("interface", name);
      item->meta.docs = TRY(text(one));
      return {};
    });
  }

  Result<> world(WorldId id, const json& from) {
    World& world = resolve_[id];
    TRY(meta(world.meta, from));
    const Items imports = by_name(world.imports), exports = by_name(world.exports);
    // In the older form, what is only exported stands among the imports.
    const auto either = [&](const std::string& name) {
      WorldItem* item = find(imports, name);
      return item != nullptr ? item : find(exports, name);
    };
    using Entry = const json&;
    TRY(each(from, "interfaces", [&](const std::string& name, Entry one) {
      return in_place(either(name), name, one);
    }));
    TRY(each(from, "interface_exports", [&](const std::string& name, Entry one) {
      return in_place(find(exports, name), name, one);
    }));
    TRY(each(from, "funcs", [&](const std::string& name, Entry one) {
      return function(either(name), name, one);
    }));
    TRY(each(from, "func_exports", [&](const std::string& name, Entry one) {
      return function(find(exports, name), name, one);
    }));
    TRY(each(from, "types", [&](const std::string& name, Entry one) -> Result<> {
      WorldItem* item = find(imports, name);
      auto* found = item == nullptr ? nullptr : std::get_if<TypeId>(&item->item);
      return found == nullptr ? missing("type", name) : type(*found, one);
    }));
    TRY(references(imports, from, "interface_import_stability", "interface_import_docs"));
    return references(exports, from, "interface_export_stability", "interface_export_docs");
  }

  Resolve& resolve_;
};

}  // namespace

Bytes encode_package_docs(const Resolve& resolve, PackageId package) {
  ordered_json out = ordered_json::object();
  if (!resolve[package].docs.empty()) out["docs"] = resolve[package].docs;
  ordered_json worlds = ordered_json::object(), interfaces = ordered_json::object();
  for (const WorldId id : resolve[package].worlds) {
    put(worlds, resolve[id].name.c_str(), world_json(resolve, resolve[id]));
  }
  for (const InterfaceId id : resolve[package].interfaces) {
    put(interfaces, resolve[id].name.c_str(), interface_json(resolve, resolve[id]));
  }
  put(out, "worlds", std::move(worlds));
  put(out, "interfaces", std::move(interfaces));
  Bytes bytes = {section_version};
  append(bytes, as_bytes(out.dump(-1, ' ', false, ordered_json::error_handler_t::replace)));
  return bytes;
}

Result<> decode_package_docs(Resolve& resolve, PackageId package, ByteSpan section) {
  if (section.empty() || section[0] > section_version) {
    return fail(ErrorKind::unsupported,
                fmt::format("the section `{}` is of an unknown version", package_docs_section));
  }
  const std::string_view text = as_text(section.subspan(1));
  const json document = json::parse(text.begin(), text.end(), nullptr, false);
  if (document.is_discarded()) {
    return fail(ErrorKind::malformed,
                fmt::format("the section `{}` is no JSON", package_docs_section));
  }
  return Reader(resolve).package(package, document);
}

}  // namespace cairn::component::wit
