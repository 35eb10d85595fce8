// `wasi:sockets` 0.3 (proposals/sockets/wit of WebAssembly/WASI).

#include "components/interfaces.hpp"
#include "components/io.hpp"
#include "components/pumps.hpp"
#include "components/socket_options.hpp"

namespace cairn::wasi {
namespace {

template <class T>
using Answer = NetAnswer<Net3, T>;
using Tcp = const HostRef<TcpSocket>&;
using Udp = const HostRef<UdpSocket>&;

template <class T>
Answer<T> failed(Errno code) {
  return std::unexpected(Net3::error(code));
}

// ---- TCP --------------------------------------------------------------------------------------

/// Gives the guest who connects, one after another.
class AcceptPump final : public component::StreamProducer {
 public:
  explicit AcceptPump(std::shared_ptr<TcpSocket> listener) : listener_(std::move(listener)) {}

 private:
  void produce(size_t) override {
    Outcome<std::shared_ptr<TcpSocket>> accepted = listener_->accept();
    if (accepted) {
      component::Value::Sequence items;
      items.push_back(
          component::Typed<HostOwn<TcpSocket>>::to_value(HostOwn<TcpSocket>(*std::move(accepted))));
      return give(std::move(items));
    }
    const auto accept_again = [this] { produce(1); };
    if (accepted.error() == Errno::again) {
      ticket_ = listener_->when_ready(accept_again);
    } else if (is_transient(accepted.error())) {
      EventLoop& loop = listener_->loop();
      ticket_ = loop.at(loop.clock().monotonic_ns() + pause_ns, accept_again);
    } else {
      end();
    }
  }
  void dropped() override {
    ticket_.reset();
    listener_.reset();
  }

  /// What a peer did before it came to us is no error of the listener's (accept(2)), and that there
  /// are too many sockets passes.
  static bool is_transient(Errno error) {
    constexpr Errno errors[] = {Errno::intr,       Errno::connaborted, Errno::netdown,
                                Errno::proto,      Errno::noprotoopt,  Errno::hostunreach,
                                Errno::netunreach, Errno::notsup,      Errno::mfile,
                                Errno::nfile,      Errno::nobufs,      Errno::nomem};
    return std::ranges::find(errors, error) != std::end(errors);
  }

