#include "pools.hpp"

#include <cairn/actor/actor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <utility>

namespace cairn::platform {

/// Stands for the pool among actors.
class Pools::Door final : public actor::Actor {
 public:
  Door(const Pools& pools, const PoolManifest& pool)
      : pools_(pools), name_(pool.name), topics_(pool.member.topics) {}

  Result<actor::Progress> post_start(actor::Context& context) override {
    for (const std::string& pattern : topics_) TRY(context.subscribe(pattern));
    return actor::Progress::done;
  }

  Result<actor::Progress> handle_message(actor::Context& context,
                                         const actor::Message& message) override {
    const uint64_t key = actor::routing_key(message.payload.bytes());
    const EntryPtr member = pools_.next_of(name_, key);
    const actor::ActorId to = member == nullptr ? actor::ActorId() : member->actor_id();
    if (!to) {
      context.refuse(message, actor::Refusal::stopped, "nobody of the pool runs");
    } else if (context.forward(message, to) == actor::Sent::full) {
      context.refuse(message, actor::Refusal::mailbox_full,
                     to_string(actor::Refusal::mailbox_full));
    }
    return actor::Progress::done;
  }
  actor::Directive on_error(actor::Context&, const Error&) override {
    return actor::Directive::resume;
  }

 private:
  const Pools& pools_;
  std::string name_;
  std::vector<std::string> topics_;
};

Result<actor::ActorId> Pools::open(const PoolManifest& pool) {
  actor::ActorSettings settings;
  settings.grants = actor::Grants::all();
  return system_.spawn(
      actor::ChildSpec{.name = pool.name,
                       .factory = [this, pool]() -> Result<std::unique_ptr<actor::Actor>> {
                         return std::make_unique<Door>(*this, pool);
                       },
                       .settings = std::make_shared<const actor::ActorSettings>(settings)});
}

Result<> Pools::set(const std::vector<PoolManifest>& pools) {
  Result<> done;
  std::map<std::string, PoolPtr, std::less<>> next;
  for (const PoolManifest& how : pools) {
    const auto pool = std::make_shared<Pool>(how);
    if (const PoolPtr before = find(how.name)) {
      pool->door = before->door;
    } else if (const auto door = open(how)) {
      pool->door = *door;
    } else if (done) {
      done = std::unexpected(door.error());
    }
    next.emplace(how.name, pool);
  }
  const std::unique_lock lock(mutex_);
  pools_.swap(next);
  for (const auto& [name, pool] : next) {
    // What waits there is handed on first.
    if (!pools_.contains(name) && pool->door)
      system_.stop(pool->door, pool->how.member.shutdown_ns);
  }
  return done;
}

Pools::PoolPtr Pools::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = pools_.find(name);
  return found == pools_.end() ? nullptr : found->second;
}

EntryPtr Pools::next_of(std::string_view name, uint64_t key) const {
  const PoolPtr pool = find(name);
  if (pool == nullptr) return nullptr;
  std::vector<EntryPtr> members;
  std::vector<uint32_t> numbers;
  for (uint32_t number = 1; number <= pool->how.size; ++number) {
    EntryPtr member = roster_.find(pool->how.name_of(number));
    if (member == nullptr || !member->actor_id()) continue;
    members.push_back(std::move(member));
    numbers.push_back(number);
  }
  if (members.empty()) return nullptr;
  return members[pool->router.pick(numbers, key, [&](size_t at) {
    const auto info = system_.info(members[at]->actor_id());
    return info ? info->queued : UINT32_MAX;
  })];
}

std::string Pools::component_of(std::string_view name) const {
  const PoolPtr pool = find(name);
  return pool == nullptr ? "" : pool->how.member.component;
}

std::string Pools::owner_of(std::string_view name, uint64_t key) const {
  const PoolPtr pool = find(name);
  if (pool == nullptr) return {};
  std::vector<uint32_t> numbers(pool->how.size);
  std::iota(numbers.begin(), numbers.end(), 1);
  return pool->how.name_of(numbers[actor::member_of(numbers, key)]);
}

std::string Pools::idle(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [pool_name, pool] : pools_) {
    if (name == pool_name) return fmt::format("nobody of pool '{}' runs", name);
    if (!name.starts_with(pool_name)) continue;
    for (uint32_t number = 1; number <= pool->how.size; ++number) {
      if (name != pool->how.name_of(number)) continue;
      return fmt::format("member '{}' of pool '{}' does not run", name, pool_name);
    }
  }
  return {};
}

std::string Pools::name_of(actor::ActorId id) const {
  const std::shared_lock lock(mutex_);
  const auto found =
      std::ranges::find_if(pools_, [&](const auto& each) { return each.second->door == id; });
  return found == pools_.end() ? "" : found->first;
}

}  // namespace cairn::platform
