#include <cairn/wasi/sandbox/byte_stream.hpp>

#include <utility>

#include "sandbox/disk_stream.hpp"

namespace cairn::wasi {
namespace {

using Direction = EventLoop::Direction;

/// A ticket for what need not be waited for.
EventLoop::Ticket at_once(EventLoop& loop, EventLoop::Callback run) {
  return loop.at(0, std::move(run));
}

/// Waiting for the descriptor of a handle, if it has one that can block.
class Readiness {
 public:
  Readiness(EventLoop& loop, const std::shared_ptr<Handle>& handle, Direction direction)
      : loop_(loop), fd_(handle ? handle->wait_fd() : -1), direction_(direction) {}
  bool now() const { return fd_ < 0 || loop_.is_ready(fd_, direction_); }
  EventLoop::Ticket when(EventLoop::Callback run) const {
    if (fd_ < 0) return at_once(loop_, std::move(run));
    return loop_.when_ready(fd_, direction_, std::move(run));
  }

 private:
  EventLoop& loop_;
  int fd_;
  Direction direction_;
};

class HandleSource final : public ByteSource {
 public:
  HandleSource(EventLoop& loop, std::shared_ptr<Handle> handle, std::optional<uint64_t> offset)
      : handle_(std::move(handle)), offset_(offset), readiness_(loop, handle_, Direction::read) {}

  Outcome<Read> read(size_t max) override {
    if (!handle_) return Read{.bytes = {}, .ended = true};
    if (max == 0 || !readiness_.now()) return Read{};
    Read read{.bytes = Bytes(max)};
    const iovec buffer{read.bytes.data(), max};
    const Outcome<size_t> got = get({&buffer, 1});
    if (!got && got.error() == Errno::again) return Read{};
    if (!got) return fail(got.error());
    if (offset_) *offset_ += *got;
    read.bytes.resize(*got);
    read.ended = *got == 0;
    return read;
  }
  bool ready() override { return readiness_.now(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return readiness_.when(std::move(run));
  }

 private:
  Outcome<size_t> get(ReadBuffers buffers) {
    if (!handle_->is_slow()) return handle_->read_now(buffers, offset_);
    return offset_ ? handle_->read_at(buffers, *offset_) : handle_->read(buffers);
  }

  std::shared_ptr<Handle> handle_;
  std::optional<uint64_t> offset_;
  Readiness readiness_;
};

class HandleSink final : public ByteSink {
 public:
  HandleSink(EventLoop& loop, std::shared_ptr<Handle> handle, std::optional<uint64_t> offset,
             bool append)
      : handle_(std::move(handle)),
        offset_(offset),
        append_(append),
        readiness_(loop, handle_, Direction::write) {}

  Outcome<size_t> write(ByteSpan bytes) override {
    if (!handle_) return fail(Errno::pipe);
    if (bytes.empty() || !readiness_.now()) return size_t{0};
    const iovec buffer{const_cast<uint8_t*>(bytes.data()), bytes.size()};
    const Outcome<size_t> put = this->put({&buffer, 1});
    if (!put && put.error() == Errno::again) return size_t{0};
    if (put && offset_) *offset_ += *put;
    return put;
  }
  bool ready() override { return readiness_.now(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return readiness_.when(std::move(run));
  }

 private:
  Outcome<size_t> put(WriteBuffers buffers) {
    if (append_) return handle_->append(buffers);
    if (!handle_->is_slow()) return handle_->write_now(buffers, offset_);
    return offset_ ? handle_->write_at(buffers, *offset_) : handle_->write(buffers);
  }

  std::shared_ptr<Handle> handle_;
  std::optional<uint64_t> offset_;
  bool append_;
  Readiness readiness_;
};

bool is_for_threads(const std::shared_ptr<Handle>& handle, DiskWork disk) {
  return disk == DiskWork::in_threads && handle && handle->is_slow();
}

}  // namespace

std::unique_ptr<ByteSource> make_source(EventLoop& loop, std::shared_ptr<Handle> handle,
                                        std::optional<uint64_t> offset, DiskWork disk) {
  if (is_for_threads(handle, disk))
    return std::make_unique<DiskSource>(loop, std::move(handle), offset);
  return std::make_unique<HandleSource>(loop, std::move(handle), offset);
}
std::unique_ptr<ByteSink> make_sink(EventLoop& loop, std::shared_ptr<Handle> handle,
                                    std::optional<uint64_t> offset, DiskWork disk) {
  if (is_for_threads(handle, disk))
    return std::make_unique<DiskSink>(loop, std::move(handle), offset, false);
  return std::make_unique<HandleSink>(loop, std::move(handle), offset, false);
}
std::unique_ptr<ByteSink> make_appender(EventLoop& loop, std::shared_ptr<Handle> handle,
                                        DiskWork disk) {
  if (is_for_threads(handle, disk))
    return std::make_unique<DiskSink>(loop, std::move(handle), std::nullopt, true);
  return std::make_unique<HandleSink>(loop, std::move(handle), std::nullopt, true);
}

}  // namespace cairn::wasi
