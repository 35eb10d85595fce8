#pragma once
/// The types and functions of one interface, or of one world.

#include "wit/environment.hpp"

namespace cairn::component::wit {

class PackageResolver;

class TypeScope {
 public:
  /// `kept`: the gates of the owner are chosen.
  TypeScope(PackageResolver& package, size_t body, Owner owner, bool kept)
      : package_(package), body_(body), owner_(owner), kept_(kept) {}

  /// All at once, as they may refer to each other in any order. `functions` are the names of the
  /// functions beside them, for messages.
  Result<> add_types(const std::vector<const ast::Use*>& uses,
                     const std::vector<const ast::TypeDef*>& types);
  /// Says that a function has this name (for messages, and against clashes).
  Result<> declare_function(const ast::Name& name);
  /// A function of `resource`, or without one. Nothing where it is left out.
  Result<std::optional<Function>> function(const ast::Func& func, const ast::TypeDef* resource);

  /// Those that are there: first the used ones, then the others.
  const std::vector<TypeId>& types() const { return types_; }
  Symbols take_symbols() { return std::move(symbols_); }

 private:
  Result<> add_use(const ast::Use& use);
  Result<> add_used_name(const ast::Use& use, const ast::Rename& name, InterfaceId from, bool kept);
  Result<> define(const ast::Name& name, Symbol symbol);
  Result<std::vector<uint32_t>> order(const std::vector<const ast::TypeDef*>& types);
  Result<> add_type(const ast::TypeDef& type);
  Result<TypeKind> kind_of(const ast::TypeDef& type, bool kept);
  Result<> check_members(const ast::TypeDef& type) const;
  /// The kind that stands behind an expression other than a name or a primitive type.
  Result<TypeKind> kind_of(const ast::TypeExpr& expr, bool kept);
  Result<TypeKind> handle(const ast::TypeExpr& expr, bool kept);
  Result<Type> type(const ast::TypeExpr& expr, bool kept);
  Result<TypeId> named(const ast::Name& name, bool kept);
  std::unexpected<Error> unknown_type(const ast::Name& name) const;
  Result<> add_params(Function& function, const ast::Func& func, bool kept);
  Result<> add_result(Function& function, const ast::Func& func, bool kept);
  Result<Type> anonymous(TypeKind kind, uint32_t at);

  PackageResolver& package_;
  size_t body_;
  Owner owner_;
  bool kept_;
  Symbols symbols_;
  std::vector<TypeId> types_;
};

}  // namespace cairn::component::wit
