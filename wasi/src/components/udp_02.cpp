// `wasi:sockets` 0.2: UDP.

#include "components/interfaces.hpp"
#include "components/io.hpp"
#include "components/network_02.hpp"
#include "components/socket_options.hpp"

namespace cairn::wasi {
namespace {

template <class T>
using Answer = NetAnswer<Net2, T>;
using Udp = const HostRef<UdpSocket>&;

/// As many datagrams as are taken or given at once.
constexpr uint64_t datagrams_max = 16;

struct IncomingDatagram {
  Bytes data;
  SocketAddress remote_address;
};
struct OutgoingDatagram {
  Bytes data;
  std::optional<SocketAddress> remote_address;
};

/// The two directions share the socket, and each ends when the next stream is asked for.
struct IncomingStream {
  std::shared_ptr<UdpSocket> socket;
};
struct OutgoingStream {
  std::shared_ptr<UdpSocket> socket;
  uint64_t permitted = 0;
};
using Streams = std::tuple<HostOwn<IncomingStream>, HostOwn<OutgoingStream>>;

Outcome<Streams> open_streams(const std::shared_ptr<UdpSocket>& socket,
                              const std::optional<SocketAddress>& remote) {
  if (!socket->is_bound()) return fail(wrong_state);
  if (remote)
    TRY(socket->connect(*remote));
  else if (socket->remote())
    TRY(socket->disconnect());
  return Streams(HostOwn<IncomingStream>(std::make_shared<IncomingStream>(IncomingStream{socket})),
                 HostOwn<OutgoingStream>(std::make_shared<OutgoingStream>(OutgoingStream{socket})));
}

Answer<std::vector<IncomingDatagram>> receive(HostCall&, const HostRef<IncomingStream>& self,
                                              uint64_t count_max) {
  std::vector<IncomingDatagram> datagrams;
  while (datagrams.size() < std::min(count_max, datagrams_max)) {
    Outcome<Datagram> datagram = self->socket->receive();
    if (!datagram && (datagram.error() == Errno::again || !datagrams.empty())) break;
    if (!datagram) return std::unexpected(Net2::error(datagram.error()));
    datagrams.push_back({std::move(datagram->bytes), datagram->from});
  }
  return datagrams;
}

uint64_t check_send(OutgoingStream& self) {
  const int fd = self.socket->socket().wait_fd();
  const bool ready = self.socket->loop().is_ready(fd, EventLoop::Direction::write);
  self.permitted = ready ? datagrams_max : 0;
  return self.permitted;
}

Result<Answer<uint64_t>> send(HostCall&, const HostRef<OutgoingStream>& self,
                              const std::vector<OutgoingDatagram>& datagrams) {
  if (datagrams.size() > self->permitted)
    return guest_error("more datagrams sent than `check-send` has permitted");
  uint64_t sent = 0;
  for (const OutgoingDatagram& datagram : datagrams) {
    const Outcome<> result = self->socket->send(datagram.data, datagram.remote_address);
    // The next call will tell the error of what was not sent.
    if (!result && (sent > 0 || result.error() == Errno::again)) break;
    if (!result) return Answer<uint64_t>(std::unexpected(Net2::error(result.error())));
    ++sent;
  }
  self->permitted -= sent;
  return Answer<uint64_t>(sent);
}

HostOwn<Pollable> pollable(const std::shared_ptr<UdpSocket>& socket,
                           EventLoop::Direction direction) {
  return HostOwn<Pollable>(std::make_shared<FunctionPollable>(
      [socket, direction] {
        return socket->loop().is_ready(socket->socket().wait_fd(), direction);
      },
      [socket, direction](EventLoop::Callback run) {
        return socket->loop().when_ready(socket->socket().wait_fd(), direction, std::move(run));
      }));
}

}  // namespace
}  // namespace cairn::wasi

template <>
struct cairn::component::Described<cairn::wasi::IncomingDatagram> {
  using T = cairn::wasi::IncomingDatagram;
  static constexpr auto fields =
      std::tuple{Field{"data", &T::data}, Field{"remote-address", &T::remote_address}};
};
template <>
struct cairn::component::Described<cairn::wasi::OutgoingDatagram> {
  using T = cairn::wasi::OutgoingDatagram;
  static constexpr auto fields =
      std::tuple{Field{"data", &T::data}, Field{"remote-address", &T::remote_address}};
};

namespace cairn::wasi {

void add_udp_02(ComponentLinker& linker) {
  HostInterface& udp = linker.interface("wasi:sockets/udp@0.2.12");
  udp.resource<Pollable>("pollable")
      .resource<NetworkResource>("network")
      .resource<IncomingStream>("incoming-datagram-stream")
      .resource<OutgoingStream>("outgoing-datagram-stream");
  add_addresses<Net2, UdpSocket>(udp, "udp-socket", "");
  add_udp_options<Net2>(udp, "");
  udp.func("[method]udp-socket.start-bind",
           [](HostCall&, Udp self, const HostRef<NetworkResource>&, SocketAddress address) {
             return net_answer<Net2, void>(self->bind(address));
           })
      .func("[method]udp-socket.finish-bind",
            [](HostCall&, Udp self) -> Answer<void> {
              if (self->is_bound()) return {};
              return std::unexpected(Net2::error(Errno::already));
            })
      .func("[method]udp-socket.stream",
            [](HostCall&, Udp self, std::optional<SocketAddress> remote) {
              return net_answer<Net2, Streams>(open_streams(self.share(), remote));
            })
      .func("[method]udp-socket.subscribe",
            [](HostCall&, Udp self) {
              return HostOwn<Pollable>(std::make_shared<FunctionPollable>(
                  [] { return true; },
                  [socket = self.share()](EventLoop::Callback run) {
                    return socket->loop().at(0, std::move(run));
                  }));
            })
      .func("[method]incoming-datagram-stream.receive", &receive)
      .func("[method]incoming-datagram-stream.subscribe",
            [](HostCall&, const HostRef<IncomingStream>& self) {
              return pollable(self->socket, EventLoop::Direction::read);
            })
      .func("[method]outgoing-datagram-stream.check-send",
            [](HostCall&, const HostRef<OutgoingStream>& self) -> Answer<uint64_t> {
              return check_send(*self);
            })
      .func("[method]outgoing-datagram-stream.send", &send)
      .func("[method]outgoing-datagram-stream.subscribe",
            [](HostCall&, const HostRef<OutgoingStream>& self) {
              return pollable(self->socket, EventLoop::Direction::write);
            });
  linker.interface("wasi:sockets/udp-create-socket@0.2.12")
      .resource<UdpSocket>("udp-socket")
      .func("create-udp-socket", [](HostCall& call, IpFamily family) -> Answer<HostOwn<UdpSocket>> {
        auto socket = UdpSocket::create(Guest::of(call), family);
        if (!socket) return std::unexpected(Net2::error(socket.error()));
        return HostOwn<UdpSocket>(*std::move(socket));
      });
}

}  // namespace cairn::wasi
