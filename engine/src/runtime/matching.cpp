#include "runtime/matching.hpp"

#include <fmt/format.h>

namespace cairn::engine {
namespace {

using wasm::ExternKind;

ExternType func_extern(const wasm::TypeRegistry& types, ExternKind kind, wasm::TypeId id) {
  return {.kind = kind, .func = *types.get(id).type.func(), .func_id = id};
}

bool limits_match(const wasm::Limits& actual, const wasm::Limits& required) {
  if (actual.min < required.min) return false;
  return !required.max || (actual.max && *actual.max <= *required.max);
}

bool table_matches(const wasm::TypeRegistry& types, const wasm::TableType& actual,
                   const wasm::TableType& required) {
  return actual.address == required.address && types.matches(actual.element, required.element) &&
         types.matches(required.element, actual.element) &&
         limits_match(actual.limits, required.limits);
}

bool memory_matches(const wasm::MemoryType& actual, const wasm::MemoryType& required) {
  return actual.address == required.address && actual.shared == required.shared &&
         actual.page_size_log2 == required.page_size_log2 &&
         limits_match(actual.limits, required.limits);
}

bool global_matches(const wasm::TypeRegistry& types, const wasm::GlobalType& actual,
                    const wasm::GlobalType& required) {
  if (actual.is_mutable != required.is_mutable) return false;
  if (!types.matches(actual.type, required.type)) return false;
  return !actual.is_mutable || types.matches(required.type, actual.type);
}

std::string describe(const wasm::FuncType& type) {
  std::string text;
  for (const wasm::ValType param : type.params)
    text += fmt::format(" (param {})", to_string(param));
  for (const wasm::ValType result : type.results) {
    text += fmt::format(" (result {})", to_string(result));
  }
  return text;
}

std::string describe(wasm::AddrType address, const wasm::Limits& limits) {
  std::string text = address == wasm::AddrType::i64 ? " i64" : "";
  text += fmt::format(" {}", limits.min);
  if (limits.max) text += fmt::format(" {}", *limits.max);
  return text;
}

}  // namespace

ExternType import_type(const ModuleState& module, const wasm::Import& import) {
  const wasm::TypeRegistry& types = module.engine->types;
  ExternType type{.kind = import.kind};
  switch (import.kind) {
    case ExternKind::func:
      return func_extern(types, import.kind, (*module.types)[std::get<uint32_t>(import.type)]);
    case ExternKind::tag:
      return func_extern(types, import.kind,
                         (*module.types)[std::get<wasm::TagType>(import.type).type_index]);
    case ExternKind::table:
      type.table = canonical(*module.types, std::get<wasm::TableType>(import.type));
      break;
    case ExternKind::memory: type.memory = std::get<wasm::MemoryType>(import.type); break;
    case ExternKind::global:
      type.global = canonical(*module.types, std::get<wasm::GlobalType>(import.type));
      break;
  }
  return type;
}

ExternType export_type(const ModuleState& module, const wasm::Export& item) {
  const wasm::TypeRegistry& types = module.engine->types;
  ExternType type{.kind = item.kind};
  switch (item.kind) {
    case ExternKind::func:
      return func_extern(types, item.kind, (*module.types)[module.func_type_index[item.index]]);
    case ExternKind::tag:
      return func_extern(types, item.kind, (*module.types)[module.tag_type_index[item.index]]);
    case ExternKind::table: type.table = module.table_types[item.index]; break;
    case ExternKind::memory: type.memory = module.memory_types[item.index]; break;
    case ExternKind::global: type.global = module.global_types[item.index]; break;
  }
  return type;
}

ExternType type_of(const wasm::TypeRegistry& types, const Extern& item) {
  ExternType type{.kind = item.kind};
  switch (item.kind) {
    case ExternKind::func: return func_extern(types, item.kind, item.func->type_id);
    case ExternKind::tag: return func_extern(types, item.kind, item.tag->type_id);
    case ExternKind::table: type.table = Table(item.table).type(); break;
    case ExternKind::memory: type.memory = Memory(item.memory).type(); break;
    case ExternKind::global: type.global = item.global->type; break;
  }
  return type;
}

bool matches(const wasm::TypeRegistry& types, const ExternType& actual,
             const ExternType& required) {
  if (actual.kind != required.kind) return false;
  switch (actual.kind) {
    case ExternKind::func: return types.is_subtype(actual.func_id, required.func_id);
    case ExternKind::tag: return actual.func_id == required.func_id;
    case ExternKind::table: return table_matches(types, actual.table, required.table);
    case ExternKind::memory: return memory_matches(actual.memory, required.memory);
    case ExternKind::global: return global_matches(types, actual.global, required.global);
  }
  return false;
}

bool fits(const ModuleState& module, const wasm::Import& import, const Extern& item) {
  const wasm::TypeRegistry& types = module.engine->types;
  if (import.kind != item.kind) return false;
  if (import.kind == ExternKind::func)
    return types.is_subtype(item.func->type_id, (*module.types)[std::get<uint32_t>(import.type)]);
  return matches(types, type_of(types, item), import_type(module, import));
}

std::string describe(const ExternType& type) {
  std::string text(to_string(type.kind));
  switch (type.kind) {
    case ExternKind::func:
    case ExternKind::tag: return text + describe(type.func);
    case ExternKind::table:
      return text + describe(type.table.address, type.table.limits) + " " +
             to_string(type.table.element);
    case ExternKind::memory:
      text += describe(type.memory.address, type.memory.limits);
      if (type.memory.page_size_log2 != 16) {
        text += fmt::format(" (pagesize {})", uint64_t{1} << type.memory.page_size_log2);
      }
      return text + (type.memory.shared ? " shared" : "");
    case ExternKind::global: {
      const std::string value = to_string(type.global.type);
      return text + (type.global.is_mutable ? " (mut " + value + ")" : " " + value);
    }
  }
  return text;
}

namespace {

std::unexpected<Error> import_error(const wasm::Import& import, std::string message) {
  return std::unexpected(Error{.kind = ErrorKind::unlinkable,
                               .message = std::move(message),
                               .path = import.module + "." + import.name});
}

}  // namespace

std::unexpected<Error> unknown_import(const wasm::Import& import, const ExternType& required) {
  return import_error(import, fmt::format("unknown import: \"{}\" \"{}\" is not there, expected {}",
                                          import.module, import.name, describe(required)));
}

std::unexpected<Error> incompatible_import(const wasm::Import& import, const ExternType& required,
                                           const ExternType& actual) {
  return import_error(
      import, fmt::format("incompatible import type: \"{}\" \"{}\" should be {}, found {}",
                          import.module, import.name, describe(required), describe(actual)));
}

}  // namespace cairn::engine
