// `wasi:sockets` 0.2: TCP and the network (proposals/sockets/wit of WebAssembly/WASI). What starts
// here is finished here, too: binding and listening take no time.

#include "components/interfaces.hpp"
#include "components/io.hpp"
#include "components/network_02.hpp"
#include "components/socket_options.hpp"

namespace cairn::wasi {

namespace {

template <class T>
using Answer = NetAnswer<Net2, T>;
using Tcp = const HostRef<TcpSocket>&;
using Streams = std::tuple<HostOwn<InputStream>, HostOwn<OutputStream>>;

using Net = const HostRef<NetworkResource>&;

enum class ShutdownType : uint8_t { receive, send, both };

Outcome<Streams> streams(TcpSocket& socket) {
  auto input = std::make_shared<InputStream>(TRY(socket.source()));
  auto output = std::make_shared<OutputStream>(socket.loop(), TRY(socket.sink()));
  return Streams(HostOwn<InputStream>(std::move(input)), HostOwn<OutputStream>(std::move(output)));
}

/// Before anything changes: a connection whose streams have no places would be lost.
Outcome<> check_places(const TcpSocket& socket) {
  return socket.ready() ? socket.check_places() : Outcome<>();
}

Answer<Streams> finish_connect(HostCall&, Tcp self) {
  if (self->state() != TcpSocket::State::connecting)
    return std::unexpected(Net2::error(Errno::already));
  if (const Outcome<> room = check_places(*self); !room)
    return std::unexpected(Net2::error(room.error()));
  if (const Outcome<> result = self->finish_connect(); !result)
    return std::unexpected(Net2::error(result.error()));
  return net_answer<Net2, Streams>(streams(*self));
}

using Accepted = std::tuple<HostOwn<TcpSocket>, HostOwn<InputStream>, HostOwn<OutputStream>>;
Answer<Accepted> accept(HostCall&, Tcp self) {
  if (const Outcome<> room = check_places(*self); !room)
    return std::unexpected(Net2::error(room.error()));
  Outcome<std::shared_ptr<TcpSocket>> accepted = self->accept();
  if (!accepted) return std::unexpected(Net2::error(accepted.error()));
  Outcome<Streams> both = streams(**accepted);
  if (!both) return std::unexpected(Net2::error(both.error()));
  return std::tuple_cat(std::tuple(HostOwn<TcpSocket>(*std::move(accepted))), *std::move(both));
}

}  // namespace
}  // namespace cairn::wasi

template <>
struct cairn::component::Typed<cairn::wasi::ShutdownType>
    : cairn::component::EnumOf<cairn::wasi::ShutdownType> {};

