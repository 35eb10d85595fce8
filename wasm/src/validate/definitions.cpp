#include "validate/definitions.hpp"

#include <fmt/format.h>

#include <unordered_set>

namespace cairn::wasm {

namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

/// Says in which definition an error lies.
template <class T>
Result<T> in(Result<T> result, std::string_view what, size_t index) {
  if (!result) result.error().message += fmt::format(" (in {} {})", what, index);
  return result;
}

Result<> import(ModuleContext& context, const Import& import) {
  switch (import.kind) {
    case ExternKind::func:
      context.funcs.push_back(TRY(checked_func(context, std::get<uint32_t>(import.type))));
      break;
    case ExternKind::table:
      context.tables.push_back(TRY(checked_table_type(context, std::get<TableType>(import.type))));
      break;
    case ExternKind::memory:
      TRY(check_memory_type(std::get<MemoryType>(import.type)));
      context.memories.push_back(std::get<MemoryType>(import.type));
      break;
    case ExternKind::global: {
      const GlobalType& type = std::get<GlobalType>(import.type);
      if (type.is_mutable && !context.features.has(Feature::mutable_global)) {
        return invalid("mutable globals cannot be imported");
      }
      context.globals.push_back(TRY(checked_global_type(context, type)));
      break;
    }
    case ExternKind::tag:
      context.tags.push_back(TRY(checked_tag_type(context, std::get<TagType>(import.type))));
      break;
  }
  return {};
}

/// The functions that a segment of indices names; they count as declared.
Result<> elem_functions(ModuleContext& context, const Elem& elem) {
  for (uint32_t function : elem.functions) {
    if (function >= context.funcs.size())
      return invalid(fmt::format("unknown function {}", function));
    context.declared_funcs[function] = true;
  }
  return {};
}

Result<> elem(ModuleContext& context, BodyValidator& bodies, const Elem& elem, size_t index) {
  const std::string what = fmt::format("elem segment {}", index);
  ValType type = ValType::ref(AbsHeapType::func, false);
  if (elem.uses_exprs) {
    if (!context.knows(elem.type)) {
      return invalid(fmt::format("unknown type {}", elem.type.heap().index()));
    }
    type = context.handle.canonical(elem.type);
    for (const Expr& item : elem.exprs) TRY(bodies.constant(item, type, what));
  } else {
    TRY(elem_functions(context, elem));
  }
  context.elems.push_back(type);
  if (elem.mode != SegmentMode::active) return {};
  if (elem.table >= context.tables.size()) {
    return invalid(fmt::format("unknown table {} (in {})", elem.table, what));
  }
  const TableType& table = context.tables[elem.table];
  if (!context.registry.matches(type, table.element)) {
    return invalid(
        fmt::format("type mismatch: elements do not match table {} (in {})", elem.table, what));
  }
  return bodies.constant(*elem.offset, val_type(table.address), what);
}

uint32_t count_of(const ModuleContext& context, ExternKind kind) {
  switch (kind) {
    case ExternKind::func: return static_cast<uint32_t>(context.funcs.size());
    case ExternKind::table: return static_cast<uint32_t>(context.tables.size());
    case ExternKind::memory: return static_cast<uint32_t>(context.memories.size());
    case ExternKind::global: return static_cast<uint32_t>(context.globals.size());
    case ExternKind::tag: return static_cast<uint32_t>(context.tags.size());
  }
  return 0;
}

/// How messages name an index space.
std::string_view space_name(ExternKind kind) {
  return kind == ExternKind::func ? "function" : to_string(kind);
}

}  // namespace

