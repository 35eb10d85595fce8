#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <algorithm>
#include <limits>

#include "text/characters.hpp"
#include "text/string_literal.hpp"
#include "text/token.hpp"

namespace cairn::wasm::text {

SourceLocation locate(std::string_view source, size_t offset) {
  const std::string_view before = source.substr(0, offset);
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 == 0
  return {static_cast<uint32_t>(std::ranges::count(before, '\n') + 1),
          static_cast<uint32_t>(before.size() - line_begin + 1)};
}

namespace {

class Lexer {
 public:
  Lexer(std::string_view source, Features features, const ImplementationLimits& limits)
      : features_(features), limits_(limits) {
    tokens_.source = source;
    tokens_.list.reserve(source.size() / 5 + 16);
  }

  Result<Tokens> run() {
    while (skip_blanks()) {
      const char c = source()[at_];
      if (c == '(') {
        TRY(open());
      } else if (c == ')') {
        close();
      } else if (is_class(c, class_idchar) || c == '"') {
        word();
      } else if (is_class(c, class_lone)) {
        add(TokenKind::reserved, at_, at_ + 1);
      } else {
        problem(at_, at_ + utf8_length(c), "illegal character");
      }
    }
    const auto eof = static_cast<uint32_t>(tokens_.list.size());
    for (const uint32_t open : open_) tokens_.list[open].match = eof;
    add(TokenKind::eof, source().size(), source().size());
    return std::move(tokens_);
  }

 private:
  std::string_view source() const { return tokens_.source; }

  static size_t utf8_length(char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  }

  void add(TokenKind kind, size_t begin, size_t end) {
    tokens_.list.push_back({.begin = static_cast<uint32_t>(begin),
                            .end = static_cast<uint32_t>(end),
                            .match = 0,
                            .kind = kind});
    at_ = end;
  }

  void problem(size_t begin, size_t end, std::string message) {
    problem_at(begin, end, begin, std::move(message));
  }
  void problem_at(size_t begin, size_t end, size_t error_at, std::string message) {
    const auto index = static_cast<uint32_t>(tokens_.problems.size());
    // Only the first errors are ever shown: locating them all would be quadratic.
    const bool located = index < 16;
    tokens_.problems.push_back(
        {.kind = ErrorKind::malformed,
         .message = std::move(message),
         .at = located ? std::optional(locate(source(), error_at)) : std::nullopt});
    add(TokenKind::bad, begin, std::min(end, source().size()));
    tokens_.list.back().match = index;
  }

  /// Moves to the next token; false at the end of the text.
  bool skip_blanks() {
    const std::string_view text = source();
    while (at_ < text.size()) {
      if (is_class(text[at_], class_space)) {
        ++at_;
      } else if (text.substr(at_, 2) == ";;") {
        at_ = std::min(text.find_first_of("\r\n", at_), text.size());
      } else if (text.substr(at_, 2) == "(;") {
        skip_block_comment();
      } else {
        return true;
      }
    }
    return false;
  }

  void skip_block_comment() {
    const std::string_view text = source();
    const size_t begin = at_;
    uint64_t depth = 1;
    at_ += 2;
    while (depth > 0) {
      at_ = text.find_first_of("(;", at_);
      if (at_ >= text.size())
        return problem_at(text.size(), text.size(), begin, "unclosed comment");
      const std::string_view two = text.substr(at_, 2);
      if (two == "(;") {
        ++depth;
      } else if (two == ";)") {
        --depth;
      }
      at_ += two == "(;" || two == ";)" ? 2 : 1;
    }
  }

  Result<> open() {
    if (source().substr(at_, 2) == "(@" && features_.has(Feature::custom_annotations)) {
      return annotation();
    }
    return push_open(TokenKind::lparen, at_ + 1);
  }

  Result<> push_open(TokenKind kind, size_t end) {
    if (open_.size() >= limits_.text_nesting) {
      return std::unexpected(
          Error{.kind = ErrorKind::limit,
                .message = fmt::format("more than {} open parentheses", limits_.text_nesting),
                .at = locate(source(), at_)});
    }
    open_.push_back(static_cast<uint32_t>(tokens_.list.size()));
    add(kind, at_, end);
    return {};
  }

  void close() {
    if (!open_.empty()) {
      tokens_.list[open_.back()].match = static_cast<uint32_t>(tokens_.list.size());
      open_.pop_back();
    }
    add(TokenKind::rparen, at_, at_ + 1);
  }

