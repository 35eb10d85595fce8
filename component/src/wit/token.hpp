#pragma once
/// Tokens of WIT (WIT.md, "Lexical structure").

#include <cairn/base/result.hpp>
#include <cairn/component/wit_text.hpp>

#include <string>
#include <string_view>

namespace cairn::component::wit {

enum class TokenKind : uint8_t {
  eof,
  id,           ///< a name that is no keyword
  explicit_id,  ///< %name; the text is without the percent sign
  keyword,
  integer,
  string,  ///< the text is with its quotes
  sign,    ///< one of = , : ; ( ) { } < > * / . @ -> + -
};

struct Token {
  TokenKind kind = TokenKind::eof;
  uint32_t begin = 0, end = 0;
  std::string_view text = {};

  bool is_name() const { return kind == TokenKind::id || kind == TokenKind::explicit_id; }
  bool is_sign(std::string_view sign) const { return kind == TokenKind::sign && text == sign; }
  bool is_keyword(std::string_view word) const {
    return kind == TokenKind::keyword && text == word;
  }
};

/// For messages: "identifier `x`", "keyword `func`", "`;`", "the end of the file".
std::string describe(const Token& token);

/// Reads tokens one by one, as what is a token depends on the place in versions.
class Lexer {
 public:
  /// The text must outlive the lexer; it is checked by `check_text` first.
  Lexer(const Sources& sources, uint32_t file, const Limits& limits)
      : sources_(sources), file_(file), limits_(limits), text_(sources.text(file)) {}

  /// UTF-8, and only characters that are allowed; not longer than positions can tell.
  Result<> check_text();

  /// The token after the last one, with the documentation before it in `docs`.
  Result<Token> next(std::string& docs);
  /// Reads a version instead of a token; `at` is where it must begin.
  Result<Version> version(uint32_t at);

  /// What a string token stands for.
  Result<std::string> string_value(const Token& token) const;

  std::unexpected<Error> error(ErrorKind kind, uint32_t at, std::string message) const {
    return std::unexpected(sources_.error(kind, {file_, at}, std::move(message)));
  }

 private:
  Result<> skip_blanks(std::string& docs);
  Result<> skip_block_comment();
  Result<Token> name(uint32_t begin);
  Result<Token> string(uint32_t begin);
  Token token(TokenKind kind, size_t begin, size_t end);

  const Sources& sources_;
  uint32_t file_;
  const Limits& limits_;
  std::string_view text_;
  size_t at_ = 0;
};

/// Collects the documentation of one item from comments `/// …` and `/** … */`.
class DocsBuilder {
 public:
  void add_comment(std::string_view comment);
  /// Lines without the blanks that all have in front, without empty lines at the end.
  std::string take();

 private:
  struct Line {
    std::string_view text;
    bool indented;  ///< counts for the blanks that all lines have in front
  };
  std::vector<Line> lines_;
};

/// The same form for documentation from elsewhere: what `print` and `parse` leave as it is.
std::string normalize_docs(std::string_view text);

}  // namespace cairn::component::wit
