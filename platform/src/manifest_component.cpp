// `[components.NAME]`: where it is, what it may reach and use.

#include "manifest_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace cairn::platform {

namespace {

using actor::Directive;
using actor::Overflow;

constexpr uint64_t any_size = std::numeric_limits<int64_t>::max();
/// An image is one.
constexpr uint64_t payload_bytes_max = std::numeric_limits<uint32_t>::max();

constexpr std::array<Choice<Directive>, 4> directives = {{{"stop", Directive::stop},
                                                          {"resume", Directive::resume},
                                                          {"restart", Directive::restart},
                                                          {"escalate", Directive::escalate}}};
constexpr std::array<Choice<Overflow>, 3> overflows = {
    {{"block", Overflow::block}, {"fail", Overflow::fail}, {"drop", Overflow::drop}}};
constexpr std::array<Choice<actor::Priority>, 4> priorities = {
    {{"low", actor::Priority::low},
     {"normal", actor::Priority::normal},
     {"high", actor::Priority::high},
     {"critical", actor::Priority::critical}}};

using C = ComponentManifest;

constexpr auto limit_keys = std::to_array<Key<C>>({
    {"memory",
     [](const Place& p, C& c) { return read_size(p, any_size, c.settings.limits.memory_bytes); }},
    {"fuel", [](const Place& p,
                C& c) { return read_count(p, 0, any_size, c.settings.limits.fuel_per_message); }},
    {"time", [](const Place& p, C& c) { return read_time(p, c.settings.limits.message_time_ns); }},
    {"payload",
     [](const Place& p, C& c) -> Result<> {
       uint64_t bytes = 0;
       TRY(read_size(p, uint64_t{1} << 30, bytes));
       if (bytes == 0) return wrong(p, "at least one byte");
       c.settings.limits.payload_bytes = static_cast<uint32_t>(bytes);
       return {};
     }},
    {"messages_per_second",
     [](const Place& p, C& c) { return read_count_as(p, 0, c.settings.limits.messages_per_s); }},
    {"timers", [](const Place& p, C& c) { return read_count_as(p, 0, c.settings.limits.timers); }},
    {"monitors",
     [](const Place& p, C& c) { return read_count_as(p, 0, c.settings.limits.monitors); }},
    {"subscriptions",
     [](const Place& p, C& c) { return read_count_as(p, 0, c.settings.limits.subscriptions); }},
    {"requests",
     [](const Place& p, C& c) { return read_count_as(p, 0, c.settings.limits.requests); }},
    {"cpu_per_second",
     [](const Place& p, C& c) { return read_time(p, c.settings.limits.cpu_ns_per_s); }},
    {"state",
     [](const Place& p, C& c) {
       return read_size(p, uint64_t{1} << 30, c.handler_limits.state_bytes_max);
     }},
    {"effects",
     [](const Place& p, C& c) { return read_count_as(p, 0, c.handler_limits.effects_max); }},
    {"effect_bytes",
     [](const Place& p, C& c) {
       return read_size(p, uint64_t{1} << 30, c.handler_limits.effect_bytes_max);
     }},
    {"reply",
     [](const Place& p, C& c) {
       return read_size(p, uint64_t{1} << 30, c.handler_limits.reply_bytes_max);
     }},
    {"image",
     [](const Place& p, C& c) {
       return read_size(p, payload_bytes_max, c.handler_limits.image_bytes_max);
     }},
    {"handles",
     [](const Place& p, C& c) { return read_count_as(p, 0, c.handler_limits.handles_max); }},
    {"log", [](const Place& p,
               C& c) { return read_size(p, uint64_t{1} << 30, c.handler_limits.log_bytes_max); }},
    {"http_requests",
     [](const Place& p, C& c) { return read_count_as(p, 0, c.handler_limits.http_requests_max); }},
    {"http_response",
     [](const Place& p,
        C& c) { return read_size(p, uint64_t{1} << 30, c.handler_limits.http_response_bytes_max); }},
    {"answers",
     [](const Place& p,
        C& c) { return read_size(p, uint64_t{1} << 30, c.handler_limits.host_result_bytes_max); }},
});

template <actor::Priority level>
Result<> read_overflow(const Place& place, C& into) {
  return read_choice(place, overflows, into.settings.mailbox.overflow[static_cast<size_t>(level)]);
}

constexpr auto mailbox_keys = std::to_array<Key<C>>({
    {"capacity",
     [](const Place& p, C& c) { return read_count_as(p, 1, c.settings.mailbox.capacity); }},
    {"time_to_live",
     [](const Place& p, C& c) { return read_time(p, c.settings.mailbox.time_to_live_ns); }},
    {"low", &read_overflow<actor::Priority::low>},
    {"normal", &read_overflow<actor::Priority::normal>},
    {"high", &read_overflow<actor::Priority::high>},
    {"critical", &read_overflow<actor::Priority::critical>},
});

constexpr auto timeout_keys = std::to_array<Key<C>>({
    {"start", [](const Place& p, C& c) { return read_time(p, c.settings.timeouts.start_ns); }},
    {"stop", [](const Place& p, C& c) { return read_time(p, c.settings.timeouts.stop_ns); }},
    {"health", [](const Place& p, C& c) { return read_time(p, c.settings.timeouts.health_ns); }},
});

constexpr auto health_keys = std::to_array<Key<C>>({
    {"interval", [](const Place& p, C& c) { return read_time(p, c.settings.health.interval_ns); }},
    {"threshold",
     [](const Place& p, C& c) { return read_count_as(p, 1, c.settings.health.threshold); }},
});

constexpr auto error_rate_keys = std::to_array<Key<C>>({
    {"failures",
     [](const Place& p, C& c) { return read_count_as(p, 0, c.settings.error_rate.failures); }},
    {"window",
     [](const Place& p, C& c) { return read_count_as(p, 1, c.settings.error_rate.window); }},
});

/// More failures than there are messages never come together.
Result<> read_error_rate(const Place& place, C& into) {
  TRY(read_keys<C>(place, error_rate_keys, into));
  const actor::ErrorRate& rate = into.settings.error_rate;
  if (rate.failures <= rate.window) return {};
  return wrong_member(place, "failures",
                      fmt::format("at most as many as 'window' has, {}", rate.window));
}

/// Of packages that mean something to an actor, as a whole or one of their interfaces.
bool is_grant(std::string_view name) {
  constexpr auto packages =
      std::to_array<std::string_view>({"cairn:actor", "wasi:cli", "wasi:clocks", "wasi:filesystem",
                                       "wasi:http", "wasi:io", "wasi:random"});
  constexpr auto own = std::to_array<std::string_view>(
      {"children", "key-value", "logging", "messaging", "self", "timers", "types"});
  const size_t slash = std::min(name.find('/'), name.size());
  const std::string_view interface = name.substr(std::min(slash + 1, name.size()));
  if (std::ranges::find(packages, name.substr(0, slash)) == packages.end()) return false;
  if (slash == name.size()) return true;
  if (name.starts_with("wasi:")) return !interface.empty() && !interface.contains('@');
  return std::ranges::find(own, interface) != own.end();
}

Result<> read_grants(const Place& place, C& into) {
  constexpr std::string_view expected = "an array of names, as [\"cairn:actor\"]";
  if (place.value.kind != TomlValue::Kind::array) return wrong(place, expected);
  std::vector<std::string> names;
  for (const TomlValue& item : place.value.items) {
    if (item.kind != TomlValue::Kind::text) return wrong({place.key, item}, expected);
    constexpr std::string_view net = "net:";
    if (item.text.starts_with(net)) {
      if (!wasi::NetworkPolicy::parse({item.text.substr(net.size())}, {})) {
        return wrong({place.key, item},
                     "HOST:PORT behind \"net:\", as \"net:api.example.org:443\"");
      }
    } else if (!is_grant(item.text)) {
      return wrong({place.key, item},
                   "cairn:actor, wasi:cli, wasi:clocks, wasi:filesystem, wasi:http, wasi:io, "
                   "wasi:random, or one of their interfaces without its version, or net:HOST:PORT");
    }
    names.push_back(item.text);
  }
  into.settings.grants = actor::Grants(std::move(names));
  return {};
}

Result<> read_env(const Place& place, C& into) {
  if (place.value.kind != TomlValue::Kind::table) {
    return wrong(place, "a table of texts, as { LANG = \"en\" }");
  }
  for (const TomlMember& member : place.value.members) {
    const Place variable = place.at(member);
    if (member.value.kind != TomlValue::Kind::text || member.value.text.contains('\0')) {
      return wrong(variable, "a text without zeros");
    }
    if (member.key.empty() ||
        member.key.find_first_of(std::string_view("=\0", 2)) != member.key.npos) {
      return wrong(variable, "a name without '=' for it");
    }
    into.env.push_back(member.key + '=' + member.value.text);
  }
  return {};
}

constexpr auto component_keys = std::to_array<Key<C>>({
    {"path", [](const Place& p, C& c) { return read_text(p, c.path); }, true},
    {"grants", &read_grants},
    {"env", &read_env},
    {"on_trap", [](const Place& p, C& c) { return read_choice(p, directives, c.on_trap); }},
    {"on_limit", [](const Place& p, C& c) { return read_choice(p, directives, c.on_limit); }},
    {"on_error", [](const Place& p, C& c) { return read_choice(p, directives, c.on_error); }},
    {"on_contract", [](const Place& p, C& c) { return read_choice(p, directives, c.on_contract); }},
    {"priority",
     [](const Place& p, C& c) { return read_choice(p, priorities, c.settings.priority); }},
    {"limits", [](const Place& p, C& c) { return read_keys<C>(p, limit_keys, c); }},
    {"mailbox", [](const Place& p, C& c) { return read_keys<C>(p, mailbox_keys, c); }},
    {"timeouts", [](const Place& p, C& c) { return read_keys<C>(p, timeout_keys, c); }},
    {"health", [](const Place& p, C& c) { return read_keys<C>(p, health_keys, c); }},
    {"error_rate", &read_error_rate},
    {"supervision", [](const Place& p, C& c) { return read_supervision(p, c.supervision); }},
});

}  // namespace

actor::ActorSettings ComponentManifest::default_settings() {
  actor::ActorSettings settings;
  settings.grants = actor::Grants({"cairn:actor"});
  settings.limits.memory_bytes = uint64_t{64} << 20;
  settings.limits.fuel_per_message = 1'000'000'000;
  settings.limits.message_time_ns = 10'000'000'000;
  return settings;
}

Result<> read_component(const Place& place, ComponentManifest& into) {
  TRY(read_keys<C>(place, component_keys, into));
  if (!into.path.empty()) return {};
  return wrong({place.key + ".path", *place.value.find("path")}, "the path of a component");
}

void add_component_keys(KeyNames& names) {
  add_keys<C>(names, "component", component_keys);
  add_keys<C>(names, "limits", limit_keys);
  add_keys<C>(names, "mailbox", mailbox_keys);
  add_keys<C>(names, "timeouts", timeout_keys);
  add_keys<C>(names, "health", health_keys);
  add_keys<C>(names, "error_rate", error_rate_keys);
}

}  // namespace cairn::platform
