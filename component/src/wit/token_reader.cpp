#include <fmt/format.h>

#include "wit/parser.hpp"

namespace cairn::component::wit {

Result<> TokenReader::start() {
  TRY(lexer_.check_text());
  token_ = TRY(lexer_.next(docs_));
  return {};
}

Result<Token> TokenReader::advance() {
  const Token token = token_;
  token_ = TRY(lexer_.next(docs_));
  return token;
}

Result<bool> TokenReader::eat_sign(std::string_view sign) {
  if (!at_sign(sign)) return false;
  TRY(advance());
  return true;
}

Result<bool> TokenReader::eat_keyword(std::string_view word) {
  if (!at_keyword(word)) return false;
  TRY(advance());
  return true;
}

Result<> TokenReader::expect_sign(std::string_view sign) {
  if (!TRY(eat_sign(sign))) return expected(fmt::format("`{}`", sign));
  return {};
}

Result<> TokenReader::expect_keyword(std::string_view word) {
  if (!TRY(eat_keyword(word))) return expected(fmt::format("`{}`", word));
  return {};
}

Result<ast::Name> TokenReader::name(std::string_view what) {
  if (token_.kind == TokenKind::keyword && token_.text != "_") {
    return error(ErrorKind::malformed, token_.begin,
                 fmt::format("expected {0}, found keyword `{1}` (as a name it is written `%{1}`)",
                             what, token_.text));
  }
  if (!token_.is_name()) return expected(what);
  const Token token = TRY(advance());
  return ast::Name{token.text, token.begin};
}

Result<Version> TokenReader::version_after(std::string_view sign) {
  if (!at_sign(sign)) return expected(fmt::format("`{}`", sign));
  const Token at = token_;
  uint32_t begin = at.end;
  if (sign != "@") {  // blanks may stand between
    const Token first = (TRY(advance()), token_);
    begin = first.begin;
    if (first.kind != TokenKind::integer) return expected("a version (like 1.2.3)");
  }
  Version version = TRY(lexer_.version(begin));
  token_ = TRY(lexer_.next(docs_));
  return version;
}

Result<std::string> TokenReader::string() {
  if (token_.kind != TokenKind::string) return expected("a string");
  std::string value = TRY(lexer_.string_value(token_));
  TRY(advance());
  return value;
}

std::unexpected<Error> TokenReader::expected(std::string_view what) const {
  return error(ErrorKind::malformed, token_.begin,
               fmt::format("expected {}, found {}", what, describe(token_)));
}

}  // namespace cairn::component::wit