  /// A run of characters and strings that nothing separates.
  void word() {
    const std::string_view text = source();
    const size_t begin = at_;
    size_t at = begin, strings = 0, first_string = 0;
    while (at < text.size()) {
      if (is_class(text[at], class_idchar)) {
        ++at;
      } else if (text[at] == '"') {
        const StringScan scan = scan_string(text, at);
        if (scan.error) return problem_at(begin, scan.end, scan.error_at, scan.error);
        if (strings++ == 0) first_string = at;
        at = scan.end;
      } else {
        break;
      }
    }
    const char c = text[begin];
    if (strings == 1 && text[at - 1] == '"' && first_string == begin) {
      return add(TokenKind::string, begin, at);
    }
    if (c == '$') return identifier(begin, at, strings, first_string);
    if (strings > 0) return add(TokenKind::reserved, begin, at);
    if (c >= 'a' && c <= 'z') return add(TokenKind::keyword, begin, at);
    const bool number = is_class(c, class_digit) || c == '+' || c == '-';
    add(number ? TokenKind::number : TokenKind::reserved, begin, at);
  }

  void identifier(size_t begin, size_t end, size_t strings, size_t first_string) {
    if (strings == 0) {
      if (end == begin + 1) return problem(begin, end, "empty identifier");
      return add(TokenKind::id, begin, end);
    }
    const bool quoted = strings == 1 && first_string == begin + 1 && source()[end - 1] == '"' &&
                        scan_string(source(), first_string).end == end;
    if (!quoted) return add(TokenKind::reserved, begin, end);
    const std::string name = string_value(source().substr(begin + 1, end - begin - 1));
    if (name.empty()) return problem(begin, end, "empty identifier");
    if (!is_utf8(name)) return problem(begin, end, "malformed UTF-8 encoding");
    add(TokenKind::id, begin, end);
  }

  Result<> annotation() {
    const std::string_view text = source();
    const size_t begin = at_;
    size_t end = at_ + 2;
    std::string quoted;
    std::string_view id;
    if (end < text.size() && text[end] == '"') {
      const StringScan scan = scan_string(text, end);
      if (scan.error) return problem_at(begin, scan.end, scan.error_at, scan.error), Result<>{};
      append_string(text.substr(end, scan.end - end), quoted);
      if (!is_utf8(quoted)) {
        return problem(begin, scan.end, "malformed UTF-8 encoding"), Result<>{};
      }
      id = quoted;
      end = scan.end;
    } else {
      while (end < text.size() && is_class(text[end], class_idchar)) ++end;
      id = text.substr(begin + 2, end - begin - 2);
    }
    if (id.empty()) return problem(begin, end, "empty annotation id"), Result<>{};
    const bool known = std::ranges::find(known_annotations, id) != std::end(known_annotations);
    if (known && (features_.has(Feature::branch_hints) || id != "metadata.code.branch_hint")) {
      return push_open(TokenKind::annotation, end);
    }
    skip_annotation(begin, end);
    return {};
  }

  /// Skips the rest of an annotation without a meaning: any tokens in balanced parentheses.
  void skip_annotation(size_t begin, size_t from) {
    const std::string_view text = source();
    at_ = from;
    for (uint64_t depth = 1; depth > 0;) {
      if (!skip_blanks()) return problem_at(at_, at_, begin, "unclosed annotation");
      const char c = text[at_];
      if (c == '"') {
        const StringScan scan = scan_string(text, at_);
        if (scan.error) return problem_at(at_, scan.end, scan.error_at, scan.error);
        at_ = scan.end;
        continue;
      }
      if (!is_class(c, class_idchar | class_lone) && c != '(' && c != ')') {
        return problem(at_, at_ + utf8_length(c), "illegal character");
      }
      if (c == '(') ++depth;
      if (c == ')') --depth;
      ++at_;
    }
  }

  Features features_;
  const ImplementationLimits& limits_;
  Tokens tokens_;
  std::vector<uint32_t> open_;  ///< the tokens of the parentheses that are open
  size_t at_ = 0;
};

}  // namespace

Result<Tokens> tokenize(std::string_view source, Features features,
                        const ImplementationLimits& limits) {
  if (source.size() >= std::numeric_limits<uint32_t>::max()) {
    return fail(ErrorKind::limit, "the text is 4 GiB or longer");
  }
  const size_t valid = utf8_valid_prefix(as_bytes(source));
  if (valid != source.size()) {
    return std::unexpected(Error{.kind = ErrorKind::malformed,
                                 .message = "malformed UTF-8 encoding",
                                 .at = locate(source, valid)});
  }
  return Lexer(source, features, limits).run();
}

}  // namespace cairn::wasm::text
