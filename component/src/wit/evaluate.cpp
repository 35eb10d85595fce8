#include "wit/evaluate.hpp"

#include <fmt/format.h>

namespace cairn::component::wit {
namespace {

using syntax::ExternDesc;
using syntax::Sort;

template <class T>
Result<T> at(const std::vector<T>& list, uint32_t index, std::string_view what) {
  if (index < list.size()) return list[index];
  return fail(ErrorKind::invalid,
              fmt::format("unknown {} {}: there are {}", what, index, list.size()));
}

/// Replaces the type indices in a type by nodes.
class IndexMapper {
 public:
  explicit IndexMapper(const std::vector<NodeId>& types) : types_(types) {}

  Result<> operator()(syntax::PrimType&) const { return {}; }
  Result<> operator()(syntax::Flags&) const { return {}; }
  Result<> operator()(syntax::Enum&) const { return {}; }
  Result<> operator()(syntax::ResourceType&) const { return {}; }
  Result<> operator()(syntax::ComponentType&) const { return {}; }
  Result<> operator()(syntax::InstanceType&) const { return {}; }
  Result<> operator()(syntax::Record& record) const {
    for (syntax::LabeledType& field : record.fields) TRY(map(field.type));
    return {};
  }
  Result<> operator()(syntax::Variant& variant) const {
    for (syntax::Case& each : variant.cases) TRY(map(each.type));
    return {};
  }
  Result<> operator()(syntax::List& list) const { return map(list.element); }
  Result<> operator()(syntax::Tuple& tuple) const {
    for (syntax::ValType& type : tuple.types) TRY(map(type));
    return {};
  }
  Result<> operator()(syntax::Option& option) const { return map(option.type); }
  Result<> operator()(syntax::ResultType& result) const {
    TRY(map(result.ok));
    return map(result.error);
  }
  Result<> operator()(syntax::Own& own) const { return map(own.resource); }
  Result<> operator()(syntax::Borrow& borrow) const { return map(borrow.resource); }
  Result<> operator()(syntax::Stream& stream) const { return map(stream.type); }
  Result<> operator()(syntax::Future& future) const { return map(future.type); }
  Result<> operator()(syntax::Map& pairs) const {
    TRY(map(pairs.key));
    return map(pairs.value);
  }
  Result<> operator()(syntax::FuncType& func) const {
    for (syntax::LabeledType& param : func.params) TRY(map(param.type));
    return map(func.result);
  }

 private:
  Result<> map(uint32_t& index) const {
    index = TRY(at(types_, index, "type"));
    return {};
  }
  Result<> map(syntax::ValType& type) const {
    if (type.is_index()) type = syntax::ValType::index(TRY(at(types_, type.index(), "type")));
    return {};
  }
  Result<> map(std::optional<syntax::ValType>& type) const {
    return type ? map(*type) : Result<>();
  }

