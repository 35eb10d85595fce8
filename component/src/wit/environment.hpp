#pragma once
/// What the resolver knows of packages that are resolved already, and names in general.

#include <cairn/component/wit_text.hpp>

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "wit/ast.hpp"

namespace cairn::component::wit {

/// A name in an interface or among the types of a world.
struct Symbol {
  bool is_type = true;
  TypeId type = {};
  Span span = {};
  bool left_out = false;  ///< its gate, or that of what it lies in, is not chosen
  std::string name = {};  ///< as written; tables have names in lower case
};

/// An interface or a world of a package.
struct ItemSymbol {
  std::variant<InterfaceId, WorldId> id;
  bool left_out = false;
  Span span = {};
};

/// Names are unique without regard to case, so these tables have them in lower case.
std::string lower_case(std::string_view name);
using Symbols = std::unordered_map<std::string, Symbol>;

struct PackageScope {
  PackageId id;
  std::map<std::string, ItemSymbol, std::less<>> items;  ///< by their names as written
};

struct Environment {
  Resolve& resolve;
  const Sources& sources;
  const LoadOptions& options;
  std::map<PackageName, PackageScope> packages = {};
  std::vector<Symbols> interface_symbols = {};  ///< by the index of the interface
  uint32_t world_items = 0;                     ///< of all worlds so far, also repeated ones
  std::map<InterfaceId, std::vector<InterfaceId>> dependencies = {};
  std::vector<uint32_t> sizes = {};  ///< of types when they are written out, by index, in nodes

  std::unexpected<Error> error(Span span, std::string message,
                               ErrorKind kind = ErrorKind::invalid) const {
    return std::unexpected(sources.error(kind, span, std::move(message)));
  }
  /// Adds a type; where there are too many, the error is at its place.
  Result<TypeId> add(TypeDef type);
  Symbols& symbols(InterfaceId interface);
  /// The interfaces that one uses; it must be complete.
  const std::vector<InterfaceId>& dependencies_of(InterfaceId interface);
  /// Of one that is made of others that are there. One more than components may have: too large.
  uint32_t size_of(const TypeKind& kind);
  /// Counts imports and exports; an error when there are too many.
  Result<> count_world_items(size_t count, Span span);
  /// Makes the items of a package known that came from elsewhere (a component).
  void know(PackageId package);
};

/// One package as it was written, over all its files.
struct PackageSource {
  PackageName name;
  Span span = {};
  std::string docs = {};
  std::vector<const ast::Body*> bodies = {};
};

/// Whether an item with these attributes is there, in a package of that name.
Result<bool> is_kept(const Environment& environment, const PackageName& package,
                     const Stability& stability, Span span);
/// "`@unstable(feature = x)`", for messages.
std::string describe_gate(const Stability& stability);

/// Resolves a package whose foreign references are all in `environment`, and adds it there.
Result<PackageId> resolve_package(Environment& environment, const PackageSource& source);

/// Calls `visit` with all paths in a body that name another package.
void for_each_package_ref(const ast::Body& body,
                          const std::function<void(const ast::PackageRef&)>& visit);

}  // namespace cairn::component::wit
