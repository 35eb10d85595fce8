#include <fmt/format.h>
#include <cairn/base/utf8.hpp>
#include <cairn/wasm/text.hpp>

#include <algorithm>

namespace cairn::wasm {

namespace {

/// The part of a line that is shown: long lines (minified text) are cut around the column.
struct Window {
  std::string_view text;
  size_t column = 0;  ///< bytes before the caret in `text`
};

bool starts_character(char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }

Window window_of(std::string_view line, size_t column) {
  constexpr size_t width = 100, before = 60;
  column = std::min(column, line.size());
  size_t begin = column > before && line.size() > width ? column - before : 0;
  size_t end = std::min(line.size(), begin + width);
  while (begin > 0 && !starts_character(line[begin])) --begin;
  while (end < line.size() && !starts_character(line[end])) ++end;
  return {line.substr(begin, end - begin), column - begin};
}

std::string_view line_of(std::string_view source, uint32_t number) {
  for (; number > 1; --number) {
    const size_t end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  source = source.substr(0, source.find('\n'));
  if (source.ends_with('\r')) source.remove_suffix(1);
  return source;
}

}  // namespace

std::string render_error(const Error& error, std::string_view source, std::string_view path) {
  if (!error.at) {
    const std::string where = error.offset ? fmt::format(" (at offset {:#x})", *error.offset) : "";
    return fmt::format("{}: error: {}{}\n", path, error.message, where);
  }
  const Window shown =
      window_of(line_of(source, error.at->line), std::max(error.at->column, 1u) - 1);
  std::string text, indent;
  for (size_t i = 0; i < shown.text.size(); ++i) {
    const char c = shown.text[i];
    const bool control = static_cast<uint8_t>(c) < 0x20 || c == 0x7f;
    text += control && c != '\t' ? ' ' : c;  // nothing that a terminal would act on
    if (i < shown.column && starts_character(c)) indent += c == '\t' ? '\t' : ' ';
  }
  return fmt::format("{}:{}:{}: error: {}\n  {}\n  {}^\n", path, error.at->line, error.at->column,
                     error.message, text, indent);
}

}  // namespace cairn::wasm
