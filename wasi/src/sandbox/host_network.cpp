// Sockets of the operating system, for guests that make them themselves.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <cairn/wasi/sandbox/network.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "sandbox/host_socket.hpp"
#include "sandbox/resolver.hpp"
#include "sandbox/unique_fd.hpp"

namespace cairn::wasi {
namespace {

constexpr uint64_t ns_per_s = 1'000'000'000;
/// The largest datagram of IPv4 and IPv6.
constexpr size_t datagram_bytes_max = 65'535;

struct NativeAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

NativeAddress to_native(const SocketAddress& address) {
  NativeAddress native;
  if (address.ip.family == IpFamily::v4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.ip.bytes.data(), sizeof v4.sin_addr);
    std::memcpy(&native.storage, &v4, sizeof v4);
    native.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    v6.sin6_flowinfo = htonl(address.flow_info);
    v6.sin6_scope_id = address.scope_id;
    std::memcpy(&v6.sin6_addr, address.ip.bytes.data(), sizeof v6.sin6_addr);
    std::memcpy(&native.storage, &v6, sizeof v6);
    native.size = sizeof v6;
  }
  return native;
}

SocketAddress from_native_address(const sockaddr_storage& storage) {
  SocketAddress address;
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof v4);
    address.port = ntohs(v4.sin_port);
    std::memcpy(address.ip.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof v6);
    address.ip.family = IpFamily::v6;
    address.port = ntohs(v6.sin6_port);
    address.flow_info = ntohl(v6.sin6_flowinfo);
    address.scope_id = v6.sin6_scope_id;
    std::memcpy(address.ip.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return address;
}

Outcome<> done(int result) {
  if (result != 0) return fail_native(errno);
  return {};
}

class HostNetSocket final : public Socket {
 public:
  HostNetSocket(UniqueFd fd, IpFamily family)
      : family_(family), handle_(make_socket_handle(std::move(fd))) {}

  int wait_fd() const override { return fd(); }

  Outcome<> bind(const SocketAddress& address, bool reuse) override {
    const int on = reuse ? 1 : 0;
    setsockopt(fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    NativeAddress native = to_native(address);
    return done(::bind(fd(), native.get(), native.size));
  }
  Outcome<> connect(const SocketAddress& address) override {
    NativeAddress native = to_native(address);
    return done(::connect(fd(), native.get(), native.size));
  }
  Outcome<> connect_result() override {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return fail_native(errno);
    if (error != 0) return fail_native(error);
    return {};
  }
  Outcome<> disconnect() override {
    const SocketAddress before = TRY(local_address());
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    TRY(done(::connect(fd(), &nobody, sizeof nobody)));
    // With the peer, Linux lets go of a port that it has chosen itself.
    SocketAddress after = TRY(local_address());
    if (after.port != 0) return {};
    after.port = before.port;
    return bind(after, false);
  }
  Outcome<> listen(int backlog) override { return done(::listen(fd(), backlog)); }
  Outcome<std::shared_ptr<Socket>> accept() override {
    UniqueFd accepted(accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!accepted) return fail_native(errno);
    return std::make_shared<HostNetSocket>(std::move(accepted), family_);
  }

  Outcome<SocketAddress> local_address() override {
    NativeAddress native;
    if (getsockname(fd(), native.get(), &native.size) != 0) return fail_native(errno);
    return from_native_address(native.storage);
  }
  Outcome<SocketAddress> remote_address() override {
    NativeAddress native;
    if (getpeername(fd(), native.get(), &native.size) != 0) return fail_native(errno);
    return from_native_address(native.storage);
  }

  Outcome<uint64_t> option(SocketOption option) override {
    const Native native = find(option);
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(fd(), native.level, native.name, &value, &size) != 0) return fail_native(errno);
    // Linux counts its own bookkeeping: what was set is doubled (socket(7)).
    if (option == SocketOption::receive_buffer || option == SocketOption::send_buffer) value /= 2;
    return static_cast<uint64_t>(value) * native.unit;
  }
  Outcome<> set_option(SocketOption option, uint64_t value) override {
    const Native native = find(option);
    if (value == 0 && option != SocketOption::keep_alive) return fail(Errno::inval);
    // What is less than a unit is rounded up, what is too much is cut.
    const uint64_t units = value / native.unit + (value % native.unit != 0 ? 1 : 0);
    const int given = static_cast<int>(std::min<uint64_t>(units, native.max));
    return done(setsockopt(fd(), native.level, native.name, &given, sizeof given));
  }

