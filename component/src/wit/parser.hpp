#pragma once
/// The grammar of WIT (WIT.md, from "Top-level items" on).

#include "wit/ast.hpp"
#include "wit/token.hpp"

namespace cairn::component::wit {

/// Parses one of `sources`, which has to outlive the result. Errors are `malformed` or `limit`.
Result<ast::File> parse_file(const Sources& sources, uint32_t file, const Limits& limits);

/// The reader under the parser: one token of lookahead and the documentation before it.
class TokenReader {
 public:
  TokenReader(const Sources& sources, uint32_t file, const Limits& limits)
      : lexer_(sources, file, limits) {}

  Result<> start();
  const Token& peek() const { return token_; }
  /// The documentation in front of the token that comes next.
  std::string take_docs() { return std::move(docs_); }

  Result<Token> advance();
  bool at_sign(std::string_view sign) const { return token_.is_sign(sign); }
  bool at_keyword(std::string_view word) const { return token_.is_keyword(word); }
  Result<bool> eat_sign(std::string_view sign);
  Result<bool> eat_keyword(std::string_view word);
  /// An error "expected `;`, found …" where another token is.
  Result<> expect_sign(std::string_view sign);
  Result<> expect_keyword(std::string_view word);
  Result<ast::Name> name(std::string_view what = "an identifier");
  /// A version, after the `@` or `=` that is the next token.
  Result<Version> version_after(std::string_view sign);
  /// The value of the string that is the next token.
  Result<std::string> string();

  std::unexpected<Error> expected(std::string_view what) const;
  std::unexpected<Error> error(ErrorKind kind, uint32_t at, std::string message) const {
    return lexer_.error(kind, at, std::move(message));
  }

 private:
  Lexer lexer_;
  Token token_;
  std::string docs_;
};

/// Types (WIT.md, "Types").
class TypeParser {
 public:
  TypeParser(TokenReader& reader, const Limits& limits) : reader_(reader), limits_(limits) {}
  Result<ast::TypeExpr> type();

 private:
  Result<ast::TypeExpr> keyword_type(const Token& token);
  /// `<` the parts `>`
  Result<> parts(ast::TypeExpr& type, size_t count);
  Result<> optional_part(ast::TypeExpr& type);
  Result<> list(ast::TypeExpr& type);
  Result<> result(ast::TypeExpr& type);
  Result<> tuple(ast::TypeExpr& type);
  Result<> handle(ast::TypeExpr& type);

  TokenReader& reader_;
  const Limits& limits_;
  uint32_t depth_ = 0;
};

}  // namespace cairn::component::wit
