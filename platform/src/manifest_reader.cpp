#include "manifest_reader.hpp"

#include <cairn/base/units.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace cairn::platform {

namespace {

using Kind = TomlValue::Kind;

Result<nlohmann::ordered_json> to_json(const Place& place) {
  const TomlValue& value = place.value;
  switch (value.kind) {
    case Kind::text: return value.text;
    case Kind::integer: return value.integer;
    case Kind::number:
      if (!std::isfinite(value.number)) return wrong(place, "a number that JSON has");
      return value.number;
    case Kind::boolean: return value.boolean;
    case Kind::time: return wrong(place, "a value that JSON has");
    case Kind::array: {
      auto items = nlohmann::ordered_json::array();
      for (const TomlValue& item : value.items) items.push_back(TRY(to_json({place.key, item})));
      return items;
    }
    case Kind::table: {
      auto members = nlohmann::ordered_json::object();
      for (const TomlMember& member : value.members) {
        members[member.key] = TRY(to_json(place.at(member)));
      }
      return members;
    }
  }
  return nlohmann::ordered_json();
}

}  // namespace

std::unexpected<Error> wrong(const Place& place, std::string_view expected) {
  return std::unexpected(Error{.kind = ErrorKind::invalid,
                               .message = fmt::format("{}: found {}, expected {}", place.key,
                                                      place.value.described(), expected),
                               .at = place.value.at});
}

std::unexpected<Error> wrong_member(const Place& table, std::string_view name,
                                    std::string_view expected) {
  return wrong({table.key + '.' + std::string(name), *table.value.find(name)}, expected);
}

std::unexpected<Error> unknown_key(const Place& table, const TomlMember& member,
                                   std::span<const std::string_view> known) {
  const std::string_view like = most_like(member.key, known);
  std::string help = fmt::format("expected one of {}", fmt::join(known, ", "));
  if (!like.empty()) help = fmt::format("did you mean '{}'?", like);
  return std::unexpected(
      Error{.kind = ErrorKind::invalid,
            .message = fmt::format("unknown key '{}'{}{}; {}", member.key,
                                   table.key.empty() ? "" : " in ", table.key, help),
            .at = member.at});
}

Result<> read_text(const Place& place, std::string& into) {
  if (place.value.kind != Kind::text) return wrong(place, "a text");
  into = place.value.text;
  return {};
}

Result<> read_boolean(const Place& place, bool& into) {
  if (place.value.kind != Kind::boolean) return wrong(place, "true or false");
  into = place.value.boolean;
  return {};
}

Result<> read_time(const Place& place, uint64_t& into) {
  if (place.value.kind == Kind::text) {
    if (const auto time = parse_duration_ns(place.value.text)) {
      into = *time;
      return {};
    }
  }
  return wrong(place, "a time, as \"5s\", \"300ms\" or \"2m\"");
}

Result<> read_size(const Place& place, uint64_t max, uint64_t& into) {
  std::optional<uint64_t> size;
  if (place.value.kind == Kind::text) size = parse_size(place.value.text);
  if (place.value.kind == Kind::integer && place.value.integer >= 0) {
    size = static_cast<uint64_t>(place.value.integer);
  }
  if (!size || *size > max) {
    return wrong(place, fmt::format("bytes, as 65536 or \"16MiB\", at most {}", max));
  }
  into = *size;
  return {};
}

Result<> read_count(const Place& place, uint64_t min, uint64_t max, uint64_t& into) {
  const int64_t value = place.value.integer;
  if (place.value.kind != Kind::integer || value < 0 || static_cast<uint64_t>(value) < min ||
      static_cast<uint64_t>(value) > max) {
    return wrong(place, fmt::format("a whole number from {} to {}", min,
                                    std::min<uint64_t>(max, INT64_MAX)));
  }
  into = static_cast<uint64_t>(value);
  return {};
}

Result<> read_number(const Place& place, double min, double max, double& into) {
  double value = place.value.number;
  if (place.value.kind == Kind::integer) value = static_cast<double>(place.value.integer);
  const bool is_number = place.value.kind == Kind::integer || place.value.kind == Kind::number;
  if (!is_number || !(value >= min && value <= max)) {
    return wrong(place, fmt::format("a number from {} to {}", min, max));
  }
  into = value;
  return {};
}

Result<> read_payload(const Place& place, actor::Payload& into) {
  if (place.value.kind == Kind::text) {
    into = actor::Payload(place.value.text);
    return {};
  }
  const nlohmann::ordered_json value = TRY(to_json(place));
  into = actor::Payload(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                        actor::json);
  return {};
}

}  // namespace cairn::platform
