#include "terminal.hpp"

#include <fmt/format.h>
#include <cairn/base/files.hpp>
#include <cairn/base/utf8.hpp>
#include <cairn/wasm/text.hpp>

#include <unistd.h>
#include <algorithm>
#include <cerrno>
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

/// Messages hold names and types of modules, which may be as long as these.
constexpr size_t message_shown_max = 2'000;

std::string labelled(Style style, std::string_view label, std::string_view message) {
  return styled(stderr, style, label) + ' ' + printable(shortened(message, message_shown_max)) +
         '\n';
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

std::string error_line(std::string_view message) { return labelled(Style::red, "error:", message); }

void print_error(std::string_view message) { write(stderr, error_line(message)); }

void print_error(const Error& error) { print_error(error.to_string()); }

void print_error(const Error& error, std::string_view source, std::string_view path) {
  Error shown = error;
  if (error.at) {
    shown.message = printable(shortened(error.message, message_shown_max));
    std::string text = wasm::render_error(shown, source, printable(path));
    const std::string_view label = "error:";
    const size_t at = text.find(label);
    if (at != std::string::npos) text.replace(at, label.size(), styled(stderr, Style::red, label));
    write(stderr, text);
    return;
  }
  if (shown.path.empty()) shown.path = path;
  print_error(shown);
}

void print_hint(std::string_view message) {
  write(stderr, labelled(Style::cyan, "hint:", message));
}

void print_warning(std::string_view message) {
  write(stderr, labelled(Style::yellow, "warning:", message));
}

void write_foreign(FILE* stream, std::string_view text) {
  if (isatty(fileno(stream)) == 0) return write(stream, text);
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\n\t"), text.size());
    write(stream, printable(text.substr(0, end)));
    if (end < text.size()) write(stream, text.substr(end, 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string shortened(std::string_view text, size_t size_max) {
  if (text.size() <= size_max) return std::string(text);
  return std::string(text.substr(0, utf8_valid_prefix(as_bytes(text).first(size_max)))) + "…";
}

void write(FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

bool finish_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  // The reason is known only if it is still the same: an earlier write's is not kept.
  print_error(errno != 0 ? file_error(errno, "standard output").to_string()
                         : "standard output: not everything could be written");
  return false;
}

}  // namespace cairn::cli
