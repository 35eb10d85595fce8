// Canonical definitions become steps.

#include <fmt/format.h>

#include "link/flattener.hpp"

namespace cairn::component::rt {

namespace {
bool is_wide(const wasm::FuncType& type, size_t param) {
  return param < type.params.size() && type.params[param] == wasm::i64;
}
}  // namespace

OptionSlots Flattener::options(const Env& env,
                               const std::vector<syntax::CanonOption>& options) const {
  using Kind = syntax::CanonOption::Kind;
  OptionSlots slots;
  for (const syntax::CanonOption& option : options) {
    switch (option.kind) {
      case Kind::utf8: slots.encoding = Encoding::utf8; break;
      case Kind::utf16: slots.encoding = Encoding::utf16; break;
      case Kind::latin1_utf16: slots.encoding = Encoding::latin1_utf16; break;
      case Kind::memory:
        slots.memory = env.core_memories[option.index].slot;
        if (env.checked->core_memories[option.index].address == wasm::AddrType::i64)
          slots.ptr = PtrSize::bits64;
        break;
      case Kind::realloc: slots.realloc = env.core_funcs[option.index].slot; break;
      case Kind::post_return: slots.post_return = env.core_funcs[option.index].slot; break;
      case Kind::callback: slots.callback = env.core_funcs[option.index].slot; break;
      case Kind::async: slots.is_async = true; break;
    }
  }
  return slots;
}

/// The host function for the next core function of the component.
std::shared_ptr<const engine::HostFunc> Flattener::prototype(const Env& env,
                                                             engine::HostCallback callback) {
  const wasm::TypeId id = env.checked->core_funcs[env.core_funcs.size()];
  const wasm::FuncType* const type = program_.types.core().get(id).type.func();
  return engine::make_host_func(program_.engine, *type, callback);
}

const FuncPlan* Flattener::dtor_plan(wasm::ValType rep) {
  FuncType type;
  type.params.push_back({.name = "rep", .type = rep == wasm::i64 ? ValKind::u64 : ValKind::u32});
  return program_.plans.of(program_.types.add(std::move(type)));
}

void Flattener::lift(Scope& scope, const syntax::Canon& canon) {
  Env& env = *scope.env;
  const FuncTypeId type = std::get<FuncTypeId>(env.types[canon.type].what);
  LiftStep step{.lifted = program_.lifted++,
                .core = env.core_funcs[canon.func].slot,
                .instance = env.instance,
                .plan = program_.plans.of(type),
                .options = options(env, canon.options)};
  env.funcs.push_back({.is_host = false, .index = step.lifted, .type = type});
  program_.steps.emplace_back(step);
}

void Flattener::lower(Scope& scope, const syntax::Canon& canon) {
  Env& env = *scope.env;
  const FuncItem callee = env.funcs[canon.func];
  LowerStep step{.slot = program_.slots++,
                 .instance = env.instance,
                 .callee = callee,
                 .plan = program_.plans.of(callee.type),
                 .options = options(env, canon.options),
                 .host = prototype(env, &call_lowered)};
  ++program_.lowered;
  env.core_funcs.push_back({.kind = wasm::ExternKind::func, .slot = step.slot});
  program_.steps.push_back(std::move(step));
}

Result<> Flattener::builtin(Scope& scope, const syntax::Canon& canon) {
  Env& env = *scope.env;
  BuiltinStep step{.slot = program_.slots++,
                   .instance = env.instance,
                   .func = {},
                   .options = options(env, canon.options),
                   .host = prototype(env, &call_builtin)};
  BuiltinFunc& func = step.func;
  func.kind = canon.kind;
  func.body = builtin_body(canon.kind);
  if (!func.body)
    return fail(ErrorKind::unsupported,
                fmt::format("canonical definition {}", row_of(canon.kind).text));
  func.flag = canon.flag;
  func.slot = canon.slot;
  const wasm::FuncType& type = step.host->type;
  switch (row_of(canon.kind).form) {
    case CanonForm::type:
    case CanonForm::type_options:
    case CanonForm::type_async: {
      const auto& what = env.types[canon.type].what;
      if (const auto* resource = std::get_if<ResourceId>(&what)) func.resource = *resource;
      if (const auto* value = std::get_if<ValType>(&what)) func.plan = program_.plans.of(*value);
      func.wide = is_wide(type, 0);
      break;
    }
    case CanonForm::result_options: {
      FuncType result;
      result.result = TRY(value_type(env, canon.result));
      func.result = &program_.plans.of(program_.types.add(std::move(result)))->results;
      break;
    }
    case CanonForm::slot: func.wide = canon.core_type == wasm::i64; break;
    case CanonForm::options: func.wide = step.options.ptr == PtrSize::bits64; break;
    case CanonForm::cancellable_memory:
      step.options.memory = env.core_memories[canon.memory].slot;
      if (env.checked->core_memories[canon.memory].address == wasm::AddrType::i64)
        step.options.ptr = PtrSize::bits64;
      break;
    case CanonForm::core_type_table:
      step.table = env.core_tables[canon.table].slot;
      func.wide = is_wide(type, 1);
      break;
    default: break;
  }
  ++program_.builtins;
  env.core_funcs.push_back({.kind = wasm::ExternKind::func, .slot = step.slot});
  program_.steps.push_back(std::move(step));
  return {};
}

}  // namespace cairn::component::rt
