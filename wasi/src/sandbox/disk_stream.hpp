#pragma once
/// Bytes from and to files whose disk may be slow: the event loop's threads wait for it.

#include <cairn/wasi/sandbox/byte_stream.hpp>

#include <mutex>
#include <vector>

namespace cairn::wasi {

/// Who waits for the end of some work.
class WorkWaiters {
 public:
  [[nodiscard]] EventLoop::Ticket add(EventLoop::Callback run);
  /// Calls all. Whoever has this object may be gone after it.
  void notify();

 private:
  std::vector<std::shared_ptr<EventLoop::Callback>> waiting_;
};

/// What the system has in memory is given at once, anything else is read by a thread.
class DiskSource final : public ByteSource {
 public:
  /// Without an offset: from where the handle is.
  DiskSource(EventLoop& loop, std::shared_ptr<Handle> handle, std::optional<uint64_t> offset)
      : loop_(loop), handle_(std::move(handle)), offset_(offset) {}
  Outcome<Read> read(size_t max) override;
  bool ready() override { return !reading_; }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override;

 private:
  void start(size_t max);
  Read take(size_t max);

  EventLoop& loop_;
  std::shared_ptr<Handle> handle_;
  std::optional<uint64_t> offset_;
  EventLoop::Ticket reading_;
  std::optional<Outcome<size_t>> result_;  ///< of a thread that has ended
  Bytes kept_;                             ///< what it has read
  size_t taken_ = 0;                       ///< of these
  WorkWaiters waiters_;
};

/// Everything is written by a thread, in its order.
class DiskSink final : public ByteSink {
 public:
  DiskSink(EventLoop& loop, std::shared_ptr<Handle> handle, std::optional<uint64_t> offset,
           bool append)
      : loop_(loop), handle_(std::move(handle)), offset_(offset), append_(append) {}
  Outcome<size_t> write(ByteSpan bytes) override;
  bool ready() override { return !writing_; }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override;
  void leave(ByteSpan bytes) override;

 private:
  /// What a thread writes.
  struct Job {
    std::shared_ptr<Handle> handle;
    std::optional<uint64_t> offset;
    bool append = false;
    Bytes bytes = {};
    Outcome<size_t> result = size_t{0};
    std::mutex mutex = {};  ///< of the two below
    bool ended = false;
    Bytes rest = {};  ///< to be written as well, when nobody waits any more

    void run();
    Outcome<size_t> write_all(ByteSpan from);
  };
  void start(ByteSpan bytes);

  EventLoop& loop_;
  std::shared_ptr<Handle> handle_;
  std::optional<uint64_t> offset_;
  bool append_;
  std::shared_ptr<Job> job_;  ///< until its result was given
  EventLoop::Ticket writing_;
  WorkWaiters waiters_;
};

}  // namespace cairn::wasi
