#include <fmt/format.h>

#include <charconv>

#include "wit/parser.hpp"

namespace cairn::component::wit {
namespace {

using Kind = ast::TypeExpr::Kind;

std::optional<Primitive> primitive_of(std::string_view word) {
  for (uint8_t i = 0; i <= static_cast<uint8_t>(Primitive::error_context); ++i) {
    if (to_string(static_cast<Primitive>(i)) == word) return static_cast<Primitive>(i);
  }
  return std::nullopt;
}

}  // namespace

Result<ast::TypeExpr> TypeParser::type() {
  const Token token = reader_.peek();
  if (depth_ >= limits_.type_depth) {
    return reader_.error(ErrorKind::limit, token.begin,
                         fmt::format("more than {} types inside each other", limits_.type_depth));
  }
  if (token.is_name()) {
    TRY(reader_.advance());
    return ast::TypeExpr{.kind = Kind::name, .at = token.begin, .name = {token.text, token.begin}};
  }
  if (token.kind != TokenKind::keyword) return reader_.expected("a type");
  ++depth_;
  Result<ast::TypeExpr> type = keyword_type(token);
  --depth_;
  return type;
}

Result<ast::TypeExpr> TypeParser::keyword_type(const Token& token) {
  ast::TypeExpr type{.at = token.begin};
  if (const auto primitive = primitive_of(token.text)) {
    TRY(reader_.advance());
    type.primitive = *primitive;
    return type;
  }
  struct Row {
    std::string_view word;
    Kind kind;
  };
  static constexpr Row rows[] = {
      {"own", Kind::own},     {"borrow", Kind::borrow}, {"list", Kind::list},
      {"map", Kind::map},     {"option", Kind::option}, {"result", Kind::result},
      {"tuple", Kind::tuple}, {"stream", Kind::stream}, {"future", Kind::future}};
  const Row* row = nullptr;
  for (const Row& each : rows) {
    if (each.word == token.text) row = &each;
  }
  if (row == nullptr) return reader_.expected("a type");
  TRY(reader_.advance());
  type.kind = row->kind;
  switch (row->kind) {
    case Kind::own:
    case Kind::borrow: TRY(handle(type)); break;
    case Kind::list: TRY(list(type)); break;
    case Kind::map: TRY(parts(type, 2)); break;
    case Kind::option: TRY(parts(type, 1)); break;
    case Kind::result: TRY(result(type)); break;
    case Kind::tuple: TRY(tuple(type)); break;
    default: TRY(optional_part(type)); break;
  }
  return type;
}

Result<> TypeParser::parts(ast::TypeExpr& type, size_t count) {
  TRY(reader_.expect_sign("<"));
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) TRY(reader_.expect_sign(","));
    type.parts.push_back(TRY(this->type()));
  }
  return reader_.expect_sign(">");
}

Result<> TypeParser::optional_part(ast::TypeExpr& type) {
  if (reader_.at_sign("<")) TRY(parts(type, 1));
  return {};
}

Result<> TypeParser::handle(ast::TypeExpr& type) {
  TRY(reader_.expect_sign("<"));
  type.name = TRY(reader_.name("the name of a resource"));
  return reader_.expect_sign(">");
}

Result<> TypeParser::list(ast::TypeExpr& type) {
  TRY(reader_.expect_sign("<"));
  type.parts.push_back(TRY(this->type()));
  if (TRY(reader_.eat_sign(","))) {
    const Token token = reader_.peek();
    if (token.kind != TokenKind::integer) return reader_.expected("the length of the list");
    uint32_t length = 0;
    const auto read =
        std::from_chars(token.text.data(), token.text.data() + token.text.size(), length);
    if (read.ec != std::errc() || length == 0 || token.text.starts_with('0')) {
      return reader_.error(ErrorKind::malformed, token.begin,
                           fmt::format("the length of a list is a number from 1 to {}, found `{}`",
                                       UINT32_MAX, token.text));
    }
    type.length = length;
    TRY(reader_.advance());
  }
  return reader_.expect_sign(">");
}

Result<> TypeParser::result(ast::TypeExpr& type) {
  if (!TRY(reader_.eat_sign("<"))) return {};
  if (TRY(reader_.eat_keyword("_"))) {
    type.no_ok = true;
    TRY(reader_.expect_sign(","));
    type.parts.push_back(TRY(this->type()));
  } else {
    type.parts.push_back(TRY(this->type()));
    if (TRY(reader_.eat_sign(","))) type.parts.push_back(TRY(this->type()));
  }
  return reader_.expect_sign(">");
}

Result<> TypeParser::tuple(ast::TypeExpr& type) {
  const uint32_t at = reader_.peek().begin;
  TRY(reader_.expect_sign("<"));
  while (!reader_.at_sign(">")) {
    type.parts.push_back(TRY(this->type()));
    if (!TRY(reader_.eat_sign(","))) break;
  }
  if (type.parts.empty()) {
    return reader_.error(ErrorKind::malformed, at, "a tuple needs at least one type");
  }
  return reader_.expect_sign(">");
}

}  // namespace cairn::component::wit
