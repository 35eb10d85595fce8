// Names and attributes of imports and exports (Binary.md, notes on "Import and Export
// Definitions").

#include <fmt/format.h>

#include "checker/checker.hpp"

namespace cairn::component {

using syntax::Attribute;

Result<> Checker::check_extern_name(const syntax::ExternName& name, const ExternType& type,
                                    ExternSide side, ExternNames& names) const {
  const ParsedName parsed = TRY(placed(parse_extern_name(name.name, options_.read.features)));
  TRY(check_attributes(name, parsed, type));
  TRY(check_annotation(parsed, name.name, type, names));
  const auto [previous, is_new] =
      names.taken.try_emplace(strongly_unique_form(name.name), name.name);
  if (!is_new) {
    return wrong(fmt::format("{} name `{}` conflicts with previous name `{}`",
                             side == ExternSide::import ? "import" : "export", name.name,
                             previous->second));
  }
  return {};
}

Result<> Checker::check_attributes(const syntax::ExternName& name, const ParsedName& parsed,
                                   const ExternType& type) const {
  constexpr std::array<std::string_view, 3> words = {"implements", "versionsuffix", "external-id"};
  std::array<bool, words.size()> seen{};
  for (const Attribute& attribute : name.attributes) {
    const auto kind = static_cast<size_t>(attribute.kind);
    if (std::exchange(seen[kind], true)) {
      return wrong(fmt::format("duplicate '{}' option in name", words[kind]));
    }
  }
  if (const std::string* interface = name.attribute(Attribute::Kind::implements)) {
    if (!std::holds_alternative<InstanceTypeId>(type)) {
      return wrong("only instances can have an `implements` attribute");
    }
    if (parsed.kind != ParsedName::Kind::label) {
      return wrong(fmt::format("name `{}` is not valid with `implements`", name.name));
    }
    const Result<ParsedName> target = parse_extern_name(*interface, options_.read.features);
    if (!target) {
      return wrong(fmt::format("`{}` is not a valid name for `implements`: {}", *interface,
                               target.error().message));
    }
    if (!target->is_interface()) {
      return wrong(fmt::format("`implements` name `{}` must be an interface", *interface));
    }
  }
  if (const std::string* suffix = name.attribute(Attribute::Kind::version_suffix)) {
    const bool canonical = parsed.is_interface() && !parsed.version.empty();
    const Result<SemVer> full = parse_semver(parsed.version + *suffix);
    if (!canonical || !full || full->canonical() != parsed.version) {
      return wrong(fmt::format("`versionsuffix` \"{}\" does not complete the version of `{}`",
                               *suffix, name.name));
    }
  }
  return {};
}

Result<> Checker::check_annotation(const ParsedName& parsed, const std::string& name,
                                   const ExternType& type, const ExternNames& names) const {
  using Kind = ParsedName::Kind;
  if (parsed.kind == Kind::label || parsed.kind == Kind::interface) return {};
  const auto* id = std::get_if<FuncTypeId>(&type);
  if (!id) return wrong(fmt::format("import or export `{}` is not a func", name));
  const FuncType& func = types_[*id];
  if (parsed.kind == Kind::constructor) return check_constructor(parsed, func, names);
  if (parsed.kind == Kind::method) return check_method(parsed, func, names);
  if (!names.resource_labels.contains(parsed.label)) {
    return wrong("static resource name is not known in this context");
  }
  return {};
}

Result<> Checker::check_constructor(const ParsedName& parsed, const FuncType& func,
                                    const ExternNames& names) const {
  if (!func.result) return wrong("function should return one value");
  const ValTypeInfo* result = &types_[*func.result];
  if (result->kind == ValKind::result && result->parts[0].type) {
    result = &types_[*result->parts[0].type];
  }
  if (result->kind != ValKind::own) {
    return wrong("function should return `(own $T)` or `(result (own $T))`");
  }
  return check_resource_label(result->resource, parsed.label, names);
}

Result<> Checker::check_method(const ParsedName& parsed, const FuncType& func,
                               const ExternNames& names) const {
  if (func.params.empty()) return wrong("function should have at least one argument");
  const FuncParam& self = func.params.front();
  if (self.name != "self") {
    return wrong(
        fmt::format("function should have a first argument called `self`, found `{}`", self.name));
  }
  const ValTypeInfo& type = types_[self.type];
  if (type.kind != ValKind::borrow) {
    return wrong("function should take a first argument of `(borrow $T)`");
  }
  return check_resource_label(type.resource, parsed.label, names);
}

Result<> Checker::check_resource_label(ResourceRef resource, const std::string& label,
                                       const ExternNames& names) const {
  const auto found = names.resources.find(resource);
  if (found == names.resources.end()) {
    return wrong("resource used in function does not have a name in this context");
  }
  if (found->second != label) {
    return wrong(fmt::format("function does not match expected resource name `{}`", found->second));
  }
  return {};
}

}  // namespace cairn::component
