#pragma once
/// The tokens of a text (spec: Text Format > Lexical Format). A text is split into tokens once, in
/// one array, so that the parsers look ahead, skip a whole parenthesis in one step and walk over a
/// module twice at no cost.

#include <cairn/base/result.hpp>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/limits.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace cairn::wasm::text {

enum class TokenKind : uint8_t {
  lparen,
  rparen,
  annotation,  ///< "(@id" of an annotation that has a meaning here; others are skipped
  string,
  id,        ///< $x or $"x"
  keyword,   ///< starts with a lower-case letter
  number,    ///< starts with a digit or a sign; its grammar is checked where it is used
  reserved,  ///< a run of characters that the grammar has no use for
  bad,       ///< breaks the lexical grammar; `match` is an index into `Tokens::problems`
  eof,
};

/// The ids of the annotations that have a meaning (spec: Appendix > Custom Sections and
/// Annotations).
inline constexpr std::string_view known_annotations[] = {"custom", "name",
                                                         "metadata.code.branch_hint"};

struct Token {
  uint32_t begin = 0;  ///< of the first character in the source
  uint32_t end = 0;
  uint32_t match = 0;  ///< lparen, annotation: the index of the closing token (or of eof)
  TokenKind kind = TokenKind::eof;
};

struct Tokens {
  std::string_view source;
  std::vector<Token> list;      ///< ends with eof
  std::vector<Error> problems;  ///< of the `bad` tokens, in order

  std::string_view text(const Token& token) const {
    return source.substr(token.begin, token.end - token.begin);
  }
};

/// The line and column of a byte of `source`.
SourceLocation locate(std::string_view source, size_t offset);

/// Splits `source`, which must outlive the tokens. Fails when the text is not UTF-8, too long or
/// nested too deeply; other lexical errors become `bad` tokens, so that a script with a broken
/// module inside an assertion can still be taken apart.
Result<Tokens> tokenize(std::string_view source, Features features,
                        const ImplementationLimits& limits = {});

}  // namespace cairn::wasm::text
