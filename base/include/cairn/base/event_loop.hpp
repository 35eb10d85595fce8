#pragma once
/// Waiting for time and for descriptors, as something that is handed in. One loop serves all guests
/// of a thread: who has to wait says what should be done then, and returns; no thread is blocked.
///
///   EventLoop::Ticket ticket = loop.at(loop.clock().monotonic_ns() + 1'000'000, [] { … });
///   while (TRY(loop.run_one())) {}   // until nobody waits for anything
///
/// A ticket stands for the wait: let go of it, and the callback will not be called. Whoever serves
/// component stores runs the loop when no guest can go on (`component::Store::set_idle`), or runs
/// it as the main loop and ticks the stores that were woken (`component::Store::set_wake`).

#include <cairn/base/clock.hpp>
#include <cairn/base/result.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace cairn {

/// All functions but `post` and `interrupt` are for the thread that runs the loop. Callbacks run in
/// `run_one` and `poll` only, and may do anything, also to the loop.
class EventLoop {
 public:
  using Callback = std::function<void()>;
  enum class Direction : uint8_t { read, write };

  /// Ends a wait when it is destroyed.
  class Wait {
   public:
    virtual ~Wait() = default;
    Wait() = default;
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
  };
  using Ticket = std::unique_ptr<Wait>;

  virtual ~EventLoop() = default;
  EventLoop() = default;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  virtual Clock& clock() = 0;
  /// Once the monotonic clock has come to `deadline_ns`.
  [[nodiscard]] virtual Ticket at(uint64_t deadline_ns, Callback run) = 0;
  /// Once `fd` can be read or written without blocking, was hung up or is broken: the operation
  /// itself will say. The descriptor stays open as long as the ticket lives.
  [[nodiscard]] virtual Ticket when_ready(int fd, Direction direction, Callback run) = 0;
  /// Is that so now?
  virtual bool is_ready(int fd, Direction direction) = 0;
  /// Soon, on the loop's thread. From any thread.
  virtual void post(Callback run) = 0;
  /// Runs `work`, which may block, where it stops nobody else; then `done` on the loop's thread.
  /// What was given is done whether somebody waits for it or not: the ticket stands for `done`
  /// alone. What both have captured goes away on the loop's thread.
  [[nodiscard]] virtual Ticket work(Callback work, Callback done) = 0;

  /// Waits until something happens and does what is to be done. False: nobody waits. After an
  /// interruption: an error of kind `limit`.
  virtual Result<bool> run_one() = 0;
  /// Does what is to be done by now. False: nothing was. Errors as those of `run_one`.
  virtual Result<bool> poll() = 0;
  /// Ends `run_one` now and always. From any thread.
  virtual void interrupt() = 0;
};

/// The operating system's (Asio over epoll). `clock` outlives it and is the system's, too. Work
/// that blocks is done by threads, at most `work_threads_max`, which are started when they are
/// needed; the loop's end waits for what they were given.
std::unique_ptr<EventLoop> make_event_loop(Clock& clock);
inline constexpr size_t work_threads_max = 4;

}  // namespace cairn
