#include "wit/type_scope.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "wit/package_resolver.hpp"
#include "wit/topological.hpp"

namespace cairn::component::wit {
namespace {

using ExprKind = ast::TypeExpr::Kind;
using DefKind = ast::TypeDef::Kind;

/// All names in a type expression.
void collect_names(const ast::TypeExpr& expr, std::vector<ast::Name>& names) {
  const bool named =
      expr.kind == ExprKind::name || expr.kind == ExprKind::own || expr.kind == ExprKind::borrow;
  if (named) names.push_back(expr.name);
  for (const ast::TypeExpr& part : expr.parts) collect_names(part, names);
}

std::vector<ast::Name> names_in(const ast::TypeDef& type) {
  std::vector<ast::Name> names;
  if (type.kind == DefKind::alias) collect_names(type.type, names);
  for (const ast::Member& member : type.members) {
    if (member.type) collect_names(*member.type, names);
  }
  return names;
}

std::string_view member_word(DefKind kind) {
  switch (kind) {
    case DefKind::record: return "field";
    case DefKind::flags: return "flag";
    default: return "case";
  }
}

bool is_map_key(const Resolve& resolve, const Type& type) {
  const Type behind = resolve.dealias(type);
  const Primitive* primitive = std::get_if<Primitive>(&behind);
  return primitive != nullptr && *primitive != Primitive::f32 && *primitive != Primitive::f64 &&
         *primitive != Primitive::error_context;
}

}  // namespace

// ---- Names -----------------------------------------------------------------------------------

Result<> TypeScope::define(const ast::Name& name, Symbol symbol) {
  symbol.name = name.text;
  symbol.span = package_.span(body_, name.at);
  const auto [found, added] = symbols_.try_emplace(lower_case(name.text), symbol);
  if (added) return {};
  if (found->second.name == name.text) {
    return package_.environment().error(symbol.span,
                                        fmt::format("the name `{}` is taken already", name.text));
  }
  return package_.environment().error(
      symbol.span, fmt::format("the name `{}` differs from `{}` in upper and lower case only",
                               name.text, found->second.name));
}

Result<> TypeScope::declare_function(const ast::Name& name) {
  return define(name, {.is_type = false});
}

std::unexpected<Error> TypeScope::unknown_type(const ast::Name& name) const {
  std::string message = fmt::format("there is no type `{}` here", name.text);
  if (name.text == "float32") message += "; the 32-bit float is `f32`";
  if (name.text == "float64") message += "; the 64-bit float is `f64`";
  return package_.environment().error(package_.span(body_, name.at), std::move(message));
}

Result<TypeId> TypeScope::named(const ast::Name& name, bool kept) {
  const auto found = symbols_.find(lower_case(name.text));
  if (found == symbols_.end() || found->second.name != name.text) return unknown_type(name);
  const Symbol& symbol = found->second;
  const Environment& environment = package_.environment();
  const Span span = package_.span(body_, name.at);
  if (!symbol.is_type) {
    return environment.error(span, fmt::format("`{}` is a function, expected a type", name.text));
  }
  if (kept && symbol.left_out) {
    const std::string gate = describe_gate(environment.resolve[symbol.type].meta.stability);
    return environment.error(
        span, fmt::format("`{}` is left out: its gate {} is not chosen, and what refers to it has "
                          "no such gate",
                          name.text, gate));
  }
  return symbol.type;
}

// ---- Types that come by `use` ----------------------------------------------------------------

Result<> TypeScope::add_use(const ast::Use& use) {
  const Span span = package_.span(body_, use.from.item.at);
  const bool kept = kept_ && TRY(package_.kept(use.head.attributes.stability, span));
  const InterfaceId from = TRY(package_.lookup_interface(use.from, body_, kept));
  if (use.names.empty()) {
    return package_.environment().error(span, "this `use` names no type");
  }
  for (const ast::Rename& name : use.names) TRY(add_used_name(use, name, from, kept));
  return {};
}

Result<> TypeScope::add_used_name(const ast::Use& use, const ast::Rename& name, InterfaceId from,
                                  bool kept) {
  Environment& environment = package_.environment();
  const Span span = package_.span(body_, name.from.at);
  const Symbols& symbols = environment.symbols(from);
  const auto found = symbols.find(lower_case(name.from.text));
  if (found == symbols.end() || found->second.name != name.from.text) {
    return environment.error(span, fmt::format("there is no type `{}` in the interface `{}`",
                                               name.from.text, environment.resolve.name_of(from)));
  }
  const Symbol& symbol = found->second;
  if (!symbol.is_type) {
    return environment.error(
        span, fmt::format("`{}` is a function, `use` takes types only", name.from.text));
  }
  if (kept && symbol.left_out) {
    const std::string gate = describe_gate(environment.resolve[symbol.type].meta.stability);
    return environment.error(
        span, fmt::format("`{}` is left out: its gate {} is not chosen", name.from.text, gate));
  }
  TypeDef type{.name = std::string(name.local().text),
               .owner = owner_,
               .kind = Alias{symbol.type},
               .meta = package_.meta(use.head, package_.span(body_, name.local().at))};
  type.meta.docs.clear();  // those of the type itself count
  const TypeId id = TRY(environment.add(std::move(type)));
  TRY(define(name.local(), {.type = id, .left_out = !kept}));
  if (kept) types_.push_back(id);
  return {};
}

// ---- Types -----------------------------------------------------------------------------------

Result<> TypeScope::add_types(const std::vector<const ast::Use*>& uses,
                              const std::vector<const ast::TypeDef*>& types) {
  for (const ast::Use* use : uses) TRY(add_use(*use));
  for (const uint32_t index : TRY(order(types))) TRY(add_type(*types[index]));
  return {};
}

Result<std::vector<uint32_t>> TypeScope::order(const std::vector<const ast::TypeDef*>& types) {
  std::unordered_map<std::string_view, uint32_t> by_name;
  for (uint32_t i = 0; i < types.size(); ++i) {
    const ast::Name& name = types[i]->name;
    if (!by_name.emplace(name.text, i).second || symbols_.contains(lower_case(name.text))) {
      return package_.environment().error(package_.span(body_, name.at),
                                          fmt::format("the name `{}` is taken already", name.text));
    }
  }
  std::vector<std::vector<uint32_t>> edges(types.size());
  for (uint32_t i = 0; i < types.size(); ++i) {
    for (const ast::Name& name : names_in(*types[i])) {
      const auto found = by_name.find(name.text);
      if (found != by_name.end()) edges[i].push_back(found->second);
    }
  }
  TopologicalOrder order = topological_order(edges);
  if (order.cycle.empty()) return std::move(order.order);
  std::string path;
  for (const uint32_t index : order.cycle) path += fmt::format("`{}` → ", types[index]->name.text);
  const ast::Name& first = types[order.cycle[0]]->name;
  return package_.environment().error(
      package_.span(body_, first.at),
      fmt::format("the type `{0}` is made of itself: {1}`{0}`", first.text, path));
}

Result<> TypeScope::add_type(const ast::TypeDef& type) {
  const Span span = package_.span(body_, type.name.at);
  const bool kept = kept_ && TRY(package_.kept(type.head.attributes.stability, span));
  TypeDef def{.name = std::string(type.name.text),
              .owner = owner_,
              .kind = TRY(kind_of(type, kept)),
              .meta = package_.meta(type.head, span)};
  const TypeId id = TRY(package_.environment().add(std::move(def)));
  TRY(define(type.name, {.type = id, .left_out = !kept}));
  if (kept) types_.push_back(id);
  return {};
}

Result<> TypeScope::check_members(const ast::TypeDef& type) const {
  const Environment& environment = package_.environment();
  const std::string_view word = member_word(type.kind);
  if (type.members.empty()) {
    return environment.error(
        package_.span(body_, type.name.at),
        fmt::format("`{}` has no {}, expected at least one", type.name.text, word));
  }
  std::unordered_map<std::string, std::string_view> seen;
  for (const ast::Member& member : type.members) {
    const auto [found, added] = seen.emplace(lower_case(member.name.text), member.name.text);
    if (added) continue;
    return environment.error(
        package_.span(body_, member.name.at),
        fmt::format("`{}` has the {} `{}` already", type.name.text, word, found->second));
  }
  constexpr size_t flags_max = 32;  // Binary.md, `flags`
  if (type.kind == DefKind::flags && type.members.size() > flags_max) {
    return environment.error(package_.span(body_, type.members[flags_max].name.at),
                             fmt::format("`{}` has more than {} flags", type.name.text, flags_max));
  }
  return {};
}

Result<TypeKind> TypeScope::kind_of(const ast::TypeDef& type, bool kept) {
  if (type.kind == DefKind::resource) return Resource{};
  if (type.kind == DefKind::alias) {
    const ast::TypeExpr& expr = type.type;
    if (expr.kind == ExprKind::primitive) return Alias{expr.primitive};
    if (expr.kind == ExprKind::name) return Alias{TRY(named(expr.name, kept))};
    return kind_of(expr, kept);
  }
  TRY(check_members(type));
  Record record;
  Variant variant;
  std::vector<Label> labels;
  for (const ast::Member& member : type.members) {
    const std::string name(member.name.text);
    const Span span = package_.span(body_, member.name.at);
    std::optional<Type> of;
    if (member.type) of = TRY(this->type(*member.type, kept));
    switch (type.kind) {
      case DefKind::record: record.fields.push_back({name, *of, member.docs, span}); break;
      case DefKind::variant: variant.cases.push_back({name, of, member.docs, span}); break;
      default: labels.push_back({name, member.docs, span}); break;
    }
  }
  if (type.kind == DefKind::record) return record;
  if (type.kind == DefKind::variant) return variant;
  if (type.kind == DefKind::flags) return Flags{std::move(labels)};
  return Enum{std::move(labels)};
}

Result<TypeKind> TypeScope::handle(const ast::TypeExpr& expr, bool kept) {
  const TypeId resource = TRY(named(expr.name, kept));
  if (!package_.environment().resolve.is_resource(resource)) {
    return package_.environment().error(
        package_.span(body_, expr.name.at),
        fmt::format("`{}` is no resource, and only those have handles", expr.name.text));
  }
  if (expr.kind == ExprKind::own) return Own{resource};
  return Borrow{resource};
}

Result<TypeKind> TypeScope::kind_of(const ast::TypeExpr& expr, bool kept) {
  if (expr.kind == ExprKind::own || expr.kind == ExprKind::borrow) return handle(expr, kept);
  std::vector<Type> parts;
  for (const ast::TypeExpr& part : expr.parts) parts.push_back(TRY(type(part, kept)));
  const auto part = [&](size_t i) {
    return i < parts.size() ? std::optional(parts[i]) : std::nullopt;
  };
  const Resolve& resolve = package_.environment().resolve;
  switch (expr.kind) {
    case ExprKind::list: return List{parts[0], expr.length};
    case ExprKind::option: return Option{parts[0]};
    case ExprKind::tuple: return Tuple{std::move(parts)};
    case ExprKind::result:
      return expr.no_ok ? ResultType{std::nullopt, part(0)} : ResultType{part(0), part(1)};
    case ExprKind::map:
      if (!is_map_key(resolve, parts[0])) {
        return package_.environment().error(package_.span(body_, expr.parts[0].at),
                                            "the keys of a map are bool, char, string or integers");
      }
      return Map{parts[0], parts[1]};
    default: break;
  }
  if (!parts.empty() && resolve.has_borrow(parts[0])) {
    return package_.environment().error(package_.span(body_, expr.parts[0].at),
                                        "streams and futures cannot carry borrowed handles");
  }
  if (expr.kind == ExprKind::stream) return Stream{part(0)};
  return Future{part(0)};
}

Result<Type> TypeScope::anonymous(TypeKind kind, uint32_t at) {
  return TRY(package_.environment().add({.name = {},
                                         .owner = {},
                                         .kind = std::move(kind),
                                         .meta = {.span = package_.span(body_, at)}}));
}

Result<Type> TypeScope::type(const ast::TypeExpr& expr, bool kept) {
  if (expr.kind == ExprKind::primitive) return expr.primitive;
  if (expr.kind != ExprKind::name) return anonymous(TRY(kind_of(expr, kept)), expr.at);
  const TypeId id = TRY(named(expr.name, kept));
  // The name of a resource stands for a handle that owns one.
  if (package_.environment().resolve.is_resource(id)) return anonymous(Own{id}, expr.at);
  return id;
}

// ---- Functions -------------------------------------------------------------------------------

Result<std::optional<Function>> TypeScope::function(const ast::Func& func,
                                                    const ast::TypeDef* resource) {
  const Span span = package_.span(body_, func.name.at);
  const bool kept = kept_ && TRY(package_.kept(func.head.attributes.stability, span));
  Function function{.name = std::string(func.name.text),
                    .kind = func.kind,
                    .is_async = func.is_async,
                    .meta = package_.meta(func.head, span)};
  if (resource != nullptr) {
    const std::string_view name = resource->name.text;
    function.resource = TRY(named({name, func.name.at}, kept));
    switch (func.kind) {
      case Function::Kind::constructor: function.name = fmt::format("[constructor]{}", name); break;
      case Function::Kind::method:
        function.name = fmt::format("[method]{}.{}", name, func.name.text);
        break;
      default: function.name = fmt::format("[static]{}.{}", name, func.name.text); break;
    }
  }
  TRY(add_params(function, func, kept));
  TRY(add_result(function, func, kept));
  if (!kept) return std::nullopt;
  return function;
}

Result<> TypeScope::add_params(Function& function, const ast::Func& func, bool kept) {
  std::unordered_map<std::string, std::string_view> seen;
  if (func.kind == Function::Kind::method) {
    const Type self = TRY(anonymous(Borrow{*function.resource}, func.name.at));
    function.params.push_back({"self", self, package_.span(body_, func.name.at)});
    seen.emplace("self", "self");
  }
  for (const ast::Param& param : func.params) {
    const Span span = package_.span(body_, param.name.at);
    const auto [found, added] = seen.emplace(lower_case(param.name.text), param.name.text);
    if (!added) {
      return package_.environment().error(
          span, fmt::format("this function has a parameter `{}` already", found->second));
    }
    function.params.push_back({std::string(param.name.text), TRY(type(param.type, kept)), span});
  }
  return {};
}

Result<> TypeScope::add_result(Function& function, const ast::Func& func, bool kept) {
  Environment& environment = package_.environment();
  const bool constructor = func.kind == Function::Kind::constructor;
  if (!func.result) {
    if (constructor) function.result = TRY(anonymous(Own{*function.resource}, func.name.at));
    return {};
  }
  function.result = TRY(type(*func.result, kept));
  const Span span = package_.span(body_, func.result->at);
  if (constructor) {
    const ast::TypeExpr& expr = *func.result;
    const bool fits = expr.kind == ExprKind::result && !expr.no_ok && !expr.parts.empty() &&
                      expr.parts[0].kind == ExprKind::name &&
                      TRY(named(expr.parts[0].name, false)) == *function.resource;
    if (!fits) {
      const std::string& name = environment.resolve[*function.resource].name;
      return environment.error(
          span, fmt::format("a constructor gives `{0}` (with nothing written) or `result<{0}, …>`",
                            name));
    }
  }
  if (environment.resolve.has_borrow(*function.result)) {
    return environment.error(span, fmt::format("the result of `{}` holds a borrowed handle, which "
                                               "would outlive the call",
                                               function.name));
  }
  return {};
}

}  // namespace cairn::component::wit
