#include "wit/world_builder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "wit/package_resolver.hpp"

namespace cairn::component::wit {
namespace {

std::string_view what_it_is(const WorldItem& item) {
  if (std::holds_alternative<Function>(item.item)) return "a function";
  return std::holds_alternative<TypeId>(item.item) ? "a type" : "an interface";
}

/// An earlier `since` wins over a later one, stable over unstable.
void merge(Stability& into, const Stability& from) {
  if (into == from || from.unknown()) return;
  const bool earlier = from.since && into.since && from.since->compare(*into.since) < 0;
  if (into.unknown() || earlier || (from.since && !into.since)) into = from;
}

/// "[method]r.m" with r renamed to s is "[method]s.m".
std::string renamed(const std::string& name, const std::vector<ast::Rename>& names,
                    std::vector<bool>& used) {
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string_view from = names[i].from.text, to = names[i].local().text;
    if (name == from) {
      used[i] = true;
      return std::string(to);
    }
    const size_t bracket = name.find(']');
    if (bracket == std::string::npos) continue;
    const std::string_view rest = std::string_view(name).substr(bracket + 1);
    const size_t end = std::min(rest.find('.'), rest.size());
    if (rest.substr(0, end) == from) {
      return fmt::format("{}{}{}", std::string_view(name).substr(0, bracket + 1), to,
                         rest.substr(end));
    }
  }
  return name;
}

}  // namespace

Span WorldBuilder::span_of(const WorldItem& item) const {
  if (const auto* function = std::get_if<Function>(&item.item)) return function->meta.span;
  if (const auto* type = std::get_if<TypeId>(&item.item)) {
    return environment_.resolve[*type].meta.span;
  }
  return item.meta.span;
}

std::unexpected<Error> WorldBuilder::clash(bool is_import, const WorldItem& item,
                                           const WorldItem& before, Span span) const {
  const std::string name = environment_.resolve.name_of(item);
  const std::string other = environment_.resolve.name_of(before);
  const std::string_view verb = is_import ? "imports" : "exports";
  if (name == other) {
    return environment_.error(
        span, fmt::format("the world {} {} `{}` already", verb, what_it_is(before), name));
  }
  return environment_.error(
      span, fmt::format("the world {} {} `{}` already, and `{}` differs from it in upper and lower "
                        "case only",
                        verb, what_it_is(before), other, name));
}

Result<> WorldBuilder::add(bool is_import, WorldItem item) {
  const Span span = span_of(item);
  TRY(environment_.count_world_items(1, span));
  Side& to = side(is_import);
  const std::string key = lower_case(environment_.resolve.name_of(item));
  const auto [found, added] = to.by_name.emplace(key, to.items.size());
  if (!added) return clash(is_import, item, to.items[found->second], span);
  to.items.push_back(std::move(item));
  return {};
}

