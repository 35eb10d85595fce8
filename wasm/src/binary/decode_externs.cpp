// Imports, definitions without bodies, and exports (spec: Binary Format > Modules).

#include <fmt/format.h>

#include "binary/sections.hpp"

namespace cairn::wasm {

namespace {

constexpr uint8_t table_with_init_code = 0x40;

Result<ExternKind> extern_kind(Reader& in, std::string_view what) {
  const uint8_t code = TRY(in.byte(what));
  const uint8_t last = in.has(Feature::exceptions) ? 4 : 3;
  if (code > last) {
    return fail_at(ErrorKind::malformed, in.offset() - 1,
                   fmt::format("malformed {}: expected 0 to {}, found {}", what, last, code));
  }
  return static_cast<ExternKind>(code);
}

Result<Import> import(Reader& in) {
  Import import;
  import.module = TRY(in.name("the module name of an import"));
  import.name = TRY(in.name("the name of an import"));
  import.kind = TRY(extern_kind(in, "import kind"));
  switch (import.kind) {
    case ExternKind::func: import.type = TRY(in.u32("a type index")); break;
    case ExternKind::table: import.type = TRY(in.table_type()); break;
    case ExternKind::memory: import.type = TRY(in.memory_type()); break;
    case ExternKind::global: import.type = TRY(in.global_type()); break;
    case ExternKind::tag: import.type = TRY(in.tag_type()); break;
  }
  return import;
}

Result<Table> table(Reader& in) {
  Table table;
  if (in.peek() != table_with_init_code || !in.has(Feature::function_references)) {
    table.type = TRY(in.table_type());
    return table;
  }
  TRY(in.byte("a table"));
  if (TRY(in.byte("a table")) != 0) return in.unexpected_byte(Fault::zero_byte);
  table.type = TRY(in.table_type());
  table.init = TRY(in.expr());
  return table;
}

}  // namespace

Result<> decode_imports(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("imports", in.limits().imports));
  in.reserve(module.imports, count, 4);
  for (uint32_t i = 0; i < count; ++i) module.add_import(TRY(import(in)));
  const ImplementationLimits& limits = in.limits();
  if (module.imported_tables > limits.tables) {
    return over_limit(in.offset(), "tables", module.imported_tables, limits.tables);
  }
  if (module.imported_memories > limits.memories) {
    return over_limit(in.offset(), "memories", module.imported_memories, limits.memories);
  }
  return {};
}

Result<> decode_functions(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("functions", in.limits().functions));
  module.functions.reserve(count);
  for (uint32_t i = 0; i < count; ++i) module.functions.push_back(TRY(in.u32("a type index")));
  return {};
}

Result<> decode_tables(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("tables", in.limits().tables - module.imported_tables));
  in.reserve(module.tables, count, 3);
  for (uint32_t i = 0; i < count; ++i) module.tables.push_back(TRY(table(in)));
  return {};
}

Result<> decode_memories(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("memories", in.limits().memories - module.imported_memories));
  for (uint32_t i = 0; i < count; ++i) module.memories.push_back(TRY(in.memory_type()));
  return {};
}

Result<> decode_tags(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("tags", in.limits().tags));
  for (uint32_t i = 0; i < count; ++i) module.tags.push_back(TRY(in.tag_type()));
  return {};
}

Result<> decode_globals(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("globals", in.limits().globals));
  in.reserve(module.globals, count, 4);
  for (uint32_t i = 0; i < count; ++i) {
    const GlobalType type = TRY(in.global_type());
    module.globals.push_back({type, TRY(in.expr())});
  }
  return {};
}

Result<> decode_exports(Reader& in, Module& module) {
  const uint32_t count = TRY(in.count("exports", in.limits().exports));
  in.reserve(module.exports, count, 3);
  for (uint32_t i = 0; i < count; ++i) {
    Export item;
    item.name = TRY(in.name("the name of an export"));
    item.kind = TRY(extern_kind(in, "export kind"));
    item.index = TRY(in.u32("the index of an export"));
    module.exports.push_back(std::move(item));
  }
  return {};
}

Result<> decode_start(Reader& in, Module& module) {
  module.start = TRY(in.u32("a function index"));
  return {};
}

}  // namespace cairn::wasm
