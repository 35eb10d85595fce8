#pragma once
/// For tests: a network in memory, where bytes arrive in pieces that a seed decides.

#include <cairn/base/random.hpp>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/wasi/sandbox/network.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>

namespace cairn::wasi {

class SimulatedNetwork final : public Network {
 public:
  SimulatedNetwork(SimulatedEventLoop& loop, uint64_t seed) : loop_(loop), random_(seed) {}

  /// Two sockets that are connected to each other.
  std::pair<std::shared_ptr<Socket>, std::shared_ptr<Socket>> pair() {
    const auto first = make(), second = make();
    join(*first, *second);
    return {first, second};
  }
  /// Who connects to this port, whatever the address, is handed out as the other side.
  void listen(uint16_t port, std::function<void(std::shared_ptr<Socket>)> connected) {
    listeners_[port] = std::move(connected);
  }
  /// Names and the addresses that they have.
  std::map<std::string, IpAddress> names;

  Outcome<std::shared_ptr<Socket>> tcp(IpFamily) override { return make(); }
  Outcome<std::shared_ptr<Socket>> udp(IpFamily) override { return fail(Errno::notsup); }
  EventLoop::Ticket look_up(const std::string& name, Addresses then) override {
    return loop_.at(loop_.clock().monotonic_ns() + 1'000'000, [this, name, then = std::move(then)] {
      const auto found = names.find(name);
      if (found == names.end()) return then(fail(Errno::noent));
      then(std::vector{found->second});
    });
  }

 private:
  /// One direction of a connection.
  struct Pipe {
    std::deque<uint8_t> bytes;
    size_t capacity = 0;
    bool no_writer = false, no_reader = false;
    int reader_fd = -1, writer_fd = -1;
  };

  class Stream final : public Handle {
   public:
    Stream(SimulatedNetwork& network, int fd)
        : Handle(FileType::socket_stream), network_(network), fd_(fd) {}
    ~Stream() override {
      if (in) in->no_reader = true;
      if (out) out->no_writer = true;
      update();
    }
    int wait_fd() const override { return fd_; }
    Outcome<size_t> read(ReadBuffers buffers) override {
      if (!in) return fail(Errno::notconn);
      if (in->bytes.empty() && in->no_writer) return size_t{0};
      const size_t size = network_.some(std::min(buffers[0].iov_len, in->bytes.size()));
      if (size == 0) return fail(Errno::again);
      auto* const to = static_cast<uint8_t*>(buffers[0].iov_base);
      std::copy_n(in->bytes.begin(), size, to);
      in->bytes.erase(in->bytes.begin(), in->bytes.begin() + static_cast<ptrdiff_t>(size));
      update();
      return size;
    }
    Outcome<size_t> write(WriteBuffers buffers) override {
      if (!out) return fail(Errno::notconn);
      if (out->no_reader || out->no_writer) return fail(Errno::pipe);
      const size_t room = out->capacity - std::min(out->capacity, out->bytes.size());
      const size_t size = network_.some(std::min(buffers[0].iov_len, room));
      if (size == 0) return fail(Errno::again);
      const auto* const from = static_cast<const uint8_t*>(buffers[0].iov_base);
      out->bytes.insert(out->bytes.end(), from, from + size);
      update();
      return size;
    }
    Outcome<> shut_down(bool receive, bool send) override {
      if (receive && in) in->no_writer = true;
      if (send && out) out->no_writer = true;
      update();
      return {};
    }
    void update() const {
      for (const auto& pipe : {in, out})
        if (pipe) network_.update(*pipe);
    }

    std::shared_ptr<Pipe> in, out;

   private:
    SimulatedNetwork& network_;
    int fd_;
  };

  class SimulatedSocket final : public Socket {
   public:
    SimulatedSocket(SimulatedNetwork& network, int fd)
        : network_(network), stream_(std::make_shared<Stream>(network, fd)) {}
    int wait_fd() const override { return stream_->wait_fd(); }
    Outcome<> bind(const SocketAddress&, bool) override { return {}; }
    Outcome<> connect(const SocketAddress& address) override {
      const auto found = network_.listeners_.find(address.port);
      if (found == network_.listeners_.end()) return fail(Errno::connrefused);
      const auto other = network_.make();
      join(*this, *other);
      network_.loop_.post([connected = found->second, other] { connected(other); });
      return fail(Errno::inprogress);
    }
    Outcome<> connect_result() override { return {}; }
    Outcome<> disconnect() override { return {}; }
    Outcome<> listen(int) override { return {}; }
    Outcome<std::shared_ptr<Socket>> accept() override { return fail(Errno::again); }
    Outcome<SocketAddress> local_address() override { return SocketAddress(); }
    Outcome<SocketAddress> remote_address() override { return SocketAddress(); }
    Outcome<uint64_t> option(SocketOption) override { return uint64_t{0}; }
    Outcome<> set_option(SocketOption, uint64_t) override { return {}; }
    Outcome<> shut_down(bool receive, bool send) override {
      return stream_->shut_down(receive, send);
    }
    std::shared_ptr<Handle> stream() override { return stream_; }
    Outcome<> send_to(ByteSpan, const std::optional<SocketAddress>&) override {
      return fail(Errno::notsup);
    }
    Outcome<Datagram> receive_from() override { return fail(Errno::notsup); }

    Stream& bytes() { return *stream_; }
    SimulatedNetwork& network() { return network_; }

   private:
    SimulatedNetwork& network_;
    std::shared_ptr<Stream> stream_;
  };

  std::shared_ptr<SimulatedSocket> make() {
    return std::make_shared<SimulatedSocket>(*this, next_fd_++);
  }
  static void join(SimulatedSocket& a, SimulatedSocket& b) {
    const auto there = std::make_shared<Pipe>(), back = std::make_shared<Pipe>();
    a.bytes().out = b.bytes().in = there;
    b.bytes().out = a.bytes().in = back;
    there->writer_fd = back->reader_fd = a.wait_fd();
    there->reader_fd = back->writer_fd = b.wait_fd();
    SimulatedNetwork& network = a.network();
    for (const auto& pipe : {there, back}) {
      pipe->capacity = 1 + network.random_.next_u64() % 20'000;
      network.update(*pipe);
    }
  }
  /// At least one, if there is one.
  size_t some(size_t max) {
    return max < 2 || random_.next_u64() % 4 == 0 ? max : 1 + random_.next_u64() % max;
  }
  void update(const Pipe& pipe) {
    loop_.set_ready(pipe.reader_fd, EventLoop::Direction::read,
                    !pipe.bytes.empty() || pipe.no_writer);
    loop_.set_ready(pipe.writer_fd, EventLoop::Direction::write,
                    pipe.bytes.size() < pipe.capacity || pipe.no_reader);
  }

  SimulatedEventLoop& loop_;
  SeededRandom random_;
  int next_fd_ = 1000;
  std::map<uint16_t, std::function<void(std::shared_ptr<Socket>)>> listeners_;
};

}  // namespace cairn::wasi
