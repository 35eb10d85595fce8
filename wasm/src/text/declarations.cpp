/// The first walk over a module's fields: identifiers and index spaces.

#include <fmt/format.h>

#include "text/module_parser.hpp"

namespace cairn::wasm::text {

Result<> ModuleParser::declare() {
  in_.seek(first_field_);
  while (in_.kind() == TokenKind::lparen || in_.kind() == TokenKind::annotation) {
    const uint32_t close = in_.token().match;
    if (in_.kind() == TokenKind::lparen) {
      in_.advance();
      TRY(declare_field());
    }
    in_.seek(close);
    TRY(in_.expect_close());
  }
  return {};
}

Result<> ModuleParser::declare_field() {
  const Token& token = in_.token();
  if (token.kind != TokenKind::keyword) return in_.unexpected("a module field");
  const std::string_view word = in_.text();
  in_.advance();
  if (word == "func") return declare_definition(Space::func);
  if (word == "type") return bind(Space::type);
  if (word == "rec") return declare_type();
  if (word == "import") return declare_import();
  if (word == "global") return declare_definition(Space::global);
  if (word == "table") return declare_definition(Space::table);
  if (word == "memory") return declare_definition(Space::memory);
  if (word == "tag") return declare_definition(Space::tag);
  if (word == "elem") return bind(Space::elem);
  if (word == "data") return bind(Space::data);
  if (word == "export" || word == "start") return {};
  return in_.error(token, fmt::format("unknown operator '{}', expected a module field", word));
}

/// Binds the identifier at the current token, if there is one, to the next index of a space.
Result<> ModuleParser::bind(Space space) {
  const auto number = static_cast<size_t>(space);
  const uint32_t index = declared_[number]++;
  if (in_.kind() != TokenKind::id) return {};
  const Token& token = in_.token();
  if (!context_.ids[number].bind(*in_.take_id(), index)) {
    return in_.error(token,
                     fmt::format("duplicate {} {}", to_string(space), in_.tokens().text(token)));
  }
  return {};
}

Result<> ModuleParser::declare_type() {
  while (in_.at_open("type")) {
    const uint32_t close = in_.token().match;
    in_.seek(in_.position() + 2);
    TRY(bind(Space::type));
    in_.seek(close);
    TRY(in_.expect_close());
  }
  return {};
}

/// Imports must precede all definitions of what can be imported.
Result<> ModuleParser::declare_definition_kind(Space space, bool is_import, const Token& token) {
  constexpr const char* kinds[space_count] = {"type",   "function", "table", "memory",
                                              "global", "tag",      "elem",  "data"};
  if (!is_import) {
    definition_before_ = kinds[static_cast<size_t>(space)];
  } else if (definition_before_) {
    return in_.error(token, fmt::format("import after {}", definition_before_));
  }
  return {};
}

Result<> ModuleParser::declare_import() {
  const Token& token = in_.token();
  while (in_.kind() == TokenKind::string) in_.advance();
  if (in_.kind() != TokenKind::lparen || in_.next_token().kind != TokenKind::keyword) {
    return in_.unexpected("what is imported, such as '(func'");
  }
  in_.advance();
  for (const Space space : {Space::func, Space::table, Space::memory, Space::global, Space::tag}) {
    if (!in_.take_keyword(to_string(space))) continue;
    TRY(declare_definition_kind(space, true, token));
    return bind(space);
  }
  return in_.unexpected("what is imported: func, table, memory, global or tag");
}

/// A definition, or an import by `(import "m" "n")` inside of it. A table and a memory may bring a
/// segment along, which takes an index of its own.
Result<> ModuleParser::declare_definition(Space space) {
  const Token& token = in_.token();
  TRY(bind(space));
  while (in_.at_annotation("name") || in_.at_open("export")) {
    in_.seek(in_.token().match);
    TRY(in_.expect_close());
  }
  const bool is_import = in_.at_open("import");
  TRY(declare_definition_kind(space, is_import, token));
  if (space != Space::table && space != Space::memory) return {};
  const std::string_view segment = space == Space::table ? "elem" : "data";
  while (in_.kind() != TokenKind::rparen && in_.kind() != TokenKind::eof) {
    if (in_.at_open(segment))
      ++declared_[static_cast<size_t>(space == Space::table ? Space::elem : Space::data)];
    if (in_.kind() == TokenKind::lparen) in_.seek(in_.token().match);
    if (in_.kind() != TokenKind::eof) in_.advance();
  }
  return {};
}

}  // namespace cairn::wasm::text
