// What the log need not keep any longer.

#include <fmt/format.h>

#include <algorithm>

#include "inside.hpp"

namespace cairn::platform {

namespace {

/// The first record from `at_ns` on, by the clock of who wrote them.
Result<uint64_t> first_since(const chain::Store& store, uint64_t at_ns) {
  uint64_t first = 0;
  uint64_t end = store.size();
  while (first < end) {
    const uint64_t middle = first + (end - first) / 2;
    if (TRY(store.record(middle)).record.at_ns < at_ns) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first;
}

/// The first record that is kept whole.
Result<uint64_t> first_kept(const chain::Store& store, const RetentionManifest& keeps,
                            uint64_t now_ns) {
  uint64_t first = UINT64_MAX;
  if (keeps.records != 0) first = store.size() - std::min(store.size(), keeps.records);
  if (keeps.age_ns != 0) {
    const uint64_t since_ns = now_ns - std::min(now_ns, keeps.age_ns);
    first = std::min(first, TRY(first_since(store, since_ns)));
  }
  return first;
}

}  // namespace

void Deployment::Inside::prune(const RetentionManifest& keeps) {
  const auto done = [&]() -> Result<> {
    const uint64_t first = TRY(first_kept(*store, keeps, world.clock->realtime_ns()));
    const uint64_t freed = TRY(store->prune(first, [this] { return !draining; }));
    if (freed != 0) {
      log(LogLevel::info, fmt::format("{} bytes of contents before record {} of the log were "
                                      "thrown away",
                                      freed, first));
    }
    return {};
  }();
  if (!done) {
    log(LogLevel::error, "contents could not be thrown away: " + done.error().to_string());
  }
}

/// One at a time, and not where others wait for what is done.
void Deployment::Inside::prune_if_due(uint64_t now_ns) {
  constexpr uint64_t interval_ns = uint64_t{3600} * 1'000'000'000;
  const RetentionManifest keeps = [&] {
    const std::lock_guard lock(shown_mutex);
    return shown->retention;
  }();
  if (store == nullptr || (keeps.age_ns == 0 && keeps.records == 0)) return;
  if (now_ns < prune_due_ns || is_pruning.exchange(true)) return;
  prune_due_ns = now_ns + interval_ns;
  auto task = [this, keeps] {
    prune(keeps);
    is_pruning = false;
  };
  if (world.background) return world.background(std::move(task));
  task();
}

}  // namespace cairn::platform
