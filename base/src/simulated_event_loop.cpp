#include <cairn/base/simulated_event_loop.hpp>

#include <optional>
#include <utility>

namespace cairn {

/// Waits for a deadline or for a descriptor.
struct SimulatedEventLoop::Waiting {
  uint64_t number = 0;
  std::optional<uint64_t> deadline_ns = {};
  std::pair<int, Direction> ready = {};
  Callback run = nullptr;
  SimulatedEventLoop* loop = nullptr;  ///< null once it is no longer waiting
};

SimulatedEventLoop::~SimulatedEventLoop() {
  for (const auto& [number, waiting] : waiting_) waiting->loop = nullptr;
}

void SimulatedEventLoop::set_ready(int fd, Direction direction, bool ready) {
  if (ready)
    ready_.emplace(fd, direction);
  else
    ready_.erase({fd, direction});
}

EventLoop::Ticket SimulatedEventLoop::add(std::shared_ptr<Waiting> waiting) {
  struct Held final : Wait {
    explicit Held(std::shared_ptr<Waiting> of) : waiting(std::move(of)) {}
    ~Held() override {
      if (waiting->loop) waiting->loop->waiting_.erase(waiting->number);
    }
    std::shared_ptr<Waiting> waiting;
  };
  add_numbered(waiting);
  return std::make_unique<Held>(std::move(waiting));
}

void SimulatedEventLoop::add_numbered(const std::shared_ptr<Waiting>& waiting) {
  waiting->number = count_++;
  waiting->loop = this;
  waiting_.emplace(waiting->number, waiting);
}

EventLoop::Ticket SimulatedEventLoop::work(Callback work, Callback done) {
  struct Held final : Wait {
    explicit Held(std::shared_ptr<Callback> of) : done(std::move(of)) {}
    ~Held() override { *done = nullptr; }
    std::shared_ptr<Callback> done;
  };
  auto slot = std::make_shared<Callback>(std::move(done));
  const uint64_t end_ns = clock_.monotonic_ns() + (work_ns_ ? work_ns_() : 0);
  add_numbered(std::make_shared<Waiting>(
      Waiting{.deadline_ns = end_ns, .run = [work = std::move(work), slot] {
                work();
                if (*slot) std::exchange(*slot, nullptr)();
              }}));
  return std::make_unique<Held>(std::move(slot));
}

EventLoop::Ticket SimulatedEventLoop::at(uint64_t deadline_ns, Callback run) {
  return add(std::make_shared<Waiting>(Waiting{.deadline_ns = deadline_ns, .run = std::move(run)}));
}

EventLoop::Ticket SimulatedEventLoop::when_ready(int fd, Direction direction, Callback run) {
  return add(std::make_shared<Waiting>(Waiting{.ready = {fd, direction}, .run = std::move(run)}));
}

bool SimulatedEventLoop::is_ready(int fd, Direction direction) {
  return ready_.contains({fd, direction});
}

void SimulatedEventLoop::post(Callback run) {
  const std::scoped_lock lock(mutex_);
  posted_.push_back(std::move(run));
}

bool SimulatedEventLoop::run_posted() {
  Callback run = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    if (posted_.empty()) return false;
    run = std::move(posted_.front());
    posted_.pop_front();
  }
  run();
  return true;
}

std::shared_ptr<SimulatedEventLoop::Waiting> SimulatedEventLoop::next_due() {
  for (const auto& [number, waiting] : waiting_) {
    const bool due = waiting->deadline_ns ? *waiting->deadline_ns <= clock_.monotonic_ns()
                                          : ready_.contains(waiting->ready);
    if (due) return waiting;
  }
  return nullptr;
}

Result<bool> SimulatedEventLoop::poll() {
  if (interrupted_) return fail(ErrorKind::limit, "interrupted");
  if (run_posted()) return true;
  const std::shared_ptr<Waiting> due = next_due();
  if (!due) return false;
  waiting_.erase(due->number);
  due->loop = nullptr;
  std::exchange(due->run, nullptr)();
  return true;
}

Result<bool> SimulatedEventLoop::run_one() {
  if (TRY(poll())) return true;
  std::optional<uint64_t> earliest;
  for (const auto& [number, waiting] : waiting_)
    if (waiting->deadline_ns) earliest = std::min(*waiting->deadline_ns, earliest.value_or(~0ULL));
  if (!earliest) return false;
  clock_.sleep_until(*earliest);
  return poll();
}

}  // namespace cairn
