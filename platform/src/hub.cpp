#include "hub.hpp"

#include <algorithm>

namespace cairn::platform {

Hub::Hub() : state_(std::make_shared<State>()) {}

void Hub::tell(const Happening& happening) {
  if (!has_watchers()) return;
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    const std::lock_guard lock(state_->mutex);
    for (const auto& watcher : state_->watchers) {
      if (watcher->actor.empty() || watcher->actor == happening.actor) watchers.push_back(watcher);
    }
  }
  for (const auto& watcher : watchers) {
    const std::lock_guard lock(watcher->mutex);
    if (!watcher->is_gone) watcher->seen(happening);
  }
}

Deployment::Watch Hub::watch(std::string_view actor, std::function<void(const Happening&)> seen) {
  auto watcher = std::make_shared<Watcher>();
  watcher->actor = actor;
  watcher->seen = std::move(seen);
  {
    const std::lock_guard lock(state_->mutex);
    state_->watchers.push_back(watcher);
    state_->count = state_->watchers.size();
  }
  // When this has run, nothing is told any more.
  const auto leave = [state = state_, watcher](void*) {
    {
      const std::lock_guard lock(state->mutex);
      std::erase(state->watchers, watcher);
      state->count = state->watchers.size();
    }
    const std::lock_guard lock(watcher->mutex);
    watcher->is_gone = true;
  };
  return {watcher.get(), leave};
}

WatchedLog::WatchedLog(Log* next, Hub& hub, Clock& clock)
    : Log(next != nullptr && next->enabled(LogLevel::debug) ? LogLevel::debug : LogLevel::info),
      next_(next),
      hub_(hub),
      clock_(clock) {}

void WatchedLog::write(LogLevel level, std::string_view message) {
  if (next_ != nullptr) next_->log(level, "{}", message);
  if (!hub_.has_watchers()) return;
  const size_t colon = std::min(message.find(": "), message.size());
  hub_.tell({.kind = Happening::Kind::log,
             .at_ns = clock_.realtime_ns(),
             .actor = std::string(message.substr(0, colon)),
             .name = std::string(to_string(level)),
             .text = std::string(message.substr(std::min(colon + 2, message.size())))});
}

}  // namespace cairn::platform
