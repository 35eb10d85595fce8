#include "terminal.hpp"

#include <cairn/wasm/text.hpp>

#include <unistd.h>
#include <cstdlib>
#include <cstring>

namespace cairn::cli {
namespace {

std::string_view code_of(Style style) {
  switch (style) {
    case Style::bold: return "\x1b[1m";
    case Style::red: return "\x1b[1;31m";
    case Style::green: return "\x1b[32m";
    case Style::yellow: return "\x1b[1;33m";
    case Style::cyan: return "\x1b[1;36m";
    case Style::dim: return "\x1b[2m";
  }
  return "";
}

void print_labelled(Style style, std::string_view label, std::string_view message) {
  std::string line = styled(stderr, style, label);
  line += ' ';
  line += message;
  line += '\n';
  write(stderr, line);
}

}  // namespace

bool has_colors(FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != 0) return false;
  const char* term = std::getenv("TERM");
  if (term != nullptr && std::strcmp(term, "dumb") == 0) return false;
  return isatty(fileno(stream)) != 0;
}

std::string styled(FILE* stream, Style style, std::string_view text) {
  if (!has_colors(stream)) return std::string(text);
  std::string out(code_of(style));
  out += text;
  out += "\x1b[0m";
  return out;
}

void print_error(std::string_view message) { print_labelled(Style::red, "error:", message); }

void print_error(const Error& error) { print_error(error.to_string()); }

void print_error(const Error& error, std::string_view source, std::string_view path) {
  if (error.at) {
    std::string text = wasm::render_error(error, source, path);
    if (!text.ends_with('\n')) text += '\n';
    write(stderr, text);
    return;
  }
  Error with_path = error;
  if (with_path.path.empty()) with_path.path = path;
  print_error(with_path);
}

void print_hint(std::string_view message) { print_labelled(Style::cyan, "hint:", message); }

void print_warning(std::string_view message) { print_labelled(Style::yellow, "warning:", message); }

bool write(FILE* stream, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size();
}

}  // namespace cairn::cli
