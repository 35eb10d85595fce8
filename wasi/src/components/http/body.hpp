#pragma once
/// Bodies of messages on their way, for somebody who must not block.

#include <cairn/base/bytes.hpp>
#include <cairn/base/event_loop.hpp>

#include <algorithm>
#include <functional>
#include <memory>

#include "components/http/error.hpp"
#include "components/http/fields.hpp"

namespace cairn::wasi {

/// Where a body comes from.
class BodySource {
 public:
  struct Read {
    Bytes bytes;
    bool ended = false;  ///< and there is no more
  };
  virtual ~BodySource() = default;
  /// What is there, at most `max`; nothing when one has to wait.
  virtual Http<Read> read(size_t max) = 0;
  virtual bool ready() = 0;
  /// Calls `run` once a read may give something; it may be too early.
  [[nodiscard]] virtual EventLoop::Ticket when_ready(EventLoop::Callback run) = 0;
  /// Once the body has ended; null: there were none.
  virtual std::shared_ptr<Fields> trailers() = 0;
};

/// Where a body goes. Who has it writes and then finishes or aborts.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// Takes what there is room for; 0 bytes when one has to wait.
  virtual Http<size_t> write(ByteSpan bytes) = 0;
  virtual bool ready() = 0;
  [[nodiscard]] virtual EventLoop::Ticket when_ready(EventLoop::Callback run) = 0;
  /// There is no more. An error when that is not what was announced; the message is aborted then.
  virtual Http<> finish(std::shared_ptr<Fields> trailers) = 0;
  /// The message ends here, and so that the peer sees it.
  virtual void abort(const HttpError& error) = 0;
};

/// Those who wait for something to happen.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  [[nodiscard]] EventLoop::Ticket wait(EventLoop::Callback run) {
    struct Held final : EventLoop::Wait {
      explicit Held(Slot of) : slot(std::move(of)) {}
      ~Held() override { *slot = nullptr; }
      Slot slot;
    };
    Slot slot = std::make_shared<EventLoop::Callback>(std::move(run));
    std::erase_if(slots_, [](const Slot& each) { return !*each; });
    slots_.push_back(slot);
    return std::make_unique<Held>(std::move(slot));
  }
  /// Calls all of them. The signal may be gone afterwards.
  void fire() {
    const std::vector<Slot> slots = std::exchange(slots_, {});
    for (const Slot& slot : slots)
      if (*slot) std::exchange(*slot, nullptr)();
  }

 private:
  using Slot = std::shared_ptr<EventLoop::Callback>;
  std::vector<Slot> slots_;
};

/// Copies a body from a source to a sink, and tells how that ended. Who made it keeps it until
/// then.
class BodyCopy {
 public:
  using Done = std::function<void(Http<>)>;
  BodyCopy(std::shared_ptr<BodySource> from, std::shared_ptr<BodySink> to, Done done)
      : from_(std::move(from)), to_(std::move(to)), done_(std::move(done)) {}
  /// `done` may be called at once; nothing of this may be used then.
  void run();

 private:
  bool step();
  void end(const Http<>& how);

  std::shared_ptr<BodySource> from_;
  std::shared_ptr<BodySink> to_;
  Done done_;
  EventLoop::Ticket ticket_;
  Bytes bytes_;
  size_t written_ = 0;
};

}  // namespace cairn::wasi
