// Canonical definitions for what core modules import: options, types, and whether they need a
// memory.

#include <fmt/format.h>

#include "tools/component_maker.hpp"

namespace cairn::component::tools {
namespace {

using Kind = syntax::CanonOption::Kind;

bool takes_options(CanonKind kind) {
  const CanonForm form = row_of(kind).form;
  return form == CanonForm::lower || form == CanonForm::type_options ||
         form == CanonForm::result_options || form == CanonForm::options;
}

bool reads(CanonKind kind) {
  return kind == CanonKind::stream_read || kind == CanonKind::future_read;
}

Kind option_of(wit::StringEncoding strings) {
  switch (strings) {
    case wit::StringEncoding::utf16: return Kind::utf16;
    case wit::StringEncoding::latin1_utf16: return Kind::latin1_utf16;
    default: return Kind::utf8;
  }
}

/// What a stream or future carries; nothing where it only signals.
std::optional<wit::Type> element_of(const wit::Resolve& resolve, wit::TypeId id) {
  const wit::TypeKind& kind = resolve[id].kind;
  if (const auto* stream = std::get_if<wit::Stream>(&kind)) return stream->element;
  if (const auto* future = std::get_if<wit::Future>(&kind)) return future->value;
  return std::nullopt;
}

bool is_stream(CanonKind kind) {
  return kind >= CanonKind::stream_new && kind <= CanonKind::stream_drop_writable;
}

}  // namespace

Result<bool> ComponentMaker::needs_memory(const CoreImport& import) {
  switch (import.kind) {
    case CanonKind::waitable_set_wait:
    case CanonKind::waitable_set_poll:
    case CanonKind::error_context_new:
    case CanonKind::error_context_debug_message: return true;
    case CanonKind::stream_read:
    case CanonKind::stream_write:
    case CanonKind::future_read:
    case CanonKind::future_write:
      return import.type && element_of(decoded_.resolve, *import.type).has_value();
    case CanonKind::lower:
    case CanonKind::task_return: break;
    default: return false;
  }
  const FuncType type = TRY(types_->function(*import.function));
  const Types& types = types_->types();
  if (import.kind == CanonKind::task_return) {
    if (!type.result) return false;
    return has_pointer(types, type, false, true) ||
           types[*type.result].layout(PtrSize::bits32).flat.size() > max_flat_params;
  }
  if (has_pointer(types, type, true, true)) return true;
  std::vector<ValType> params;
  for (const FuncParam& param : type.params) params.push_back(param.type);
  const size_t flat = flatten(types, params).size();
  if (import.is_async) return flat > max_flat_async_params || type.result.has_value();
  return flat > max_flat_params ||
         (type.result &&
          types[*type.result].layout(PtrSize::bits32).flat.size() > max_flat_results);
}

Result<> ComponentMaker::give_memory(std::vector<syntax::CanonOption>& options,
                                     const Surroundings& around, bool realloc,
                                     wit::StringEncoding strings) {
  if (!around.memory) {
    return fail(ErrorKind::invalid,
                fmt::format("the module exports no memory `{}`; lists, strings or large values are "
                            "passed through it",
                            memory_names[0]));
  }
  options.push_back({option_of(strings)});
  options.push_back({Kind::memory, *around.memory});
  if (!realloc) return {};
  if (!around.realloc) {
    return fail(ErrorKind::invalid,
                fmt::format("the module exports no function `{}` of type (i32, i32, i32, i32) -> "
                            "(i32); lists, strings or large values are put where it says",
                            realloc_names[0]));
  }
  options.push_back({Kind::realloc, *around.realloc});
  return {};
}

Result<std::vector<syntax::CanonOption>> ComponentMaker::options_of(const CoreImport& import,
                                                                    const Surroundings& around) {
  std::vector<syntax::CanonOption> options;
  if (TRY(needs_memory(import))) {
    bool realloc = import.kind == CanonKind::error_context_debug_message;
    if (import.kind == CanonKind::lower) {
      realloc = has_pointer(types_->types(), TRY(types_->function(*import.function)), false, true);
    } else if (reads(import.kind)) {
      const auto element = element_of(decoded_.resolve, *import.type);
      realloc = TRY(types_->info(*element))->contains_pointer;
    }
    const bool own_strings = import.kind == CanonKind::error_context_new ||
                             import.kind == CanonKind::error_context_debug_message;
    TRY(give_memory(options, around, realloc, own_strings ? import.strings : decoded_.strings));
  }
  if (import.is_async) options.push_back({Kind::async});
  return options;
}

Result<syntax::Canon> ComponentMaker::canon_of(const CoreImport& import) {
  syntax::Canon canon{.kind = import.kind};
  if (import.of_export && import.item != nullptr) outer_->begin_export(*import.item);
  switch (row_of(import.kind).form) {
    case CanonForm::lower:
      canon.func = outer_->imported_function(import.item, *import.function);
      break;
    case CanonForm::type:
    case CanonForm::type_options:
    case CanonForm::type_async:
      if (!import.type) {
        canon.type = is_stream(import.kind) ? outer_->plain_type({syntax::Stream{}})
                                            : outer_->plain_type({syntax::Future{}});
      } else if (import.of_export) {
        canon.type = outer_->type_of(*import.type);
      } else {
        canon.type = outer_->imported_type(import.item, *import.type);
      }
      canon.flag = import.is_async;
      break;
    case CanonForm::result_options:
      if (import.function->result) {
        canon.result = outer_->val_type_of(*import.function->result);
      }
      break;
    case CanonForm::async_flag: canon.flag = import.is_async; break;
    case CanonForm::cancellable:
    case CanonForm::cancellable_memory: canon.flag = import.cancellable; break;
    case CanonForm::slot: canon.slot = import.slot; break;
    default: break;
  }
  outer_->end_export();
  return canon;
}

Result<uint32_t> ComponentMaker::core_function(const CoreImport& import,
                                               const Surroundings& around) {
  syntax::Canon canon = TRY(canon_of(import));
  if (takes_options(import.kind)) canon.options = TRY(options_of(import, around));
  if (row_of(import.kind).form == CanonForm::cancellable_memory) {
    std::vector<syntax::CanonOption> unused;
    TRY(give_memory(unused, around, false, decoded_.strings));
    canon.memory = *around.memory;
  }
  return writer_.core_canon(std::move(canon));
}

}  // namespace cairn::component::tools
