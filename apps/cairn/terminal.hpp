#pragma once
/// What a user sees: errors, and colours where they are wanted.

#include <cairn/base/printable.hpp>
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

/// "error: message" on standard error; `message` is made `printable`, as for the others below.
void print_error(std::string_view message);
void print_error(const Error& error);
/// That line, for who writes it otherwise.
std::string error_line(std::string_view message);
/// An error in a text: path, line, column, the line itself and a caret. In a binary: as above, with
/// the path.
void print_error(const Error& error, std::string_view source, std::string_view path);
/// "hint: message" on standard error.
void print_hint(std::string_view message);
/// "warning: message" on standard error.
void print_warning(std::string_view message);

/// What comes from a module or a command line goes through here.
using cairn::printable;

/// Writes what others have made: as it is, but to a terminal `printable`, with its lines and tabs.
void write_foreign(FILE* stream, std::string_view text);

/// `text`, or its first `size_max` bytes (fewer where these end in a character) and "…".
std::string shortened(std::string_view text, size_t size_max);

/// Writes `text`. Whether standard output took everything is seen in the end, by `finish_output`.
void write(FILE* stream, std::string_view text);

/// Writes out what is buffered for standard output. Prints the error when that fails, now or before
/// (a full disk).
bool finish_output();

}  // namespace cairn::cli
