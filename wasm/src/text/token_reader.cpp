#include "text/token_reader.hpp"

#include <fmt/format.h>
#include <cairn/base/utf8.hpp>

#include <algorithm>
#include <limits>

#include "text/string_literal.hpp"

namespace cairn::wasm::text {

namespace {

/// Long tokens are cut in messages.
std::string shown(std::string_view text) {
  constexpr size_t longest = 40;
  if (text.size() <= longest) return fmt::format("'{}'", text);
  size_t cut = longest;
  while ((static_cast<uint8_t>(text[cut]) & 0xc0) == 0x80) --cut;  // not inside a character
  return fmt::format("'{}…'", text.substr(0, cut));
}

}  // namespace

std::string_view TokenReader::annotation_id(const Token& token) const {
  const std::string_view id = tokens_->text(token).substr(2);
  if (!id.starts_with('"')) return id;
  return *std::ranges::find(known_annotations, string_value(id));
}

Result<> TokenReader::expect_keyword(std::string_view keyword) {
  if (!take_keyword(keyword)) return unexpected(fmt::format("'{}'", keyword));
  return {};
}

Result<> TokenReader::expect_open(std::string_view keyword) {
  if (!take_open(keyword)) return unexpected(fmt::format("'({}'", keyword));
  return {};
}

Result<> TokenReader::expect_close() {
  if (kind() != TokenKind::rparen) return unexpected("')'");
  ++at_;
  return {};
}

std::string_view TokenReader::id_of(const Token& token) {
  const std::string_view id = tokens_->text(token).substr(1);
  if (!id.starts_with('"')) return id;
  if (!id.contains('\\')) return id.substr(1, id.size() - 2);
  return unescaped_.emplace_back(string_value(id));
}

std::optional<std::string_view> TokenReader::take_id() {
  if (kind() != TokenKind::id) return std::nullopt;
  return id_of(tokens_->list[at_++]);
}

Result<std::string> TokenReader::expect_string() {
  if (kind() != TokenKind::string) return unexpected("a string");
  return string_value(tokens_->text(tokens_->list[at_++]));
}

Result<std::string> TokenReader::expect_name() {
  const Token& where = token();
  std::string name = TRY(expect_string());
  if (!is_utf8(name)) return error(where, "malformed UTF-8 encoding");
  return name;
}

void TokenReader::take_strings(std::string& out) {
  for (; kind() == TokenKind::string; ++at_) append_string(text(), out);
}

Result<uint64_t> TokenReader::expect_nat(uint64_t max, std::string_view what) {
  if (kind() != TokenKind::number) return unexpected(fmt::format("a natural number ({})", what));
  uint64_t value = 0;
  const NumberStatus status = parse_nat(text(), max, value);
  if (status != NumberStatus::ok) return number_error(token(), status, what);
  ++at_;
  return value;
}

Result<uint32_t> TokenReader::expect_u32() {
  return static_cast<uint32_t>(TRY(expect_nat(std::numeric_limits<uint32_t>::max(), "i32")));
}

Result<uint64_t> TokenReader::expect_u64() {
  return expect_nat(std::numeric_limits<uint64_t>::max(), "i64");
}

std::unexpected<Error> TokenReader::error(ErrorKind kind, const Token& token,
                                          std::string message) const {
  return std::unexpected(Error{
      .kind = kind, .message = std::move(message), .at = locate(tokens_->source, token.begin)});
}

std::unexpected<Error> TokenReader::unexpected(std::string_view expected) const {
  const Token& where = token();
  switch (where.kind) {
    case TokenKind::bad: return std::unexpected(tokens_->problems[where.match]);
    case TokenKind::annotation:
      return error(where, fmt::format("misplaced @{} annotation", annotation_id(where)));
    case TokenKind::reserved:
      return error(where, fmt::format("unknown operator {}", shown(text())));
    case TokenKind::eof: return error(where, fmt::format("unexpected end, expected {}", expected));
    default: break;
  }
  return error(where, fmt::format("unexpected token {}, expected {}", shown(text()), expected));
}

std::unexpected<Error> TokenReader::number_error(const Token& token, NumberStatus status,
                                                 std::string_view what) const {
  const std::string text = shown(tokens_->text(token));
  if (status == NumberStatus::out_of_range) {
    return error(token, fmt::format("{} constant out of range: {}", what, text));
  }
  // A number of another kind is a token that does not belong here; all else is none at all.
  uint64_t ignored = 0;
  const bool is_number = parse_f64(tokens_->text(token), ignored) != NumberStatus::malformed;
  return error(token, fmt::format("{} {}, expected a number ({})",
                                  is_number ? "unexpected token" : "unknown operator", text, what));
}

}  // namespace cairn::wasm::text
