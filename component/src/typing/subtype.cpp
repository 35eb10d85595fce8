// Subtyping (Explainer.md, "Type Checking"): the names of an actual type must include those of the
// expected one, for imports the other way around; value and function types are equal or not.

#include <fmt/format.h>
#include <cairn/component/types.hpp>

#include "typing/mismatch.hpp"
#include "typing/name_index.hpp"
#include "typing/substitute.hpp"

namespace cairn::component {

namespace {

std::unexpected<Error> mismatch(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

/// "type mismatch in instance export `a`: …"
Result<> in_context(Result<> result, std::string_view what, std::string_view name) {
  if (result || result.error().kind != ErrorKind::invalid) return result;
  result.error().message =
      fmt::format("type mismatch in {} `{}`: {}", what, name, result.error().message);
  return result;
}

class SubtypeCheck {
 public:
  /// `work` counts over all parts of one check: types can mention each other so often that looking
  /// at every place would take forever.
  SubtypeCheck(Types& types, const OpenResources& open, Substitution& bound, uint64_t& work,
               uint32_t depth = 0)
      : types_(types), open_(open), bound_(bound), work_(work), depth_(depth) {}

  Result<> run(const ExternType& actual, const ExternType& expected) {
    if (depth_ > types_.limits().nesting) {
      return fail(ErrorKind::limit, fmt::format("types nest too deeply: the limit is {} levels",
                                                types_.limits().nesting));
    }
    constexpr uint64_t times = 10;
    work_ += types_.node_count(expected);
    if (work_ > times * types_.limits().type_size) {
      return fail(ErrorKind::limit, "types are too large to be compared");
    }
    if (actual.index() != expected.index()) {
      return mismatch(fmt::format("expected {}, found {}", sort_word(expected), sort_word(actual)));
    }
    return std::visit(
        [&](const auto& wanted) -> Result<> {
          return check(std::get<std::decay_t<decltype(wanted)>>(actual), wanted);
        },
        expected);
  }

 private:
  Result<> check(CoreModuleTypeId actual, CoreModuleTypeId expected) {
    if (actual == expected) return {};
    return check_core_subtype(types_, types_[actual], types_[expected]);
  }

  Result<> check(FuncTypeId actual, FuncTypeId expected) {
    return same_func(types_, actual, Substituter(types_, bound_)(expected));
  }

  Result<> check(ValueExtern actual, ValueExtern expected) {
    return same_value(types_, actual.type, Substituter(types_, bound_)(expected.type));
  }

  Result<> check(const TypeExtern& actual, const TypeExtern& expected) {
    const auto* resource = std::get_if<ResourceRef>(&expected.type);
    const bool is_resource = std::holds_alternative<ResourceRef>(actual.type);
    if (resource && is_resource) return bind(std::get<ResourceRef>(actual.type), *resource);
    if (actual.type.index() != expected.type.index()) {
      return mismatch(
          fmt::format("expected {}, found {}", type_word(expected.type), type_word(actual.type)));
    }
    if (const auto* value = std::get_if<ValType>(&expected.type)) {
      const ValType found = std::get<ValType>(actual.type);
      TRY(same_value(types_, found, Substituter(types_, bound_)(*value)));
      if (const NameId name = types_[*value].name; name.value != 0) {
        bound_.names.insert_or_assign(name.value, found);
      }
      return {};
    }
    if (const auto* func = std::get_if<FuncTypeId>(&expected.type)) {
      return check(std::get<FuncTypeId>(actual.type), *func);
    }
    return same_type(actual.type, expected.type);
  }

  /// Types of instances and components are equal when each may stand for the other.
  Result<> same_type(const AnyType& actual, const AnyType& expected) {
    const AnyType wanted = Substituter(types_, bound_)(expected);
    if (wanted == actual) return {};
    const auto one_way = [&](const AnyType& from, const AnyType& to) -> Result<> {
      if (const auto* instance = std::get_if<InstanceTypeId>(&to)) {
        const OpenResources open(types_[*instance].bound);
        Substitution bound = bound_;
        return SubtypeCheck(types_, open, bound, work_, depth_ + 1)
            .run(std::get<InstanceTypeId>(from), *instance);
      }
      Substitution bound = bound_;
      const OpenResources none;
      return SubtypeCheck(types_, none, bound, work_, depth_ + 1)
          .run(std::get<ComponentTypeId>(from), std::get<ComponentTypeId>(to));
    };
    TRY(one_way(actual, wanted));
    return one_way(wanted, actual);
  }

  Result<> bind(ResourceRef actual, ResourceRef expected) {
    if (open_.contains(expected.resource))
      bound_.resources.emplace(expected.resource.value, actual);
    const ResourceRef wanted = Substituter(types_, bound_)(ResourceRef{expected.resource});
    if (wanted.resource != actual.resource) return mismatch("resource types are not the same");
    if (expected.name.value != 0) bound_.names.insert_or_assign(expected.name.value, actual);
    return {};
  }

  Result<> check(InstanceTypeId actual, InstanceTypeId expected) {
    const SubtypeCheck deeper(types_, open_, bound_, work_, depth_ + 1);
    const NameIndex offered(types_[actual].exports);
    for (const NamedExtern& wanted : types_[expected].exports) {
      const NamedExtern* found = offered.find(wanted.name);
      if (!found) return mismatch(fmt::format("missing expected export `{}`", wanted.name));
      SubtypeCheck part = deeper;
      TRY(in_context(part.run(found->type, wanted.type), "instance export", wanted.name));
    }
    return {};
  }

  Result<> check(ComponentTypeId actual_id, ComponentTypeId expected_id) {
    if (actual_id == expected_id) return {};
    const ComponentType actual = types_[actual_id];
    const ComponentType expected = types_[Substituter(types_, bound_)(expected_id)];
    // The actual component is given what the expected one would be given …
    Substitution given = bound_;
    const OpenResources open_imports(actual.imported_resources);
    const NameIndex imports(expected.imports);
    for (const NamedExtern& import : actual.imports) {
      const NamedExtern* offered = imports.find(import.name);
      if (!offered) return mismatch(fmt::format("missing expected import `{}`", import.name));
      SubtypeCheck part(types_, open_imports, given, work_, depth_ + 1);
      TRY(in_context(part.run(offered->type, import.type), "component import", import.name));
    }
    // … and must export what that one promises.
    Substituter substituter(types_, given);
    Substitution promised = bound_;
    const OpenResources open_exports(expected.exported_resources);
    const NameIndex exports(actual.exports);
    for (const NamedExtern& wanted : expected.exports) {
      const NamedExtern* found = exports.find(wanted.name);
      if (!found) return mismatch(fmt::format("missing expected export `{}`", wanted.name));
      SubtypeCheck part(types_, open_exports, promised, work_, depth_ + 1);
      TRY(in_context(part.run(substituter(found->type), wanted.type), "component export",
                     wanted.name));
    }
    return {};
  }

  static std::string_view type_word(const AnyType& type) {
    constexpr std::array<std::string_view, 5> words = {"defined type", "function type", "resource",
                                                       "instance type", "component type"};
    return words[type.index()];
  }

  Types& types_;
  const OpenResources& open_;
  Substitution& bound_;
  uint64_t& work_;
  uint32_t depth_;
};

}  // namespace

Result<> check_subtype(Types& types, const ExternType& actual, const ExternType& expected,
                       const OpenResources& open, Substitution& bound) {
  uint64_t work = 0;
  Result<> result = SubtypeCheck(types, open, bound, work).run(actual, expected);
  bound.work += work;
  return result;
}

Result<> check_subtype(Types& types, const ExternType& actual, const ExternType& expected) {
  Substitution bound;
  return check_subtype(types, actual, expected, OpenResources(), bound);
}

}  // namespace cairn::component
