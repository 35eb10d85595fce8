#include <cairn/actor/pool.hpp>

#include <cairn/actor/actor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace cairn::actor {

namespace {

class PoolActor final : public Actor {
 public:
  explicit PoolActor(std::shared_ptr<const PoolSpec> spec)
      : spec_(std::move(spec)), router_(spec_->routing) {}

  SupervisorSpec supervision() override {
    return {.intensity = spec_->intensity, .backoff = spec_->backoff};
  }

  Result<Progress> post_start(Context& context) override {
    const auto member = std::make_shared<const ChildSpec>(spec_->member);
    for (uint32_t number = 0; number < spec_->size; ++number) {
      const ActorId id = TRY(context.spawn(member));
      members_.push_back(id);
      numbers_.push_back(number);
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
  /// A member that is restarted keeps its id, and is watched again.
  void ended(Context& context, ActorId id) {
    const auto member = std::ranges::find(members_, id);
    if (member == members_.end() || (context.is_alive(id) && context.monitor(id))) return;
    numbers_.erase(numbers_.begin() + (member - members_.begin()));
    members_.erase(member);
  }

  ActorId pick(Context& context, const Message& message) {
    const uint64_t key = spec_->routing != Routing::consistent_hash ? 0
                         : spec_->key ? spec_->key(message)
                                      : routing_key(message.payload.bytes());
    return members_[router_.pick(numbers_, key,
                                 [&](size_t at) { return context.queued(members_[at]); })];
  }

  std::shared_ptr<const PoolSpec> spec_;
  Router router_;
  std::vector<ActorId> members_;
  std::vector<uint32_t> numbers_;  ///< of members, at the same places
};

}  // namespace

Factory pool(PoolSpec spec) {
  return [shared = std::make_shared<const PoolSpec>(std::move(spec))]()
             -> Result<std::unique_ptr<Actor>> { return std::make_unique<PoolActor>(shared); };
}

}  // namespace cairn::actor
