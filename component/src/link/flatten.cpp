#include <fmt/format.h>
#include <cairn/component/names.hpp>

#include "link/flattener.hpp"
#include "typing/constant.hpp"

namespace cairn::component::rt {

using syntax::Sort;

namespace {
/// Instances in instances, over all that are linked together.
constexpr uint32_t nesting_max = 100;
constexpr size_t instances_max = 10'000;
}  // namespace

bool name_serves(std::string_view wanted, std::string_view given) {
  if (wanted == given) return true;
  const Result<ParsedName> want = parse_extern_name(wanted), have = parse_extern_name(given);
  if (!want || !have || !want->is_interface() || !have->is_interface()) return false;
  if (want->ns != have->ns || want->package != have->package || want->interface != have->interface)
    return false;
  if (!have->semver) return want->version == have->version;
  if (!want->semver) return want->version == have->semver->canonical();
  return want->semver->accepts(*have->semver);
}

const Item* Exports::find(std::string_view name) const {
  if (const auto found = items.find(name); found != items.end()) return &found->second;
  for (const auto& [other, item] : items)
    if (name_serves(name, other)) return &item;
  return nullptr;
}

Result<std::shared_ptr<const Program>> link(engine::Engine& engine, const ComponentLinker& linker,
                                            const Component& component) {
  auto program = std::make_shared<Program>(engine);
  program->exports = TRY(Flattener(*program, linker).root(component));
  program->calls_out.resize(program->parents.size());
  for (const Step& step : program->steps) {
    if (const auto* lower = std::get_if<LowerStep>(&step))
      program->calls_out[lower->instance] = true;
    if (const auto* builtin = std::get_if<BuiltinStep>(&step))
      program->calls_out[builtin->instance] = true;
  }
  return program;
}

Flattener::~Flattener() {
  // What is defined in a scope refers back to it: nobody looks it up any more.
  for (const EnvRef& env : envs_) {
    env->components.clear();
    env->instances.clear();
    env->types.clear();
  }
}

Flattener::EnvRef Flattener::make_env() { return envs_.emplace_back(std::make_shared<Env>()); }

// ---- Instantiations ---------------------------------------------------------------------------

Result<InstanceItem> Flattener::root(const Component& component) {
  const ComponentState& state = *component.state();
  program_.kept.push_back(component.state());
  const Args args = TRY(imports_from_host(state, *state.checked));
  return instantiate({.checked = state.checked, .env = nullptr, .state = &state}, args,
                     std::nullopt);
}

/// The types of imports may refer to those of imports before: they are looked at in order, in a
/// scope that is like the component's own.
Result<Flattener::Args> Flattener::imports_from_host(const ComponentState& state,
                                                     const CheckedComponent& checked) {
  Args args;
  Exports none;
  const EnvRef env = make_env();
  env->checked = &checked;
  env->state = &state;
  Scope scope{env, args, none};
  size_t left = 0;
  for (const syntax::Definition& definition : checked.syntax->definitions)
    left += std::holds_alternative<syntax::Import>(definition.what);
  for (const syntax::Definition& definition : checked.syntax->definitions) {
    if (left == 0) break;
    if (const auto* import = std::get_if<syntax::Import>(&definition.what)) {
      --left;
      const std::string& name = import->name.name;
      Item item;
      if (const Component* const component = linker_.find_component(name)) {
        InstanceItem& instance = linked_[name];
        if (!instance) {
          if (++depth_ > nesting_max)
            return fail(ErrorKind::unlinkable, "components link in a circle");
          instance = TRY(root(*component));
          --depth_;
        }
        if (std::holds_alternative<syntax::InstanceDesc>(import->desc.what)) {
          item = instance;
        } else {
          const Item* const found = instance->find(name);
          if (!found) return fail(ErrorKind::unlinkable, fmt::format("unknown import `{}`", name));
          item = *found;
        }
      } else {
        const HostInterface* const interface = linker_.find_interface(name);
        item = TRY(host_item("", env, import->desc, name, interface ? *interface : linker_.root()));
      }
      args.emplace(name, item);
      TRY(push(*env, item));
    } else if (std::holds_alternative<syntax::Type>(definition.what) ||
               std::holds_alternative<syntax::Alias>(definition.what) ||
               std::holds_alternative<syntax::CoreType>(definition.what) ||
               std::holds_alternative<syntax::Value>(definition.what) ||
               std::holds_alternative<syntax::Export>(definition.what)) {
      const auto* type = std::get_if<syntax::Type>(&definition.what);
      const auto* outer = std::get_if<syntax::Alias>(&definition.what);
      const auto* exported = std::get_if<syntax::Export>(&definition.what);
      const auto* constant = std::get_if<syntax::Value>(&definition.what);
      if (constant) TRY(value_definition(*env, *constant));
      if (type && std::holds_alternative<syntax::ResourceType>(type->what))
        env->types.push_back({fresh_resource()});
      else if (type)
        env->types.push_back(TRY(evaluate(env, *type)));
      else if (outer && !syntax::is_core(outer->sort))
        TRY(alias(env, *outer));
      else if (exported && exported->item.sort == Sort::type)
        env->types.push_back(env->types[exported->item.index]);
    }
  }
  return args;
}

Result<InstanceItem> Flattener::instantiate(const ComponentItem& component, const Args& args,
                                            std::optional<uint32_t> within) {
  if (depth_ >= nesting_max || program_.parents.size() >= instances_max)
    return fail(ErrorKind::limit, "too many component instances");
  ++depth_;
  const EnvRef env = make_env();
  env->parent = component.env;
  env->checked = component.checked.get();
  env->state = component.state;
  env->instance = static_cast<uint32_t>(program_.parents.size());
  program_.parents.push_back(within);
  auto exports = std::make_shared<Exports>();
  Scope scope{env, args, *exports};
  for (const syntax::Definition& definition : component.checked->syntax->definitions)
    TRY(std::visit([&](const auto& what) { return define(scope, what); }, definition.what));
  --depth_;
  return exports;
}

// ---- Definitions ------------------------------------------------------------------------------

Result<> Flattener::define(Scope& scope, const syntax::CoreModule& module) {
  const auto found = scope.env->state->modules.find(module.module.get());
  CAIRN_ASSERT(found != scope.env->state->modules.end());
  scope.env->core_modules.push_back(&found->second);
  return {};
}

CoreItem Flattener::core_export(CoreInstanceItem& instance, std::string_view name) {
  if (const auto found = instance.exports.find(name); found != instance.exports.end())
    return found->second;
  const auto& exports = instance.module->ast().exports;
  const auto found =
      std::ranges::find_if(exports, [&](const wasm::Export& item) { return item.name == name; });
  CAIRN_ASSERT(found != exports.end());
  const CoreItem item{.kind = found->kind, .slot = program_.slots++};
  program_.steps.push_back(ExportStep{*instance.slot, &*found, item.slot});
  instance.exports.emplace(name, item);
  return item;
}

Result<> Flattener::define(Scope& scope, const syntax::CoreInstance& instance) {
  Env& env = *scope.env;
  auto item = std::make_shared<CoreInstanceItem>();
  if (const auto* bag = std::get_if<std::vector<syntax::CoreInlineExport>>(&instance.what)) {
    for (const syntax::CoreInlineExport& entry : *bag)
      item->exports.emplace(entry.name, env.core(entry.item.sort)[entry.item.index]);
    env.core_instances.push_back(std::move(item));
    return {};
  }
  const auto& made = std::get<syntax::Instantiate>(instance.what);
  item->module = env.core_modules[made.target];
  InstantiateStep step{
      .module = item->module, .core_instance = program_.core_instances++, .instance = env.instance};
  item->slot = step.core_instance;
  for (const wasm::Import& import : item->module->ast().imports) {
    const auto arg = std::ranges::find_if(
        made.args, [&](const syntax::Argument& given) { return given.name == import.module; });
    CAIRN_ASSERT(arg != made.args.end());
    step.imports.push_back(core_export(*env.core_instances[arg->item.index], import.name).slot);
  }
  program_.steps.push_back(std::move(step));
  env.core_instances.push_back(std::move(item));
  return {};
}

Result<> Flattener::define(Scope& scope, const syntax::CoreType& type) {
  const auto* group = std::get_if<syntax::CoreRecGroup>(&type.what);
  scope.env->core_types += group ? static_cast<uint32_t>(group->types.size()) : 1;
  return {};
}

Result<> Flattener::define(Scope& scope, const syntax::NestedComponent&) {
  Env& env = *scope.env;
  env.components.push_back(
      {.checked = env.checked->nested[env.nested++], .env = scope.env, .state = env.state});
  return {};
}

Result<> Flattener::define(Scope& scope, const syntax::Instance& instance) {
  Env& env = *scope.env;
  if (const auto* bag = std::get_if<std::vector<syntax::InlineExport>>(&instance.what)) {
    auto exports = std::make_shared<Exports>();
    for (const syntax::InlineExport& entry : *bag)
      exports->items.emplace(entry.name.name, TRY(item_at(env, entry.item)));
    env.instances.push_back(std::move(exports));
    return {};
  }
  const auto& made = std::get<syntax::Instantiate>(instance.what);
  Args args;
  for (const syntax::Argument& arg : made.args) args.emplace(arg.name, TRY(item_at(env, arg.item)));
  const ComponentItem component = env.components[made.target];
  env.instances.push_back(TRY(instantiate(component, args, env.instance)));
  return {};
}

Result<> Flattener::define(Scope& scope, const syntax::Alias& what) {
  if (const auto* core = std::get_if<syntax::AliasCoreExport>(&what.target)) {
    const CoreItem item = core_export(*scope.env->core_instances[core->instance], core->name);
    scope.env->core(what.sort).push_back(item);
    return {};
  }
  return alias(scope.env, what);
}

Result<> Flattener::alias(const EnvRef& env, const syntax::Alias& what) {
  if (const auto* exported = std::get_if<syntax::AliasExport>(&what.target)) {
    const Item* const item = env->instances[exported->instance]->find(exported->name);
    if (!item)
      return fail(ErrorKind::unlinkable, fmt::format("there is no export `{}`", exported->name));
    return push(*env, *item);
  }
  const auto& outer = std::get<syntax::AliasOuter>(what.target);
  EnvRef from = env;
  for (uint32_t i = 0; i < outer.count; ++i) from = from->parent;
  switch (what.sort) {
    case Sort::core_module: env->core_modules.push_back(from->core_modules[outer.index]); break;
    case Sort::core_type: ++env->core_types; break;
    case Sort::type: env->types.push_back(TypeItem(from->types[outer.index])); break;
    default: env->components.push_back(ComponentItem(from->components[outer.index])); break;
  }
  return {};
}

Result<> Flattener::define(Scope& scope, const syntax::Type& type) {
  const auto* resource = std::get_if<syntax::ResourceType>(&type.what);
  if (!resource) {
    TypeItem item = TRY(evaluate(scope.env, type));
    scope.env->types.push_back(std::move(item));
    return {};
  }
  ResourceStep step{.resource = fresh_resource(), .owner = scope.env->instance};
  if (resource->dtor) step.dtor = scope.env->core_funcs[*resource->dtor].slot;
  step.plan = dtor_plan(resource->rep);
  scope.env->types.push_back({step.resource});
  program_.steps.push_back(std::move(step));
  return {};
}

Result<> Flattener::define(Scope& scope, const syntax::Canon& canon) {
  if (canon.kind == CanonKind::lift)
    lift(scope, canon);
  else if (canon.kind == CanonKind::lower)
    lower(scope, canon);
  else
    return builtin(scope, canon);
  return {};
}

Result<> Flattener::define(Scope& scope, const syntax::Import& import) {
  const auto found = scope.args.find(import.name.name);
  const Item* item = found != scope.args.end() ? &found->second : nullptr;
  for (auto at = scope.args.begin(); !item && at != scope.args.end(); ++at)
    if (name_serves(import.name.name, at->first)) item = &at->second;
  if (!item)
    return fail(ErrorKind::unlinkable, fmt::format("unknown import `{}`", import.name.name));
  return push(*scope.env, *item);
}

Result<> Flattener::define(Scope& scope, const syntax::Export& exported) {
  Env& env = *scope.env;
  const Item item = TRY(item_at(env, exported.item));
  scope.exports.items.emplace(exported.name.name, item);
  return push(env, item);
}

Result<> Flattener::define(Scope& scope, const syntax::Start& start) {
  Env& env = *scope.env;
  const FuncItem callee = env.funcs[start.func];
  StartStep step{.callee = callee, .plan = program_.plans.of(callee.type)};
  for (const uint32_t arg : start.args) step.args.push_back(env.values[arg].slot);
  if (start.results != 0) step.result = push_value(env, *program_.types[callee.type].result).slot;
  program_.steps.push_back(std::move(step));
  return {};
}

Result<> Flattener::define(Scope& scope, const syntax::Value& value) {
  return value_definition(*scope.env, value);
}

Result<> Flattener::value_definition(Env& env, const syntax::Value& value) {
  const ValType type = TRY(value_type(env, value.type));
  Value constant = TRY(read_constant(program_.types, type, value.bytes));
  const ValueItem item = push_value(env, type);
  program_.steps.push_back(ValueStep{item.slot, std::move(constant)});
  return {};
}

ValueItem Flattener::push_value(Env& env, ValType type) {
  return env.values.emplace_back(ValueItem{program_.values++, type});
}

Result<> Flattener::define(Scope&, const syntax::Custom&) { return {}; }

Result<Item> Flattener::item_at(const Env& env, syntax::SortIndex index) const {
  switch (index.sort) {
    case Sort::core_module: return Item(env.core_modules[index.index]);
    case Sort::func: return Item(env.funcs[index.index]);
    case Sort::type: return Item(env.types[index.index]);
    case Sort::component: return Item(env.components[index.index]);
    case Sort::instance: return Item(env.instances[index.index]);
    case Sort::value: return Item(env.values[index.index]);
    default: return fail(ErrorKind::unsupported, "a core definition as an argument");
  }
}

Result<> Flattener::push(Env& env, const Item& item) {
  if (const auto* module = std::get_if<ModuleItem>(&item)) env.core_modules.push_back(*module);
  if (const auto* func = std::get_if<FuncItem>(&item)) env.funcs.push_back(*func);
  if (const auto* type = std::get_if<TypeItem>(&item)) env.types.push_back(*type);
  if (const auto* component = std::get_if<ComponentItem>(&item))
    env.components.push_back(*component);
  if (const auto* instance = std::get_if<InstanceItem>(&item)) env.instances.push_back(*instance);
  if (const auto* value = std::get_if<ValueItem>(&item)) env.values.push_back(*value);
  return {};
}

}  // namespace cairn::component::rt
