#include <cairn/component/wit_text.hpp>

#include <nlohmann/json.hpp>

#include "wit/type_text.hpp"

namespace cairn::component::wit {
namespace {

using nlohmann::ordered_json;

class JsonWriter {
 public:
  explicit JsonWriter(const Resolve& resolve)
      : resolve_(resolve),
        types_(resolve, [](std::string_view name) { return std::string(name); }) {}

  ordered_json run() const {
    ordered_json packages = ordered_json::array();
    for (const Package& package : resolve_.packages) packages.push_back(write(package));
    return {{"packages", std::move(packages)}};
  }

 private:
  static void add_docs(ordered_json& to, const std::string& docs) {
    if (!docs.empty()) to["docs"] = docs;
  }
  static void add_meta(ordered_json& to, const Meta& meta) {
    add_docs(to, meta.docs);
    const Stability& stability = meta.stability;
    if (stability.since) to["since"] = stability.since->to_string();
    if (!stability.feature.empty()) to["unstable"] = stability.feature;
    if (stability.deprecated) to["deprecated"] = stability.deprecated->to_string();
    if (meta.external_id) to["externalId"] = *meta.external_id;
  }

  ordered_json write(const Package& package) const {
    ordered_json out = {{"name", package.name.to_string()}};
    add_docs(out, package.docs);
    out["interfaces"] = ordered_json::array();
    for (const InterfaceId id : package.interfaces) {
      out["interfaces"].push_back(write(resolve_[id]));
    }
    out["worlds"] = ordered_json::array();
    for (const WorldId id : package.worlds) out["worlds"].push_back(write(resolve_[id]));
    return out;
  }

  ordered_json write(const Interface& interface) const {
    ordered_json out = ordered_json::object();
    if (!interface.name.empty()) out["name"] = interface.name;
    add_meta(out, interface.meta);
    out["types"] = ordered_json::array();
    for (const TypeId id : interface.types) out["types"].push_back(write(id));
    out["functions"] = ordered_json::array();
    for (const Function& function : interface.functions) {
      out["functions"].push_back(write(function));
    }
    return out;
  }

  ordered_json write(const World& world) const {
    ordered_json out = {{"name", world.name}};
    add_meta(out, world.meta);
    out["imports"] = ordered_json::array();
    for (const WorldItem& item : world.imports) out["imports"].push_back(write(item));
    out["exports"] = ordered_json::array();
    for (const WorldItem& item : world.exports) out["exports"].push_back(write(item));
    return out;
  }

  ordered_json write(const WorldItem& item) const {
    if (const auto* function = std::get_if<Function>(&item.item)) {
      return {{"function", write(*function)}};
    }
    if (const auto* type = std::get_if<TypeId>(&item.item)) return {{"type", write(*type)}};
    const auto id = std::get<InterfaceId>(item.item);
    ordered_json out = ordered_json::object();
    if (const std::string* name = item.name()) out["name"] = *name;
    if (resolve_[id].name.empty()) {
      out["interface"] = write(resolve_[id]);
    } else {
      out["interface"] = resolve_.name_of(id);
    }
    add_meta(out, item.meta);
    return out;
  }

  ordered_json write(const Function& function) const {
    static constexpr const char* kinds[] = {"freestanding", "method", "static", "constructor"};
    ordered_json out = {{"name", function.name},
                        {"kind", kinds[static_cast<size_t>(function.kind)]}};
    add_meta(out, function.meta);
    if (function.is_async) out["async"] = true;
    out["params"] = ordered_json::array();
    for (const Param& param : function.params) {
      out["params"].push_back({{"name", param.name}, {"type", types_.type(param.type)}});
    }
    if (function.result) out["result"] = types_.type(*function.result);
    return out;
  }

  static ordered_json write(const std::vector<Label>& labels) {
    ordered_json out = ordered_json::array();
    for (const Label& label : labels) {
      ordered_json one = {{"name", label.name}};
      add_docs(one, label.docs);
      out.push_back(std::move(one));
    }
    return out;
  }

  ordered_json write(TypeId id) const {
    const TypeDef& type = resolve_[id];
    ordered_json out = {{"name", type.name}};
    add_meta(out, type.meta);
    if (const auto from = resolve_.used_from(id)) {
      const TypeId target = std::get<TypeId>(std::get<Alias>(type.kind).type);
      out["use"] = {{"interface", resolve_.name_of(*from)}, {"name", resolve_[target].name}};
    } else if (const auto* record = std::get_if<Record>(&type.kind)) {
      out["record"] = ordered_json::array();
      for (const Field& field : record->fields) {
        ordered_json one = {{"name", field.name}, {"type", types_.type(field.type)}};
        add_docs(one, field.docs);
        out["record"].push_back(std::move(one));
      }
    } else if (const auto* variant = std::get_if<Variant>(&type.kind)) {
      out["variant"] = ordered_json::array();
      for (const Case& each : variant->cases) {
        ordered_json one = {{"name", each.name}};
        if (each.type) one["type"] = types_.type(*each.type);
        add_docs(one, each.docs);
        out["variant"].push_back(std::move(one));
      }
    } else if (const auto* flags = std::get_if<Flags>(&type.kind)) {
      out["flags"] = write(flags->labels);
    } else if (const auto* cases = std::get_if<Enum>(&type.kind)) {
      out["enum"] = write(cases->labels);
    } else if (std::holds_alternative<Resource>(type.kind)) {
      out["resource"] = true;
    } else if (const auto* own = std::get_if<Own>(&type.kind)) {
      out["type"] = "own<" + resolve_[own->resource].name + ">";
    } else {
      out["type"] = types_.kind(type.kind);
    }
    return out;
  }

  const Resolve& resolve_;
  TypeText types_;
};

}  // namespace

std::string to_json(const Resolve& resolve) {
  return JsonWriter(resolve).run().dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace cairn::component::wit
