// From the resolved form back to text.

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>
#include <cairn/component/wit_text.hpp>

#include <algorithm>
#include <map>

#include "wit/topological.hpp"
#include "wit/type_text.hpp"

namespace cairn::component::wit {
namespace {

std::string name_text(std::string_view name) {
  return is_keyword(name) ? fmt::format("%{}", name) : std::string(name);
}

std::string string_text(std::string_view value) {
  std::string text = "\"";
  while (!value.empty()) {
    const auto c = decode_utf8(as_bytes(value));
    const std::string_view one = value.substr(0, c ? c->length : 1);
    if (one == "\"" || one == "\\") {
      text += fmt::format("\\{}", one);
    } else if (c && c->value >= 0x20 && allowed_in_text(c->value)) {
      text += one;
    } else {
      text += fmt::format("\\u{{{:x}}}", c ? static_cast<uint32_t>(c->value) : 0xfffd);
    }
    value.remove_prefix(one.size());
  }
  return text + "\"";
}

class Printer {
 public:
  Printer(const Resolve& resolve, const PrintOptions& options)
      : resolve_(resolve), options_(options) {}

  std::string run(PackageId package) {
    const Package& main = resolve_[package];
    docs(main.docs);
    line(fmt::format("package {};", package_text(main.name)));
    multi_line_ = true;
    items(package);
    if (!options_.dependencies) return std::move(out_);
    for (const PackageId other : in_order()) {
      if (other != package) nested(other);
    }
    return std::move(out_);
  }

 private:
  // Lines. An item that has more than one gets an empty line around it.
  void line(std::string_view text) { out_ += fmt::format("{:{}}{}\n", "", indent_ * 2, text); }
  void begin_item(bool multi_line) {
    if (!first_ && (multi_line || multi_line_)) out_ += '\n';
    first_ = false;
    multi_line_ = multi_line;
  }
  /// Between groups of items, like functions after types.
  void begin_group() { multi_line_ = true; }
  void open(std::string_view text) {
    line(fmt::format("{} {{", text));
    ++indent_;
    first_ = true;
  }
  void close() {
    --indent_;
    line("}");
    first_ = false;
    multi_line_ = true;
  }
  bool has_head(const Meta& meta) const {
    return (options_.docs && !meta.docs.empty()) || !meta.stability.unknown() || meta.external_id;
  }
  void docs(std::string_view text) {
    if (!options_.docs || text.empty()) return;
    while (true) {
      const size_t end = text.find('\n');
      const std::string_view one = text.substr(0, end);
      line(one.empty() ? "///" : fmt::format("/// {}", one));
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }
  void attributes(const Meta& meta) {
    const Stability& stability = meta.stability;
    if (stability.since) line(fmt::format("@since(version = {})", stability.since->to_string()));
    if (!stability.feature.empty()) {
      line(fmt::format("@unstable(feature = {})", name_text(stability.feature)));
    }
    if (stability.deprecated) {
      line(fmt::format("@deprecated(version = {})", stability.deprecated->to_string()));
    }
    if (meta.external_id) line(fmt::format("@external-id({})", string_text(*meta.external_id)));
  }
  void head(const Meta& meta) {
    docs(meta.docs);
    attributes(meta);
  }

  // Names.
  static std::string parts_text(std::string_view text) {
    std::string out;
    while (true) {
      const size_t end = text.find_first_of(":/");
      out += name_text(text.substr(0, end));
      if (end == std::string_view::npos) return out;
      out += text[end];
      text.remove_prefix(end + 1);
    }
  }
  static std::string package_text(const PackageName& name) {
    std::string text = fmt::format("{}:{}", parts_text(name.space), parts_text(name.name));
    if (name.version) text += fmt::format("@{}", name.version->to_string());
    return text;
  }
  std::string path_text(InterfaceId id) const {
    const Interface& interface = resolve_[id];
    if (interface.package == package_) return name_text(interface.name);
    const PackageName& package = resolve_[interface.package].name;
    std::string text = fmt::format("{}:{}/{}", parts_text(package.space), parts_text(package.name),
                                   name_text(interface.name));
    if (package.version) text += fmt::format("@{}", package.version->to_string());
    return text;
  }

  /// Each package after those that it refers to.
  std::vector<PackageId> in_order() const {
    std::vector<std::vector<uint32_t>> edges(resolve_.packages.size());
    const auto refer = [&](PackageId from, InterfaceId to) {
      const PackageId package = resolve_[to].package;
      if (package != from) edges[from.index].push_back(package.index);
    };
    for (uint32_t i = 0; i < resolve_.interfaces.size(); ++i) {
      for (const InterfaceId used : resolve_.dependencies({i})) {
        refer(resolve_.interfaces[i].package, used);
      }
    }
    for (const World& world : resolve_.worlds) {
      for (const auto* list : {&world.imports, &world.exports}) {
        for (const WorldItem& item : *list) {
          if (const auto* id = std::get_if<InterfaceId>(&item.item)) refer(world.package, *id);
        }
      }
    }
    const TopologicalOrder found = topological_order(edges);
    std::vector<PackageId> order;
    for (uint32_t i = 0; i < edges.size(); ++i) {
      order.push_back({found.cycle.empty() ? found.order[i] : i});
    }
    return order;
  }

  // Items.
  void nested(PackageId package) {
    begin_item(true);
    docs(resolve_[package].docs);
    open(fmt::format("package {}", package_text(resolve_[package].name)));
    items(package);
    close();
  }

  void items(PackageId package) {
    package_ = package;
    for (const InterfaceId id : resolve_[package].interfaces) {
      const Interface& interface = resolve_[id];
      begin_item(true);
      head(interface.meta);
      open(fmt::format("interface {}", name_text(interface.name)));
      interface_items(interface);
      close();
    }
    for (const WorldId id : resolve_[package].worlds) world(resolve_[id]);
  }

  void interface_items(const Interface& interface) {
    std::map<TypeId, std::vector<const Function*>> methods;
    for (const Function& function : interface.functions) {
      if (function.resource) methods[*function.resource].push_back(&function);
    }
    uses(interface.types);
    for (const TypeId id : interface.types) {
      if (!resolve_.used_from(id)) type(id, methods[id]);
    }
    begin_group();
    for (const Function& function : interface.functions) {
      if (function.resource) continue;
      begin_item(has_head(function.meta));
      head(function.meta);
      line(fmt::format("{}: {};", name_text(function.name), function_text(function)));
    }
  }

  /// `use a.{b, c as d};` for each run of types from one interface.
  void uses(const std::vector<TypeId>& types) {
    for (size_t i = 0; i < types.size();) {
      const std::optional<InterfaceId> from = resolve_.used_from(types[i]);
      if (!from) {
        ++i;
        continue;
      }
      const Meta& meta = resolve_[types[i]].meta;
      std::string names;
      for (; i < types.size() && resolve_.used_from(types[i]) == from; ++i) {
        const TypeDef& type = resolve_[types[i]];
        if (type.meta.stability != meta.stability || type.meta.external_id != meta.external_id) {
          break;
        }
        const TypeId target = std::get<TypeId>(std::get<Alias>(type.kind).type);
        const std::string& there = resolve_[target].name;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name_text(there));
        if (type.name != there) names += fmt::format(" as {}", name_text(type.name));
      }
      begin_item(false);
      attributes(meta);
      line(fmt::format("use {}.{{{}}};", path_text(*from), names));
    }
    begin_group();
  }

