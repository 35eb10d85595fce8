#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include "wit/token.hpp"

namespace cairn::component::wit {
namespace {

constexpr std::string_view keywords[] = {
    "_",           "as",       "async",         "bool",   "borrow", "char",
    "constructor", "enum",     "error-context", "export", "f32",    "f64",
    "flags",       "from",     "func",          "future", "import", "include",
    "interface",   "list",     "map",           "option", "own",    "package",
    "record",      "resource", "result",        "s16",    "s32",    "s64",
    "s8",          "static",   "stream",        "string", "tuple",  "type",
    "u16",         "u32",      "u64",           "u8",     "use",    "variant",
    "with",        "world"};
static_assert(std::ranges::is_sorted(keywords));

/// Deprecated or strongly discouraged by Unicode, or changing the direction of text.
constexpr std::pair<char32_t, char32_t> refused[] = {
    {0x149, 0x149},   {0x673, 0x673},   {0xf77, 0xf77},   {0xf79, 0xf79},   {0x17a3, 0x17a4},
    {0x17b4, 0x17b5}, {0x202a, 0x202e}, {0x2066, 0x206f}, {0x2329, 0x232a}, {0xe0001, 0xe0001}};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool may_continue_name(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || c == '-' || c == '_';
}

/// How many characters at the start of `text` look like a version: numbers, letters, dots, hyphens
/// and a plus, without a dot at the end, which belongs to what follows (`@1.0.0.{a, b}`).
size_t version_length(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && text[end] != '_' &&
         (may_continue_name(text[end]) || text[end] == '+' || text[end] == '.')) {
    ++end;
  }
  while (end > 0 && text[end - 1] == '.') --end;
  return end;
}

std::string show(char32_t c) {
  std::string text = fmt::format("U+{:04X}", static_cast<uint32_t>(c));
  if (c > 0x20 && c < 0x7f) text = fmt::format("'{}'", static_cast<char>(c));
  return text;
}

std::optional<uint32_t> hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

bool allowed_in_text(char32_t c) {
  if (c < 0x20) return c == '\n' || c == '\r' || c == '\t';
  if (c >= 0x7f && c <= 0x9f) return false;
  return std::ranges::none_of(
      refused, [c](const auto& range) { return c >= range.first && c <= range.second; });
}

bool is_keyword(std::string_view text) { return std::ranges::binary_search(keywords, text); }

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::eof: return "the end of the file";
    case TokenKind::id: return fmt::format("identifier `{}`", token.text);
    case TokenKind::explicit_id: return fmt::format("identifier `%{}`", token.text);
    case TokenKind::keyword: return fmt::format("keyword `{}`", token.text);
    case TokenKind::integer: return fmt::format("number `{}`", token.text);
    case TokenKind::string: return "a string";
    case TokenKind::sign: return fmt::format("`{}`", token.text);
  }
  return "";
}

Result<> Lexer::check_text() {
  if (text_.size() >= std::numeric_limits<uint32_t>::max() || text_.size() > limits_.file_bytes) {
    return error(ErrorKind::limit, 0,
                 fmt::format("the text is longer than {} bytes", limits_.file_bytes));
  }
  for (size_t at = 0; at < text_.size();) {
    const auto byte = static_cast<uint8_t>(text_[at]);
    if (byte >= 0x20 && byte < 0x7f) {
      ++at;
      continue;
    }
    const auto c = decode_utf8(as_bytes(text_.substr(at)));
    const auto where = static_cast<uint32_t>(at);
    if (!c) return error(ErrorKind::malformed, where, "malformed UTF-8 encoding");
    if (!allowed_in_text(c->value)) {
      return error(ErrorKind::malformed, where,
                   fmt::format("the character {} may not stand in WIT", show(c->value)));
    }
    at += c->length;
  }
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark
  return {};
}

Token Lexer::token(TokenKind kind, size_t begin, size_t end) {
  at_ = end;
  return {kind, static_cast<uint32_t>(begin), static_cast<uint32_t>(end),
          text_.substr(begin, end - begin)};
}

Result<Token> Lexer::next(std::string& docs) {
  TRY(skip_blanks(docs));
  const auto begin = static_cast<uint32_t>(at_);
  if (at_ == text_.size()) return token(TokenKind::eof, begin, begin);
  const char c = text_[at_];
  if (is_lower(c) || is_upper(c) || c == '%' || c == '_') return name(begin);
  if (c == '"') return string(begin);
  if (is_digit(c)) {
    size_t end = at_;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    return token(TokenKind::integer, begin, end);
  }
  if (text_.substr(at_, 2) == "->") return token(TokenKind::sign, begin, begin + 2);
  if (std::string_view("=,:;(){}<>*/.@+-").contains(c)) {
    return token(TokenKind::sign, begin, begin + 1);
  }
  const auto found = decode_utf8(as_bytes(text_.substr(at_)));
  return error(ErrorKind::malformed, begin,
               fmt::format("unexpected character {}", show(found ? found->value : U'\ufffd')));
}

