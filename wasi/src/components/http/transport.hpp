#pragma once
/// Connections that carry bytes in both directions. Nothing blocks.

#include <cairn/base/event_loop.hpp>
#include <cairn/wasi/sandbox/network.hpp>

#include <functional>
#include <memory>
#include <span>

#include "components/http/error.hpp"

namespace cairn::wasi {

class Transport {
 public:
  virtual ~Transport() = default;
  /// How many bytes came; 0 at the end. `again` when one has to wait.
  virtual Outcome<size_t> read(std::span<uint8_t> into) = 0;
  /// How many bytes were taken. `again` when one has to wait.
  virtual Outcome<size_t> write(ByteSpan bytes) = 0;
  /// Are there bytes that were taken and have not gone out? They go by themselves; a write of
  /// nothing tells when.
  virtual bool has_pending() const { return false; }
  virtual bool readable() = 0;
  [[nodiscard]] virtual EventLoop::Ticket when_readable(EventLoop::Callback run) = 0;
  [[nodiscard]] virtual EventLoop::Ticket when_writable(EventLoop::Callback run) = 0;
  /// There is no more to write.
  virtual void shut_down_writing() = 0;
  /// Neither to read: wakes all who wait.
  virtual void shut_down() = 0;
};

/// Over a connected socket.
std::unique_ptr<Transport> make_transport(EventLoop& loop, std::shared_ptr<Socket> socket);

}  // namespace cairn::wasi
