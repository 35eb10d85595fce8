#include "text/string_literal.hpp"

#include <cairn/base/utf8.hpp>

#include <algorithm>

#include "text/characters.hpp"

namespace cairn::wasm::text {

namespace {

/// The end of a \u{…} escape whose brace is at `at`, or nothing when it is malformed.
std::optional<size_t> scan_unicode_escape(std::string_view source, size_t at) {
  if (at >= source.size() || source[at] != '{') return std::nullopt;
  uint64_t value = 0;
  bool digit_before = false;
  for (++at; at < source.size(); ++at) {
    const char c = source[at];
    if (is_class(c, class_hex_digit)) {
      value = value * 16 + hex_value(c);
      if (value > 0x10ffff) return std::nullopt;
      digit_before = true;
    } else if (c == '_' && digit_before) {
      digit_before = false;
    } else if (c == '}' && digit_before) {
      return is_unicode_scalar(value) ? std::optional(at + 1) : std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// The end of the escape whose backslash is at `at`, or nothing when it is malformed.
std::optional<size_t> scan_escape(std::string_view source, size_t at) {
  if (++at >= source.size()) return std::nullopt;
  switch (source[at]) {
    case 't':
    case 'n':
    case 'r':
    case '"':
    case '\'':
    case '\\': return at + 1;
    case 'u': return scan_unicode_escape(source, at + 1);
    default: break;
  }
  if (at + 1 < source.size() && is_class(source[at], class_hex_digit) &&
      is_class(source[at + 1], class_hex_digit)) {
    return at + 2;
  }
  return std::nullopt;
}

/// Where lexing goes on after a broken literal: past its closing quote, or at the end of the line.
size_t recover(std::string_view source, size_t at) {
  while (at < source.size() && source[at] != '\n') {
    if (source[at] == '"') return at + 1;
    at += source[at] == '\\' ? 2 : 1;
  }
  return std::min(at, source.size());
}

}  // namespace

StringScan scan_string(std::string_view source, size_t begin) {
  size_t at = begin + 1;
  for (;;) {
    while (at < source.size() && is_class(source[at], class_string)) ++at;
    if (at >= source.size()) return {source.size(), "unclosed string", begin};
    const char c = source[at];
    if (c == '"') return {at + 1};
    if (c == '\\') {
      const std::optional<size_t> end = scan_escape(source, at);
      if (!end) return {recover(source, at), "illegal escape", at};
      at = *end;
    } else if (c == '\n' || c == '\r') {
      return {at, "unclosed string", begin};
    } else {
      return {recover(source, at), "illegal character in a string", at};
    }
  }
}

void append_string(std::string_view literal, std::string& out) {
  const size_t last = literal.size() - 1;
  size_t at = 1;
  while (at < last) {
    size_t plain = at;
    while (plain < last && literal[plain] != '\\') ++plain;
    out.append(literal, at, plain - at);
    if (plain == last) return;
    const char c = literal[plain + 1];
    at = plain + 2;
    switch (c) {
      case 't': out += '\t'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case '"':
      case '\'':
      case '\\': out += c; break;
      case 'u': {
        char32_t value = 0;
        for (++at; literal[at] != '}'; ++at) {
          if (literal[at] != '_') value = value * 16 + hex_value(literal[at]);
        }
        ++at;
        append_utf8(out, value);
        break;
      }
      default: out += static_cast<char>(hex_value(c) * 16 + hex_value(literal[at])); ++at;
    }
  }
}

std::string string_value(std::string_view literal) {
  std::string value;
  value.reserve(literal.size());
  append_string(literal, value);
  return value;
}

void append_quoted(std::string_view bytes, bool keep_utf8, std::string& out) {
  constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte != 0x7f && (byte < 0x80 || keep_utf8)) {
      out += c;
    } else {
      out += '\\';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  out += '"';
}

}  // namespace cairn::wasm::text
