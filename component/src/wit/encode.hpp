#pragma once
/// Interfaces and worlds as component types.

#include <cairn/component/syntax.hpp>
#include <cairn/component/wit.hpp>

#include <map>
#include <set>

namespace cairn::component::wit {

/// Makes one component type: that of a world, or the one that holds an interface.
class ComponentTypeEncoder {
 public:
  explicit ComponentTypeEncoder(const Resolve& resolve) : resolve_(resolve) {}
  virtual ~ComponentTypeEncoder() = default;
  ComponentTypeEncoder(const ComponentTypeEncoder&) = delete;
  ComponentTypeEncoder& operator=(const ComponentTypeEncoder&) = delete;

  /// The interface as an exported instance, with imports for what it uses.
  syntax::ComponentType interface(InterfaceId id);
  syntax::ComponentType world(WorldId id);

 protected:
  /// A component type or an instance type in the making: declarators and what they define.
  struct Scope {
    std::vector<syntax::Declarator> declarators;
    uint32_t types = 0;
    std::map<TypeId, uint32_t> by_id;
    std::map<std::string, uint32_t> in_place;  ///< types without a name, by what they consist of
  };

  uint32_t define(syntax::Type type);
  uint32_t define_once(syntax::Type type);
  void alias(syntax::Alias alias);
  uint32_t name_type(const TypeDef& type, syntax::ExternDesc desc);
  void declare(bool is_import, syntax::ExternName name, syntax::ExternDesc desc);

  /// Whether imports of the interface have this function.
  virtual bool keeps(InterfaceId, const Function&) const { return true; }
  syntax::InstanceType instance(InterfaceId id, bool with_functions);
  void world_item(const WorldItem& item, bool is_import);
  void need_imports_of(InterfaceId id, std::set<InterfaceId>& done);

  syntax::ValType val_type(const Type& type);
  std::optional<syntax::ValType> val_type(const std::optional<Type>& type);
  /// Where the type is in the scope at hand; it is declared there first if need be.
  virtual uint32_t type_index(TypeId id);
  uint32_t foreign_type(InterfaceId owner, TypeId id);
  uint32_t local_type(TypeId id);
  syntax::Type::What kind(const TypeKind& kind);
  uint32_t func_type(const Function& function);

  const Resolve& resolve_;
  Scope outer_;
  Scope* scope_ = &outer_;
  std::optional<InterfaceId> interface_;  ///< whose types are local; missing: those of the world
  bool inside_instance_ = false;
  uint32_t instances_ = 0;
  std::map<InterfaceId, uint32_t> instance_of_;              ///< the last one of that interface
  std::map<std::pair<uint32_t, TypeId>, uint32_t> aliases_;  ///< of types of instances
};

}  // namespace cairn::component::wit