namespace cairn::wasi {
namespace {

void add_tcp(ComponentLinker& linker) {
  HostInterface& tcp = linker.interface("wasi:sockets/tcp@0.2.12");
  tcp.resource<InputStream>("input-stream")
      .resource<OutputStream>("output-stream")
      .resource<Pollable>("pollable")
      .resource<NetworkResource>("network");
  add_addresses<Net2, TcpSocket>(tcp, "tcp-socket", "");
  add_tcp_options<Net2>(tcp, "");
  tcp.func("[method]tcp-socket.start-bind",
           [](HostCall&, Tcp self, Net, SocketAddress address) {
             return net_answer<Net2, void>(self->bind(address));
           })
      .func("[method]tcp-socket.finish-bind",
            [](HostCall&, Tcp self) -> Answer<void> {
              if (self->state() == TcpSocket::State::bound) return {};
              return std::unexpected(Net2::error(Errno::already));
            })
      .func("[method]tcp-socket.start-connect",
            [](HostCall&, Tcp self, Net, SocketAddress address) {
              return net_answer<Net2, void>(self->start_connect(address));
            })
      .func("[method]tcp-socket.finish-connect", &finish_connect)
      .func("[method]tcp-socket.start-listen",
            [](HostCall&, Tcp self) -> Answer<void> {
              // Unlike 0.3 it wants a bind before.
              if (self->state() == TcpSocket::State::unbound)
                return std::unexpected(Net2::error(wrong_state));
              return net_answer<Net2, void>(self->listen());
            })
      .func("[method]tcp-socket.finish-listen",
            [](HostCall&, Tcp self) -> Answer<void> {
              if (self->state() == TcpSocket::State::listening) return {};
              return std::unexpected(Net2::error(Errno::already));
            })
      .func("[method]tcp-socket.accept", &accept)
      .func("[method]tcp-socket.is-listening",
            [](HostCall&, Tcp self) { return self->state() == TcpSocket::State::listening; })
      .func("[method]tcp-socket.set-listen-backlog-size",
            [](HostCall&, Tcp self, uint64_t value) {
              return net_answer<Net2, void>(self->set_backlog(value));
            })
      .func("[method]tcp-socket.subscribe",
            [](HostCall&, Tcp self) {
              return HostOwn<Pollable>(std::make_shared<FunctionPollable>(
                  [socket = self.share()] { return socket->ready(); },
                  [socket = self.share()](EventLoop::Callback run) {
                    return socket->when_ready(std::move(run));
                  }));
            })
      .func("[method]tcp-socket.shutdown", [](HostCall&, Tcp self, ShutdownType type) {
        return net_answer<Net2, void>(
            self->shut_down(type != ShutdownType::send, type != ShutdownType::receive));
      });
  linker.interface("wasi:sockets/tcp-create-socket@0.2.12")
      .resource<TcpSocket>("tcp-socket")
      .func("create-tcp-socket", [](HostCall& call, IpFamily family) -> Answer<HostOwn<TcpSocket>> {
        auto socket = TcpSocket::create(Guest::of(call), family);
        if (!socket) return std::unexpected(Net2::error(socket.error()));
        return HostOwn<TcpSocket>(*std::move(socket));
      });
}

// ---- Names ------------------------------------------------------------------------------------

/// `resolve-address-stream`
struct AddressStream {
  EventLoop::Ticket ticket;
  std::optional<Outcome<std::vector<IpAddress>>> found;
  size_t next = 0;
  EventLoop::Callback waiting;
};

Answer<std::optional<IpAddress>> next_address(HostCall&, const HostRef<AddressStream>& self) {
  if (!self->found) return std::unexpected(Net2::error(Errno::again));
  const Outcome<std::vector<IpAddress>>& found = *self->found;
  if (!found) return std::unexpected(Net2::Error{lookup_error(found.error())});
  if (self->next == found->size()) return std::nullopt;
  return (*found)[self->next++];
}

Answer<HostOwn<AddressStream>> resolve(HostCall& call, Net, const std::string& name) {
  const auto stream = std::make_shared<AddressStream>();
  stream->ticket =
      look_up(Guest::of(call), name, [to = stream.get()](Outcome<std::vector<IpAddress>> found) {
        to->found = std::move(found);
        if (to->waiting) std::exchange(to->waiting, nullptr)();
      });
  // What is refused or wrong is told at once.
  if (stream->found && !*stream->found)
    return std::unexpected(Net2::Error{lookup_error(stream->found->error())});
  return HostOwn<AddressStream>(stream);
}

/// A wait for the addresses; there is one at a time for each pollable, and the last one counts.
struct AddressWait final : EventLoop::Wait {
  AddressWait(std::shared_ptr<AddressStream> of, EventLoop::Callback run) : stream(std::move(of)) {
    stream->waiting = std::move(run);
  }
  ~AddressWait() override { stream->waiting = nullptr; }
  std::shared_ptr<AddressStream> stream;
};

void add_lookup(ComponentLinker& linker) {
  linker.interface("wasi:sockets/ip-name-lookup@0.2.12")
      .resource<Pollable>("pollable")
      .resource<NetworkResource>("network")
      .resource<AddressStream>("resolve-address-stream")
      .func("resolve-addresses", &resolve)
      .func("[method]resolve-address-stream.resolve-next-address", &next_address)
      .func("[method]resolve-address-stream.subscribe",
            [](HostCall& call, const HostRef<AddressStream>& self) {
              EventLoop* const loop = &Guest::of(call).loop();
              return HostOwn<Pollable>(std::make_shared<FunctionPollable>(
                  [stream = self.share()] { return stream->found.has_value(); },
                  [stream = self.share(), loop](EventLoop::Callback run) -> EventLoop::Ticket {
                    if (stream->found) return loop->at(0, std::move(run));
                    return std::make_unique<AddressWait>(stream, std::move(run));
                  }));
            });
}

}  // namespace

void add_sockets_02(ComponentLinker& linker) {
  linker.interface("wasi:sockets/network@0.2.12")
      .resource<NetworkResource>("network")
      .resource<IoError>("error")
      .func("network-error-code", [](HostCall&, const HostRef<IoError>& error) {
        return std::optional<Net2::Error>(Net2::error(error->code));
      });
  linker.interface("wasi:sockets/instance-network@0.2.12")
      .resource<NetworkResource>("network")
      .func("instance-network", [](HostCall&) {
        return HostOwn<NetworkResource>(std::make_shared<NetworkResource>());
      });
  add_tcp(linker);
  add_udp_02(linker);
  add_lookup(linker);
}

}  // namespace cairn::wasi
