/// Fields of a module: imports, exports, functions, tables, memories, globals, tags, start.

#include <fmt/format.h>
#include <cairn/base/leb128.hpp>

#include "text/module_parser.hpp"

namespace cairn::wasm::text {

Result<std::string> ModuleParser::external_name() {
  std::string name = TRY(in_.expect_name());
  TRY(context_.check_limit(name.size(), context_.limits.name_bytes, "bytes of a name"));
  return name;
}

Result<> ModuleParser::add_export(Export item) {
  context_.module.exports.push_back(std::move(item));
  return context_.check_limit(context_.module.exports.size(), context_.limits.exports, "exports");
}

Result<> ModuleParser::add_import(Import item) {
  const Module& module = context_.module;
  context_.module.add_import(std::move(item));
  TRY(context_.check_limit(module.table_count(), context_.limits.tables, "tables"));
  TRY(context_.check_limit(module.memory_count(), context_.limits.memories, "memories"));
  return context_.check_limit(module.imports.size(), context_.limits.imports, "imports");
}

Result<ModuleParser::Inline> ModuleParser::inline_imports_exports(ExternKind kind, uint32_t index) {
  while (in_.take_open("export")) {
    TRY(add_export({.name = TRY(external_name()), .kind = kind, .index = index}));
    TRY(in_.expect_close());
  }
  Inline found;
  if (in_.take_open("import")) {
    Import import{.module = TRY(external_name()), .name = {}, .kind = kind};
    import.name = TRY(external_name());
    TRY(in_.expect_close());
    found.import = std::move(import);
  }
  return found;
}

// ---- Imports, exports, start -----------------------------------------------------------------

Result<> ModuleParser::import_field() {
  Import import{.module = TRY(external_name()), .name = {}};
  import.name = TRY(external_name());
  if (in_.kind() != TokenKind::lparen) return in_.unexpected("what is imported");
  in_.advance();
  TRY(import_description(std::move(import)));
  return in_.expect_close();
}

Result<> ModuleParser::import_description(Import import) {
  Module& module = context_.module;
  ModuleNames& names = context_.names;
  if (in_.take_keyword("func")) {
    const uint32_t index = module.function_count();
    TRY(context_.bind_name(names.functions, index));
    std::vector<ParamName> params;
    const TypeUse use = TRY(types_.type_use(&params));
    import.type = TRY(types_.resolve(use));
    NameMap local_names = TRY(param_names(params));
    if (!local_names.empty()) names.locals.push_back({index, std::move(local_names)});
  } else if (in_.take_keyword("table")) {
    import.kind = ExternKind::table;
    TRY(context_.bind_name(names.tables, module.table_count()));
    import.type = TRY(types_.table_type());
  } else if (in_.take_keyword("memory")) {
    import.kind = ExternKind::memory;
    TRY(context_.bind_name(names.memories, module.memory_count()));
    import.type = TRY(types_.memory_type());
  } else if (in_.take_keyword("global")) {
    import.kind = ExternKind::global;
    TRY(context_.bind_name(names.globals, module.global_count()));
    import.type = TRY(types_.global_type());
  } else {
    TRY(in_.expect_keyword("tag"));
    import.kind = ExternKind::tag;
    TRY(context_.bind_name(names.tags, module.tag_count()));
    std::vector<ParamName> ignored;
    const TypeUse use = TRY(types_.type_use(&ignored));
    import.type = TagType{TRY(types_.resolve(use))};
  }
  return add_import(std::move(import));
}

Result<> ModuleParser::export_field() {
  constexpr std::pair<Space, ExternKind> kinds[] = {{Space::func, ExternKind::func},
                                                    {Space::table, ExternKind::table},
                                                    {Space::memory, ExternKind::memory},
                                                    {Space::global, ExternKind::global},
                                                    {Space::tag, ExternKind::tag}};
  Export item{.name = TRY(external_name())};
  for (const auto& [space, kind] : kinds) {
    if (!in_.take_open(to_string(space))) continue;
    item.kind = kind;
    item.index = TRY(context_.index(space));
    TRY(in_.expect_close());
    return add_export(std::move(item));
  }
  return in_.unexpected("what is exported, such as '(func'");
}

Result<> ModuleParser::start_field() {
  if (context_.module.start) return in_.error(in_.token(), "multiple start sections");
  context_.module.start = TRY(context_.index(Space::func));
  return {};
}

// ---- Functions -------------------------------------------------------------------------------

Result<NameMap> ModuleParser::param_names(std::vector<ParamName>& params) {
  NameMap names;
  IdTable& locals = instructions_.locals();
  locals.clear();
  for (ParamName& param : params) {
    if (param.id && !locals.bind(*param.id, param.index)) {
      return in_.error(*param.token,
                       fmt::format("duplicate local {}", in_.tokens().text(*param.token)));
    }
    if (param.name) names.push_back({param.index, *std::move(param.name)});
  }
  return names;
}

Result<> ModuleParser::function_field() {
  Module& module = context_.module;
  const uint32_t index = module.function_count();
  TRY(context_.bind_name(context_.names.functions, index));
  Inline found = TRY(inline_imports_exports(ExternKind::func, index));
  std::vector<ParamName> params;
  const TypeUse use = TRY(types_.type_use(&params));
  const uint32_t type = TRY(types_.resolve(use));
  if (found.import) {
    found.import->type = type;
    NameMap names = TRY(param_names(params));
    if (!names.empty()) context_.names.locals.push_back({index, std::move(names)});
    return add_import(*std::move(found.import));
  }
  module.functions.push_back(type);
  TRY(context_.check_limit(module.functions.size(), context_.limits.functions, "functions"));
  return function_body(type, params);
}

Result<> ModuleParser::function_body(uint32_t type, std::vector<ParamName>& params) {
  Module& module = context_.module;
  const uint32_t index = module.function_count() - 1;
  instructions_.begin_function();
  NameMap names = TRY(param_names(params));
  const FuncType* signature = type < module.types.size() ? module.types[type].func() : nullptr;
  Code code;
  TRY(local_declarations(code, signature ? signature->params.size() : 0, names));
  if (!names.empty()) context_.names.locals.push_back({index, std::move(names)});

  code.body = TRY(instructions_.sequence());
  TRY(context_.check_limit(context_.code.size() - code.body.offset, context_.limits.function_bytes,
                           "bytes of a function"));
  if (!instructions_.label_names().empty()) {
    context_.names.labels.push_back({index, instructions_.label_names()});
  }
  add_branch_hints(code, index);
  module.code.push_back(std::move(code));
  return {};
}

Result<> ModuleParser::local_declarations(Code& code, uint64_t param_count, NameMap& names) {
  uint64_t count = param_count;
  const auto add = [&](ValType type) -> Result<> {
    if (code.locals.empty() || code.locals.back().type != type) code.locals.push_back({0, type});
    ++code.locals.back().count;
    return context_.check_limit(++count, context_.limits.locals, "locals");
  };
  while (in_.take_open("local")) {
    const Token& token = in_.token();
    if (token.kind == TokenKind::id || token.kind == TokenKind::annotation) {
      const auto index = static_cast<uint32_t>(count);
      if (token.kind == TokenKind::id && !instructions_.locals().bind(in_.id_of(token), index)) {
        return in_.error(token, fmt::format("duplicate local {}", in_.text()));
      }
      TRY(context_.bind_name(names, index));
      TRY(add(TRY(types_.value_type())));
    } else {
      while (in_.kind() != TokenKind::rparen) TRY(add(TRY(types_.value_type())));
    }
    TRY(in_.expect_close());
  }
  return {};
}

// ---- Tables, memories, globals, tags ---------------------------------------------------------

Result<> ModuleParser::table_field() {
  Module& module = context_.module;
  const uint32_t index = module.table_count();
  TRY(context_.bind_name(context_.names.tables, index));
  Inline found = TRY(inline_imports_exports(ExternKind::table, index));
  if (found.import) {
    found.import->type = TRY(types_.table_type());
    return add_import(*std::move(found.import));
  }
  TRY(context_.check_limit(uint64_t{index} + 1, context_.limits.tables, "tables"));
  const AddrType address = TRY(types_.address_type());
  if (in_.kind() != TokenKind::number) {
    const ValType type = TRY(types_.reference_type());
    TRY(in_.expect_open("elem"));
    TRY(inline_elements(index, address, type));
    return in_.expect_close();
  }
  Table table;
  table.type.address = address;
  table.type.limits = TRY(types_.limits());
  table.type.element = TRY(types_.reference_type());
  if (in_.kind() != TokenKind::rparen) table.init = TRY(instructions_.sequence());
  module.tables.push_back(table);
  return {};
}

/// `(table reftype (elem …))`: as long as its elements, which an active segment writes.
Result<> ModuleParser::inline_elements(uint32_t table, AddrType address, ValType type) {
  Elem elem{.mode = SegmentMode::active,
            .table = table,
            .offset = zero_offset(address),
            .type = type,
            .functions = {},
            .exprs = {}};
  if (in_.kind() == TokenKind::lparen) {
    TRY(elem_expressions(elem));
  } else if (type == funcref) {
    TRY(elem_functions(elem));
  } else {
    // The short form of a segment holds (ref func), which such a table may not accept.
    elem.uses_exprs = true;
    while (in_.kind() != TokenKind::rparen) {
      const uint64_t begin = context_.code.size();
      context_.map_source(in_.token());
      Instruction instruction;
      instruction.op = Op::ref_func;
      instruction.index = TRY(context_.index(Space::func));
      encode(instruction, context_.code);
      instruction.op = Op::end;
      encode(instruction, context_.code);
      elem.exprs.push_back(context_.finish_expression(begin));
    }
  }
  const uint64_t size = elem.uses_exprs ? elem.exprs.size() : elem.functions.size();
  context_.module.tables.push_back(
      {.type = {.element = type, .address = address, .limits = {.min = size, .max = size}},
       .init = {}});
  return add_elem(std::move(elem));
}

Result<> ModuleParser::memory_field() {
  Module& module = context_.module;
  const uint32_t index = module.memory_count();
  TRY(context_.bind_name(context_.names.memories, index));
  Inline found = TRY(inline_imports_exports(ExternKind::memory, index));
  if (found.import) {
    found.import->type = TRY(types_.memory_type());
    return add_import(*std::move(found.import));
  }
  TRY(context_.check_limit(uint64_t{index} + 1, context_.limits.memories, "memories"));
  MemoryType type;
  type.address = TRY(types_.address_type());
  if (in_.kind() == TokenKind::lparen) {
    type.page_size_log2 = TRY(types_.page_size());
    TRY(in_.expect_open("data"));
    TRY(inline_data(index, type));
    return in_.expect_close();
  }
  type.limits = TRY(types_.limits());
  type.shared = in_.take_keyword("shared");
  type.page_size_log2 = TRY(types_.page_size());
  module.memories.push_back(type);
  return {};
}

/// `(memory (data …))`: as many pages as the bytes need, which an active segment writes.
Result<> ModuleParser::inline_data(uint32_t memory, MemoryType type) {
  TRY(data_strings({.mode = SegmentMode::active,
                    .memory = memory,
                    .offset = zero_offset(type.address),
                    .bytes = {}}));
  const uint64_t bytes = data_.back().end - data_.back().begin;
  const uint8_t shift = type.page_size_log2;
  const uint64_t pages = (bytes >> shift) + ((bytes & ((uint64_t{1} << shift) - 1)) != 0 ? 1 : 0);
  type.limits = {.min = pages, .max = pages};
  context_.module.memories.push_back(type);
  return {};
}

Result<> ModuleParser::global_field() {
  Module& module = context_.module;
  const uint32_t index = module.global_count();
  TRY(context_.bind_name(context_.names.globals, index));
  Inline found = TRY(inline_imports_exports(ExternKind::global, index));
  const GlobalType type = TRY(types_.global_type());
  if (found.import) {
    found.import->type = type;
    return add_import(*std::move(found.import));
  }
  module.globals.push_back({.type = type, .init = TRY(instructions_.sequence())});
  return context_.check_limit(module.globals.size(), context_.limits.globals, "globals");
}

Result<> ModuleParser::tag_field() {
  Module& module = context_.module;
  const uint32_t index = module.tag_count();
  TRY(context_.bind_name(context_.names.tags, index));
  Inline found = TRY(inline_imports_exports(ExternKind::tag, index));
  std::vector<ParamName> ignored;
  const TypeUse use = TRY(types_.type_use(&ignored));
  const TagType type{TRY(types_.resolve(use))};
  if (found.import) {
    found.import->type = type;
    return add_import(*std::move(found.import));
  }
  module.tags.push_back(type);
  return context_.check_limit(module.tags.size(), context_.limits.tags, "tags");
}

}  // namespace cairn::wasm::text
