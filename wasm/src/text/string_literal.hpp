#pragma once
/// String literals of the text format (spec: Lexical Format > Strings).

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::wasm::text {

/// What a scan of a string literal found.
struct StringScan {
  size_t end = 0;  ///< past the closing quote, or where scanning can go on after an error
  const char* error = nullptr;  ///< null: the literal is well-formed
  size_t error_at = 0;
};

/// Checks the literal whose opening quote is at `begin`. The source must be valid UTF-8.
StringScan scan_string(std::string_view source, size_t begin);

/// Appends the bytes that a well-formed literal, with its quotes, stands for.
void append_string(std::string_view literal, std::string& out);

/// The same as a value.
std::string string_value(std::string_view literal);

/// The literal (with quotes) for any bytes; `keep_utf8` leaves printable non-ASCII text as it is.
void append_quoted(std::string_view bytes, bool keep_utf8, std::string& out);

}  // namespace cairn::wasm::text
