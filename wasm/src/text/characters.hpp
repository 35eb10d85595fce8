#pragma once
/// Character classes of the text format (spec: Lexical Format > Characters, Values > Identifiers).

#include <array>
#include <cstdint>

namespace cairn::wasm::text {

enum CharClass : uint8_t {
  class_idchar = 1,  ///< may stand in identifiers, keywords and numbers
  class_space = 2,
  class_digit = 4,
  class_hex_digit = 8,
  class_string = 16,  ///< stands for itself in a string: printable, or part of a UTF-8 sequence
  class_lone = 32,    ///< , ; [ ] { } are reserved tokens of their own
};

inline constexpr auto char_classes = [] {
  std::array<uint8_t, 256> classes{};
  for (int c = 0x21; c < 0x7f; ++c) classes[c] = class_idchar;
  for (const char c : {'"', '(', ')', ',', ';', '[', ']', '{', '}'}) {
    classes[static_cast<uint8_t>(c)] = 0;
  }
  for (const char c : {',', ';', '[', ']', '{', '}'}) {
    classes[static_cast<uint8_t>(c)] = class_lone;
  }
  for (const char c : {' ', '\t', '\n', '\r'}) classes[static_cast<uint8_t>(c)] = class_space;
  for (int c = '0'; c <= '9'; ++c) classes[c] |= class_digit | class_hex_digit;
  for (int c = 'a'; c <= 'f'; ++c) classes[c] |= class_hex_digit;
  for (int c = 'A'; c <= 'F'; ++c) classes[c] |= class_hex_digit;
  for (int c = 0x20; c < 0x100; ++c) {
    if (c != '"' && c != '\\' && c != 0x7f) classes[c] |= class_string;
  }
  return classes;
}();

constexpr bool is_class(char c, uint8_t mask) {
  return (char_classes[static_cast<uint8_t>(c)] & mask) != 0;
}

/// The value of a hexadecimal digit.
constexpr uint32_t hex_value(char c) {
  return static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

}  // namespace cairn::wasm::text
