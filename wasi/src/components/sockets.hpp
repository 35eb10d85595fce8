#pragma once
/// TCP and UDP sockets as both versions of `wasi:sockets` see them: their states, and what the
/// guest's policy allows (proposals/sockets of WebAssembly/WASI, TcpSocketOperationalSemantics).

#include <cairn/wasi/guest.hpp>
#include <cairn/wasi/sandbox/byte_stream.hpp>
#include <cairn/wasi/sandbox/network.hpp>

namespace cairn::wasi {

class TcpSocket {
 public:
  enum class State : uint8_t { unbound, bound, listening, connecting, connected, closed };

  TcpSocket(Guest& guest, IpFamily family, std::shared_ptr<Socket> socket, State state)
      : guest_(guest), family_(family), socket_(std::move(socket)), state_(state) {}
  /// `acces` without a network.
  static Outcome<std::shared_ptr<TcpSocket>> create(Guest& guest, IpFamily family);

  State state() const { return state_; }
  IpFamily family() const { return family_; }
  Socket& socket() const { return *socket_; }
  const std::shared_ptr<Socket>& share() const { return socket_; }
  EventLoop& loop() const { return guest_.loop(); }

  Outcome<> bind(const SocketAddress& address);
  /// What is wrong with connecting to that address, in this state.
  Outcome<> start_connect(const SocketAddress& address);
  /// `again` while it goes on.
  Outcome<> finish_connect();
  Outcome<> listen();
  /// `again` when nobody has come.
  Outcome<std::shared_ptr<TcpSocket>> accept();
  Outcome<SocketAddress> local_address() const;
  Outcome<SocketAddress> remote_address() const;
  Outcome<uint64_t> option(SocketOption option) const;
  Outcome<> set_option(SocketOption option, uint64_t value) const;
  Outcome<> set_backlog(uint64_t value);

  /// The two halves of a connection, each at most once.
  Outcome<std::unique_ptr<ByteSource>> source();
  Outcome<std::unique_ptr<ByteSink>> sink();
  /// Whether there are places for both.
  Outcome<> check_places() const;
  Outcome<> shut_down(bool receive, bool send) const;

  /// When what this state waits for may have come.
  bool ready() const;
  EventLoop::Ticket when_ready(EventLoop::Callback run) const;

 private:
  EventLoop::Direction direction() const;

  Guest& guest_;
  IpFamily family_;
  std::shared_ptr<Socket> socket_;
  State state_;
  int backlog_ = 128;
  bool receiving_ = false, sending_ = false;
};

class UdpSocket {
 public:
  UdpSocket(Guest& guest, IpFamily family, std::shared_ptr<Socket> socket)
      : guest_(guest), family_(family), socket_(std::move(socket)) {}
  static Outcome<std::shared_ptr<UdpSocket>> create(Guest& guest, IpFamily family);

  IpFamily family() const { return family_; }
  Socket& socket() const { return *socket_; }
  bool is_bound() const { return bound_; }
  const std::optional<SocketAddress>& remote() const { return remote_; }
  EventLoop& loop() const { return guest_.loop(); }

  Outcome<> bind(const SocketAddress& address);
  Outcome<> connect(const SocketAddress& address);
  Outcome<> disconnect();
  /// `again` when one has to wait.
  Outcome<> send(ByteSpan bytes, const std::optional<SocketAddress>& to);
  Outcome<Datagram> receive();
  Outcome<SocketAddress> local_address() const;
  Outcome<SocketAddress> remote_address() const;

 private:
  Outcome<> check_remote(const SocketAddress& address) const;

  Guest& guest_;
  IpFamily family_;
  std::shared_ptr<Socket> socket_;
  bool bound_ = false;
  bool listens_ = false;  ///< at an address of the guest's choice
  std::optional<SocketAddress> remote_;
};

/// Finds the addresses of a name that the guest may look up, or of an address that is written out.
/// `then` may be called at once, and there is no ticket then.
[[nodiscard]] EventLoop::Ticket look_up(Guest& guest, const std::string& name,
                                        Network::Addresses then);

}  // namespace cairn::wasi
