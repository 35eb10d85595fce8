#include "text/module_parser.hpp"

#include <fmt/format.h>
#include <cairn/base/leb128.hpp>

#include <algorithm>

#include "binary/cursor.hpp"

namespace cairn::wasm {

Result<Module> parse_text(std::string_view source, Features features, SourceMap* source_map,
                          const ImplementationLimits& limits) {
  const text::Tokens tokens = TRY(text::tokenize(source, features, limits));
  if (!tokens.problems.empty()) return std::unexpected(tokens.problems.front());
  return text::ModuleParser(tokens, features, limits, source_map).parse();
}

namespace text {

Result<Module> ModuleParser::parse() {
  const bool wrapped = in_.at_open("module");
  uint32_t close = 0;
  if (wrapped) {
    close = in_.token().match;
    in_.seek(2);
    context_.names.module = TRY(context_.binding_name());
    if (in_.at_annotation("name")) {
      return in_.error(in_.token(), "@name annotation: multiple module names");
    }
  }
  first_field_ = in_.position();
  TRY(declare());
  TRY(parse_types());
  TRY(parse_fields());
  if (wrapped) {
    TRY(in_.expect_close());
    CAIRN_ASSERT(in_.position() == close + 1);
  }
  if (in_.kind() != TokenKind::eof) return in_.unexpected(wrapped ? "the end" : "a module field");
  finish_sections();
  finish_storage();
  return std::move(context_.module);
}

/// All types before all else: an implicit type comes after the explicit ones.
Result<> ModuleParser::parse_types() {
  in_.seek(first_field_);
  while (in_.kind() == TokenKind::lparen || in_.kind() == TokenKind::annotation) {
    if (in_.at_open("type") || in_.at_open("rec")) {
      TRY(types_.type_field());
    } else {
      in_.seek(in_.token().match + 1);
    }
  }
  types_.index_function_types();
  return {};
}

Result<> ModuleParser::parse_fields() {
  in_.seek(first_field_);
  for (;;) {
    if (in_.at_annotation("custom")) {
      customs_.push_back(TRY(parse_custom_annotation(context_)));
      TRY(context_.check_limit(customs_.size(), context_.limits.custom_sections,
                               "custom sections"));
    } else if (in_.kind() == TokenKind::annotation && !in_.at_annotation("name")) {
      return in_.error(in_.token(), fmt::format("@{} annotation: not in a function",
                                                in_.annotation_id(in_.token())));
    } else if (in_.kind() == TokenKind::lparen) {
      TRY(field());
    } else if (in_.kind() == TokenKind::rparen || in_.kind() == TokenKind::eof) {
      return {};
    } else {
      return in_.unexpected("a module field");
    }
  }
}

Result<> ModuleParser::field() {
  if (in_.at_open("type") || in_.at_open("rec")) {
    in_.seek(in_.token().match + 1);  // read already
    return {};
  }
  in_.advance();
  const std::string_view word = in_.text();
  in_.advance();
  if (word == "func") {
    TRY(function_field());
  } else if (word == "import") {
    TRY(import_field());
  } else if (word == "export") {
    TRY(export_field());
  } else if (word == "global") {
    TRY(global_field());
  } else if (word == "table") {
    TRY(table_field());
  } else if (word == "memory") {
    TRY(memory_field());
  } else if (word == "tag") {
    TRY(tag_field());
  } else if (word == "elem") {
    TRY(elem_field());
  } else if (word == "data") {
    TRY(data_field());
  } else {
    TRY(start_field());
  }
  return in_.expect_close();
}

void ModuleParser::add_branch_hints(const Code& code, uint32_t function) {
  const std::vector<BranchHint>& hints = instructions_.hints();
  if (hints.empty()) return;
  // Offsets count from the declarations of the locals, which stand before the body in the binary.
  Bytes locals;
  append_unsigned_leb(locals, code.locals.size());
  for (const LocalGroup& group : code.locals) {
    append_unsigned_leb(locals, group.count);
    append_val_type(locals, group.type);
  }
  const uint64_t before = locals.size();
  ++hinted_functions_;
  append_unsigned_leb(hints_, function);
  append_unsigned_leb(hints_, hints.size());
  for (const BranchHint& hint : hints) {
    append_unsigned_leb(hints_, before + hint.offset - code.body.offset);
    append_unsigned_leb(hints_, 1);
    hints_.push_back(hint.value);
  }
}

/// The data count and the custom sections, those made from names and hints included.
void ModuleParser::finish_sections() {
  Module& module = context_.module;
  Bytes& code = context_.code;
  if (context_.uses_data) module.data_count = static_cast<uint32_t>(module.datas.size());
  const auto add = [&](std::string name, uint32_t place, const auto& write) {
    const uint64_t begin = code.size();
    write();
    customs_.push_back(
        {.name = std::move(name), .payload = {begin, code.size()}, .place = place, .number = 0});
  };
  if (hinted_functions_ > 0) {
    add("metadata.code.branch_hint", place_before(SectionId::code), [&] {
      append_unsigned_leb(code, hinted_functions_);
      append(code, hints_);
    });
  }
  const bool has_names =
      std::ranges::find(customs_, std::string_view("name"), &PlacedSection::name) != customs_.end();
  if (!has_names && !context_.names.empty()) {
    add("name", place_names, [&] { append(code, encode_names(context_.names)); });
  }
  place_sections(customs_, module);
}

/// Hands the bytes to the module and points every span into them.
void ModuleParser::finish_storage() {
  Module& module = context_.module;
  auto storage = std::make_shared<const Bytes>(std::move(context_.code));
  const ByteSpan all(*storage);
  const auto span_at = [&](uint64_t begin) {
    const auto at =
        std::ranges::lower_bound(context_.expressions, begin, {}, &Context::Range::begin);
    return all.subspan(begin, at->end - begin);
  };
  const auto finish = [&](Expr& expr) { expr.code = span_at(expr.offset); };
  for (Table& table : module.tables) {
    if (table.init) finish(*table.init);
  }
  for (Global& global : module.globals) finish(global.init);
  for (Code& code : module.code) finish(code.body);
  for (Elem& elem : module.elems) {
    if (elem.offset) finish(*elem.offset);
    for (Expr& expr : elem.exprs) finish(expr);
  }
  for (size_t i = 0; i < module.datas.size(); ++i) {
    if (module.datas[i].offset) finish(*module.datas[i].offset);
    module.datas[i].bytes = all.subspan(data_[i].begin, data_[i].end - data_[i].begin);
  }
  for (size_t i = 0; i < module.customs.size(); ++i) {
    const Context::Range payload = customs_[i].payload;
    module.customs[i].payload = all.subspan(payload.begin, payload.end - payload.begin);
  }
  module.storage = std::move(storage);
}

}  // namespace text
}  // namespace cairn::wasm
