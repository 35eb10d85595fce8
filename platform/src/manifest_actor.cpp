// `[supervisors.NAME]`, `[actors.NAME]` and `[schedules.NAME]`.

#include "manifest_tables.hpp"

#include <cairn/actor/topic.hpp>

#include <fmt/format.h>

namespace cairn::platform {

namespace {

using actor::AutoShutdown;
using actor::Backoff;
using actor::Restart;
using actor::Strategy;

using S = SupervisionManifest;
using A = ActorManifest;

constexpr std::array<Choice<Strategy>, 3> strategies = {{{"one_for_one", Strategy::one_for_one},
                                                         {"one_for_all", Strategy::one_for_all},
                                                         {"rest_for_one", Strategy::rest_for_one}}};
constexpr std::array<Choice<AutoShutdown>, 3> auto_shutdowns = {
    {{"never", AutoShutdown::never},
     {"any_significant", AutoShutdown::any_significant},
     {"all_significant", AutoShutdown::all_significant}}};
constexpr std::array<Choice<Backoff::Kind>, 3> backoff_kinds = {
    {{"immediate", Backoff::Kind::immediate},
     {"linear", Backoff::Kind::linear},
     {"exponential", Backoff::Kind::exponential}}};
constexpr std::array<Choice<Restart>, 3> restarts = {{{"permanent", Restart::permanent},
                                                      {"transient", Restart::transient},
                                                      {"temporary", Restart::temporary}}};

constexpr auto backoff_keys = std::to_array<Key<S>>({
    {"kind", [](const Place& p, S& s) { return read_choice(p, backoff_kinds, s.backoff.kind); },
     true},
    {"initial", [](const Place& p, S& s) { return read_time(p, s.backoff.initial_ns); }},
    {"multiplier",
     [](const Place& p, S& s) { return read_number(p, 1, 1000, s.backoff.multiplier); }},
    {"max", [](const Place& p, S& s) { return read_time(p, s.backoff.max_ns); }},
    {"jitter", [](const Place& p, S& s) { return read_number(p, 0, 1, s.backoff.jitter); }},
});

Result<> read_backoff(const Place& place, S& into) {
  TRY(read_keys<S>(place, backoff_keys, into));
  const Backoff& backoff = into.backoff;
  if (backoff.kind == Backoff::Kind::immediate || backoff.initial_ns <= backoff.max_ns) return {};
  const bool says_initial = place.value.find("initial") != nullptr;
  return wrong_member(place, says_initial ? "initial" : "max",
                      says_initial ? "at most 'max'" : "at least 'initial'");
}

constexpr auto supervision_keys = std::to_array<Key<S>>({
    {"strategy", [](const Place& p, S& s) { return read_choice(p, strategies, s.strategy); }},
    {"max_restarts",
     [](const Place& p, S& s) { return read_count_as(p, 0, s.intensity.max_restarts); }},
    {"period", [](const Place& p, S& s) { return read_time(p, s.intensity.period_ns); }},
    {"backoff", &read_backoff},
    {"auto_shutdown",
     [](const Place& p, S& s) { return read_choice(p, auto_shutdowns, s.auto_shutdown); }},
});

constexpr std::array<Choice<Strategy>, 4> supervisor_strategies = {
    {{"one_for_one", Strategy::one_for_one},
     {"one_for_all", Strategy::one_for_all},
     {"rest_for_one", Strategy::rest_for_one},
     {"simple_one_for_one", Strategy::simple_one_for_one}}};

/// The key at `index` of those above, in a supervisor.
template <size_t index>
constexpr Key<SupervisorManifest> inherited() {
  return {supervision_keys[index].name,
          [](const Place& p, SupervisorManifest& s) { return supervision_keys[index].read(p, s); }};
}

/// The first of those above is another one here.
constexpr auto supervisor_keys = []<size_t... index>(std::index_sequence<index...>) {
  return std::to_array<Key<SupervisorManifest>>(
      {{"supervisor",
        [](const Place& p, SupervisorManifest& s) { return read_text(p, s.supervisor); }},
       {"strategy",
        [](const Place& p, SupervisorManifest& s) {
          return read_choice(p, supervisor_strategies, s.strategy);
        }},
       {"component",
        [](const Place& p, SupervisorManifest& s) { return read_text(p, s.component); }},
       inherited<index + 1>()...});
}(std::make_index_sequence<supervision_keys.size() - 1>());

Result<> read_topics(const Place& place, A& into) {
  constexpr std::string_view expected =
      "an array of patterns of topics, as [\"bank.*\", \"news.>\"]";
  if (place.value.kind != TomlValue::Kind::array) return wrong(place, expected);
  for (const TomlValue& item : place.value.items) {
    if (item.kind != TomlValue::Kind::text || !actor::check_pattern(item.text)) {
      return wrong({place.key, item}, expected);
    }
    into.topics.push_back(item.text);
  }
  return {};
}

constexpr auto actor_keys = std::to_array<Key<A>>({
    {"component", [](const Place& p, A& a) { return read_text(p, a.component); }, true},
    {"argument", [](const Place& p, A& a) { return read_payload(p, a.argument); }},
    {"supervisor", [](const Place& p, A& a) { return read_text(p, a.supervisor); }},
    {"restart", [](const Place& p, A& a) { return read_choice(p, restarts, a.restart); }},
    {"shutdown", [](const Place& p, A& a) { return read_time(p, a.shutdown_ns); }},
    {"significant", [](const Place& p, A& a) { return read_boolean(p, a.significant); }},
    {"topics", &read_topics},
});

constexpr std::array<Choice<actor::Routing>, 3> routings = {
    {{"round_robin", actor::Routing::round_robin},
     {"least_loaded", actor::Routing::least_loaded},
     {"consistent_hash", actor::Routing::consistent_hash}}};

Result<> read_size(const Place& place, PoolManifest& into) {
  constexpr uint64_t size_max = 10'000;
  uint64_t size = 0;
  TRY(read_count(place, 1, size_max, size));
  into.size = static_cast<uint32_t>(size);
  return {};
}

/// The key at `index` of those of an actor, in a pool.
template <size_t index>
constexpr Key<PoolManifest> of_members() {
  return {actor_keys[index].name,
          [](const Place& p, PoolManifest& pool) { return actor_keys[index].read(p, pool.member); },
          actor_keys[index].required};
}

constexpr auto pool_keys = []<size_t... index>(std::index_sequence<index...>) {
  return std::to_array<Key<PoolManifest>>(
      {{"size", &read_size, true},
       {"routing",
        [](const Place& p, PoolManifest& pool) { return read_choice(p, routings, pool.routing); }},
       of_members<index>()...});
}(std::make_index_sequence<actor_keys.size()>());

constexpr auto schedule_keys = std::to_array<Key<ScheduleManifest>>({
    {"actor", [](const Place& p, ScheduleManifest& s) { return read_text(p, s.actor); }, true},
    {"every",
     [](const Place& p, ScheduleManifest& s) -> Result<> {
       constexpr uint64_t every_ns_min = 1'000'000;
       TRY(read_time(p, s.every_ns));
       if (s.every_ns < every_ns_min) return wrong(p, "a time of at least \"1ms\"");
       return {};
     },
     true},
    {"message", [](const Place& p, ScheduleManifest& s) { return read_payload(p, s.message); }},
});

}  // namespace

Result<> read_supervisor(const Place& place, SupervisorManifest& into) {
  TRY(read_keys<SupervisorManifest>(place, supervisor_keys, into));
  const bool is_simple = into.strategy == Strategy::simple_one_for_one;
  if (is_simple != into.component.empty()) return {};
  return is_simple ? wrong(place, "'component', which the children of simple_one_for_one run")
                   : wrong_member(place, "component", "it with simple_one_for_one alone");
}

Result<> read_supervision(const Place& place, SupervisionManifest& into) {
  return read_keys<S>(place, supervision_keys, into);
}

Result<> read_actor(const Place& place, ActorManifest& into) {
  return read_keys<A>(place, actor_keys, into);
}

Result<> read_pool(const Place& place, PoolManifest& into) {
  return read_keys<PoolManifest>(place, pool_keys, into);
}

std::string PoolManifest::name_of(uint32_t number) const {
  return fmt::format("{}-{}", name, number);
}

Result<> read_schedule(const Place& place, ScheduleManifest& into) {
  return read_keys<ScheduleManifest>(place, schedule_keys, into);
}

void add_actor_keys(KeyNames& names) {
  add_keys<SupervisorManifest>(names, "supervisor", supervisor_keys);
  add_keys<S>(names, "supervision", supervision_keys);
  add_keys<S>(names, "backoff", backoff_keys);
  add_keys<A>(names, "actor", actor_keys);
  add_keys<PoolManifest>(names, "pool", pool_keys);
  add_keys<ScheduleManifest>(names, "schedule", schedule_keys);
}

}  // namespace cairn::platform
