// The event loop over Asio. Nothing of Asio is seen outside of this file.

#include <cairn/base/event_loop.hpp>

#include <poll.h>

#include <atomic>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "work_threads.hpp"

#define ASIO_STANDALONE
#define ASIO_NO_DEPRECATED
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

namespace cairn {
namespace {

using asio::posix::stream_descriptor;

/// A callback that can be taken back: what Asio keeps does not keep it.
using Slot = std::shared_ptr<EventLoop::Callback>;

void call(const Slot& slot) {
  if (*slot) std::exchange(*slot, nullptr)();
}

class AsioLoop final : public EventLoop {
 public:
  explicit AsioLoop(Clock& clock) : clock_(clock), context_(1) {}
  ~AsioLoop() override {
    for (auto& [fd, shared] : descriptors_) shared->release();
  }

  Clock& clock() override { return clock_; }

  Ticket at(uint64_t deadline_ns, Callback run) override {
    struct Timer final : Wait {
      Timer(AsioLoop& loop, std::chrono::nanoseconds after, Callback run)
          : slot(std::make_shared<Callback>(std::move(run))), timer(loop.context_, after) {
        timer.async_wait([slot = slot](const asio::error_code& error) {
          if (!error) call(slot);
        });
      }
      ~Timer() override { *slot = nullptr; }
      Slot slot;
      asio::steady_timer timer;
    };
    const uint64_t now = clock_.monotonic_ns();
    const uint64_t after = deadline_ns > now ? deadline_ns - now : 0;
    return std::make_unique<Timer>(*this, std::chrono::nanoseconds(std::min(after, wait_ns_max)),
                                   std::move(run));
  }

  Ticket when_ready(int fd, Direction direction, Callback run) override {
    struct Ready final : Wait {
      Ready(AsioLoop& of, int of_fd, std::shared_ptr<stream_descriptor> with, Callback run)
          : loop(of),
            fd(of_fd),
            shared(std::move(with)),
            slot(std::make_shared<Callback>(std::move(run))) {}
      ~Ready() override {
        *slot = nullptr;
        loop.let_go(fd, shared);
      }
      AsioLoop& loop;
      int fd;
      std::shared_ptr<stream_descriptor> shared;
      Slot slot;
    };
    auto shared = descriptor(fd);
    auto ready = std::make_unique<Ready>(*this, fd, shared, std::move(run));
    // A file that epoll does not know never blocks.
    if (!shared) {
      asio::post(context_, [slot = ready->slot] { call(slot); });
      return ready;
    }
    shared->async_wait(
        direction == Direction::read ? stream_descriptor::wait_read : stream_descriptor::wait_write,
        [slot = ready->slot](const asio::error_code&) { call(slot); });
    return ready;
  }

  bool is_ready(int fd, Direction direction) override {
    pollfd item{fd, static_cast<short>(direction == Direction::read ? POLLIN : POLLOUT), 0};
    return ::poll(&item, 1, 0) > 0;
  }

  void post(Callback run) override { asio::post(context_, std::move(run)); }

  Ticket work(Callback work, Callback done) override {
    struct Done final : Wait {
      explicit Done(Slot of) : slot(std::move(of)) {}
      ~Done() override { *slot = nullptr; }
      Slot slot;
    };
    /// Goes to a thread and comes back, so that it ends here.
    struct Job {
      Callback work;
      Slot done;
      asio::executor_work_guard<asio::io_context::executor_type> pending;
    };
    auto slot = std::make_shared<Callback>(std::move(done));
    auto job = std::make_shared<Job>(Job{std::move(work), slot, asio::make_work_guard(context_)});
    threads_.add([this, job = std::move(job)]() mutable {
      job->work();
      asio::post(context_, [job = std::move(job)] {
        job->work = nullptr;
        call(job->done);
      });
    });
    return std::make_unique<Done>(std::move(slot));
  }

  Result<bool> run_one() override {
    return run([this] { return context_.run_one(); });
  }
  Result<bool> poll() override {
    return run([this] { return context_.poll_one(); });
  }

  void interrupt() override {
    interrupted_ = true;
    context_.stop();
  }

 private:
  /// Longer waits mean the same: a century.
  static constexpr uint64_t wait_ns_max = 3'155'760'000'000'000'000;

  template <class Step>
  Result<bool> run(Step step) {
    // It stops by itself when it has run out of work. An interruption before the restart is seen
    // behind it, one after the restart stops it again.
    if (context_.stopped()) context_.restart();
    if (interrupted_) return fail(ErrorKind::limit, "interrupted");
    const bool any = step() > 0;
    if (interrupted_) return fail(ErrorKind::limit, "interrupted");
    return any;
  }

  /// The registration of a descriptor, which all that wait for it share: epoll takes it only once.
  /// Null when epoll does not take it at all.
  std::shared_ptr<stream_descriptor> descriptor(int fd) {
    if (const auto found = descriptors_.find(fd); found != descriptors_.end()) return found->second;
    auto made = std::make_shared<stream_descriptor>(context_);
    asio::error_code error;
    made->assign(fd, error);
    if (error) return nullptr;
    descriptors_.emplace(fd, made);
    return made;
  }

  /// The descriptor may be closed once nobody waits for it: the loop forgets it then.
  void let_go(int fd, const std::shared_ptr<stream_descriptor>& shared) {
    if (!shared || shared.use_count() > 2) return;
    shared->release();
    descriptors_.erase(fd);
  }

  Clock& clock_;
  asio::io_context context_;
  std::unordered_map<int, std::shared_ptr<stream_descriptor>> descriptors_;
  std::atomic<bool> interrupted_ = false;
  WorkThreads threads_{work_threads_max};  ///< the last: it ends while all else is there
};

}  // namespace

std::unique_ptr<EventLoop> make_event_loop(Clock& clock) {
  return std::make_unique<AsioLoop>(clock);
}

}  // namespace cairn
