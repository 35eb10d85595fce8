// TCP sockets of the host. A guest can only use those that it was given, and accept connections.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <cairn/wasi/sandbox/host.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "sandbox/host_file.hpp"
#include "sandbox/host_socket.hpp"
#include "sandbox/native.hpp"

namespace cairn::wasi {
namespace {

constexpr int backlog = 128;

class HostSocket final : public HostFile {
 public:
  explicit HostSocket(int fd) : HostFile(fd, FileType::socket_stream, true) {}

  Outcome<std::shared_ptr<Handle>> accept(FdFlags flags) override {
    const int native = SOCK_CLOEXEC | ((flags & fd_flag::nonblock) != 0 ? SOCK_NONBLOCK : 0);
    const int fd = accept4(native_fd(), nullptr, nullptr, native);
    if (fd < 0) return fail_native(errno);
    return std::make_shared<HostSocket>(fd);
  }

  Outcome<Received> receive(ReadBuffers buffers, bool peek) override {
    msghdr message = header(buffers);
    const ssize_t bytes = recvmsg(native_fd(), &message, peek ? MSG_PEEK : 0);
    if (bytes < 0) return fail_native(errno);
    return Received{static_cast<size_t>(bytes), (message.msg_flags & MSG_TRUNC) != 0};
  }

  Outcome<size_t> send(WriteBuffers buffers) override {
    msghdr message = header(buffers);
    const ssize_t bytes = sendmsg(native_fd(), &message, MSG_NOSIGNAL);
    if (bytes < 0) return fail_native(errno);
    return static_cast<size_t>(bytes);
  }

  /// As `send`: write(2) on a broken connection would raise a signal.
  Outcome<size_t> write(WriteBuffers buffers) override { return send(buffers); }

  Outcome<> shut_down(bool receive, bool send) override {
    const int how = receive && send ? SHUT_RDWR : (receive ? SHUT_RD : SHUT_WR);
    if (shutdown(native_fd(), how) != 0) return fail_native(errno);
    return {};
  }

 private:
  static msghdr header(std::span<const iovec> buffers) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(buffers.data());
    message.msg_iovlen = std::min(buffers.size(), buffers_max);
    return message;
  }
};

std::unexpected<Error> socket_error(int error, const std::string& address) {
  return std::unexpected(Error{
      .kind = ErrorKind::io, .message = std::strerror(error), .path = address, .os_error = error});
}

/// "host:port" or "[v6]:port" as the system's address. Only numeric forms: no name is looked up.
struct Resolved {
  sockaddr_storage address{};
  socklen_t size = 0;
};

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Result<Resolved> resolve(const std::string& address) {
  const auto wrong = [&] {
    return cairn::fail(ErrorKind::usage,
                       fmt::format("'{}' is not like 127.0.0.1:8080 or [::1]:8080", address));
  };
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return wrong();
  const std::optional<uint16_t> port = parse_port(std::string_view(address).substr(colon + 1));
  if (!port) return wrong();
  std::string host = address.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  Resolved resolved;
  if (host.starts_with('[') && host.ends_with(']')) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(*port);
    if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr) != 1) {
      return wrong();
    }
    std::memcpy(&resolved.address, &v6, sizeof v6);
    resolved.size = sizeof v6;
    return resolved;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(*port);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return wrong();
  std::memcpy(&resolved.address, &v4, sizeof v4);
  resolved.size = sizeof v4;
  return resolved;
}

Result<UniqueFd> new_socket(const Resolved& resolved, const std::string& address) {
  UniqueFd fd(socket(resolved.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return socket_error(errno, address);
  return fd;
}

}  // namespace

std::shared_ptr<Handle> make_socket_handle(UniqueFd fd) {
  return std::make_shared<HostSocket>(fd.release());
}

Result<std::shared_ptr<Handle>> listen_tcp(const std::string& address) {
  const Resolved resolved = TRY(resolve(address));
  UniqueFd fd = TRY(new_socket(resolved, address));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&resolved.address), resolved.size) != 0 ||
      listen(fd.get(), backlog) != 0) {
    return socket_error(errno, address);
  }
  return std::make_shared<HostSocket>(fd.release());
}

Result<std::shared_ptr<Handle>> connect_tcp(const std::string& address) {
  const Resolved resolved = TRY(resolve(address));
  UniqueFd fd = TRY(new_socket(resolved, address));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&resolved.address), resolved.size) != 0) {
    return socket_error(errno, address);
  }
  return std::make_shared<HostSocket>(fd.release());
}

Result<std::string> local_address(const Handle& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(socket.native_fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return socket_error(errno, "socket");
  }
  char host[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    return fmt::format("[{}]:{}", host, ntohs(v6.sin6_port));
  }
  sockaddr_in v4;
  std::memcpy(&v4, &address, sizeof v4);
  inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
  return fmt::format("{}:{}", host, ntohs(v4.sin_port));
}

}  // namespace cairn::wasi
