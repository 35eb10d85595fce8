#include "changes.hpp"

#include <algorithm>

namespace cairn::platform {

namespace {

template <class T>
const T* named(const std::vector<T>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &T::name);
  return found == all.end() ? nullptr : &*found;
}

/// Names of what is in `all` and not in `others`.
template <class T>
std::vector<std::string> without(const std::vector<T>& all, const std::vector<T>& others) {
  std::vector<std::string> names;
  for (const T& one : all) {
    if (named(others, one.name) == nullptr) names.push_back(one.name);
  }
  return names;
}

bool same(const actor::ActorLimits& a, const actor::ActorLimits& b) {
  return a.memory_bytes == b.memory_bytes && a.fuel_per_message == b.fuel_per_message &&
         a.cpu_ns_per_s == b.cpu_ns_per_s && a.messages_per_s == b.messages_per_s &&
         a.payload_bytes == b.payload_bytes && a.message_time_ns == b.message_time_ns &&
         a.timers == b.timers && a.monitors == b.monitors && a.subscriptions == b.subscriptions &&
         a.requests == b.requests;
}

bool same(const actor::ActorSettings& a, const actor::ActorSettings& b) {
  return same(a.limits, b.limits) && a.mailbox.capacity == b.mailbox.capacity &&
         a.mailbox.overflow == b.mailbox.overflow &&
         a.mailbox.time_to_live_ns == b.mailbox.time_to_live_ns &&
         a.timeouts.start_ns == b.timeouts.start_ns && a.timeouts.stop_ns == b.timeouts.stop_ns &&
         a.timeouts.health_ns == b.timeouts.health_ns &&
         a.health.interval_ns == b.health.interval_ns && a.health.threshold == b.health.threshold &&
         a.error_rate.failures == b.error_rate.failures &&
         a.error_rate.window == b.error_rate.window && a.grants.names() == b.grants.names() &&
         a.priority == b.priority && a.worker == b.worker;
}

bool same(const SupervisionManifest& a, const SupervisionManifest& b) {
  const actor::Backoff& x = a.backoff;
  const actor::Backoff& y = b.backoff;
  return a.strategy == b.strategy && a.intensity.max_restarts == b.intensity.max_restarts &&
         a.intensity.period_ns == b.intensity.period_ns && x.kind == y.kind &&
         x.initial_ns == y.initial_ns && x.multiplier == y.multiplier && x.max_ns == y.max_ns &&
         x.jitter == y.jitter && a.auto_shutdown == b.auto_shutdown;
}

bool same(const ComponentManifest& a, const ComponentManifest& b) {
  const actor::HandlerLimits& x = a.handler_limits;
  const actor::HandlerLimits& y = b.handler_limits;
  return same(a.settings, b.settings) && x.state_bytes_max == y.state_bytes_max &&
         x.effects_max == y.effects_max && x.effect_bytes_max == y.effect_bytes_max &&
         x.reply_bytes_max == y.reply_bytes_max && x.image_bytes_max == y.image_bytes_max &&
         x.handles_max == y.handles_max && x.log_bytes_max == y.log_bytes_max &&
         x.host_result_bytes_max == y.host_result_bytes_max &&
         x.http_requests_max == y.http_requests_max &&
         x.http_response_bytes_max == y.http_response_bytes_max && a.on_trap == b.on_trap &&
         a.on_limit == b.on_limit && a.on_error == b.on_error && a.on_contract == b.on_contract &&
         same(a.supervision, b.supervision) && a.env == b.env;
}

bool same(const ActorManifest& a, const ActorManifest& b) {
  return a.supervisor == b.supervisor && a.restart == b.restart && a.shutdown_ns == b.shutdown_ns &&
         a.significant == b.significant && a.topics == b.topics;
}

}  // namespace

ManifestChanges changes(const Manifest& from, const Manifest& to) {
  ManifestChanges found;
  const auto fixed = [&](std::string_view key, bool is_same) {
    if (!is_same) found.fixed.emplace_back(key);
  };
  fixed("listen", from.listen == to.listen);
  fixed("data", from.data == to.data);
  fixed("origin", from.origin == to.origin);
  fixed("witnesses", std::ranges::equal(from.witnesses, to.witnesses, {},
                                        &chain::Verifier::to_string, &chain::Verifier::to_string));
  fixed("durable", from.durable == to.durable);
  fixed("workers", from.workers == to.workers);
  fixed("scheduling", from.scheduling == to.scheduling);
  found.components_gone = without(from.components, to.components);
  for (const ComponentManifest& now : to.components) {
    const ComponentManifest* const before = named(from.components, now.name);
    if (before != nullptr && !same(*before, now)) found.components_changed.push_back(now.name);
  }
  found.supervisors_new = without(to.supervisors, from.supervisors);
  found.supervisors_gone = without(from.supervisors, to.supervisors);
  for (const SupervisorManifest& now : to.supervisors) {
    const SupervisorManifest* const before = named(from.supervisors, now.name);
    if (before == nullptr) continue;
    fixed("supervisors." + now.name + ".component", before->component == now.component);
    if (before->supervisor != now.supervisor) {
      found.supervisors_moved.push_back(now.name);
    } else if (!same(*before, now)) {
      found.supervisors_changed.push_back(now.name);
    }
  }
  found.pools_new = without(to.pools, from.pools);
  for (const PoolManifest& now : to.pools) {
    const PoolManifest* const before = named(from.pools, now.name);
    if (before == nullptr) continue;
    fixed("pools." + now.name + ".topics", before->member.topics == now.member.topics);
  }
  found.actors_gone = without(from.actors, to.actors);
  found.actors_new = without(to.actors, from.actors);
  for (const ActorManifest& now : to.actors) {
    const ActorManifest* const before = named(from.actors, now.name);
    if (before == nullptr) continue;
    if (!same(*before, now)) {
      found.actors_changed.push_back(now.name);
    } else if (before->component != now.component) {
      found.actors_upgraded.push_back(now.name);
    }
  }
  return found;
}

}  // namespace cairn::platform
