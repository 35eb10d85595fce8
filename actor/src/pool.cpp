#include <cairn/actor/pool.hpp>

#include <cairn/actor/actor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace cairn::actor {

namespace {

/// Spreads nearby numbers (the finaliser of splitmix64).
uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

/// FNV-1a: the same on every machine.
uint64_t hash(ByteSpan bytes) {
  uint64_t value = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3;
  return value;
}

class PoolActor final : public Actor {
 public:
  explicit PoolActor(std::shared_ptr<const PoolSpec> spec) : spec_(std::move(spec)) {}

  SupervisorSpec supervision() override {
    return {.intensity = spec_->intensity, .backoff = spec_->backoff};
  }

  Result<Progress> post_start(Context& context) override {
    const auto member = std::make_shared<const ChildSpec>(spec_->member);
    for (uint32_t number = 0; number < spec_->size; ++number) {
      const ActorId id = TRY(context.spawn(member));
      members_.push_back({.id = id, .number = number});
      if (!context.monitor(id)) {
        return fail(ErrorKind::limit, fmt::format("the pool may monitor {} members, and has {}",
                                                  context.settings().limits.monitors, spec_->size));
      }
    }
    return Progress::done;
  }

  Result<Progress> handle_message(Context& context, const Message& message) override {
    if (message.kind == MessageKind::down) {
      ended(context, message.from);
      return Progress::done;
    }
    if (members_.empty()) {
      context.refuse(message, Refusal::no_such_actor, "the pool has no member left");
      return Progress::done;
    }
    if (context.forward(message, pick(context, message)) == Sent::full) {
      context.refuse(message, Refusal::mailbox_full, to_string(Refusal::mailbox_full));
    }
    return Progress::done;
  }

 private:
  struct Member {
    ActorId id;
    uint32_t number;
  };

  /// A member that is restarted keeps its id, and is watched again.
  void ended(Context& context, ActorId id) {
    const auto member = std::ranges::find(members_, id, &Member::id);
    if (member == members_.end()) return;
    if (!context.is_alive(id) || !context.monitor(id)) members_.erase(member);
  }

  ActorId pick(Context& context, const Message& message) {
    switch (spec_->routing) {
      case Routing::round_robin: return members_[next_++ % members_.size()].id;
      case Routing::least_loaded:
        // Of those that have equally little, the one whose turn it is.
        std::ranges::rotate(members_, members_.begin() + 1);
        return std::ranges::min_element(
                   members_, {}, [&](const Member& member) { return context.queued(member.id); })
            ->id;
      case Routing::consistent_hash: break;
    }
    // The highest of all members' hashes (Thaler and Ravishankar, "Rendezvous hashing", 1998).
    const uint64_t key = spec_->key ? spec_->key(message) : hash(message.payload.bytes());
    return std::ranges::max_element(
               members_, {},
               [&](const Member& member) { return mix(key ^ mix(member.number + 1)); })
        ->id;
  }

  std::shared_ptr<const PoolSpec> spec_;
  std::vector<Member> members_;
  size_t next_ = 0;
};

}  // namespace

Factory pool(PoolSpec spec) {
  return [shared = std::make_shared<const PoolSpec>(std::move(spec))]()
             -> Result<std::unique_ptr<Actor>> { return std::make_unique<PoolActor>(shared); };
}

}  // namespace cairn::actor
