#pragma once
/// What a user sees: errors, and colours where they are wanted.

#include <cairn/base/result.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace cairn::cli {

enum class Style : uint8_t { bold, red, green, yellow, cyan, dim };

/// Does the stream show colours? A terminal does, unless NO_COLOR is set (https://no-color.org) or
/// TERM is "dumb".
bool has_colors(FILE* stream);

/// `text` in a style, or unchanged where the stream shows no colours.
std::string styled(FILE* stream, Style style, std::string_view text);

/// "error: message" on standard error.
void print_error(std::string_view message);
void print_error(const Error& error);
/// An error in a text: path, line, column, the line itself and a caret. In a binary: as above, with
/// the path.
void print_error(const Error& error, std::string_view source, std::string_view path);
/// "hint: message" on standard error.
void print_hint(std::string_view message);
/// "warning: message" on standard error.
void print_warning(std::string_view message);

/// Writes all of `text`; false when the stream is broken (a closed pipe, a full disk).
bool write(FILE* stream, std::string_view text);

}  // namespace cairn::cli
