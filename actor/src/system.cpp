#include <cairn/actor/system.hpp>

#include "core.hpp"

#include <algorithm>
#include <utility>

namespace cairn::actor {

namespace {

class Supervisor final : public Actor {
 public:
  explicit Supervisor(const SupervisorSpec& spec) : spec_(spec) {}
  /// Becomes a dead letter.
  Result<Progress> handle_message(Context&, const Message&) override {
    return fail(ErrorKind::usage, "a supervisor handles no messages");
  }
  Directive on_error(Context&, const Error&) override { return Directive::resume; }
  SupervisorSpec supervision() override { return spec_; }

 private:
  SupervisorSpec spec_;
};

}  // namespace

Factory supervisor(SupervisorSpec spec) {
  return [spec = std::move(spec)]() -> Result<std::unique_ptr<Actor>> {
    return std::make_unique<Supervisor>(spec);
  };
}

System::System(Clock& clock, Random& random, SystemSettings settings)
    : core_(std::make_unique<Core>(clock, random, std::move(settings))) {}
System::~System() = default;

Result<ActorId> System::spawn(ChildSpec actor) {
  return spawn(std::make_shared<const ChildSpec>(std::move(actor)));
}
Result<ActorId> System::spawn(std::shared_ptr<const ChildSpec> actor) {
  return core_->from_outside(
      [&](Lane& lane) { return core_->spawn(lane, std::move(actor), nullptr); });
}

Result<> System::spawn(const std::shared_ptr<const ChildSpec>& actor, std::span<ActorId> ids) {
  return core_->from_outside([&](Lane& lane) { return core_->spawn_many(lane, actor, ids); });
}

Sent System::send(ActorId to, Payload payload, SendOptions options) {
  Message message = {
      .to = to, .tag = options.tag, .priority = options.priority, .payload = std::move(payload)};
  if (options.time_to_live_ns != 0) {
    message.expires_ns = later(core_->clock.monotonic_ns(), options.time_to_live_ns);
  }
  return core_->from_outside([&](Lane& lane) {
    const Sent sent = core_->deliver(lane, message);
    return sent == Sent::blocked ? Sent::full : sent;  // nobody to suspend
  });
}

void System::request(ActorId to, Payload payload, uint64_t timeout_ns,
                     std::function<void(const Message&)> done, SendOptions options) {
  core_->request_from_outside(to, std::move(payload), timeout_ns, options, std::move(done));
}

size_t System::publish(std::string_view topic, const Payload& payload, SendOptions options) {
  const uint64_t expires_ns = options.time_to_live_ns == 0
                                  ? 0
                                  : later(core_->clock.monotonic_ns(), options.time_to_live_ns);
  return core_->from_outside([&](Lane& lane) {
    return core_->publish(
        lane, topic, payload,
        {.expires_ns = expires_ns, .tag = options.tag, .priority = options.priority});
  });
}

void System::stop(ActorId id, uint64_t timeout_ns) {
  core_->from_outside(
      [&](Lane& lane) { core_->signal(lane, id, ActorId(), Signal::stop, timeout_ns); });
}
void System::kill(ActorId id) {
  core_->from_outside([&](Lane& lane) { core_->signal(lane, id, ActorId(), Signal::kill); });
}

void System::shutdown(uint64_t timeout_ns) {
  core_->begin_shutdown();
  core_->from_outside([&](Lane& lane) { core_->stop_roots(lane, timeout_ns); });
}

ActorId System::find(std::string_view address) const { return core_->find(address); }
std::string System::address_of(ActorId id) const { return core_->address_of(id); }
bool System::is_alive(ActorId id) const { return core_->is_alive(id); }
size_t System::live() const { return core_->live(); }
Counters System::counters() const { return core_->counters(); }
std::vector<DeadLetter> System::dead_letters() const { return core_->dead_letters(); }
std::vector<ActorInfo> System::list() const { return core_->list(); }
std::optional<ActorInfo> System::info(ActorId id) const {
  if (!core_->is_alive(id)) return std::nullopt;
  const Cell& cell = *core_->cell(id);
  return ActorInfo{.id = id,
                   .parent = cell.parent(),
                   .name = core_->names.name_of(id),
                   .queued = cell.queued.load(std::memory_order_relaxed)};
}

}  // namespace cairn::actor
