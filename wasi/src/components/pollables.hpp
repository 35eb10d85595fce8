#pragma once
/// Pollables that say what they wait for, so that another guest can have the like of them.

#include "components/io.hpp"

namespace cairn::wasi {

/// Ready from a moment of the monotonic clock on.
class DeadlinePollable final : public Pollable {
 public:
  DeadlinePollable(EventLoop& loop, uint64_t when_ns) : loop_(loop), when_ns_(when_ns) {}
  uint64_t when_ns() const { return when_ns_; }
  bool ready() override { return loop_.clock().monotonic_ns() >= when_ns_; }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return loop_.at(when_ns_, std::move(run));
  }

 private:
  EventLoop& loop_;
  uint64_t when_ns_;
};

/// Ready when a stream is.
template <class Stream>
class StreamPollable final : public Pollable {
 public:
  explicit StreamPollable(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  const std::shared_ptr<Stream>& stream() const { return stream_; }
  bool ready() override { return stream_->ready(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return stream_->when_ready(std::move(run));
  }

 private:
  std::shared_ptr<Stream> stream_;
};

}  // namespace cairn::wasi
