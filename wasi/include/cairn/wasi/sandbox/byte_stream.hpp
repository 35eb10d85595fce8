#pragma once
/// Bytes that come from a handle or go to one, for somebody who must not block: what is possible
/// now is done, and the loop tells when more is.

#include <cairn/base/bytes.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/wasi/sandbox/handle.hpp>

#include <memory>
#include <optional>

namespace cairn::wasi {

class ByteSource {
 public:
  struct Read {
    Bytes bytes;
    bool ended = false;  ///< and there is no more
  };
  virtual ~ByteSource() = default;
  /// What is there, at most `max`; nothing when one has to wait.
  virtual Outcome<Read> read(size_t max) = 0;
  /// Would a read give something, the end or an error?
  virtual bool ready() = 0;
  /// Calls `run` once it would; it may be too early.
  [[nodiscard]] virtual EventLoop::Ticket when_ready(EventLoop::Callback run) = 0;
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Writes what can be written; 0 bytes when one has to wait, and then the next call begins with
  /// the same bytes again: they may be on their way.
  virtual Outcome<size_t> write(ByteSpan bytes) = 0;
  virtual bool ready() = 0;
  [[nodiscard]] virtual EventLoop::Ticket when_ready(EventLoop::Callback run) = 0;
  /// Nobody will ask again: these bytes, which begin like those of a `write` that gave 0, are
  /// written if that needs no waiting, or if others wait for it.
  virtual void leave(ByteSpan bytes) { (void)write(bytes); }
};

/// Who waits for disks: threads of the event loop, or whoever calls. To wait oneself is faster
/// where nobody else is there to be kept waiting.
enum class DiskWork : uint8_t { in_threads, at_once };

/// Reads a file from an offset on, or what has no positions from where it is. A null handle is at
/// its end.
std::unique_ptr<ByteSource> make_source(EventLoop& loop, std::shared_ptr<Handle> handle,
                                        std::optional<uint64_t> offset = {},
                                        DiskWork disk = DiskWork::in_threads);
/// Writes to a file from an offset on, or to where a handle is. A null handle is a broken pipe.
std::unique_ptr<ByteSink> make_sink(EventLoop& loop, std::shared_ptr<Handle> handle,
                                    std::optional<uint64_t> offset = {},
                                    DiskWork disk = DiskWork::in_threads);
/// Writes to the end of a file, wherever that is then.
std::unique_ptr<ByteSink> make_appender(EventLoop& loop, std::shared_ptr<Handle> handle,
                                        DiskWork disk = DiskWork::in_threads);

}  // namespace cairn::wasi