  const std::vector<NodeId>& types_;
};

}  // namespace

const NamedEntity* Instance::find(std::string_view name) const {
  if (by_name.empty()) {
    for (size_t i = 0; i < exports.size(); ++i) by_name.emplace(exports[i].name.name, i);
  }
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &exports[found->second];
}

Result<> Evaluator::step() {
  if (++steps_ <= limits_.definitions) return {};
  return fail(ErrorKind::limit,
              fmt::format("more than {} definitions, those of instantiations counted",
                          limits_.definitions));
}

NodeId Evaluator::root(NodeId id) const {
  // A name comes after what it names, so this ends.
  while (nodes_[id].alias_of) id = *nodes_[id].alias_of;
  return id;
}

Result<NodeId> Evaluator::add(TypeNode node) {
  TRY(step());
  nodes_.push_back(std::move(node));
  return static_cast<NodeId>(nodes_.size() - 1);
}

Result<NodeId> Evaluator::name(NodeId type) { return add({.alias_of = type}); }

Result<> Evaluator::define(EvalScope& scope, const syntax::Type& type) {
  TypeNode node{.what = type.what, .scope = &scope};
  node.is_resource = std::holds_alternative<syntax::ResourceType>(type.what);
  TRY(std::visit(IndexMapper(scope.types), node.what));
  scope.types.push_back(TRY(add(std::move(node))));
  return {};
}

void Evaluator::push(EvalScope& scope, const Entity& entity) {
  if (const auto* func = std::get_if<FuncRef>(&entity)) scope.funcs.push_back(func->type);
  if (const auto* type = std::get_if<TypeRef>(&entity)) scope.types.push_back(type->type);
  if (const auto* one = std::get_if<const Instance*>(&entity)) scope.instances.push_back(*one);
  if (const auto* one = std::get_if<ComponentRef>(&entity)) scope.components.push_back(*one);
}

/// A new thing of that type.
Result<Entity> Evaluator::entity_of(const EvalScope& scope, const ExternDesc& desc) {
  if (const auto* func = std::get_if<ExternDesc::Func>(&desc.what)) {
    return FuncRef{TRY(at(scope.types, func->type, "type"))};
  }
  if (const auto* type = std::get_if<ExternDesc::TypeEq>(&desc.what)) {
    return TypeRef{TRY(name(TRY(at(scope.types, type->type, "type"))))};
  }
  if (std::holds_alternative<ExternDesc::SubResource>(desc.what)) {
    return TypeRef{TRY(add({.is_resource = true}))};
  }
  if (const auto* type = std::get_if<ExternDesc::Instance>(&desc.what)) {
    return TRY(instance_of(TRY(at(scope.types, type->type, "type"))));
  }
  if (const auto* type = std::get_if<ExternDesc::Component>(&desc.what)) {
    const TypeNode& node = nodes_[root(TRY(at(scope.types, type->type, "type")))];
    const auto* of = std::get_if<syntax::ComponentType>(&node.what);
    if (of == nullptr) return fail(ErrorKind::invalid, "expected the type of a component");
    return ComponentRef{.type = of, .scope = node.scope};
  }
  return Entity();
}

Result<Entity> Evaluator::item(const EvalScope& scope, const syntax::SortIndex& index) const {
  switch (index.sort) {
    case Sort::func: return FuncRef{TRY(at(scope.funcs, index.index, "function"))};
    case Sort::type: return TypeRef{TRY(at(scope.types, index.index, "type"))};
    case Sort::instance: return TRY(at(scope.instances, index.index, "instance"));
    case Sort::component: return TRY(at(scope.components, index.index, "component"));
    default: return Entity();
  }
}

// ---- Components ------------------------------------------------------------------------------

Result<Face> Evaluator::run(const syntax::Component& component) {
  return this->component(component, nullptr, nullptr);
}

Result<Face> Evaluator::component(const syntax::Component& component, const EvalScope* parent,
                                  const Instance* args) {
  if (depth_ >= limits_.nesting) {
    return fail(ErrorKind::limit,
                fmt::format("more than {} components inside each other", limits_.nesting));
  }
  ++depth_;
  Run run{.scope = &scopes_.emplace_back(parent), .args = args};
  for (const syntax::Definition& definition : component.definitions) {
    TRY(step());
    TRY(this->definition(run, definition));
  }
  --depth_;
  return std::move(run.face);
}

Result<> Evaluator::definition(Run& run, const syntax::Definition& definition) {
  EvalScope& scope = *run.scope;
  if (const auto* type = std::get_if<syntax::Type>(&definition.what)) return define(scope, *type);
  if (const auto* alias = std::get_if<syntax::Alias>(&definition.what)) {
    return this->alias(run, *alias);
  }
  if (const auto* nested = std::get_if<syntax::NestedComponent>(&definition.what)) {
    scope.components.push_back({.component = nested->component.get(), .scope = &scope});
    return {};
  }
  if (const auto* instance = std::get_if<syntax::Instance>(&definition.what)) {
    return this->instance(run, *instance);
  }
  if (const auto* canon = std::get_if<syntax::Canon>(&definition.what)) {
    if (canon->kind == CanonKind::lift) {
      scope.funcs.push_back(TRY(at(scope.types, canon->type, "type")));
    }
    return {};
  }
  if (const auto* import = std::get_if<syntax::Import>(&definition.what)) {
    return this->import(run, import->name, import->desc);
  }
  if (const auto* item = std::get_if<syntax::Export>(&definition.what)) {
    return export_item(run, *item);
  }
  return {};  // core definitions, values and custom sections have no types of this kind
}

Result<> Evaluator::instance(Run& run, const syntax::Instance& instance) {
  if (const auto* of = std::get_if<syntax::Instantiate>(&instance.what)) {
    push(*run.scope, TRY(instantiate(run, *of)));
    return {};
  }
  Instance made;
  for (const auto& one : std::get<std::vector<syntax::InlineExport>>(instance.what)) {
    Entity entity = TRY(item(*run.scope, one.item));
    if (const auto* type = std::get_if<TypeRef>(&entity)) entity = TypeRef{TRY(name(type->type))};
    made.exports.push_back({one.name, entity});
  }
  push(*run.scope, &instances_.emplace_back(std::move(made)));
  return {};
}

Result<Entity> Evaluator::instantiate(Run& run, const syntax::Instantiate& instantiate) {
  const ComponentRef target = TRY(at(run.scope->components, instantiate.target, "component"));
  Instance args;
  for (const syntax::Argument& argument : instantiate.args) {
    args.exports.push_back({{argument.name}, TRY(item(*run.scope, argument.item))});
  }
  Instance made;
  if (target.component != nullptr) {
    made.exports = TRY(component(*target.component, target.scope, &args)).exports;
  } else {
    made.exports = TRY(open(target)).exports;
  }
  return &instances_.emplace_back(std::move(made));
}

Result<> Evaluator::import(Run& run, const syntax::ExternName& name, const ExternDesc& desc) {
  Entity entity;
  if (run.args == nullptr) {
    entity = TRY(entity_of(*run.scope, desc));
  } else {
    const NamedEntity* given = run.args->find(name.name);
    if (given == nullptr && desc.sort() != Sort::core_module && desc.sort() != Sort::value) {
      return fail(ErrorKind::invalid,
                  fmt::format("an instantiation gives nothing for the import `{}`", name.name));
    }
    if (given != nullptr) entity = given->entity;
    const bool fits =
        entity.index() == 0 ||
        (std::holds_alternative<FuncRef>(entity) && desc.sort() == Sort::func) ||
        (std::holds_alternative<TypeRef>(entity) && desc.sort() == Sort::type) ||
        (std::holds_alternative<const Instance*>(entity) && desc.sort() == Sort::instance) ||
        (std::holds_alternative<ComponentRef>(entity) && desc.sort() == Sort::component);
    if (!fits) {
      return fail(ErrorKind::invalid,
                  fmt::format("an instantiation gives something else for the import `{}`, expected "
                              "{}",
                              name.name, to_string(desc.sort())));
    }
  }
  push(*run.scope, entity);
  run.face.imports.push_back({name, entity});
  return {};
}

Result<> Evaluator::export_item(Run& run, const syntax::Export& item) {
  Entity entity = TRY(this->item(*run.scope, item.item));
  if (const auto* type = std::get_if<TypeRef>(&entity)) {
    entity = TypeRef{TRY(name(type->type))};
  } else if (item.desc && std::holds_alternative<ExternDesc::Func>(item.desc->what)) {
    // The type that it is given speaks of the types that are exported beside it.
    entity = TRY(entity_of(*run.scope, *item.desc));
  }
  push(*run.scope, entity);
  run.face.exports.push_back({item.name, entity});
  return {};
}

Result<> Evaluator::alias(Run& run, const syntax::Alias& alias) {
  EvalScope& scope = *run.scope;
  if (const auto* of = std::get_if<syntax::Alias::Export>(&alias.target)) {
    const Instance* instance = TRY(at(scope.instances, of->instance, "instance"));
    const NamedEntity* found = instance->find(of->name);
    if (found == nullptr) {
      return fail(ErrorKind::invalid, fmt::format("an instance has no export `{}`", of->name));
    }
    push(scope, found->entity);
    return {};
  }
  const auto* outer = std::get_if<syntax::Alias::Outer>(&alias.target);
  if (outer == nullptr || (alias.sort != Sort::type && alias.sort != Sort::component)) return {};
  const EvalScope* from = &scope;
  for (uint32_t i = 0; i < outer->count && from != nullptr; ++i) from = from->parent;
  if (from == nullptr) {
    return fail(ErrorKind::invalid, fmt::format("there are no {} scopes outside", outer->count));
  }
  push(scope, TRY(item(*from, {alias.sort, outer->index})));
  return {};
}

// ---- Types of instances and components -------------------------------------------------------

Result<> Evaluator::export_type(Run& run, const syntax::ExternName& name, const ExternDesc& desc) {
  const Entity entity = TRY(entity_of(*run.scope, desc));
  push(*run.scope, entity);
  run.face.exports.push_back({name, entity});
  return {};
}

Result<> Evaluator::declarators(Run& run, const std::vector<syntax::Declarator>& list) {
  for (const syntax::Declarator& declarator : list) {
    TRY(step());
    if (const auto* type = std::get_if<syntax::Type>(&declarator.what)) {
      TRY(define(*run.scope, *type));
    } else if (const auto* alias = std::get_if<syntax::Alias>(&declarator.what)) {
      TRY(this->alias(run, *alias));
    } else if (const auto* import = std::get_if<syntax::ImportDecl>(&declarator.what)) {
      TRY(this->import(run, import->name, import->desc));
    } else if (const auto* item = std::get_if<syntax::ExportDecl>(&declarator.what)) {
      TRY(export_type(run, item->name, item->desc));
    }
  }
  return {};
}

Result<const Instance*> Evaluator::instance_of(NodeId type) {
  const TypeNode& node = nodes_[root(type)];
  const auto* of = std::get_if<syntax::InstanceType>(&node.what);
  if (of == nullptr) return fail(ErrorKind::invalid, "expected the type of an instance");
  if (depth_ >= limits_.nesting) {
    return fail(ErrorKind::limit,
                fmt::format("more than {} types inside each other", limits_.nesting));
  }
  ++depth_;
  Run run{.scope = &scopes_.emplace_back(node.scope)};
  TRY(declarators(run, of->declarators));
  --depth_;
  return &instances_.emplace_back(Instance{std::move(run.face.exports)});
}

Result<Face> Evaluator::open(const ComponentRef& type) {
  if (depth_ >= limits_.nesting) {
    return fail(ErrorKind::limit,
                fmt::format("more than {} types inside each other", limits_.nesting));
  }
  ++depth_;
  Run run{.scope = &scopes_.emplace_back(type.scope)};
  TRY(declarators(run, type.type->declarators));
  --depth_;
  return std::move(run.face);
}

}  // namespace cairn::component::wit
