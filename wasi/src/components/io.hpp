#pragma once
/// The resources of `wasi:io` 0.2 (proposals/io/wit of WebAssembly/WASI): errors, pollables and
/// streams of bytes. Other interfaces hand them out.

#include <cairn/base/event_loop.hpp>
#include <cairn/component/host_types.hpp>
#include <cairn/wasi/sandbox/byte_stream.hpp>

#include <deque>
#include <functional>
#include <variant>

namespace cairn::wasi {

using component::Completer;
using component::HostCall;
using component::HostOwn;
using component::HostRef;
using component::Later;

/// `wasi:io/error.error`
struct IoError {
  Errno code;
};

/// `stream-error`: the last operation failed, or the stream is closed.
using StreamError = std::variant<HostOwn<IoError>, std::monostate>;
template <class T>
using Streamed = std::expected<T, StreamError>;

std::unexpected<StreamError> stream_failed(Errno code);
std::unexpected<StreamError> stream_closed();

/// `wasi:io/poll.pollable`: something that becomes ready.
class Pollable {
 public:
  virtual ~Pollable() = default;
  virtual bool ready() = 0;
  /// Calls `run` once it is ready; it may be too early.
  [[nodiscard]] virtual EventLoop::Ticket when_ready(EventLoop::Callback run) = 0;
};

/// Ready when two functions say so.
class FunctionPollable final : public Pollable {
 public:
  using Ready = std::function<bool()>;
  using When = std::function<EventLoop::Ticket(EventLoop::Callback)>;
  FunctionPollable(Ready ready, When when) : ready_(std::move(ready)), when_(std::move(when)) {}
  bool ready() override { return ready_(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override { return when_(std::move(run)); }

 private:
  Ready ready_;
  When when_;
};

/// Tries until there is a result, each time that `when` says it is worth it, without blocking.
template <class R>
Later<R> retry(HostCall& call, std::function<std::optional<R>()> attempt,
               FunctionPollable::When when) {
  if (std::optional<R> result = attempt()) return Later<R>(*std::move(result));
  struct Attempts {
    std::function<std::optional<R>()> attempt;
    FunctionPollable::When when;
    Completer<R> done;
    EventLoop::Ticket ticket;
    void wait() {
      ticket = when([this] {
        if (std::optional<R> result = attempt())
          done(*std::move(result));  // and this object is no more
        else
          wait();
      });
    }
  };
  Later<R> later(call);
  const auto attempts = std::make_shared<Attempts>(
      Attempts{std::move(attempt), std::move(when), later.done(), nullptr});
  attempts->wait();
  later.done().keep(attempts);
  return later;
}

/// `input-stream`: a source, and whether it has ended.
class InputStream {
 public:
  explicit InputStream(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}
  Streamed<Bytes> read(uint64_t length);
  bool ready() { return closed_ || source_->ready(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) {
    return source_->when_ready(std::move(run));
  }

 private:
  std::unique_ptr<ByteSource> source_;
  bool closed_ = false;
};

/// `output-stream`: what was written and the sink does not take yet is kept here, at most as much
/// as `check-write` has permitted, and goes out when the loop runs.
class OutputStream {
 public:
  OutputStream(EventLoop& loop, std::unique_ptr<ByteSink> sink)
      : loop_(loop), sink_(std::move(sink)) {}
  /// What is still kept is left to the sink.
  ~OutputStream();
  OutputStream(const OutputStream&) = delete;
  OutputStream& operator=(const OutputStream&) = delete;

  /// How much `write` takes now.
  Streamed<uint64_t> check();
  /// The same as the last `check` has told, less what was written since.
  uint64_t permitted() const { return permitted_; }
  Streamed<void> write(ByteSpan bytes);
  /// Has all been written that was taken? An error that came since is given once.
  Streamed<bool> flushed();
  bool ready();
  EventLoop::Ticket when_ready(EventLoop::Callback run);
  /// What is kept is written with blocking.
  Result<> finish();

 private:
  void drain();

  EventLoop& loop_;
  std::unique_ptr<ByteSink> sink_;
  Bytes kept_;
  size_t written_ = 0;  ///< of what is kept
  EventLoop::Ticket draining_;
  std::optional<Errno> error_;
  uint64_t permitted_ = 0;
  bool closed_ = false;
};

}  // namespace cairn::wasi