Result<> WorldBuilder::include(WorldId included, const std::vector<ast::Rename>& names, Span span,
                               uint32_t file) {
  Resolve& resolve = environment_.resolve;
  const bool foreign = resolve[included].package != resolve[world_].package;
  WorldCloner cloner(environment_, included, world_, foreign);
  std::vector<bool> used(names.size());
  TRY(environment_.count_world_items(
      resolve[included].imports.size() + resolve[included].exports.size(), span));
  for (const bool is_import : {true, false}) {
    Side& to = side(is_import);
    const auto items = is_import ? resolve[included].imports : resolve[included].exports;
    for (WorldItem item : items) {
      if (const std::string* name = item.name()) {
        const std::string new_name = renamed(*name, names, used);
        TRY(cloner.clone(item, new_name));
        item.key = new_name;
      }
      const Stability stability = item.meta.stability;
      const bool drop = foreign && stability.since;
      if (drop) item.meta.stability = {};
      item.meta.span = span;
      const std::string key = lower_case(resolve.name_of(item));
      const auto [found, added] = to.by_name.emplace(key, to.items.size());
      if (added) {
        to.items.push_back(std::move(item));
        continue;
      }
      WorldItem& before = to.items[found->second];
      if (item.name() != nullptr || before.key != item.key) {
        return clash(is_import, item, before, span);
      }
      if (drop) {
        before.meta.stability = {};
      } else {
        merge(before.meta.stability, stability);
      }
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (used[i]) continue;
    return environment_.error(
        {file, names[i].from.at},
        fmt::format("the world `{}` has no import or export with the plain name `{}` (interfaces "
                    "cannot be renamed)",
                    resolve[included].name, names[i].from.text));
  }
  return {};
}

Result<> WorldBuilder::finish() {
  Elaborator elaborator(environment_);
  TRY(elaborator.imports(std::move(imports_.items)));
  TRY(elaborator.exports(exports_.items, environment_.resolve[world_].name));
  World& world = environment_.resolve[world_];
  world.imports = elaborator.take_imports();
  world.exports = elaborator.take_exports();
  return {};
}

// ---- From the syntax -------------------------------------------------------------------------

namespace {

class WorldResolver {
 public:
  WorldResolver(PackageResolver& package, WorldId id, size_t body, bool kept)
      : package_(package),
        body_(body),
        kept_(kept),
        builder_(package.environment(), id),
        scope_(package, body, id, kept) {}

  Result<> run(const ast::World& world) {
    TRY(add_types(world));
    for (const ast::WorldItem& item : world.items) {
      if (const auto* one = std::get_if<ast::Extern>(&item)) TRY(add_extern(*one));
    }
    for (const ast::WorldItem& item : world.items) {
      if (const auto* include = std::get_if<ast::Include>(&item)) TRY(add_include(*include));
    }
    return builder_.finish();
  }

 private:
  Result<> add_types(const ast::World& world) {
    std::vector<const ast::Use*> uses;
    std::vector<const ast::TypeDef*> types;
    for (const ast::WorldItem& item : world.items) {
      if (const auto* use = std::get_if<ast::Use>(&item)) uses.push_back(use);
      if (const auto* type = std::get_if<ast::TypeDef>(&item)) types.push_back(type);
    }
    TRY(scope_.add_types(uses, types));
    for (const TypeId id : scope_.types()) {
      const std::string name = package_.environment().resolve[id].name;
      TRY(builder_.add(true, {.key = name, .item = id}));
    }
    for (const ast::TypeDef* type : types) {
      TRY(package_.check_methods(*type, body_));
      for (const ast::Func& func : type->functions) TRY(add_function(func, type, true));
    }
    return {};
  }

  Result<> add_function(const ast::Func& func, const ast::TypeDef* resource, bool is_import) {
    std::optional<Function> function = TRY(scope_.function(func, resource));
    if (!function) return {};
    std::string key = function->name;
    return builder_.add(is_import, {.key = std::move(key), .item = *std::move(function)});
  }

  Result<> add_extern(const ast::Extern& one) {
    if (const auto* func = std::get_if<ast::Func>(&one.what)) {
      return add_function(*func, nullptr, one.is_import);
    }
    const auto* path = std::get_if<ast::UsePath>(&one.what);
    const Span span = package_.span(body_, one.label ? one.label->at : path->item.at);
    const bool kept = kept_ && TRY(package_.kept(one.head.attributes.stability, span));
    WorldItem item{
        .key = std::string(), .item = InterfaceId(), .meta = package_.meta(one.head, span)};
    if (path != nullptr) {
      const InterfaceId id = TRY(package_.lookup_interface(*path, body_, kept));
      item.key = id;
      item.item = id;
    } else {
      const auto& items = std::get<std::vector<ast::InterfaceItem>>(one.what);
      const InterfaceId id = package_.environment().resolve.add(
          Interface{.name = {}, .package = package_.id(), .meta = package_.meta(one.head, span)});
      TRY(package_.fill_interface(id, items, body_, kept));
      item.item = id;
      item.meta.docs.clear();  // they are the interface's
    }
    if (one.label) item.key = std::string(one.label->text);
    return kept ? builder_.add(one.is_import, std::move(item)) : Result<>();
  }

  Result<> add_include(const ast::Include& include) {
    const Span span = package_.span(body_, include.from.item.at);
    const bool kept = kept_ && TRY(package_.kept(include.head.attributes.stability, span));
    const WorldId included = TRY(package_.lookup_world(include.from, body_, kept));
    return kept ? builder_.include(included, include.names, span, span.file) : Result<>();
  }

  PackageResolver& package_;
  size_t body_;
  bool kept_;
  WorldBuilder builder_;
  TypeScope scope_;
};

}  // namespace

Result<> resolve_world(PackageResolver& package, WorldId id, const ast::World& world, size_t body,
                       bool kept) {
  return WorldResolver(package, id, body, kept).run(world);
}

}  // namespace cairn::component::wit
