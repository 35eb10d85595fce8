// What the log need not keep any longer.

#include <fmt/format.h>

#include <algorithm>

#include "inside.hpp"

namespace cairn::platform {

namespace {

constexpr uint64_t prune_interval_ns = uint64_t{3600} * 1'000'000'000;

}  // namespace

/// The first record that is not older than `at_ns`; all before it are. Clocks are set: to search by
/// halves could take young ones for old. Those of a clock that was ahead keep all behind them.
Result<uint64_t> Deployment::Inside::first_since(uint64_t at_ns) {
  for (uint64_t first = store->pruned(); first < store->size() && !draining; ++first) {
    const uint64_t then_ns = TRY(store->outline(first)).record.at_ns;
    if (then_ns < at_ns) continue;
    tell_ahead(first, then_ns);
    return first;
  }
  return store->size();
}

/// That a record keeps others for longer than anybody has said; once.
void Deployment::Inside::tell_ahead(uint64_t index, uint64_t at_ns) {
  const uint64_t now_ns = world.clock->realtime_ns();
  if (at_ns < now_ns || at_ns - now_ns < prune_interval_ns || told_ahead == index) return;
  told_ahead = index;
  log(LogLevel::warning,
      fmt::format("record {} of the log was written {} s ahead of this clock: until then, no "
                  "contents behind it are thrown away for their age, but only by number "
                  "(`cairn actor prune --records`)",
                  index, (at_ns - now_ns) / 1'000'000'000));
}

/// The first record that is kept whole.
Result<uint64_t> Deployment::Inside::first_kept(const RetentionManifest& keeps) {
  uint64_t first = UINT64_MAX;
  if (keeps.records != 0) first = store->size() - std::min(store->size(), keeps.records);
  if (keeps.age_ns != 0) {
    const uint64_t now_ns = world.clock->realtime_ns();
    const uint64_t since_ns = now_ns - std::min(now_ns, keeps.age_ns);
    first = std::min(first, TRY(first_since(since_ns)));
  }
  return std::min(first, store->size());
}

Result<Pruned> Deployment::Inside::prune(const RetentionManifest& keeps) {
  Pruned pruned;
  // What an earlier one threw away does not come back.
  pruned.before = std::max(TRY(first_kept(keeps)), store->pruned());
  pruned.bytes = TRY(store->prune(pruned.before, [this] { return !draining; }));
  if (pruned.bytes != 0) {
    log(LogLevel::info, fmt::format("{} bytes of contents before record {} of the log were "
                                    "thrown away",
                                    pruned.bytes, pruned.before));
  }
  return pruned;
}

Result<Pruned> Deployment::prune(const RetentionManifest& keeps) {
  Inside& in = *inside_;
  if (in.store == nullptr) {
    return fail(ErrorKind::unsupported,
                "there is no log: that is what durable = false says, or --no-chain");
  }
  if (in.is_pruning.exchange(true)) {
    return fail(ErrorKind::usage, "contents are being thrown away already");
  }
  auto pruned = in.prune(keeps);
  in.is_pruning = false;
  return pruned;
}

/// One at a time, and not where others wait for what is done.
void Deployment::Inside::prune_if_due(uint64_t now_ns) {
  const RetentionManifest keeps = [&] {
    const std::lock_guard lock(shown_mutex);
    return shown->retention;
  }();
  if (store == nullptr || (keeps.age_ns == 0 && keeps.records == 0)) return;
  if (now_ns < prune_due_ns || is_pruning.exchange(true)) return;
  prune_due_ns = now_ns + prune_interval_ns;
  auto task = [this, keeps] {
    if (const auto done = prune(keeps); !done) {
      log(LogLevel::error, "contents could not be thrown away: " + done.error().to_string());
    }
    is_pruning = false;
  };
  if (world.background) return world.background(std::move(task));
  task();
}

}  // namespace cairn::platform
