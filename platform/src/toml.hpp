#pragma once
/// TOML (v1.0.0) as a tree of values that know where they stand. The library that reads it is seen
/// by one file only.

#include <cairn/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::platform {

struct TomlMember;

struct TomlValue {
  enum class Kind : uint8_t { text, integer, number, boolean, array, table, time };
  Kind kind = Kind::table;
  SourceLocation at = {};
  std::string text = {};
  int64_t integer = 0;
  double number = 0;
  bool boolean = false;
  std::vector<TomlValue> items = {};
  std::vector<TomlMember> members;  ///< in the order of the file

  const TomlValue* find(std::string_view key) const;
  /// What it is, for errors: `the text "abc"`, "the number 5", "a table".
  std::string described() const;
};

struct TomlMember {
  std::string key;
  SourceLocation at = {};  ///< of the key
  TomlValue value = {};
};

inline constexpr size_t toml_bytes_max = size_t{16} << 20;

/// A table. Error `malformed` with line and column.
Result<TomlValue> parse_toml(std::string_view text);

}  // namespace cairn::platform
