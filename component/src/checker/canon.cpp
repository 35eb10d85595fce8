// Canonical definitions (CanonicalABI.md, "Canonical Definitions").

#include <fmt/format.h>

#include "checker/checker.hpp"

namespace cairn::component {

using syntax::Canon;

namespace {

/// "`[I32, F64]`".
std::string list_of(const std::vector<wasm::ValType>& types) {
  std::string text = "`[";
  for (size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text += ", ";
    for (const char c : wasm::to_string(types[i])) {
      text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return text + "]`";
}

std::vector<ValType> param_types(const FuncType& type) {
  std::vector<ValType> params;
  for (const FuncParam& param : type.params) params.push_back(param.type);
  return params;
}

}  // namespace

Result<> Checker::check(const Canon& canon) {
  if (canon.kind == CanonKind::lift) return lift(canon);
  if (canon.kind == CanonKind::lower) return lower(canon);
  scope_->checked->core_funcs.push_back(core_func_id(TRY(built_in(canon))));
  return {};
}

Result<> Checker::lift(const Canon& canon) {
  const FuncTypeId id = TRY(func_type_at(canon.type));
  const FuncType& type = types_[id];
  const wasm::FuncType callee = TRY(core_func_at(canon.func));
  const CanonOptions options = TRY(canon_options(canon));
  if (options.is_async && !type.is_async) {
    return wrong("the `async` canonical option requires an async function type");
  }
  if (options.is_async && !options.callback && !has(Feature::stackful)) {
    return wrong("canonical option `async` requires `callback`");
  }
  const std::vector<ValType> params = param_types(type);
  const bool params_in_memory =
      std::ranges::any_of(params, [&](ValType param) { return types_[param].contains_pointer; });
  if (params_in_memory || flatten(types_, params, options.ptr).size() > max_flat_params) {
    TRY(require_realloc(options));
  }
  if (type.result) {
    const ValTypeInfo& result = types_[*type.result];
    const size_t most = options.is_async ? max_flat_params : max_flat_results;
    if (result.contains_pointer || result.layout(options.ptr).flat.size() > most) {
      TRY(require_memory(options));
    }
  }
  const wasm::FuncType expected = flatten(
      types_, type, CanonDirection::lift,
      {.ptr = options.ptr, .is_async = options.is_async, .callback = options.callback.has_value()});
  if (callee.params != expected.params) {
    return wrong(
        fmt::format("lowered parameter types {} do not match parameter types {} of core "
                    "function {}",
                    list_of(expected.params), list_of(callee.params), canon.func));
  }
  if (callee.results != expected.results) {
    return wrong(
        fmt::format("lowered result types {} do not match result types {} of core "
                    "function {}",
                    list_of(expected.results), list_of(callee.results), canon.func));
  }
  if (options.post_return) {
    const wasm::FuncType wanted{.params = expected.results, .results = {}};
    if (TRY(core_func_at(*options.post_return)) != wanted) {
      return wrong(
          "canonical option `post-return` uses a core function with an incorrect signature");
    }
  }
  scope_->checked->funcs.push_back(id);
  return {};
}

Result<> Checker::lower(const Canon& canon) {
  const FuncTypeId id = TRY(at(scope_->checked->funcs, canon.func, "function"));
  const FuncType& type = types_[id];
  const CanonOptions options = TRY(canon_options(canon));
  for (const auto& [used, word] :
       {std::pair(options.post_return, "post-return"), std::pair(options.callback, "callback")}) {
    if (used) {
      return wrong(fmt::format("canonical option `{}` cannot be specified for lowerings", word));
    }
  }
  if (options.is_async && !type.is_async) {
    return wrong("the `async` canonical option requires an async function type");
  }
  const std::vector<ValType> params = param_types(type);
  const bool params_in_memory =
      std::ranges::any_of(params, [&](ValType param) { return types_[param].contains_pointer; });
  // The text demands a memory of every asynchronous lowering; the suite and the components that
  // toolchains make leave it out where nothing would lie in it.
  const size_t most_params = options.is_async ? max_flat_async_params : max_flat_params;
  const size_t most_results = options.is_async ? 0 : max_flat_results;
  if (params_in_memory || flatten(types_, params, options.ptr).size() > most_params) {
    TRY(require_memory(options));
  }
  if (type.result) {
    const ValTypeInfo& result = types_[*type.result];
    if (result.layout(options.ptr).flat.size() > most_results) TRY(require_memory(options));
    if (result.contains_pointer) TRY(require_realloc(options));
  }
  scope_->checked->core_funcs.push_back(core_func_id(flatten(
      types_, type, CanonDirection::lower, {.ptr = options.ptr, .is_async = options.is_async})));
  return {};
}

// ---- Built-ins ---------------------------------------------------------------------------------

namespace {

struct PlainSignature {
  CanonKind kind;
  wasm::FuncType type;
};

/// The built-ins whose type is always the same.
const wasm::FuncType* plain_signature(CanonKind kind) {
  using wasm::i32;
  static const PlainSignature all[] = {
      {CanonKind::task_cancel, {.params = {}, .results = {}}},
      {CanonKind::subtask_cancel, {.params = {i32}, .results = {i32}}},
      {CanonKind::subtask_drop, {.params = {i32}, .results = {}}},
      {CanonKind::error_context_drop, {.params = {i32}, .results = {}}},
      {CanonKind::waitable_set_new, {.params = {}, .results = {i32}}},
      {CanonKind::waitable_set_drop, {.params = {i32}, .results = {}}},
      {CanonKind::waitable_join, {.params = {i32, i32}, .results = {}}},
      {CanonKind::backpressure_inc, {.params = {}, .results = {}}},
      {CanonKind::backpressure_dec, {.params = {}, .results = {}}},
      {CanonKind::thread_index, {.params = {}, .results = {i32}}},
      {CanonKind::thread_resume_later, {.params = {i32}, .results = {}}},
      {CanonKind::thread_suspend, {.params = {}, .results = {i32}}},
      {CanonKind::thread_yield, {.params = {}, .results = {i32}}},
      {CanonKind::thread_suspend_then_resume, {.params = {i32}, .results = {i32}}},
      {CanonKind::thread_yield_then_resume, {.params = {i32}, .results = {i32}}},
      {CanonKind::thread_suspend_then_promote, {.params = {i32}, .results = {i32}}},
      {CanonKind::thread_yield_then_promote, {.params = {i32}, .results = {i32}}},
      {CanonKind::thread_available_parallelism, {.params = {}, .results = {i32}}},
  };
  for (const PlainSignature& row : all) {
    if (row.kind == kind) return &row.type;
  }
  return nullptr;
}

}  // namespace

Result<wasm::FuncType> Checker::built_in(const Canon& canon) {
  const CanonRow& row = row_of(canon.kind);
  if (row.feature && !has(*row.feature)) {
    return wrong(fmt::format("`{}` needs the feature `{}`", row.text, to_string(*row.feature)));
  }
  const bool takes_async = row.form == CanonForm::async_flag || row.form == CanonForm::type_async;
  if (takes_async && canon.flag && !has(Feature::more_async_builtins)) {
    return wrong(fmt::format("`async` of `{}` needs the feature `{}`", row.text,
                             to_string(Feature::more_async_builtins)));
  }
  if (const wasm::FuncType* plain = plain_signature(canon.kind)) return *plain;
  switch (canon.kind) {
    case CanonKind::resource_new:
    case CanonKind::resource_drop:
    case CanonKind::resource_rep: return resource_built_in(canon);
    case CanonKind::context_get:
    case CanonKind::context_set: return context_built_in(canon);
    case CanonKind::task_return: return task_return(canon);
    case CanonKind::error_context_new:
    case CanonKind::error_context_debug_message: return error_context(canon);
    case CanonKind::waitable_set_wait:
    case CanonKind::waitable_set_poll: return waitable_set_wait(canon);
    case CanonKind::thread_new_indirect:
    case CanonKind::thread_spawn_ref:
    case CanonKind::thread_spawn_indirect: return thread_start(canon);
    default: return stream_or_future(canon);
  }
}

Result<wasm::FuncType> Checker::resource_built_in(const Canon& canon) {
  using wasm::i32;
  const ResourceRef resource = TRY(resource_at(canon.type));
  if (canon.kind == CanonKind::resource_drop) return wasm::FuncType{.params = {i32}, .results = {}};
  const auto& defined = scope_->checked->resources;
  // Their ids ascend.
  const auto local =
      std::ranges::lower_bound(defined, resource.resource, {}, &ResourceDefinition::id);
  if (local == defined.end() || local->id != resource.resource) {
    return wrong(fmt::format("type index {} is not a local resource", canon.type));
  }
  if (canon.kind == CanonKind::resource_new) {
    return wasm::FuncType{.params = {local->rep}, .results = {i32}};
  }
  return wasm::FuncType{.params = {i32}, .results = {local->rep}};
}

Result<wasm::FuncType> Checker::context_built_in(const Canon& canon) {
  constexpr uint32_t slots = 2;
  const wasm::ValType type = canon.core_type;
  if (type != wasm::i32 && !(type == wasm::i64 && has(Feature::memory64))) {
    return wrong(fmt::format("`{}` cannot have the type {}", row_of(canon.kind).text,
                             wasm::to_string(type)));
  }
  if (canon.slot >= slots) {
    return wrong(fmt::format("immediate must be less than {}: `{}` has {}", slots,
                             row_of(canon.kind).text, canon.slot));
  }
  if (scope_->context_type.value_or(type) != type) {
    return wrong("all `context.get` and `context.set` of a component must have the same type");
  }
  scope_->context_type = type;
  if (canon.kind == CanonKind::context_get) return wasm::FuncType{.params = {}, .results = {type}};
  return wasm::FuncType{.params = {type}, .results = {}};
}

Result<wasm::FuncType> Checker::task_return(const Canon& canon) {
  const CanonOptions options = TRY(canon_options(canon));
  TRY(allow_options(options, "em"));
  FuncType type;
  if (canon.result) {
    const ValType result = TRY(val_type(*canon.result));
    if (types_[result].contains_borrow) {
      return wrong("`task.return` cannot return a `borrow` type");
    }
    type.params.push_back({.name = "result", .type = result});
    const ValTypeInfo& info = types_[result];
    if (info.contains_pointer || info.layout(options.ptr).flat.size() > max_flat_params) {
      TRY(require_memory(options));
    }
  }
  return flatten(types_, type, CanonDirection::lower, {.ptr = options.ptr});
}

Result<wasm::FuncType> Checker::stream_or_future(const Canon& canon) {
  using wasm::i32;
  const std::string_view text = row_of(canon.kind).text;
  const bool is_stream = text.starts_with("stream.");
  const AnyType found = TRY(type_at(canon.type));
  const auto* value = std::get_if<ValType>(&found);
  const ValKind wanted = is_stream ? ValKind::stream : ValKind::future;
  if (!value || types_[*value].kind != wanted) {
    return wrong(fmt::format("`{}` requires a {} type: type index {} is none", text,
                             to_string(wanted), canon.type));
  }
  switch (row_of(canon.kind).form) {
    case CanonForm::type_async: return wasm::FuncType{.params = {i32}, .results = {i32}};
    case CanonForm::type:
      if (text.ends_with(".new")) return wasm::FuncType{.params = {}, .results = {wasm::i64}};
      return wasm::FuncType{.params = {i32}, .results = {}};
    default: break;
  }
  const CanonOptions options = TRY(canon_options(canon));
  TRY(allow_options(options, "emra"));
  if (!options.is_async && !has(Feature::more_async_builtins)) {
    return wrong(
        fmt::format("canonical option `async` is required: without it, `{}` needs the "
                    "feature `{}`",
                    text, to_string(Feature::more_async_builtins)));
  }
  if (const std::optional<ValType> element = types_[*value].element) {
    TRY(require_memory(options));
    const bool reads = text.ends_with(".read");
    if (reads && types_[*element].contains_pointer) TRY(require_realloc(options));
  }
  const wasm::ValType address = options.address();
  if (is_stream) return wasm::FuncType{.params = {i32, address, address}, .results = {address}};
  return wasm::FuncType{.params = {i32, address}, .results = {i32}};
}

Result<wasm::FuncType> Checker::error_context(const Canon& canon) {
  using wasm::i32;
  const CanonOptions options = TRY(canon_options(canon));
  TRY(allow_options(options, "emr"));
  const wasm::ValType address = options.address();
  if (canon.kind == CanonKind::error_context_new) {
    TRY(require_memory(options));
    return wasm::FuncType{.params = {address, address}, .results = {i32}};
  }
  TRY(require_realloc(options));
  return wasm::FuncType{.params = {i32, address}, .results = {}};
}

Result<wasm::FuncType> Checker::waitable_set_wait(const Canon& canon) {
  using wasm::i32;
  CanonOptions options;
  options.memory = canon.memory;
  TRY(check_canon_memory(options));
  return wasm::FuncType{.params = {i32, options.address()}, .results = {i32}};
}

/// The type of the function that the new thread runs is `(func (param $c T))`.
Result<wasm::FuncType> Checker::thread_start(const Canon& canon) {
  using wasm::i32;
  const wasm::TypeId id = TRY(core_type_id(canon.type, scope_->core_types));
  const wasm::FuncType* type = types_.core().get(id).type.func();
  const bool fits =
      type && type->results.empty() && type->params.size() == 1 &&
      (type->params[0] == i32 || (type->params[0] == wasm::i64 && has(Feature::memory64)));
  if (!fits) {
    return wrong(
        fmt::format("start function must take a single `i32` argument: core type index {} "
                    "does not",
                    canon.type));
  }
  const wasm::ValType argument = type->params[0];
  if (canon.kind == CanonKind::thread_spawn_ref) {
    const auto ref = wasm::ValType::ref(wasm::HeapType::index(id), true);
    return wasm::FuncType{.params = {ref, argument}, .results = {i32}};
  }
  const wasm::TableType table = TRY(at(scope_->checked->core_tables, canon.table, "table"));
  if (!types_.core().matches(table.element, wasm::funcref)) {
    return wrong(fmt::format("`{}` requires a table of functions", row_of(canon.kind).text));
  }
  return wasm::FuncType{.params = {wasm::val_type(table.address), argument}, .results = {i32}};
}

}  // namespace cairn::component
