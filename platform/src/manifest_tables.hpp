#pragma once
/// The tables of keys of a manifest (manifest.schema.json says the same for editors).

#include "manifest_reader.hpp"

#include <cairn/platform/manifest.hpp>

namespace cairn::platform {

Result<> read_component(const Place& place, ComponentManifest& into);
Result<> read_supervisor(const Place& place, SupervisorManifest& into);
Result<> read_supervision(const Place& place, SupervisionManifest& into);
Result<> read_actor(const Place& place, ActorManifest& into);
Result<> read_pool(const Place& place, PoolManifest& into);
Result<> read_schedule(const Place& place, ScheduleManifest& into);

/// Their names, and their keys.
using KeyNames = std::vector<std::pair<std::string_view, std::vector<std::string_view>>>;
void add_component_keys(KeyNames& names);
void add_actor_keys(KeyNames& names);

template <class T>
void add_keys(KeyNames& names, std::string_view table, std::span<const Key<T>> keys) {
  std::vector<std::string_view> own;
  for (const Key<T>& key : keys) own.push_back(key.name);
  names.emplace_back(table, std::move(own));
}

/// What is not a table of keys but of names: NAME to T, in the order of the file.
template <class T>
Result<> read_named(const Place& place, Result<> (*read)(const Place&, T&), std::vector<T>& into) {
  if (place.value.kind != TomlValue::Kind::table) return wrong(place, "a table");
  for (const TomlMember& member : place.value.members) {
    if (Result<> good = check_name(member.key); !good) {
      good.error().at = member.at;
      good.error().message = place.key + ": " + good.error().message;
      return good;
    }
    T& one = into.emplace_back();
    one.name = member.key;
    TRY(read(place.at(member), one));
  }
  return {};
}

}  // namespace cairn::platform
