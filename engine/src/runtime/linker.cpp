#include <cairn/engine/linker.hpp>

#include <fmt/format.h>

#include "runtime/imports.hpp"
#include "runtime/matching.hpp"

namespace cairn::engine {
namespace {

std::string key_of(std::string_view module, std::string_view name) {
  std::string key;
  key.reserve(module.size() + name.size() + 1);
  key += module;
  key += '\0';
  key += name;
  return key;
}

/// What a function over values needs besides itself.
struct ValueHost {
  wasm::FuncType type;
  Linker::ValueFunction function;
};

HostStatus call_with_values(void* env, Caller& caller, uint64_t* slots) {
  const auto& host = *static_cast<const ValueHost*>(env);
  std::vector<Value> args;
  args.reserve(host.type.params.size());
  const uint64_t* slot = slots;
  for (const wasm::ValType type : host.type.params) {
    args.push_back(Value::from_slots(type, slot));
    slot += slots_of(type);
  }
  Result<std::vector<Value>> results = host.function(caller, args);
  if (!results) return caller.fail(std::move(results).error());
  if (results->size() != host.type.results.size()) {
    return caller.fail({.kind = ErrorKind::usage,
                        .message = fmt::format("a host function returned {} values instead of {}",
                                               results->size(), host.type.results.size())});
  }
  for (size_t i = 0; i < results->size(); ++i) {
    const wasm::ValType type = host.type.results[i];
    if (!value_fits(*caller.store().data(), (*results)[i], type)) {
      return caller.fail({.kind = ErrorKind::usage,
                          .message = fmt::format("result {} of a host function should be {}", i,
                                                 to_string(type))});
    }
    (*results)[i].to_slots(slots);
    slots += slots_of(type);
  }
  return HostStatus::ok;
}

}  // namespace

std::shared_ptr<HostFunc> make_host_func(Engine& engine, wasm::FuncType type, HostCallback callback,
                                         std::shared_ptr<void> env) {
  auto host = std::make_shared<HostFunc>();
  host->type_handle = engine.types().add_func(type);
  host->type_id = (*host->type_handle)[0];
  host->type = std::move(type);
  host->callback = callback;
  host->env = std::move(env);
  return host;
}

FuncInst make_func_inst(const wasm::TypeRegistry& types, const HostFunc& host) {
  return {.type_id = host.type_id, .host = &host, .type = types.get(host.type_id).type.func()};
}

// ---- Definitions ----------------------------------------------------------------------------

Linker::Linker(Engine& engine) : engine_(engine) {}

void Linker::define(std::string_view module, std::string_view name,
                    std::shared_ptr<HostFunc> func) {
  items_.insert_or_assign(key_of(module, name), Item{std::move(func), {}});
}

void Linker::define(std::string_view module, std::string_view name, wasm::FuncType type,
                    HostCallback callback, std::shared_ptr<void> env) {
  define(module, name, make_host_func(engine_, std::move(type), callback, std::move(env)));
}

void Linker::define(std::string_view module, std::string_view name, wasm::FuncType type,
                    ValueFunction function) {
  auto host = std::make_shared<ValueHost>(ValueHost{type, std::move(function)});
  define(module, name, std::move(type), &call_with_values, std::move(host));
}

void Linker::define(std::string_view module, std::string_view name, Extern item) {
  items_.insert_or_assign(key_of(module, name), Item{nullptr, item});
}

void Linker::define_instance(std::string_view module, const Instance& instance) {
  for (const wasm::Export& item : instance.module().ast().exports) {
    items_.insert_or_assign(key_of(module, item.name), Item{nullptr, *instance.get(item.name)});
  }
}

// ---- Resolution -----------------------------------------------------------------------------

namespace {

/// The store that an item lives in; null for what lives nowhere (host functions, shared memories)
/// or does not know (tags).
const StoreData* store_of(const Extern& item) {
  switch (item.kind) {
    case wasm::ExternKind::func: return item.func->instance ? item.func->instance->store : nullptr;
    case wasm::ExternKind::table: return item.table->store;
    case wasm::ExternKind::memory: return item.memory->store;
    case wasm::ExternKind::global: return item.global->store;
    case wasm::ExternKind::tag: return nullptr;
  }
  return nullptr;
}

}  // namespace

void ResolvedImports::add(const Extern& item) {
  if (const StoreData* home = store_of(item)) {
    mixes_stores |= store && store != home;
    store = home;
  }
  switch (item.kind) {
    case wasm::ExternKind::func: funcs.push_back(item.func); break;
    case wasm::ExternKind::table: tables.push_back(item.table); break;
    case wasm::ExternKind::memory: memories.push_back(item.memory); break;
    case wasm::ExternKind::global: globals.push_back(item.global); break;
    case wasm::ExternKind::tag: tags.push_back(item.tag); break;
  }
}

Result<std::shared_ptr<const ResolvedImports>> resolve_imports(const Module& module,
                                                               std::span<const Extern> imports) {
  const ModuleState& state = *module.state();
  const std::vector<wasm::Import>& wanted = state.ast.imports;
  if (imports.size() != wanted.size()) {
    return fail(ErrorKind::unlinkable, fmt::format("unknown import: {} were given, expected {}",
                                                   imports.size(), wanted.size()));
  }
  auto resolved = std::make_shared<ResolvedImports>(module);
  resolved->funcs.reserve(state.ast.imported_functions);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!fits(state, wanted[i], imports[i])) {
      return incompatible_import(wanted[i], import_type(state, wanted[i]),
                                 type_of(state.engine->types, imports[i]));
    }
    resolved->add(imports[i]);
  }
  return resolved;
}

Result<InstancePre> Linker::prepare(const Module& module) const {
  const ModuleState& state = *module.state();
  const wasm::TypeRegistry& types = state.engine->types;
  auto resolved = std::make_shared<ResolvedImports>(module);
  resolved->host_funcs.reserve(state.ast.imported_functions);  // pointers into it are kept
  resolved->funcs.reserve(state.ast.imported_functions);
  for (const wasm::Import& import : state.ast.imports) {
    const ExternType required = import_type(state, import);
    const auto found = items_.find(key_of(import.module, import.name));
    if (found == items_.end()) return unknown_import(import, required);
    const Item& item = found->second;
    if (item.host && import.kind != wasm::ExternKind::func) {
      const ExternType actual{.kind = wasm::ExternKind::func, .func = item.host->type};
      return incompatible_import(import, required, actual);
    }
    Extern given = item.item;
    if (item.host) {
      resolved->hosts.push_back(item.host);
      FuncInst& func = resolved->host_funcs.emplace_back(make_func_inst(types, *item.host));
      func.home = &state;
      given = Func(&func);
    }
    if (!fits(state, import, given))
      return incompatible_import(import, required, type_of(types, given));
    resolved->add(given);
  }
  return InstancePre(std::move(resolved));
}

Result<Instance> Linker::instantiate(Store& store, const Module& module) const {
  return TRY(prepare(module)).instantiate(store);
}

Result<Instance> InstancePre::instantiate(Store& store) const {
  return engine::instantiate(*store.data(), imports_);
}

const Module& InstancePre::module() const { return imports_->module; }

// ---- Caller ---------------------------------------------------------------------------------

Store& Caller::store() const { return *store_->face; }

Memory Caller::memory() const {
  if (!instance_) return {};
  const uint32_t index = instance_->module->caller_memory;
  return index == ModuleState::no_slot ? Memory() : Memory(instance_->memories[index]);
}

}  // namespace cairn::engine