  Outcome<> shut_down(bool receive, bool send) override {
    return handle_->shut_down(receive, send);
  }
  std::shared_ptr<Handle> stream() override { return handle_; }

  Outcome<> send_to(ByteSpan bytes, const std::optional<SocketAddress>& to) override {
    NativeAddress native = to ? to_native(*to) : NativeAddress();
    const ssize_t sent = sendto(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                to ? native.get() : nullptr, to ? native.size : 0);
    if (sent < 0) return fail_native(errno);
    return {};
  }
  Outcome<Datagram> receive_from() override {
    Datagram datagram{.bytes = Bytes(datagram_bytes_max), .from = {}};
    NativeAddress native;
    const ssize_t got = recvfrom(fd(), datagram.bytes.data(), datagram.bytes.size(), MSG_DONTWAIT,
                                 native.get(), &native.size);
    if (got < 0) return fail_native(errno);
    datagram.bytes.resize(static_cast<size_t>(got));
    datagram.from = from_native_address(native.storage);
    return datagram;
  }

 private:
  struct Native {
    int level, name;
    uint64_t unit, max;
  };
  Native find(SocketOption option) const {
    switch (option) {
      case SocketOption::keep_alive: return {SOL_SOCKET, SO_KEEPALIVE, 1, 1};
      case SocketOption::keep_alive_idle: return {IPPROTO_TCP, TCP_KEEPIDLE, ns_per_s, 32'767};
      case SocketOption::keep_alive_interval: return {IPPROTO_TCP, TCP_KEEPINTVL, ns_per_s, 32'767};
      case SocketOption::keep_alive_count: return {IPPROTO_TCP, TCP_KEEPCNT, 1, 127};
      case SocketOption::hop_limit:
        if (family_ == IpFamily::v4) return {IPPROTO_IP, IP_TTL, 1, 255};
        return {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1, 255};
      case SocketOption::receive_buffer: return {SOL_SOCKET, SO_RCVBUF, 1, INT_MAX / 2};
      case SocketOption::no_delay: return {IPPROTO_TCP, TCP_NODELAY, 1, 1};
      case SocketOption::send_buffer: break;
    }
    return {SOL_SOCKET, SO_SNDBUF, 1, INT_MAX / 2};
  }

  int fd() const { return handle_->native_fd(); }

  IpFamily family_;
  std::shared_ptr<Handle> handle_;
};

class HostNetwork final : public Network {
 public:
  HostNetwork(EventLoop& loop, Files& files, Random& random)
      : loop_(loop), files_(files), random_(random) {}

  Outcome<std::shared_ptr<Socket>> tcp(IpFamily family) override {
    return make(family, SOCK_STREAM);
  }
  Outcome<std::shared_ptr<Socket>> udp(IpFamily family) override {
    return make(family, SOCK_DGRAM);
  }
  EventLoop::Ticket look_up(const std::string& name, Addresses then) override {
    return resolve_name({loop_, *this, files_, random_}, name, std::move(then));
  }

 private:
  static Outcome<std::shared_ptr<Socket>> make(IpFamily family, int type) {
    const int domain = family == IpFamily::v4 ? AF_INET : AF_INET6;
    UniqueFd fd(socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_native(errno);
    const int on = 1;
    if (family == IpFamily::v6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return std::make_shared<HostNetSocket>(std::move(fd), family);
  }

  EventLoop& loop_;
  Files& files_;
  Random& random_;
};

}  // namespace

Result<std::shared_ptr<Socket>> listen_at(const SocketAddress& address, Listener which) {
  const auto failed = [] {
    return std::unexpected(
        Error{.kind = ErrorKind::io, .message = std::strerror(errno), .os_error = errno});
  };
  const int domain = address.ip.family == IpFamily::v4 ? AF_INET : AF_INET6;
  UniqueFd fd(socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed();
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto share = [&] {
    return setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
  };
  if (which == Listener::more && !share()) return failed();
  NativeAddress native = to_native(address);
  constexpr int backlog = 4096;
  if (bind(fd.get(), native.get(), native.size) != 0 || listen(fd.get(), backlog) != 0)
    return failed();
  // Not before it listens: two processes that began by sharing would each be the first one.
  if (which == Listener::first && !share()) return failed();
  return std::make_shared<HostNetSocket>(std::move(fd), address.ip.family);
}

std::unique_ptr<Network> make_network(EventLoop& loop, Files& files, Random& random) {
  return std::make_unique<HostNetwork>(loop, files, random);
}

}  // namespace cairn::wasi
