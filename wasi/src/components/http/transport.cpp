#include "components/http/transport.hpp"

namespace cairn::wasi {
namespace {

class SocketTransport final : public Transport {
 public:
  SocketTransport(EventLoop& loop, std::shared_ptr<Socket> socket)
      : loop_(loop), socket_(std::move(socket)), stream_(socket_->stream()) {
    // Small pieces have been put together before; what goes out has to go at once. A socket that
    // does not know this is only slower.
    [[maybe_unused]] const Outcome<> set = socket_->set_option(SocketOption::no_delay, 1);
  }

  Outcome<size_t> read(std::span<uint8_t> into) override {
    const iovec buffer{into.data(), into.size()};
    return stream_->read({&buffer, 1});
  }
  Outcome<size_t> write(ByteSpan bytes) override {
    const iovec buffer{const_cast<uint8_t*>(bytes.data()), bytes.size()};
    return stream_->write({&buffer, 1});
  }
  bool readable() override {
    return loop_.is_ready(socket_->wait_fd(), EventLoop::Direction::read);
  }
  EventLoop::Ticket when_readable(EventLoop::Callback run) override {
    return wait(EventLoop::Direction::read, std::move(run));
  }
  EventLoop::Ticket when_writable(EventLoop::Callback run) override {
    return wait(EventLoop::Direction::write, std::move(run));
  }
  void shut_down_writing() override {
    // The peer may be gone already.
    [[maybe_unused]] const Outcome<> shut = socket_->shut_down(false, true);
  }
  void shut_down() override {
    [[maybe_unused]] const Outcome<> shut = socket_->shut_down(true, true);
  }

 private:
  /// Who waits may do so for longer than the connection lasts, and the descriptor has to.
  EventLoop::Ticket wait(EventLoop::Direction direction, EventLoop::Callback run) {
    struct Held final : EventLoop::Wait {
      std::shared_ptr<Socket> socket;
      EventLoop::Ticket ticket;
    };
    auto held = std::make_unique<Held>();
    held->socket = socket_;
    held->ticket = loop_.when_ready(socket_->wait_fd(), direction, std::move(run));
    return held;
  }

  EventLoop& loop_;
  std::shared_ptr<Socket> socket_;
  std::shared_ptr<Handle> stream_;
};

}  // namespace

std::unique_ptr<Transport> make_transport(EventLoop& loop, std::shared_ptr<Socket> socket) {
  return std::make_unique<SocketTransport>(loop, std::move(socket));
}

}  // namespace cairn::wasi
