// poll_oneoff: waiting for clocks and descriptors at once.

#include <algorithm>

#include "preview1/call.hpp"
#include "preview1/layout.hpp"

namespace cairn::wasi {
namespace {

/// As many subscriptions as one call takes.
constexpr uint32_t subscriptions_max = 65'536;

enum EventType : uint8_t { event_clock = 0, event_fd_read = 1, event_fd_write = 2 };

struct Event {
  uint64_t userdata = 0;
  Errno error = Errno::success;
  uint8_t type = event_clock;
  uint64_t bytes = 0;
  bool hung_up = false;
};

struct Subscription {
  Event event;  ///< what is reported when it comes true
  bool happened = false;
  std::optional<uint64_t> deadline_ns;  ///< clocks; on the monotonic clock
  std::shared_ptr<Handle> handle;       ///< descriptors
  int item = -1;                        ///< index of what is waited for, or none
};

uint64_t saturating_add(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

/// When a clock subscription comes true, on the monotonic clock.
Outcome<uint64_t> deadline(Clock& clock, uint32_t id, uint64_t timeout, uint16_t flags) {
  constexpr uint16_t absolute = 1;
  constexpr uint32_t monotonic = 1;  // and 0 is the real time
  if (id > monotonic || flags > absolute) return fail(Errno::inval);
  const uint64_t now = clock.monotonic_ns();
  if ((flags & absolute) == 0) return saturating_add(now, timeout);
  if (id == monotonic) return timeout;
  const uint64_t realtime_now = clock.realtime_ns();
  return timeout > realtime_now ? saturating_add(now, timeout - realtime_now) : now;
}

class Poll {
 public:
  Poll(Call& call) : call_(call), clock_(*call.state.config.clock) {}

  Outcome<> subscribe(const uint8_t* record) {
    Subscription& subscription = subscriptions_.emplace_back();
    subscription.event.userdata = load_le<uint64_t>(record);
    const uint8_t type = record[8];
    if (type > event_fd_write) return fail(Errno::inval);
    subscription.event.type = type;
    if (type == event_clock) {
      const Outcome<uint64_t> at =
          deadline(clock_, load_le<uint32_t>(record + 16), load_le<uint64_t>(record + 24),
                   load_le<uint16_t>(record + 40));
      if (!at) return settle(subscription, at.error());
      subscription.deadline_ns = *at;
      return {};
    }
    return subscribe_to(subscription, load_le<uint32_t>(record + 16));
  }

  Outcome<> wait() {
    std::optional<uint64_t> until;
    for (const Subscription& one : subscriptions_) {
      if (one.happened) until = 0;
      if (one.deadline_ns) until = std::min(until.value_or(UINT64_MAX), *one.deadline_ns);
    }
    TRY(call_.wait(items_, until));
    const uint64_t now = clock_.monotonic_ns();
    for (Subscription& one : subscriptions_) {
      if (one.deadline_ns && *one.deadline_ns <= now) one.happened = true;
      if (one.item >= 0) take(one, items_[static_cast<size_t>(one.item)]);
    }
    return {};
  }

  Outcome<uint32_t> report(uint32_t out) {
    uint32_t count = 0;
    for (const Subscription& one : subscriptions_) {
      if (!one.happened) continue;
      uint8_t* record = TRY(call_.memory.slice(out + count * event_size, event_size)).data();
      std::memset(record, 0, event_size);
      store_le<uint64_t>(record, one.event.userdata);
      store_le<uint16_t>(record + 8, static_cast<uint16_t>(one.event.error));
      record[10] = one.event.type;
      store_le<uint64_t>(record + 16, one.event.bytes);
      store_le<uint16_t>(record + 24, one.event.hung_up ? 1 : 0);
      ++count;
    }
    return count;
  }

 private:
  static Outcome<> settle(Subscription& subscription, Errno error) {
    subscription.event.error = error;
    subscription.happened = true;
    return {};
  }

  Outcome<> subscribe_to(Subscription& subscription, uint32_t fd) {
    const bool write = subscription.event.type == event_fd_write;
    const Outcome<Descriptor*> descriptor = call_.find(fd, right::poll_fd_readwrite);
    if (!descriptor) return settle(subscription, descriptor.error());
    subscription.handle = (*descriptor)->handle;
    const int native = subscription.handle->wait_fd();
    if (native < 0) {
      if (!write) subscription.event.bytes = subscription.handle->readable_bytes();
      return settle(subscription, Errno::success);
    }
    subscription.item = static_cast<int>(items_.size());
    items_.push_back({.fd = native, .write = write});
    return {};
  }

  static void take(Subscription& subscription, const Waiter::Item& item) {
    if (!item.ready) return;
    (void)settle(subscription, item.error);  // an event, whatever its error, always settles
    subscription.event.hung_up = item.hung_up;
    if (!item.write) subscription.event.bytes = subscription.handle->readable_bytes();
  }

  Call& call_;
  Clock& clock_;
  std::vector<Subscription> subscriptions_;
  std::vector<Waiter::Item> items_;
};

}  // namespace

Outcome<> poll_oneoff(Call& call, uint32_t in, uint32_t out, uint32_t count, uint32_t nevents) {
  if (count == 0 || count > subscriptions_max) return fail(Errno::inval);
  const MutableByteSpan records = TRY(call.memory.slice(in, uint64_t{count} * subscription_size));
  TRY(call.memory.slice(out, uint64_t{count} * event_size));
  Poll poll(call);
  for (uint32_t i = 0; i < count; ++i) TRY(poll.subscribe(records.data() + i * subscription_size));
  TRY(poll.wait());
  return call.memory.store<uint32_t>(nevents, TRY(poll.report(out)));
}

}  // namespace cairn::wasi
