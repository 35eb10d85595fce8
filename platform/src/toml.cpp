#include "toml.hpp"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

namespace cairn::platform {

namespace {

SourceLocation place_of(const toml::source_region& region) {
  return {.line = region.begin.line, .column = region.begin.column};
}

TomlValue convert(const toml::node& node) {
  using Kind = TomlValue::Kind;
  TomlValue value;
  value.at = place_of(node.source());
  if (const auto* text = node.as_string()) {
    value.kind = Kind::text;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = Kind::integer;
    value.integer = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    value.kind = Kind::number;
    value.number = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = Kind::boolean;
    value.boolean = boolean->get();
  } else if (const auto* array = node.as_array()) {
    value.kind = Kind::array;
    for (const toml::node& item : *array) value.items.push_back(convert(item));
  } else if (const auto* table = node.as_table()) {
    for (const auto& [key, member] : *table) {
      value.members.push_back(
          {.key = std::string(key.str()), .at = place_of(key.source()), .value = convert(member)});
    }
    // The library has them in the order of their names.
    std::ranges::sort(value.members, {}, [](const TomlMember& member) {
      return std::pair(member.at.line, member.at.column);
    });
  } else {
    value.kind = Kind::time;
  }
  return value;
}

}  // namespace

const TomlValue* TomlValue::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &TomlMember::key);
  return found == members.end() ? nullptr : &found->value;
}

std::string TomlValue::described() const {
  switch (kind) {
    case Kind::text: return fmt::format("the text \"{}\"", text.substr(0, 100));
    case Kind::integer: return fmt::format("the number {}", integer);
    case Kind::number: return fmt::format("the number {}", number);
    case Kind::boolean: return boolean ? "true" : "false";
    case Kind::array: return "an array";
    case Kind::table: return "a table";
    case Kind::time: return "a date or time";
  }
  return {};
}

Result<TomlValue> parse_toml(std::string_view text) {
  if (text.size() > toml_bytes_max) {
    return fail(ErrorKind::limit, fmt::format("more than {} bytes", toml_bytes_max));
  }
  const toml::parse_result parsed = toml::parse(text);
  if (parsed) return convert(parsed.table());
  return std::unexpected(Error{.kind = ErrorKind::malformed,
                               .message = std::string(parsed.error().description()),
                               .at = place_of(parsed.error().source())});
}

}  // namespace cairn::platform
