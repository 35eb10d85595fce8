#pragma once
/// Finds out what a component imports and exports, with every type told apart by where it was
/// declared: two records with the same fields are two records here, as WIT needs it. A component's
/// definitions are run, so to speak, over types instead of values. The component need not be valid;
/// what cannot be followed is an error.

#include <cairn/component/syntax.hpp>
#include <cairn/component/wit.hpp>

#include <deque>
#include <string_view>
#include <unordered_map>

namespace cairn::component::wit {

/// A type, by its place among all nodes.
using NodeId = uint32_t;

/// A type. All type indices in `what` are node ids.
struct TypeNode {
  syntax::Type::What what = syntax::PrimType::bool_;
  /// The type that this one is another name for.
  std::optional<NodeId> alias_of = {};
  bool is_resource = false;
  const struct EvalScope* scope = nullptr;  ///< of component and instance types: where they stand
};

struct Instance;
/// A component, or the type of one; either with the scope around it.
struct ComponentRef {
  const syntax::Component* component = nullptr;
  const syntax::ComponentType* type = nullptr;
  const EvalScope* scope = nullptr;
};
/// A function's type.
struct FuncRef {
  NodeId type = 0;
};
struct TypeRef {
  NodeId type = 0;
};
/// What is imported and exported. `monostate`: a core module or a value, which WIT has no word for.
using Entity = std::variant<std::monostate, FuncRef, TypeRef, const Instance*, ComponentRef>;

struct NamedEntity {
  syntax::ExternName name;
  Entity entity;
};
struct Instance {
  std::vector<NamedEntity> exports;
  mutable std::unordered_map<std::string_view, size_t> by_name = {};  ///< made at the first search

  /// The export of that name, or null.
  const NamedEntity* find(std::string_view name) const;
};

/// The index spaces at one place.
struct EvalScope {
  explicit EvalScope(const EvalScope* around) : parent(around) {}

  const EvalScope* parent;
  std::vector<NodeId> types;
  std::vector<NodeId> funcs;
  std::vector<const Instance*> instances;
  std::vector<ComponentRef> components;
};

/// What a component, or a type of one, has.
struct Face {
  std::vector<NamedEntity> imports, exports;
};

class Evaluator {
 public:
  explicit Evaluator(const Limits& limits) : limits_(limits) {}

  /// The outermost component: its imports are made from their types.
  Result<Face> run(const syntax::Component& component);
  /// The imports and exports of a component type.
  Result<Face> open(const ComponentRef& type);

  const TypeNode& node(NodeId id) const { return nodes_[id]; }
  /// The type behind other names.
  NodeId root(NodeId id) const;

 private:
  /// One component or type on the way.
  struct Run {
    EvalScope* scope;
    Face face = {};
    const Instance* args = nullptr;  ///< what an instantiation gives; else null
  };

  Result<Face> component(const syntax::Component& component, const EvalScope* parent,
                         const Instance* args);
  Result<> definition(Run& run, const syntax::Definition& definition);
  Result<> instance(Run& run, const syntax::Instance& instance);
  Result<Entity> instantiate(Run& run, const syntax::Instantiate& instantiate);
  Result<> import(Run& run, const syntax::ExternName& name, const syntax::ExternDesc& desc);
  Result<> export_item(Run& run, const syntax::Export& item);
  Result<> export_type(Run& run, const syntax::ExternName& name, const syntax::ExternDesc& desc);
  Result<> alias(Run& run, const syntax::Alias& alias);
  Result<> declarators(Run& run, const std::vector<syntax::Declarator>& list);
  Result<const Instance*> instance_of(NodeId type);

  Result<> define(EvalScope& scope, const syntax::Type& type);
  Result<NodeId> add(TypeNode node);
  Result<NodeId> name(NodeId type);
  Result<Entity> entity_of(const EvalScope& scope, const syntax::ExternDesc& desc);
  Result<Entity> item(const EvalScope& scope, const syntax::SortIndex& index) const;
  /// Gives an entity a place in the index space of its sort.
  void push(EvalScope& scope, const Entity& entity);
  Result<> step();

  const Limits& limits_;
  std::deque<TypeNode> nodes_;
  std::deque<EvalScope> scopes_;
  std::deque<Instance> instances_;
  uint64_t steps_ = 0;
  uint32_t depth_ = 0;
};

}  // namespace cairn::component::wit