  void type(TypeId id, const std::vector<const Function*>& methods) {
    const TypeDef& type = resolve_[id];
    const bool block = std::holds_alternative<Record>(type.kind) ||
                       std::holds_alternative<Variant>(type.kind) ||
                       std::holds_alternative<Flags>(type.kind) ||
                       std::holds_alternative<Enum>(type.kind) || !methods.empty();
    begin_item(block || has_head(type.meta));
    head(type.meta);
    const std::string name = name_text(type.name);
    if (const auto* record = std::get_if<Record>(&type.kind)) {
      open(fmt::format("record {}", name));
      for (const Field& field : record->fields) {
        docs(field.docs);
        line(fmt::format("{}: {},", name_text(field.name), type_text(field.type)));
      }
      close();
    } else if (const auto* variant = std::get_if<Variant>(&type.kind)) {
      open(fmt::format("variant {}", name));
      for (const Case& each : variant->cases) {
        docs(each.docs);
        line(each.type ? fmt::format("{}({}),", name_text(each.name), type_text(*each.type))
                       : fmt::format("{},", name_text(each.name)));
      }
      close();
    } else if (const auto* flags = std::get_if<Flags>(&type.kind)) {
      labels("flags", name, flags->labels);
    } else if (const auto* cases = std::get_if<Enum>(&type.kind)) {
      labels("enum", name, cases->labels);
    } else if (std::holds_alternative<Resource>(type.kind)) {
      resource(name, methods);
    } else {
      line(fmt::format("type {} = {};", name, alias_text(type.kind)));
    }
  }

