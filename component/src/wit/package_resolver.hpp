#pragma once
/// Resolves the interfaces and worlds of one package.

#include "wit/environment.hpp"
#include "wit/type_scope.hpp"

namespace cairn::component::wit {

class PackageResolver {
 public:
  PackageResolver(Environment& environment, const PackageSource& source)
      : environment_(environment), source_(source) {}

  Result<PackageId> run();

  Environment& environment() { return environment_; }
  const PackageName& name() const { return source_.name; }
  PackageId id() const { return package_; }

  /// What a path in one of the files means.
  Result<ItemSymbol> lookup(const ast::UsePath& path, size_t body);
  Result<InterfaceId> lookup_interface(const ast::UsePath& path, size_t body, bool kept);
  Result<WorldId> lookup_world(const ast::UsePath& path, size_t body, bool kept);
  Span span(size_t body, uint32_t at) const { return {source_.bodies[body]->file, at}; }
  Result<bool> kept(const Stability& stability, Span span) const {
    return is_kept(environment_, source_.name, stability, span);
  }
  Meta meta(const ast::Head& head, Span span) const;

  /// The functions of a resource have names of their own, none of them its name (Explainer.md,
  /// "Name Uniqueness").
  Result<> check_methods(const ast::TypeDef& resource, size_t body) const;

  /// Adds the types and functions to an interface that has its place already.
  Result<> fill_interface(InterfaceId id, const std::vector<ast::InterfaceItem>& items, size_t body,
                          bool kept);

 private:
  /// An interface or a world of this package.
  struct Decl {
    const ast::Interface* interface = nullptr;
    const ast::World* world = nullptr;
    size_t body = 0;
    ast::Name name;
    ItemSymbol symbol = {};
    const ast::Head& head() const { return interface ? interface->head : world->head; }
  };
  /// In a file: a declaration of this package or something of another one.
  using Target = std::variant<uint32_t, ItemSymbol>;

  Result<> declare();
  Result<> declare_one(Decl decl);
  Result<> make_file_scope(size_t body);
  Result<Target> find(const ast::UsePath& path, size_t body);
  Result<Target> find_in_package(const ast::UsePath& path, size_t body);
  Result<ItemSymbol> find_foreign(const ast::UsePath& path, size_t body);
  Result<std::vector<uint32_t>> order();
  Result<> edges_of(const Decl& decl, std::vector<uint32_t>& edges);
  Result<> allocate(Decl& decl);
  Result<> not_left_out(const ItemSymbol& symbol, const ast::UsePath& path, size_t body) const;

  Environment& environment_;
  const PackageSource& source_;
  PackageId package_ = {};
  std::vector<Decl> decls_;
  std::map<std::string, uint32_t, std::less<>> by_name_;
  std::vector<std::map<std::string, Target, std::less<>>> file_scopes_;
};

/// Resolves the items of a world that has its place already.
Result<> resolve_world(PackageResolver& package, WorldId id, const ast::World& world, size_t body,
                       bool kept);

}  // namespace cairn::component::wit