  static constexpr uint64_t pause_ns = 50'000'000;
  std::shared_ptr<TcpSocket> listener_;
  EventLoop::Ticket ticket_;
};

Result<Answer<Stream<HostOwn<TcpSocket>>>> listen(HostCall& call, Tcp self) {
  if (const Outcome<> listening = self->listen(); !listening)
    return failed<Stream<HostOwn<TcpSocket>>>(listening.error());
  return TRY(Stream<HostOwn<TcpSocket>>::make(call, std::make_shared<AcceptPump>(self.share())));
}

Later<Answer<void>> connect(HostCall& call, Tcp self, SocketAddress address) {
  if (const Outcome<> started = self->start_connect(address); !started)
    return failed<void>(started.error());
  return retry<Answer<void>>(
      call,
      [socket = self.share()]() -> std::optional<Answer<void>> {
        const Outcome<> result = socket->finish_connect();
        if (!result && result.error() == Errno::again) return std::nullopt;
        return net_answer<Net3, void>(result);
      },
      [socket = self.share()](EventLoop::Callback run) {
        return socket->when_ready(std::move(run));
      });
}

void add_tcp(HostInterface& types) {
  add_addresses<Net3, TcpSocket>(types, "tcp-socket", "get-");
  add_tcp_options<Net3>(types, "get-");
  types
      .func("[static]tcp-socket.create",
            [](HostCall& call, IpFamily family) -> Answer<HostOwn<TcpSocket>> {
              auto socket = TcpSocket::create(Guest::of(call), family);
              if (!socket) return failed<HostOwn<TcpSocket>>(socket.error());
              return HostOwn<TcpSocket>(*std::move(socket));
            })
      .func("[method]tcp-socket.bind",
            [](HostCall&, Tcp self, SocketAddress address) {
              return net_answer<Net3, void>(self->bind(address));
            })
      .func("[method]tcp-socket.connect", &connect)
      .func("[method]tcp-socket.listen", &listen)
      .func("[method]tcp-socket.send",
            [](HostCall& call, Tcp self, const Stream<uint8_t>& data) {
              return write_stream<Net3>(call, data, self->sink(), [socket = self.share()] {
                // The peer may be gone already, which the future tells.
                [[maybe_unused]] const Outcome<> shut = socket->shut_down(false, true);
              });
            })
      .func("[method]tcp-socket.receive",
            [](HostCall& call, Tcp self) {
              return read_stream<Net3>(call, self->source(), [socket = self.share()] {
                [[maybe_unused]] const Outcome<> shut = socket->shut_down(true, false);
              });
            })
      .func("[method]tcp-socket.get-is-listening",
            [](HostCall&, Tcp self) { return self->state() == TcpSocket::State::listening; })
      .func("[method]tcp-socket.set-listen-backlog-size", [](HostCall&, Tcp self, uint64_t value) {
        return net_answer<Net3, void>(self->set_backlog(value));
      });
}

// ---- UDP --------------------------------------------------------------------------------------

FunctionPollable::When when(Udp socket, EventLoop::Direction direction) {
  return [socket = socket.share(), direction](EventLoop::Callback run) {
    return socket->loop().when_ready(socket->socket().wait_fd(), direction, std::move(run));
  };
}

Later<Answer<void>> send(HostCall& call, Udp self, Bytes data, std::optional<SocketAddress> to) {
  return retry<Answer<void>>(
      call,
      [socket = self.share(), data = std::move(data), to]() -> std::optional<Answer<void>> {
        const Outcome<> sent = socket->send(data, to);
        if (!sent && sent.error() == Errno::again) return std::nullopt;
        return net_answer<Net3, void>(sent);
      },
      when(self, EventLoop::Direction::write));
}

using Received = Answer<std::tuple<Bytes, SocketAddress>>;
Later<Received> receive(HostCall& call, Udp self) {
  return retry<Received>(
      call,
      [socket = self.share()]() -> std::optional<Received> {
        Outcome<Datagram> datagram = socket->receive();
        if (!datagram && datagram.error() == Errno::again) return std::nullopt;
        if (!datagram) return Received(std::unexpected(Net3::error(datagram.error())));
        return std::tuple(std::move(datagram->bytes), datagram->from);
      },
      when(self, EventLoop::Direction::read));
}

void add_udp(HostInterface& types) {
  add_addresses<Net3, UdpSocket>(types, "udp-socket", "get-");
  add_udp_options<Net3>(types, "get-");
  types
      .func("[static]udp-socket.create",
            [](HostCall& call, IpFamily family) -> Answer<HostOwn<UdpSocket>> {
              auto socket = UdpSocket::create(Guest::of(call), family);
              if (!socket) return failed<HostOwn<UdpSocket>>(socket.error());
              return HostOwn<UdpSocket>(*std::move(socket));
            })
      .func("[method]udp-socket.bind",
            [](HostCall&, Udp self, SocketAddress address) {
              return net_answer<Net3, void>(self->bind(address));
            })
      .func("[method]udp-socket.connect",
            [](HostCall&, Udp self, SocketAddress address) {
              return net_answer<Net3, void>(self->connect(address));
            })
      .func("[method]udp-socket.disconnect",
            [](HostCall&, Udp self) { return net_answer<Net3, void>(self->disconnect()); })
      .func("[method]udp-socket.send", &send)
      .func("[method]udp-socket.receive", &receive);
}

// ---- Names ------------------------------------------------------------------------------------

using Addresses = std::expected<std::vector<IpAddress>, LookupError>;
Later<Addresses> resolve_addresses(HostCall& call, const std::string& name) {
  Later<Addresses> later(call);
  const auto done = later.done();
  EventLoop::Ticket ticket =
      look_up(Guest::of(call), name, [done](Outcome<std::vector<IpAddress>> found) {
        if (found)
          done(*std::move(found));
        else
          done(std::unexpected(LookupError{lookup_error(found.error())}));
      });
  if (ticket) done.keep(std::move(ticket));
  return later;
}

}  // namespace

void add_sockets_03(ComponentLinker& linker) {
  HostInterface& types = linker.interface("wasi:sockets/types@0.3.0");
  add_tcp(types);
  add_udp(types);
  linker.interface("wasi:sockets/ip-name-lookup@0.3.0")
      .func("resolve-addresses", &resolve_addresses);
}

}  // namespace cairn::wasi