  void labels(std::string_view word, std::string_view name, const std::vector<Label>& list) {
    open(fmt::format("{} {}", word, name));
    for (const Label& label : list) {
      docs(label.docs);
      line(fmt::format("{},", name_text(label.name)));
    }
    close();
  }

  void resource(std::string_view name, const std::vector<const Function*>& methods) {
    if (methods.empty()) return line(fmt::format("resource {};", name));
    open(fmt::format("resource {}", name));
    for (const Function* function : methods) {
      begin_item(has_head(function->meta));
      head(function->meta);
      if (function->kind == Function::Kind::constructor) {
        line(fmt::format("constructor{};", signature_text(*function)));
      } else {
        const bool is_static = function->kind == Function::Kind::static_;
        line(fmt::format("{}: {}{};", name_text(function->label()), is_static ? "static " : "",
                         function_text(*function)));
      }
    }
    close();
  }

  void world(const World& world) {
    begin_item(true);
    head(world.meta);
    open(fmt::format("world {}", name_text(world.name)));
    std::map<TypeId, std::vector<const Function*>> methods;
    std::vector<TypeId> types;
    for (const WorldItem& item : world.imports) {
      const auto* function = std::get_if<Function>(&item.item);
      if (function && function->resource) methods[*function->resource].push_back(function);
      if (const auto* type = std::get_if<TypeId>(&item.item)) types.push_back(*type);
    }
    for (const WorldItem& item : world.imports) {
      if (std::holds_alternative<InterfaceId>(item.item)) extern_item("import", item);
    }
    begin_group();
    uses(types);
    for (const TypeId id : types) {
      if (!resolve_.used_from(id)) type(id, methods[id]);
    }
    begin_group();
    for (const WorldItem& item : world.imports) {
      if (std::holds_alternative<Function>(item.item)) extern_item("import", item);
    }
    begin_group();
    for (const WorldItem& item : world.exports) extern_item("export", item);
    close();
  }

  void extern_item(std::string_view word, const WorldItem& item) {
    if (const auto* function = std::get_if<Function>(&item.item)) {
      if (function->resource) return;
      begin_item(has_head(function->meta));
      head(function->meta);
      return line(
          fmt::format("{} {}: {};", word, name_text(function->name), function_text(*function)));
    }
    const auto id = std::get<InterfaceId>(item.item);
    const Interface& interface = resolve_[id];
    if (interface.name.empty()) {
      begin_item(true);
      docs(interface.meta.docs);
      attributes(item.meta);
      open(fmt::format("{} {}: interface", word, name_text(*item.name())));
      interface_items(interface);
      return close();
    }
    begin_item(has_head(item.meta));
    head(item.meta);
    const std::string label = item.name() ? fmt::format("{}: ", name_text(*item.name())) : "";
    line(fmt::format("{} {}{};", word, label, path_text(id)));
  }

  // Types in place.
  std::string type_text(const Type& type) const { return TypeText(resolve_, name_text).type(type); }
  std::string alias_text(const TypeKind& kind) const {
    // The name of a resource alone would be another name for it, not for a handle.
    if (const auto* own = std::get_if<Own>(&kind)) {
      return fmt::format("own<{}>", name_text(resolve_[own->resource].name));
    }
    return TypeText(resolve_, name_text).kind(kind);
  }
  std::string function_text(const Function& function) const {
    return fmt::format("{}func{}", function.is_async ? "async " : "", signature_text(function));
  }
  std::string signature_text(const Function& function) const {
    std::string text = "(";
    const size_t first = function.kind == Function::Kind::method ? 1 : 0;
    for (size_t i = first; i < function.params.size(); ++i) {
      const Param& param = function.params[i];
      text += fmt::format("{}{}: {}", i == first ? "" : ", ", name_text(param.name),
                          type_text(param.type));
    }
    text += ")";
    if (!function.result || is_plain_constructor(function)) return text;
    return text + fmt::format(" -> {}", type_text(*function.result));
  }
  bool is_plain_constructor(const Function& function) const {
    if (function.kind != Function::Kind::constructor) return false;
    const auto* id = std::get_if<TypeId>(&*function.result);
    return id != nullptr && std::holds_alternative<Own>(resolve_[*id].kind);
  }

  const Resolve& resolve_;
  const PrintOptions& options_;
  PackageId package_ = {};  ///< the one whose items are printed
  std::string out_;
  int indent_ = 0;
  bool first_ = false;       ///< nothing was printed yet in this block
  bool multi_line_ = false;  ///< the item before had more than one line
};

}  // namespace

std::string print(const Resolve& resolve, PackageId package, const PrintOptions& options) {
  return Printer(resolve, options).run(package);
}

}  // namespace cairn::component::wit
