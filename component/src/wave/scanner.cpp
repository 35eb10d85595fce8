#include "wave/scanner.hpp"

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <algorithm>

namespace cairn::component::wave {

namespace {
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
}  // namespace

bool is_keyword(std::string_view word) {
  constexpr std::string_view keywords[] = {"true", "false", "inf", "nan",
                                           "some", "none",  "ok",  "err"};
  return std::ranges::find(keywords, word) != std::end(keywords);
}

std::unexpected<Error> Scanner::wrong(std::string message) const {
  const std::string_view before = text_.substr(0, at_);
  const size_t line_start = before.rfind('\n') + 1;  // 0 when there is none
  return std::unexpected(Error{
      .kind = ErrorKind::malformed,
      .message = std::move(message),
      .at = SourceLocation{.line = static_cast<uint32_t>(std::ranges::count(before, '\n') + 1),
                           .column = static_cast<uint32_t>(at_ - line_start + 1)}});
}

std::unexpected<Error> Scanner::expected(std::string_view what) const {
  if (at_ == text_.size()) return wrong(fmt::format("expected {}, but the text ends", what));
  return wrong(fmt::format("expected {}", what));
}

char Scanner::peek() {
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    if (!text_.substr(at_).starts_with("//")) return c;
    at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
  }
  return 0;
}

bool Scanner::take(char sign) {
  if (peek() != sign || at_ == text_.size()) return false;
  ++at_;
  return true;
}

Result<> Scanner::demand(char sign) {
  if (take(sign)) return {};
  return expected(fmt::format("`{}`", sign));
}

Result<> Scanner::demand_end() {
  peek();
  if (at_ == text_.size()) return {};
  return expected("the end");
}

std::string_view Scanner::number() {
  const char first = peek();
  if (first != '-' && !is_digit(first) && first != 'i' && first != 'n') return {};
  size_t end = at_ + (first == '-' ? 1 : 0);
  while (end < text_.size()) {
    const char c = text_[end];
    const bool sign_of_exponent =
        (c == '+' || c == '-') && (text_[end - 1] == 'e' || text_[end - 1] == 'E');
    if (!is_letter(c) && !is_digit(c) && c != '.' && !sign_of_exponent) break;
    ++end;
  }
  const std::string_view found = text_.substr(at_, end - at_);
  at_ = end;
  return found;
}

Scanner::Word Scanner::peek_word() {
  peek();
  const size_t start = at_;
  const Word found = word();
  at_ = start;
  return found;
}

Scanner::Word Scanner::word() {
  peek();
  Word found;
  size_t start = at_;
  if (start < text_.size() && text_[start] == '%') {
    found.is_escaped = true;
    ++start;
  }
  size_t end = start;
  while (end < text_.size() &&
         (is_letter(text_[end]) || is_digit(text_[end]) || (text_[end] == '-' && end != start)))
    ++end;
  if (end == start || !is_letter(text_[start])) return {};
  found.text = text_.substr(start, end - start);
  at_ = end;
  return found;
}

// ---- Characters ---------------------------------------------------------------------------------

Result<char32_t> Scanner::escape() {
  const char c = at_ < text_.size() ? text_[at_] : '\0';
  ++at_;
  switch (c) {
    case 't': return U'\t';
    case 'n': return U'\n';
    case 'r': return U'\r';
    case '\'':
    case '"':
    case '\\': return static_cast<char32_t>(c);
    case 'u': break;
    default: --at_; return expected("one of \\' \\\" \\\\ \\t \\n \\r \\u{…}");
  }
  uint32_t value = 0;
  const size_t open = at_;
  size_t at = open + 1;
  for (; at < text_.size() && value <= 0x10ffff; ++at) {
    const char digit = text_[at];
    const bool lower = digit >= 'a' && digit <= 'f', upper = digit >= 'A' && digit <= 'F';
    if (!is_digit(digit) && !lower && !upper) break;
    value = value * 16 + static_cast<uint32_t>(is_digit(digit) ? digit - '0'
                                               : lower         ? digit - 'a' + 10
                                                               : digit - 'A' + 10);
  }
  const bool is_written =
      text_.substr(open).starts_with('{') && at > open + 1 && at < text_.size() && text_[at] == '}';
  if (!is_written || !is_unicode_scalar(value))
    return expected("a code point in hexadecimal digits, as in \\u{e9}");
  at_ = at + 1;
  return static_cast<char32_t>(value);
}

Result<char32_t> Scanner::code_point(std::string_view forbidden) {
  const auto point = decode_utf8(as_bytes(text_.substr(at_)));
  if (!point) return expected("a character in UTF-8");
  if (point->value < 0x80 &&
      forbidden.find(static_cast<char>(point->value)) != std::string_view::npos)
    return wrong("this character has to be escaped");
  at_ += point->length;
  return point->value == U'\\' ? escape() : Result<char32_t>(point->value);
}

Result<char32_t> Scanner::character() {
  TRY(demand('\''));
  const char32_t point = TRY(code_point("'\n"));
  if (!text_.substr(at_).starts_with('\'')) return expected("the apostrophe behind a character");
  ++at_;
  return point;
}

Result<std::string> Scanner::string() {
  if (peek() == '"' && text_.substr(at_).starts_with("\"\"\"")) return multiline_string();
  TRY(demand('"'));
  std::string out;
  while (!text_.substr(at_).starts_with('"')) append_utf8(out, TRY(code_point("\n")));
  ++at_;
  return out;
}

Result<std::string> Scanner::multiline_string() {
  at_ += 3;
  if (text_.substr(at_).starts_with('\r')) ++at_;
  if (!text_.substr(at_).starts_with('\n')) return expected("a line break behind `\"\"\"`");
  ++at_;
  const size_t end = text_.find("\"\"\"", at_);
  if (end == std::string_view::npos) {
    at_ = text_.size();
    return expected("`\"\"\"`");
  }
  const size_t last_line = text_.rfind('\n', end) + 1;
  const std::string_view indent = text_.substr(last_line, end - last_line);
  if (indent.find_first_not_of(' ') != std::string_view::npos) {
    at_ = end;
    return wrong("the `\"\"\"` that ends a string stands on a line of its own");
  }
  std::string out;
  const bool is_empty = last_line == at_;
  while (at_ < last_line) {
    if (!text_.substr(at_).starts_with(indent)) return expected("as many spaces as at the end");
    at_ += indent.size();
    for (; text_[at_] != '\n' && !text_.substr(at_).starts_with("\r\n");)
      append_utf8(out, TRY(code_point("")));
    at_ += text_[at_] == '\r' ? 2 : 1;
    out.push_back('\n');
  }
  if (!is_empty) out.pop_back();
  at_ = end + 3;
  return out;
}

}  // namespace cairn::component::wave