Result<> Lexer::skip_blanks(std::string& docs) {
  DocsBuilder builder;
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    const size_t begin = at_;
    if (std::string_view(" \t\r\n").contains(rest[0])) {
      ++at_;
    } else if (rest.starts_with("//")) {
      at_ += std::min(rest.find('\n'), rest.size());
      if (rest.starts_with("///") && !rest.starts_with("////")) {
        builder.add_comment(text_.substr(begin, at_ - begin));
      }
    } else if (rest.starts_with("/*")) {
      TRY(skip_block_comment());
      const std::string_view comment = text_.substr(begin, at_ - begin);
      if (comment.starts_with("/**") && !comment.starts_with("/***") && comment.size() > 4) {
        builder.add_comment(comment);
      }
    } else {
      break;
    }
  }
  docs = builder.take();
  return {};
}

Result<> Lexer::skip_block_comment() {
  const auto begin = static_cast<uint32_t>(at_);
  uint32_t depth = 1;
  at_ += 2;
  while (depth > 0) {
    at_ = text_.find_first_of("/*", at_);
    if (at_ >= text_.size()) {
      at_ = text_.size();
      return error(ErrorKind::malformed, begin, "this comment has no end, expected `*/`");
    }
    const std::string_view two = text_.substr(at_, 2);
    if (two == "/*") {
      if (++depth > limits_.comment_depth) {
        return error(ErrorKind::limit, static_cast<uint32_t>(at_),
                     fmt::format("more than {} comments inside each other", limits_.comment_depth));
      }
    } else if (two == "*/") {
      --depth;
    }
    at_ += two == "/*" || two == "*/" ? 2 : 1;
  }
  return {};
}

Result<Token> Lexer::name(uint32_t begin) {
  const bool is_explicit = text_[begin] == '%';
  const size_t first = begin + (is_explicit ? 1 : 0);
  size_t end = first;
  while (end < text_.size() && may_continue_name(text_[end])) ++end;
  // `a->b` is a name and an arrow.
  if (end < text_.size() && text_[end] == '>' && end > first && text_[end - 1] == '-') --end;
  Token found = token(TokenKind::id, first, end);
  found.begin = begin;
  if (!is_explicit && is_keyword(found.text)) {
    found.kind = TokenKind::keyword;
    return found;
  }
  if (!is_label(found.text)) {
    return error(ErrorKind::malformed, begin,
                 fmt::format("`{}` is no identifier: expected words of lower-case or of upper-case "
                             "letters and digits with single hyphens between, the first beginning "
                             "with a letter",
                             text_.substr(begin, end - begin)));
  }
  if (is_explicit) found.kind = TokenKind::explicit_id;
  return found;
}

Result<Token> Lexer::string(uint32_t begin) {
  size_t end = begin + 1;
  while (end < text_.size() && text_[end] != '"' && static_cast<uint8_t>(text_[end]) >= 0x20) {
    end += text_[end] == '\\' ? 2 : 1;
  }
  if (end >= text_.size() || text_[end] != '"') {
    return error(ErrorKind::malformed, begin, "this string has no end, expected `\"`");
  }
  return token(TokenKind::string, begin, end + 1);
}

Result<std::string> Lexer::string_value(const Token& token) const {
  std::string value;
  const std::string_view text = token.text.substr(1, token.text.size() - 2);
  const auto bad = [&](size_t at, std::string_view expected) {
    return error(ErrorKind::malformed, token.begin + 1 + static_cast<uint32_t>(at),
                 fmt::format("bad escape in a string, expected {}", expected));
  };
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      value += text[i++];
      continue;
    }
    const size_t begin = i++;
    const char c = i < text.size() ? text[i++] : '\0';
    static constexpr std::string_view from = "tnr\"'\\", to = "\t\n\r\"'\\";
    if (const size_t simple = from.find(c); c != '\0' && simple != std::string_view::npos) {
      value += to[simple];
    } else if (c == 'u' && text.substr(i).starts_with('{')) {
      const size_t end = text.find('}', i);
      uint64_t code = 0;
      bool ok = end != std::string_view::npos && end > i + 1;
      for (size_t j = i + 1; ok && j < end; ++j) {
        if (text[j] == '_' && j > i + 1 && j + 1 < end && text[j - 1] != '_') continue;
        const auto digit = hex_value(text[j]);
        ok = digit.has_value() && code <= 0x10ffff;
        code = code * 16 + digit.value_or(0);
      }
      if (!ok || !is_unicode_scalar(code)) return bad(begin, "\\u{…} with a Unicode scalar value");
      append_utf8(value, static_cast<char32_t>(code));
      i = end + 1;
    } else {
      const auto high = hex_value(c);
      const auto low = i < text.size() ? hex_value(text[i]) : std::nullopt;
      if (!high || !low) return bad(begin, "t, n, r, \", ', \\, two hexadecimal digits or u{…}");
      value += static_cast<char>(*high * 16 + *low);
      ++i;
    }
  }
  if (!is_utf8(value)) {
    return error(ErrorKind::malformed, token.begin, "this string stands for no UTF-8");
  }
  return value;
}

Result<Version> Lexer::version(uint32_t at) {
  const size_t length = version_length(text_.substr(at));
  Result<Version> version = parse_semver(text_.substr(at, length));
  if (!version) return error(ErrorKind::malformed, at, std::move(version).error().message);
  at_ = at + length;
  return version;
}

}  // namespace cairn::component::wit
