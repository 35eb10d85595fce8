#include "components/sockets.hpp"

#include "components/socket_types.hpp"

namespace cairn::wasi {

namespace {

/// Of UDP over IPv6 (RFC 768, 8200); that over IPv4 is a little less, as the system will say.
constexpr size_t datagram_bytes_max = 65'527;

/// What no address may be, whatever it is for.
Outcome<> check_address(const SocketAddress& address, IpFamily family) {
  const IpAddress& ip = address.ip;
  if (ip.family != family || ip.is_v4_mapped() || !ip.is_unicast()) return fail(Errno::inval);
  return {};
}

Outcome<> check_remote_address(const SocketAddress& address, IpFamily family) {
  TRY(check_address(address, family));
  if (address.ip.is_unspecified() || address.port == 0) return fail(Errno::inval);
  return {};
}

}  // namespace

// ---- TCP --------------------------------------------------------------------------------------

Outcome<std::shared_ptr<TcpSocket>> TcpSocket::create(Guest& guest, IpFamily family) {
  if (!guest.config().network) return fail(Errno::acces);
  auto socket = TRY(guest.config().network->tcp(family));
  TRY(guest.count(*socket->stream()));
  return std::make_shared<TcpSocket>(guest, family, std::move(socket), State::unbound);
}

Outcome<> TcpSocket::bind(const SocketAddress& address) {
  if (state_ != State::unbound) return fail(wrong_state);
  TRY(check_address(address, family_));
  if (!guest_.network_policy().may_listen(address)) return fail(Errno::acces);
  TRY(socket_->bind(address, true));
  state_ = State::bound;
  return {};
}

Outcome<> TcpSocket::start_connect(const SocketAddress& address) {
  if (state_ != State::unbound && state_ != State::bound) return fail(wrong_state);
  TRY(check_remote_address(address, family_));
  if (!guest_.network_policy().may_connect(address)) return fail(Errno::acces);
  const Outcome<> started = socket_->connect(address);
  state_ = started || started.error() == Errno::inprogress ? State::connecting : State::closed;
  if (state_ == State::closed) return started;
  return {};
}

Outcome<> TcpSocket::finish_connect() {
  if (!loop().is_ready(socket_->wait_fd(), EventLoop::Direction::write)) return fail(Errno::again);
  const Outcome<> result = socket_->connect_result();
  state_ = result ? State::connected : State::closed;
  return result;
}

Outcome<> TcpSocket::listen() {
  if (state_ != State::unbound && state_ != State::bound) return fail(wrong_state);
  // Without a bind of the guest's own it will be any address and port.
  const SocketAddress any{.ip = {.family = family_}};
  if (state_ == State::unbound && !guest_.network_policy().may_listen(any))
    return fail(Errno::acces);
  TRY(socket_->listen(backlog_));
  state_ = State::listening;
  return {};
}

Outcome<std::shared_ptr<TcpSocket>> TcpSocket::accept() {
  if (state_ != State::listening) return fail(wrong_state);
  Outcome<std::shared_ptr<Socket>> accepted = socket_->accept();
  if (!accepted) return fail(accepted.error());
  TRY(guest_.count(*(*accepted)->stream()));
  return std::make_shared<TcpSocket>(guest_, family_, *std::move(accepted), State::connected);
}

Outcome<SocketAddress> TcpSocket::local_address() const {
  if (state_ == State::unbound || state_ == State::closed) return fail(wrong_state);
  return socket_->local_address();
}

Outcome<SocketAddress> TcpSocket::remote_address() const {
  if (state_ != State::connected) return fail(wrong_state);
  return socket_->remote_address();
}

Outcome<uint64_t> TcpSocket::option(SocketOption option) const { return socket_->option(option); }

Outcome<> TcpSocket::set_option(SocketOption option, uint64_t value) const {
  return socket_->set_option(option, value);
}

Outcome<> TcpSocket::set_backlog(uint64_t value) {
  if (value == 0) return fail(Errno::inval);
  if (state_ == State::connecting || state_ == State::connected) return fail(wrong_state);
  backlog_ = static_cast<int>(std::min<uint64_t>(value, 4096));
  return state_ == State::listening ? socket_->listen(backlog_) : Outcome<>();
}

Outcome<std::unique_ptr<ByteSource>> TcpSocket::source() {
  if (state_ != State::connected || receiving_) return fail(wrong_state);
  auto source = TRY(guest_.count(make_source(loop(), socket_->stream())));
  receiving_ = true;
  return source;
}

Outcome<std::unique_ptr<ByteSink>> TcpSocket::sink() {
  if (state_ != State::connected || sending_) return fail(wrong_state);
  auto sink = TRY(guest_.count(make_sink(loop(), socket_->stream())));
  sending_ = true;
  return sink;
}

Outcome<> TcpSocket::check_places() const {
  const Guest::Place one = TRY(guest_.stream_place());
  const Guest::Place other = TRY(guest_.stream_place());
  return {};
}

Outcome<> TcpSocket::shut_down(bool receive, bool send) const {
  if (state_ != State::connected) return fail(wrong_state);
  return socket_->shut_down(receive, send);
}

EventLoop::Direction TcpSocket::direction() const {
  return state_ == State::listening ? EventLoop::Direction::read : EventLoop::Direction::write;
}

bool TcpSocket::ready() const {
  if (state_ != State::connecting && state_ != State::listening) return true;
  return loop().is_ready(socket_->wait_fd(), direction());
}

EventLoop::Ticket TcpSocket::when_ready(EventLoop::Callback run) const {
  if (state_ != State::connecting && state_ != State::listening)
    return loop().at(0, std::move(run));
  return loop().when_ready(socket_->wait_fd(), direction(), std::move(run));
}

// ---- UDP --------------------------------------------------------------------------------------

Outcome<std::shared_ptr<UdpSocket>> UdpSocket::create(Guest& guest, IpFamily family) {
  if (!guest.config().network) return fail(Errno::acces);
  auto socket = TRY(guest.config().network->udp(family));
  TRY(guest.count(*socket->stream()));
  return std::make_shared<UdpSocket>(guest, family, std::move(socket));
}

Outcome<> UdpSocket::bind(const SocketAddress& address) {
  if (bound_) return fail(wrong_state);
  TRY(check_address(address, family_));
  if (!guest_.network_policy().may_listen(address)) return fail(Errno::acces);
  TRY(socket_->bind(address, false));
  bound_ = true;
  listens_ = true;
  return {};
}

Outcome<> UdpSocket::check_remote(const SocketAddress& address) const {
  TRY(check_remote_address(address, family_));
  if (!guest_.network_policy().may_connect(address)) return fail(Errno::acces);
  return {};
}

Outcome<> UdpSocket::connect(const SocketAddress& address) {
  TRY(check_remote(address));
  // Linux wants one peer to be let go of before the next.
  if (remote_) TRY(disconnect());
  TRY(socket_->connect(address));
  bound_ = true;
  remote_ = address;
  return {};
}

Outcome<> UdpSocket::disconnect() {
  if (!remote_) return fail(wrong_state);
  TRY(socket_->disconnect());
  remote_.reset();
  return {};
}

Outcome<> UdpSocket::send(ByteSpan bytes, const std::optional<SocketAddress>& to) {
  if (bytes.size() > datagram_bytes_max) return fail(Errno::msgsize);
  if (!to && !remote_) return fail(Errno::inval);
  if (to && remote_ && *to != *remote_) return fail(Errno::inval);
  if (to) TRY(check_remote(*to));
  TRY(socket_->send_to(bytes, remote_ ? std::nullopt : to));
  bound_ = true;
  return {};
}

Outcome<Datagram> UdpSocket::receive() {
  if (!bound_) return fail(wrong_state);
  for (;;) {
    Datagram datagram = TRY(socket_->receive_from());
    // Who may not be spoken to is not heard either, unless the socket was bound to listen.
    if (remote_ ? datagram.from == *remote_
                : listens_ || guest_.network_policy().may_connect(datagram.from))
      return datagram;
  }
}

Outcome<SocketAddress> UdpSocket::local_address() const {
  if (!bound_) return fail(wrong_state);
  return socket_->local_address();
}

Outcome<SocketAddress> UdpSocket::remote_address() const {
  if (!remote_) return fail(wrong_state);
  return *remote_;
}

// ---- Names ------------------------------------------------------------------------------------

EventLoop::Ticket look_up(Guest& guest, const std::string& name, Network::Addresses then) {
  std::string_view text = name;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (const auto address = IpAddress::parse(text)) {
    then(std::vector{*address});
    return nullptr;
  }
  if (!guest.config().network || !guest.network_policy().may_look_up(name)) {
    then(fail(Errno::acces));
    return nullptr;
  }
  Outcome<Guest::Place> place = guest.lookup_place();
  if (!place) {
    then(fail(Errno::again));
    return nullptr;
  }
  return guest.config().network->look_up(
      name, [&guest, name, place = *std::move(place),
             then = std::move(then)](Outcome<std::vector<IpAddress>> found) {
        if (found) {
          std::erase_if(*found, [](const IpAddress& address) { return address.is_v4_mapped(); });
          if (found->empty()) found = fail(Errno::noent);
        }
        if (found) guest.network_policy().learn(name, *found);
        then(std::move(found));
      });
}

}  // namespace cairn::wasi
