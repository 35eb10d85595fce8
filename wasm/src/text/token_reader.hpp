#pragma once
/// Walks over tokens: what every parser of the text format does with them.

#include <cairn/base/result.hpp>

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "text/number.hpp"
#include "text/token.hpp"

namespace cairn::wasm::text {

class TokenReader {
 public:
  explicit TokenReader(const Tokens& tokens) : tokens_(&tokens) {}

  const Tokens& tokens() const { return *tokens_; }
  uint32_t position() const { return at_; }
  void seek(uint32_t position) { at_ = position; }

  const Token& token() const { return tokens_->list[at_]; }
  /// The token after the current one (eof at the end).
  const Token& next_token() const {
    return tokens_->list[at_ + 1 < tokens_->list.size() ? at_ + 1 : at_];
  }
  TokenKind kind() const { return token().kind; }
  std::string_view text() const { return tokens_->text(token()); }
  void advance() { ++at_; }

  bool at_keyword(std::string_view keyword) const {
    return kind() == TokenKind::keyword && text() == keyword;
  }
  /// At "(" and then this keyword.
  bool at_open(std::string_view keyword) const {
    return kind() == TokenKind::lparen && next_token().kind == TokenKind::keyword &&
           tokens_->text(next_token()) == keyword;
  }
  /// At an annotation "(@id".
  bool at_annotation(std::string_view id) const {
    return kind() == TokenKind::annotation && annotation_id(token()) == id;
  }
  /// The id of an annotation token, one of `known_annotations`.
  std::string_view annotation_id(const Token& token) const;

  bool take_keyword(std::string_view keyword) { return at_keyword(keyword) && (++at_, true); }
  /// Takes "(" and the keyword.
  bool take_open(std::string_view keyword) { return at_open(keyword) && (at_ += 2, true); }
  Result<> expect_keyword(std::string_view keyword);
  Result<> expect_open(std::string_view keyword);
  Result<> expect_close();

  /// The name of an identifier token, without "$" and quotes, escapes resolved. Lives as long as
  /// the reader.
  std::string_view id_of(const Token& token);
  std::optional<std::string_view> take_id();

  /// A string literal's bytes.
  Result<std::string> expect_string();
  /// A string literal that must be UTF-8.
  Result<std::string> expect_name();
  /// Appends a run of string literals, maybe none.
  void take_strings(std::string& out);

  Result<uint32_t> expect_u32();
  Result<uint64_t> expect_u64();
  /// A natural number of at most `max`; `what` is for the message.
  Result<uint64_t> expect_nat(uint64_t max, std::string_view what);

  /// An error of kind `malformed` at a token.
  std::unexpected<Error> error(const Token& token, std::string message) const {
    return error(ErrorKind::malformed, token, std::move(message));
  }
  std::unexpected<Error> error(ErrorKind kind, const Token& token, std::string message) const;
  /// "unexpected token", or what is more to the point, at the current token.
  std::unexpected<Error> unexpected(std::string_view expected) const;
  /// The error for a number token that is none of the wanted kind or not in its range.
  std::unexpected<Error> number_error(const Token& token, NumberStatus status,
                                      std::string_view what) const;

 private:
  const Tokens* tokens_;
  uint32_t at_ = 0;
  std::deque<std::string> unescaped_;  ///< identifiers that do not stand in the source as they are
};

}  // namespace cairn::wasm::text
