#include <cairn/wasi/sandbox/waiter.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

namespace cairn::wasi {
namespace {

constexpr uint64_t ns_per_s = 1'000'000'000;

/// Marks an item from what poll(2) said of it.
bool take_result(Waiter::Item& item, short events) {
  if (events == 0) return false;
  item.ready = true;
  item.hung_up = (events & (POLLHUP | POLLRDHUP)) != 0;
  if ((events & POLLNVAL) != 0) item.error = Errno::badf;
  return true;
}

}  // namespace

RealWaiter::RealWaiter(Clock& clock, bool interruptible) : clock_(clock) {
  if (interruptible) event_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

RealWaiter::~RealWaiter() {
  if (event_fd_ >= 0) close(event_fd_);
}

void RealWaiter::interrupt() {
  if (event_fd_ < 0) return;
  const uint64_t one = 1;
  // It can only fail when the counter is full, and then the event is there already.
  [[maybe_unused]] const ssize_t written = ::write(event_fd_, &one, sizeof one);
}

Outcome<> RealWaiter::wait(std::span<Item> items, std::optional<uint64_t> deadline_ns) {
  std::vector<pollfd> fds;
  fds.reserve(items.size() + 1);
  for (const Item& item : items) {
    fds.push_back({item.fd, static_cast<short>(item.write ? POLLOUT : POLLIN), 0});
  }
  if (event_fd_ >= 0) fds.push_back({event_fd_, POLLIN, 0});
  for (;;) {
    timespec left{};
    if (deadline_ns) {
      const uint64_t now = clock_.monotonic_ns();
      const uint64_t ns = *deadline_ns > now ? *deadline_ns - now : 0;
      left = {static_cast<time_t>(ns / ns_per_s), static_cast<long>(ns % ns_per_s)};
    }
    const int ready = ppoll(fds.data(), fds.size(), deadline_ns ? &left : nullptr, nullptr);
    if (ready < 0 && errno != EINTR) return fail_native(errno);
    if (event_fd_ >= 0 && fds.back().revents != 0) return fail(Errno::canceled);
    bool any = false;
    for (size_t i = 0; ready > 0 && i < items.size(); ++i) {
      any = take_result(items[i], fds[i].revents) || any;
    }
    if (any) return {};
    if (deadline_ns && clock_.monotonic_ns() >= *deadline_ns) return {};
  }
}

Outcome<> SimulatedWaiter::wait(std::span<Item> items, std::optional<uint64_t> deadline_ns) {
  if (interrupted_) return fail(Errno::canceled);
  for (Item& item : items) item.ready = true;
  if (items.empty()) {
    // Nothing but time could end the wait: without a deadline it would never end.
    if (!deadline_ns) return fail(Errno::canceled);
    clock_.sleep_until(*deadline_ns);
  }
  return {};
}

}  // namespace cairn::wasi
