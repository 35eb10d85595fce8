#pragma once
/// Makes WIT of what a component imports and exports.

#include <cairn/component/wit_binary.hpp>

#include <map>
#include <set>
#include <unordered_map>

#include "wit/evaluate.hpp"

namespace cairn::component::wit {

class Decoder {
 public:
  explicit Decoder(const Limits& limits) : limits_(limits), evaluator_(limits) {}

  Result<Decoded> run(const syntax::Component& component);

 private:
  // Packages.
  Result<> package_item(const NamedEntity& item);
  Result<> wrapped_interface(const std::string& name, const Face& face, const Instance& instance);
  Result<WorldId> wrapped_world(const std::string& name, const NamedEntity& exported,
                                const ComponentRef& type);
  Result<> custom_sections(const syntax::Component& component, Decoded& decoded);
  /// All interfaces and worlds of a package have its name.
  Result<> note_root(PackageId package);

  // Worlds.
  Result<> fill_world(WorldId world, const Face& face);
  Result<> world_item(WorldId world, const NamedEntity& item, bool is_import);
  Result<> world_instance(WorldId world, const NamedEntity& item, const Instance& instance,
                          bool is_import);
  Result<> world_type(WorldId world, const NamedEntity& item, NodeId node, bool is_import);

  // Interfaces.
  struct Place {
    PackageId package;
    std::string item;
  };
  /// The package and name that "wasi:io/poll@0.2.0" means; a package that is new is added.
  Result<Place> place_of(const syntax::ExternName& name, std::string_view text);
  Result<InterfaceId> named_interface(const syntax::ExternName& name, std::string_view text,
                                      const Instance& instance);
  /// Adds what is not there yet; types that are there become known by the nodes of this instance.
  Result<> fill_interface(InterfaceId id, const Instance& instance);
  Result<> add_types(InterfaceId id, const Instance& instance);
  Result<> add_functions(InterfaceId id, const Instance& instance);

  // What cannot be so in a component that is valid.
  Result<> check_world(const World& world) const;
  Result<> order_interfaces();

  // Types and functions.
  Result<TypeId> define(NodeId node, const syntax::ExternName& name, Owner owner);
  /// The type as the interface or world at hand may name it: where it is of another interface, a
  /// `use` brings it in.
  Result<TypeId> in_scope(TypeId type);
  std::string free_name(const std::string& wanted);
  /// Says which type a node is.
  void know(NodeId node, TypeId type);
  std::optional<TypeId> known(NodeId node) const;
  Result<Type> type(const syntax::ValType& type, uint32_t depth);
  Result<std::optional<Type>> type(const std::optional<syntax::ValType>& type, uint32_t depth);
  Result<Type> node_type(NodeId node, uint32_t depth);
  Result<TypeKind> kind(NodeId root, uint32_t depth);
  Result<TypeId> resource(NodeId node);
  Result<Function> function(const syntax::ExternName& name, NodeId node,
                            const std::map<std::string, TypeId, std::less<>>& types);
  Result<> check_function(const Function& function) const;

  const Limits& limits_;
  Evaluator evaluator_;
  Resolve resolve_;
  std::optional<PackageId> root_;
  std::map<PackageName, PackageId> packages_;
  std::map<std::pair<uint32_t, std::string>, InterfaceId> interfaces_;  ///< by package and name
  std::map<InterfaceId, std::map<std::string, TypeId, std::less<>>> types_of_;
  std::map<InterfaceId, std::map<std::string, size_t, std::less<>>> functions_of_;
  std::map<std::string, TypeId, std::less<>> world_types_;
  /// The interface or world at hand, with all names in it (in lower case).
  struct ScopeOfNames {
    Owner owner = {};
    std::set<std::string> names = {};
  };
  ScopeOfNames scope_;
  std::map<std::pair<Owner, TypeId>, TypeId> uses_;
  std::unordered_map<NodeId, TypeId> known_;
  /// The first name of a type, for functions that speak of the type itself. Those of the interface
  /// at hand come first.
  std::unordered_map<NodeId, TypeId> by_root_, local_by_root_;
};

}  // namespace cairn::component::wit
