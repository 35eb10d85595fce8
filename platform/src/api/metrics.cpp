#include "api/metrics.hpp"

#include <fmt/format.h>
#include <cairn/actor/system.hpp>
#include <cairn/chain/checkpoint.hpp>
#include <cairn/chain/store.hpp>

#include <algorithm>

#include "api/call.hpp"

namespace cairn::platform {
namespace {

constexpr double ns_per_s = 1e9;

void write_requests(MetricsText& to, const Metrics& metrics) {
  const auto rows = operations();
  const auto id = [&](size_t row) { return row < rows.size() ? rows[row].id : "none"; };
  to.family("cairn_http_requests_total", "counter", "Requests that were answered.");
  for (size_t row = 0; row <= rows.size(); ++row)
    for (const Metrics::Requests& each : metrics.requests(row))
      to.sample(static_cast<double>(each.count),
                fmt::format(R"(operation="{}",status="{}")", id(row), each.status));
  to.family("cairn_http_request_duration_seconds", "histogram",
            "From the end of a request to its answer.");
  for (size_t row = 0; row <= rows.size(); ++row) {
    const Metrics::Histogram all = metrics.latency(row);
    if (all.count == 0) continue;
    for (size_t i = 0; i < all.at_most.size(); ++i)
      to.sample(static_cast<double>(all.at_most[i]),
                fmt::format(R"(operation="{}",le="{}")", id(row), latency_buckets[i]), "_bucket");
    const auto count = static_cast<double>(all.count);
    to.sample(count, fmt::format(R"(operation="{}",le="+Inf")", id(row)), "_bucket");
    to.sample(all.sum_s, fmt::format(R"(operation="{}")", id(row)), "_sum");
    to.sample(count, fmt::format(R"(operation="{}")", id(row)), "_count");
  }
}

void write_actors(MetricsText& to, const actor::System& system) {
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       uint64_t value) {
    to.family(name, type, help);
    to.sample(static_cast<double>(value));
  };
  const actor::Counters counters = system.counters();
  uint64_t queued = 0;
  for (const actor::ActorInfo& each : system.list()) queued += each.queued;
  one("cairn_actors_live", "gauge", "Actors that live, supervisors included.", system.live());
  one("cairn_actors_spawned_total", "counter", "Actors that were spawned.", counters.spawned);
  one("cairn_mailbox_messages", "gauge", "Messages that wait to be handled.", queued);
  one("cairn_messages_handled_total", "counter", "Messages that were handled.", counters.handled);
  one("cairn_messages_failed_total", "counter", "Messages whose handler failed.", counters.failed);
  one("cairn_late_replies_total", "counter", "Replies after the time-out.", counters.late_replies);
  to.family("cairn_dead_letters_total", "counter", "Messages that nobody handled.");
  for (uint32_t i = 0; i <= static_cast<uint32_t>(actor::Refusal::rejected); ++i)
    to.sample(static_cast<double>(counters.dead_letters[i]),
              fmt::format(R"(reason="{}")", actor::to_string(static_cast<actor::Refusal>(i))));
  static constexpr std::string_view priorities[] = {"low", "normal", "high", "critical"};
  const auto by_priority = [&](std::string_view name, std::string_view help, const auto& values) {
    to.family(name, "counter", help);
    for (size_t i = 0; i < values.size(); ++i)
      to.sample(static_cast<double>(values[i]), fmt::format(R"(priority="{}")", priorities[i]));
  };
  by_priority("cairn_mailbox_blocked_total", "Senders that had to wait.", counters.blocked);
  by_priority("cairn_mailbox_dropped_total", "Messages that were dropped.", counters.dropped);
  by_priority("cairn_mailbox_full_total", "Messages that were sent back.", counters.full);
}

void write_restarts(MetricsText& to, const Deployment& deployment) {
  uint64_t restarts = 0;
  for (const ActorStatus& each : deployment.actors("", SIZE_MAX)) restarts += each.restarts;
  to.family("cairn_actor_restarts", "gauge", "Restarts of the actors that are there.");
  to.sample(static_cast<double>(restarts));
}

void write_chain(MetricsText& to, const chain::Store& store, Clock& clock) {
  const uint64_t records = store.size();
  uint64_t signed_records = 0;
  if (const auto note = chain::Note::parse(store.checkpoint()))
    if (const auto checkpoint = chain::Checkpoint::parse(note->text))
      signed_records = checkpoint->size;
  double age_s = 0;
  if (signed_records < records)
    if (const auto first = store.record(signed_records))
      age_s = static_cast<double>(clock.realtime_ns() -
                                  std::min(clock.realtime_ns(), first->record.at_ns)) /
              ns_per_s;
  to.family("cairn_chain_records", "gauge", "Durable records of all chains.");
  to.sample(static_cast<double>(records));
  to.family("cairn_checkpoint_records", "gauge", "Records in the last checkpoint.");
  to.sample(static_cast<double>(signed_records));
  to.family("cairn_checkpoint_lag_seconds", "gauge", "Age of the first record in no checkpoint.");
  to.sample(age_s);
}

}  // namespace

Metrics::Metrics(size_t operations) : rows_(operations + 1) {}

void Metrics::count(size_t operation, uint16_t status, uint64_t duration_ns) {
  Row& row = rows_[std::min(operation, rows_.size() - 1)];
  const double seconds = static_cast<double>(duration_ns) / ns_per_s;
  const size_t bucket = std::ranges::lower_bound(latency_buckets, seconds) - latency_buckets;
  row.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
  row.sum_ns.fetch_add(duration_ns, std::memory_order_relaxed);
  const uint16_t place = std::clamp(status, status_first, status_last);
  row.by_status[place - status_first].fetch_add(1, std::memory_order_relaxed);
}

Metrics::Histogram Metrics::latency(size_t operation) const {
  const Row& row = rows_[operation];
  Histogram all;
  for (size_t i = 0; i < row.buckets.size(); ++i) {
    all.count += row.buckets[i].load(std::memory_order_relaxed);
    if (i < all.at_most.size()) all.at_most[i] = all.count;
  }
  all.sum_s = static_cast<double>(row.sum_ns.load(std::memory_order_relaxed)) / ns_per_s;
  return all;
}

std::vector<Metrics::Requests> Metrics::requests(size_t operation) const {
  const Row& row = rows_[operation];
  std::vector<Requests> all;
  for (size_t i = 0; i < row.by_status.size(); ++i)
    if (const uint64_t count = row.by_status[i].load(std::memory_order_relaxed); count > 0)
      all.push_back({static_cast<uint16_t>(status_first + i), count});
  return all;
}

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsText::sample(double value, std::string_view labels, std::string_view suffix) {
  out_ += name_;
  out_ += suffix;
  if (!labels.empty()) out_ += fmt::format("{{{}}}", labels);
  out_ += fmt::format(" {}\n", value);
}

void get_metrics(const CallPtr& call) {
  const ApiState& api = *call->api;
  MetricsText text;
  write_requests(text, api.metrics);
  text.family("cairn_http_watchers", "gauge", "Event streams that are open.");
  text.sample(api.watchers.load(std::memory_order_relaxed));
  write_actors(text, api.deployment.system());
  write_restarts(text, api.deployment);
  if (const chain::Store* const store = api.deployment.store())
    write_chain(text, *store, api.clock);
  if (api.settings.resident_bytes) {
    text.family("process_resident_memory_bytes", "gauge", "Memory of the process.");
    text.sample(static_cast<double>(api.settings.resident_bytes()));
  }
  call->respond({.fields = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                 .body = text.take()});
}

}  // namespace cairn::platform
