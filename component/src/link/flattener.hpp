#pragma once
/// Walks over a component as if it were instantiated, and writes down what there is to do.

#include "link/program.hpp"

namespace cairn::component::rt {

class Flattener {
 public:
  Flattener(Program& program, const ComponentLinker& linker) : program_(program), linker_(linker) {}
  ~Flattener();
  Flattener(const Flattener&) = delete;
  Flattener& operator=(const Flattener&) = delete;

  Result<InstanceItem> root(const Component& component);

 private:
  using EnvRef = std::shared_ptr<Env>;
  using Args = std::map<std::string, Item, std::less<>>;

  EnvRef make_env();
  /// One instantiation; `within` is the instance that asks for it.
  Result<InstanceItem> instantiate(const ComponentItem& component, const Args& args,
                                   std::optional<uint32_t> within);
  Result<Args> imports_from_host(const ComponentState& state, const CheckedComponent& checked);

  // Definitions (flatten.cpp).
  struct Scope {
    EnvRef env;
    const Args& args;
    Exports& exports;
  };
  Result<> define(Scope& scope, const syntax::CoreModule& module);
  Result<> define(Scope& scope, const syntax::CoreInstance& instance);
  Result<> define(Scope& scope, const syntax::CoreType& type);
  Result<> define(Scope& scope, const syntax::NestedComponent& component);
  Result<> define(Scope& scope, const syntax::Instance& instance);
  Result<> define(Scope& scope, const syntax::Alias& alias);
  Result<> define(Scope& scope, const syntax::Type& type);
  Result<> define(Scope& scope, const syntax::Canon& canon);
  Result<> define(Scope& scope, const syntax::Start& start);
  Result<> define(Scope& scope, const syntax::Import& import);
  Result<> define(Scope& scope, const syntax::Export& exported);
  Result<> define(Scope& scope, const syntax::Value& value);
  Result<> define(Scope& scope, const syntax::Custom& custom);

  Result<> value_definition(Env& env, const syntax::Value& value);
  ValueItem push_value(Env& env, ValType type);
  Result<Item> item_at(const Env& env, syntax::SortIndex index) const;
  Result<> push(Env& env, const Item& item);
  CoreItem core_export(CoreInstanceItem& instance, std::string_view name);

  // Canonical definitions (flatten_canon.cpp).
  OptionSlots options(const Env& env, const std::vector<syntax::CanonOption>& options) const;
  void lift(Scope& scope, const syntax::Canon& canon);
  void lower(Scope& scope, const syntax::Canon& canon);
  Result<> builtin(Scope& scope, const syntax::Canon& canon);
  std::shared_ptr<const engine::HostFunc> prototype(const Env& env, engine::HostCallback callback);
  const FuncPlan* dtor_plan(wasm::ValType rep);

  // Types (flatten_types.cpp).
  Result<TypeItem> evaluate(const EnvRef& env, const syntax::Type& type);
  Result<ValType> value_type(const Env& env, const syntax::ValType& type);
  Result<std::optional<ValType>> value_type(const Env& env,
                                            const std::optional<syntax::ValType>& type);
  /// An instance that the host implements, of a type that a component imports.
  Result<InstanceItem> host_instance(std::string_view name, const TypeClosure& type,
                                     const HostInterface& host);
  Result<Item> host_item(std::string_view where, const EnvRef& env, const syntax::ExternDesc& desc,
                         std::string_view name, const HostInterface& host);
  Result<> alias(const EnvRef& env, const syntax::Alias& alias);
  ResourceId fresh_resource();

  Program& program_;
  const ComponentLinker& linker_;
  std::map<std::string, InstanceItem, std::less<>> linked_;  ///< by name of the linker
  std::map<std::pair<const HostInterface*, std::string>, ResourceId> host_resources_;
  std::vector<EnvRef> envs_;
  uint32_t depth_ = 0;
};

}  // namespace cairn::component::rt
