#pragma once
/// Packages that were read, from texts or components, and the order to resolve them in.

#include <map>
#include <memory>

#include "wit/environment.hpp"

namespace cairn::component::wit {

class PackageGraph {
 public:
  PackageGraph(const Sources& sources, const LoadOptions& options)
      : sources_(sources), options_(options) {}

  /// Adds files that are one package, and the packages inside of them. `where` is what messages
  /// call them. A package may be nameless only if `name_needed` is false and it is empty.
  Result<std::optional<PackageName>> add(std::vector<ast::File> files, const std::string& where,
                                         bool name_needed);
  /// Adds a package that was a component, with what it says of others.
  Result<PackageName> add(Resolve encoded, PackageId package, const std::string& where);

  /// Resolves all packages.
  Result<Loaded> resolve(const PackageName& root);

 private:
  struct Node {
    std::vector<PackageSource> texts = {};  ///< the first counts, the others have to say the same
    std::unique_ptr<Resolve> encoded = nullptr;
    PackageId encoded_id = {};
    std::string where = {};
  };

  Result<> add_source(PackageSource source, const std::string& where);
  Result<std::vector<uint32_t>> order(const PackageName& root);
  Result<> edges_of(const Node& node, std::vector<uint32_t>& edges);
  std::unexpected<Error> unknown_package(const ast::PackageRef& ref, uint32_t file) const;
  Result<> resolve_node(Environment& environment, const Node& node);
  Result<> check_duplicate(const Environment& environment, const PackageSource& other);

  const Sources& sources_;
  const LoadOptions& options_;
  std::vector<std::unique_ptr<ast::File>> files_;  ///< sources refer to their bodies
  std::vector<Node> nodes_;
  std::map<PackageName, uint32_t> by_name_;
};

}  // namespace cairn::component::wit