Result<> validate_declarations(ModuleContext& context) {
  const Module& module = context.module;
  context.funcs.reserve(module.function_count());
  for (size_t i = 0; i < module.imports.size(); ++i) {
    TRY(in(import(context, module.imports[i]), "import", i));
  }
  for (size_t i = 0; i < module.tags.size(); ++i) {
    context.tags.push_back(TRY(in(checked_tag_type(context, module.tags[i]), "tag", i)));
  }
  for (size_t i = 0; i < module.functions.size(); ++i) {
    context.funcs.push_back(
        TRY(in(checked_func(context, module.functions[i]), "func", context.funcs.size())));
  }
  for (size_t i = 0; i < module.memories.size(); ++i) {
    TRY(in(check_memory_type(module.memories[i]), "memory", context.memories.size()));
    context.memories.push_back(module.memories[i]);
  }
  if (context.memories.size() > 1 && !context.features.has(Feature::multi_memory)) {
    return invalid(fmt::format("multiple memories: {}", context.memories.size()));
  }
  context.declared_funcs.resize(context.funcs.size());
  return {};
}

Result<> validate_tables(ModuleContext& context, BodyValidator& bodies) {
  for (const Table& table : context.module.tables) {
    const size_t index = context.tables.size();
    const TableType type = TRY(in(checked_table_type(context, table.type), "table", index));
    if (table.init) {
      TRY(bodies.constant(*table.init, type.element, fmt::format("table {}", index)));
    } else if (!type.element.nullable()) {
      return invalid(
          fmt::format("type mismatch: expected an initializer, since null is no {} (in "
                      "table {})",
                      to_string(table.type.element), index));
    }
    context.tables.push_back(type);
  }
  if (context.tables.size() > 1 && !context.features.has(Feature::reference_types)) {
    return invalid(fmt::format("multiple tables: {}", context.tables.size()));
  }
  return {};
}

Result<> validate_globals(ModuleContext& context, BodyValidator& bodies) {
  for (const Global& global : context.module.globals) {
    const size_t index = context.globals.size();
    const GlobalType type = TRY(in(checked_global_type(context, global.type), "global", index));
    TRY(bodies.constant(global.init, type.type, fmt::format("global {}", index)));
    context.globals.push_back(type);
  }
  return {};
}

Result<> validate_elems(ModuleContext& context, BodyValidator& bodies) {
  for (size_t i = 0; i < context.module.elems.size(); ++i) {
    TRY(elem(context, bodies, context.module.elems[i], i));
  }
  return {};
}

Result<> validate_datas(ModuleContext& context, BodyValidator& bodies) {
  for (size_t i = 0; i < context.module.datas.size(); ++i) {
    const Data& data = context.module.datas[i];
    if (data.mode != SegmentMode::active) continue;
    const std::string what = fmt::format("data segment {}", i);
    if (data.memory >= context.memories.size()) {
      return invalid(fmt::format("unknown memory {} (in {})", data.memory, what));
    }
    TRY(bodies.constant(*data.offset, val_type(context.memories[data.memory].address), what));
  }
  return {};
}

Result<> validate_exports(ModuleContext& context) {
  std::unordered_set<std::string_view> names;
  names.reserve(context.module.exports.size());
  for (const Export& item : context.module.exports) {
    if (item.index >= count_of(context, item.kind)) {
      return invalid(fmt::format("unknown {} {} (in export \"{}\")", space_name(item.kind),
                                 item.index, item.name));
    }
    if (!names.insert(item.name).second) {
      return invalid(fmt::format("duplicate export name: \"{}\"", item.name));
    }
    if (item.kind == ExternKind::func) context.declared_funcs[item.index] = true;
    if (item.kind == ExternKind::global && context.globals[item.index].is_mutable &&
        !context.features.has(Feature::mutable_global)) {
      return invalid(fmt::format("mutable globals cannot be exported (\"{}\")", item.name));
    }
  }
  return {};
}

Result<> validate_start(const ModuleContext& context) {
  if (!context.module.start) return {};
  const uint32_t start = *context.module.start;
  if (start >= context.funcs.size())
    return invalid(fmt::format("unknown function {} (in start)", start));
  const FuncType& type = *context.funcs[start].signature;
  if (!type.params.empty() || !type.results.empty()) {
    return invalid(
        fmt::format("start function: expected function {} to take and return nothing", start));
  }
  return {};
}

}  // namespace cairn::wasm
