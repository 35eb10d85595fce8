#pragma once
/// One scope of a component in text form: a component, a component, instance or core module type.
/// It has index spaces and identifiers of its own, and a list that its definitions go to.

#include <cairn/component/names.hpp>
#include <cairn/component/syntax.hpp>

#include <array>
#include <map>
#include <tuple>
#include <unordered_map>
#include <variant>

#include "text/scope.hpp"

namespace cairn::component::text {

enum class ScopeKind : uint8_t { component, component_type, instance_type, core_module_type };

struct Scope {
  Scope(ScopeKind the_kind, Scope* the_parent, uint32_t the_depth)
      : kind(the_kind), parent(the_parent), depth(the_depth) {}

  ScopeKind kind;
  Scope* parent;
  uint32_t depth;
  std::optional<std::string_view> id;
  std::array<wasm::text::IdTable, syntax::sort_count> ids;
  std::array<uint32_t, syntax::sort_count> counts{};
  /// What was aliased because an identifier of an outer scope was used.
  std::map<std::tuple<uint32_t, syntax::Sort, uint32_t>, uint32_t> outer_aliases;
  /// Core function types that were defined because they were written in place.
  std::map<std::pair<std::vector<uint32_t>, std::vector<uint32_t>>, uint32_t> core_func_types;

  // The kind says which of these is in use.
  std::vector<syntax::Definition> definitions;
  std::vector<syntax::Declarator> declarators;
  std::vector<syntax::CoreModuleDecl> core_declarators;
  ComponentNames names;
  /// What the type indices of values stand for, where the text says so (for value definitions).
  std::unordered_map<uint32_t, syntax::Type> known_types;

  wasm::text::IdTable& ids_of(syntax::Sort sort) { return ids[static_cast<size_t>(sort)]; }
  uint32_t& count_of(syntax::Sort sort) { return counts[static_cast<size_t>(sort)]; }
};

}  // namespace cairn::component::text
