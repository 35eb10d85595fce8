#pragma once
/// Tables of keys, and how a TOML table is read by one. What a key may hold is said once, here and
/// in the schema, which a test compares.

#include "toml.hpp"

#include <cairn/actor/payload.hpp>
#include <cairn/base/spelling.hpp>

#include <array>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::platform {

/// A value, and the keys that lead to it: "actors.alice.restart".
struct Place {
  std::string key;
  const TomlValue& value;

  Place at(const TomlMember& member) const {
    return {key.empty() ? member.key : key + '.' + member.key, member.value};
  }
};

template <class T>
struct Key {
  std::string_view name;
  Result<> (*read)(const Place& place, T& into);
  bool required = false;
};

/// Error `invalid`: the key, what was found, and what was expected.
std::unexpected<Error> wrong(const Place& place, std::string_view expected);
/// Of a member that is there.
std::unexpected<Error> wrong_member(const Place& table, std::string_view name,
                                    std::string_view expected);
std::unexpected<Error> unknown_key(const Place& table, const TomlMember& member,
                                   std::span<const std::string_view> known);

template <class T>
Result<> read_keys(const Place& place, std::span<const Key<T>> keys, T& into) {
  if (place.value.kind != TomlValue::Kind::table) return wrong(place, "a table");
  for (const TomlMember& member : place.value.members) {
    const Key<T>* known = nullptr;
    for (const Key<T>& key : keys) {
      if (key.name == member.key) known = &key;
    }
    if (known == nullptr) {
      std::vector<std::string_view> names;
      for (const Key<T>& key : keys) names.push_back(key.name);
      return unknown_key(place, member, names);
    }
    TRY(known->read(place.at(member), into));
  }
  for (const Key<T>& key : keys) {
    if (!key.required || place.value.find(key.name) != nullptr) continue;
    return std::unexpected(Error{.kind = ErrorKind::invalid,
                                 .message = place.key + " has no '" + std::string(key.name) + "'",
                                 .at = place.value.at});
  }
  return {};
}

// What keys may hold.

Result<> read_text(const Place& place, std::string& into);
Result<> read_boolean(const Place& place, bool& into);
/// A text as "5s".
Result<> read_time(const Place& place, uint64_t& into);
/// A number of bytes, or a text as "16MiB".
Result<> read_size(const Place& place, uint64_t max, uint64_t& into);
Result<> read_count(const Place& place, uint64_t min, uint64_t max, uint64_t& into);
Result<> read_number(const Place& place, double min, double max, double& into);
/// A text as it is; all else as JSON.
Result<> read_payload(const Place& place, actor::Payload& into);

template <class T>
Result<> read_count_as(const Place& place, uint64_t min, T& into) {
  uint64_t value = 0;
  TRY(read_count(place, min, std::numeric_limits<T>::max(), value));
  into = static_cast<T>(value);
  return {};
}

template <class Enum>
struct Choice {
  std::string_view name;
  Enum value;
};
template <class Enum, size_t count>
Result<> read_choice(const Place& place, const std::array<Choice<Enum>, count>& choices,
                     Enum& into) {
  std::string expected = "one of";
  for (size_t at = 0; at < count; ++at) {
    if (place.value.kind == TomlValue::Kind::text && place.value.text == choices[at].name) {
      into = choices[at].value;
      return {};
    }
    expected += (at == 0 ? " \"" : ", \"") + std::string(choices[at].name) + '"';
  }
  return wrong(place, expected);
}

/// The names of a manifest's tables and of their keys, for the test of the schema.
std::vector<std::pair<std::string_view, std::vector<std::string_view>>> manifest_keys();

}  // namespace cairn::platform
