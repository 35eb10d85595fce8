// Types, with all resource types known: structural equality is equality of ids over everything that
// is linked together.

#include <fmt/format.h>

#include "link/flattener.hpp"

namespace cairn::component::rt {

namespace {

ValKind kind_of(syntax::PrimType type) {
  using enum syntax::PrimType;
  switch (type) {
    case bool_: return ValKind::bool_;
    case s8: return ValKind::s8;
    case u8: return ValKind::u8;
    case s16: return ValKind::s16;
    case u16: return ValKind::u16;
    case s32: return ValKind::s32;
    case u32: return ValKind::u32;
    case s64: return ValKind::s64;
    case u64: return ValKind::u64;
    case f32: return ValKind::f32;
    case f64: return ValKind::f64;
    case char_: return ValKind::char_;
    case string: return ValKind::string;
    case error_context: return ValKind::error_context;
  }
  return ValKind::bool_;
}

template <class... Functions>
struct Overload : Functions... {
  using Functions::operator()...;
};

}  // namespace

ResourceId Flattener::fresh_resource() {
  const ResourceId id = program_.types.fresh_resource();
  program_.resources = id.value + 1;
  return id;
}

Result<ValType> Flattener::value_type(const Env& env, const syntax::ValType& type) {
  if (!type.is_index()) return ValType(kind_of(type.prim()));
  return std::get<ValType>(env.types[type.index()].what);
}

Result<std::optional<ValType>> Flattener::value_type(const Env& env,
                                                     const std::optional<syntax::ValType>& type) {
  if (!type) return std::nullopt;
  return std::optional(TRY(value_type(env, *type)));
}

Result<TypeItem> Flattener::evaluate(const EnvRef& env_ref, const syntax::Type& type) {
  const Env& env = *env_ref;
  ValTypeInfo info;
  const auto part = [&](std::string label, const std::optional<syntax::ValType>& of) -> Result<> {
    info.parts.push_back({std::move(label), TRY(value_type(env, of))});
    return {};
  };
  const auto labels = [&](ValKind kind, const std::vector<std::string>& names) -> Result<> {
    info.kind = kind;
    for (const std::string& name : names) info.parts.push_back({name, std::nullopt});
    return {};
  };
  const auto handle = [&](ValKind kind, uint32_t index) -> Result<> {
    info.kind = kind;
    info.resource.resource = std::get<ResourceId>(env.types[index].what);
    return {};
  };
  if (const auto* func = std::get_if<syntax::FuncType>(&type.what)) {
    FuncType made;
    made.is_async = func->is_async;
    for (const syntax::LabeledType& param : func->params)
      made.params.push_back({param.label, TRY(value_type(env, param.type))});
    made.result = TRY(value_type(env, func->result));
    return TypeItem{program_.types.add(std::move(made))};
  }
  if (std::holds_alternative<syntax::ComponentType>(type.what) ||
      std::holds_alternative<syntax::InstanceType>(type.what))
    return TypeItem{TypeClosure{&type, env_ref}};
  if (const auto* prim = std::get_if<syntax::PrimType>(&type.what))
    return TypeItem{ValType(kind_of(*prim))};
  TRY(std::visit(Overload{
                     [&](const syntax::Record& t) -> Result<> {
                       info.kind = ValKind::record;
                       for (const auto& field : t.fields) TRY(part(field.label, field.type));
                       return {};
                     },
                     [&](const syntax::Variant& t) -> Result<> {
                       info.kind = ValKind::variant;
                       for (const auto& item : t.cases) TRY(part(item.label, item.type));
                       return {};
                     },
                     [&](const syntax::List& t) -> Result<> {
                       info.kind = ValKind::list;
                       info.length = t.length;
                       return part("", t.element);
                     },
                     [&](const syntax::Tuple& t) -> Result<> {
                       info.kind = ValKind::tuple;
                       for (const auto& item : t.types) TRY(part("", item));
                       return {};
                     },
                     [&](const syntax::Flags& t) { return labels(ValKind::flags, t.labels); },
                     [&](const syntax::Enum& t) { return labels(ValKind::enum_, t.labels); },
                     [&](const syntax::Option& t) -> Result<> {
                       info.kind = ValKind::option;
                       return part("", t.type);
                     },
                     [&](const syntax::ResultType& t) -> Result<> {
                       info.kind = ValKind::result;
                       TRY(part("ok", t.ok));
                       return part("error", t.error);
                     },
                     [&](const syntax::Own& t) { return handle(ValKind::own, t.resource); },
                     [&](const syntax::Borrow& t) { return handle(ValKind::borrow, t.resource); },
                     [&](const syntax::Stream& t) -> Result<> {
                       info.kind = ValKind::stream;
                       if (t.type) TRY(part("", t.type));
                       return {};
                     },
                     [&](const syntax::Future& t) -> Result<> {
                       info.kind = ValKind::future;
                       if (t.type) TRY(part("", t.type));
                       return {};
                     },
                     [&](const syntax::Map& t) -> Result<> {
                       info.kind = ValKind::map;
                       TRY(part("", t.key));
                       return part("", t.value);
                     },
                     [&](const auto&) -> Result<> { return {}; },
                 },
                 type.what));
  return TypeItem{TRY(program_.types.add(std::move(info)))};
}

// ---- What the host implements -----------------------------------------------------------------

Result<Item> Flattener::host_item(std::string_view where, const EnvRef& env,
                                  const syntax::ExternDesc& desc, std::string_view name,
                                  const HostInterface& host) {
  const auto missing = [&](std::string_view what) {
    return fail(ErrorKind::unlinkable,
                where.empty() ? fmt::format("unknown import: {} `{}`", what, name)
                              : fmt::format("unknown import: {} `{}` of `{}`", what, name, where));
  };
  if (const auto* func = std::get_if<syntax::FuncDesc>(&desc.what)) {
    const HostDefinition* const function = host.find_func(name);
    if (!function) return missing("func");
    const FuncTypeId type = std::get<FuncTypeId>(env->types[func->type].what);
    if (function->fits && !function->fits(program_.types, program_.types[type]))
      return fail(ErrorKind::unlinkable,
                  fmt::format("the host's function `{}` is not of the import's type {}", name,
                              program_.types.describe(program_.types[type])));
    program_.host_funcs.push_back({function->function, function->raw_lists});
    return Item(FuncItem{.is_host = true,
                         .index = static_cast<uint32_t>(program_.host_funcs.size() - 1),
                         .type = type});
  }
  if (const auto* type = std::get_if<syntax::TypeEqDesc>(&desc.what))
    return Item(TypeItem(env->types[type->type]));
  if (std::holds_alternative<syntax::SubResourceDesc>(desc.what)) {
    const HostResource* const resource = host.find_resource(name);
    if (!resource) return missing("resource type");
    const auto [known, is_new] = host_resources_.try_emplace(std::pair(&host, std::string(name)));
    if (is_new) {
      known->second = fresh_resource();
      ResourceStep step{.resource = known->second};
      step.host_objects = resource->objects;
      step.name = where.empty() ? std::string(name) : fmt::format("{}#{}", where, name);
      if (resource->destructor)
        step.host_dtor = std::make_shared<const HostDestructor>(resource->destructor);
      program_.steps.push_back(std::move(step));
    }
    return Item(TypeItem{known->second});
  }
  if (const auto* instance = std::get_if<syntax::InstanceDesc>(&desc.what)) {
    const HostInterface* const interface = linker_.find_interface(name);
    if (!interface) return missing("instance");
    return Item(TRY(
        host_instance(name, std::get<TypeClosure>(env->types[instance->type].what), *interface)));
  }
  if (const auto* same = std::get_if<syntax::ValueEqDesc>(&desc.what))
    return Item(env->values[same->value]);
  if (const auto* value = std::get_if<syntax::ValueDesc>(&desc.what)) {
    const Value* const given = host.find_value(name);
    if (!given) return missing("value");
    const ValType type = TRY(value_type(*env, value->type));
    if (!is_value_of(*program_.plans.of(type), *given))
      return fail(ErrorKind::unlinkable,
                  fmt::format("the host's value `{}` is not of the import's type {}", name,
                              program_.types.describe(type)));
    const ValueItem item{program_.values++, type};
    program_.steps.push_back(ValueStep{item.slot, *given});
    return Item(item);
  }
  return missing("definition");
}

Result<InstanceItem> Flattener::host_instance(std::string_view name, const TypeClosure& type,
                                              const HostInterface& host) {
  auto exports = std::make_shared<Exports>();
  const EnvRef env = make_env();
  env->parent = type.env;
  env->checked = type.env->checked;
  env->state = type.env->state;
  const auto& declarators = std::get<syntax::InstanceType>(type.type->what).declarators;
  for (const syntax::Declarator& declarator : declarators) {
    if (const auto* inner = std::get_if<syntax::Type>(&declarator.what)) {
      env->types.push_back(TRY(evaluate(env, *inner)));
    } else if (const auto* outer = std::get_if<syntax::Alias>(&declarator.what)) {
      TRY(alias(env, *outer));
    } else if (const auto* exported = std::get_if<syntax::ExportDecl>(&declarator.what)) {
      const Item item = TRY(host_item(name, env, exported->desc, exported->name.name, host));
      exports->items.emplace(exported->name.name, item);
      TRY(push(*env, item));
    }
  }
  return exports;
}

}  // namespace cairn::component::rt
