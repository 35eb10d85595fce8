#pragma once
/// Runs a part of the parser inside of a scope.

#include <fmt/format.h>

#include "wat/component_parser.hpp"

namespace cairn::component::text {

template <class Body>
Result<> ComponentParser::in_scope(ScopeKind kind, Scope& scope, Body body) {
  if (scope.depth > options_.limits.nesting) {
    return in_.error(ErrorKind::limit, in_.token(),
                     fmt::format("types and components nest too deeply: the limit is {} levels",
                                 options_.limits.nesting));
  }
  scope.kind = kind;
  scope.parent = scope_;
  Scope* const outer = std::exchange(scope_, &scope);
  const uint64_t outer_here = here_;
  Result<> result = body();
  scope_ = outer;
  here_ = outer_here;
  return result;
}

template <class Parse>
auto ComponentParser::with_core_types(Parse parse) -> decltype(parse()) {
  auto& ids = core_.ids[static_cast<size_t>(wasm::text::Space::type)];
  std::swap(ids, scope_->ids_of(syntax::Sort::core_type));
  core_.fields.clear();
  core_.names.fields.clear();
  core_.in.seek(in_.position());
  auto result = parse();
  in_.seek(core_.in.position());
  std::swap(ids, scope_->ids_of(syntax::Sort::core_type));
  return result;
}

}  // namespace cairn::component::text
