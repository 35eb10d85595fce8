#include "http_connection.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/files.hpp>
#include <cairn/base/random.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cairn::cli {
namespace {

constexpr uint64_t ns_per_ms = 1'000'000;
/// To look a host up and to connect, however long the answer may take.
constexpr uint64_t connect_ms_max = 10'000;
/// `poll` cannot wait longer; then it is asked again.
constexpr uint64_t poll_ms_max = 3'600'000;

/// The command is linked statically, so the system's library cannot look names up.
Result<std::vector<wasi::IpAddress>> addresses_of(const std::string& host, uint64_t until_ns) {
  if (const auto address = wasi::IpAddress::parse(host)) return std::vector{*address};
  RealClock clock;
  RealFiles files;
  RealRandom random;
  const auto loop = make_event_loop(clock);
  const auto network = wasi::make_network(*loop, files, random);
  std::vector<wasi::IpAddress> addresses;
  bool done = false, is_late = false;
  const auto ticket = network->look_up(host, [&](const auto& found) {
    done = true;
    if (found) addresses = *found;
  });
  const auto timeout = loop->at(until_ns, [&] { done = is_late = true; });
  while (!done && TRY(loop->run_one())) {
  }
  if (is_late) return fail(ErrorKind::io, "its name was not looked up in time");
  if (addresses.empty()) return fail(ErrorKind::not_found, "there is no such host");
  return addresses;
}

struct SystemAddress {
  sockaddr_storage bytes = {};
  socklen_t size = 0;

  SystemAddress(const wasi::IpAddress& ip, uint16_t port) {
    const uint16_t wire_port = htons(port);
    if (ip.family == wasi::IpFamily::v4) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = wire_port;
      std::memcpy(&v4.sin_addr, ip.bytes.data(), sizeof v4.sin_addr);
      std::memcpy(&bytes, &v4, size = sizeof v4);
    } else {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = wire_port;
      std::memcpy(&v6.sin6_addr, ip.bytes.data(), sizeof v6.sin6_addr);
      std::memcpy(&bytes, &v6, size = sizeof v6);
    }
  }
};

}  // namespace

HttpConnection::HttpConnection(const HttpUrl& to, const Patience& patience)
    : to_(to),
      patience_(patience),
      deadline_ns_(clock_.monotonic_ns() + patience.timeout_ms * ns_per_ms) {}

HttpConnection::~HttpConnection() { close(); }

void HttpConnection::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<> HttpConnection::open() {
  const uint64_t until_ns =
      std::min(deadline_ns_, clock_.monotonic_ns() + connect_ms_max * ns_per_ms);
  const auto addresses = addresses_of(to_.host, until_ns);
  if (!addresses) return error(addresses.error().message);
  Result<> opened;
  for (size_t i = 0; i < addresses->size(); ++i) {
    // One that is silent leaves time for the others.
    const uint64_t now_ns = clock_.monotonic_ns();
    const uint64_t left_ns = until_ns - std::min(now_ns, until_ns);
    opened = connect((*addresses)[i], now_ns + left_ns / (addresses->size() - i));
    if (opened) break;
  }
  return opened;
}

Result<> HttpConnection::connect(const wasi::IpAddress& ip, uint64_t until_ns) {
  close();
  const SystemAddress address(ip, to_.port);
  fd_ = ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return error(std::strerror(errno));
  const auto* const at = reinterpret_cast<const sockaddr*>(&address.bytes);
  if (::connect(fd_, at, address.size) == 0) return {};
  if (errno != EINPROGRESS) return error(std::strerror(errno));
  TRY(await(POLLOUT, until_ns));
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) return error(std::strerror(failure));
  return {};
}

Result<> HttpConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    TRY(await(POLLOUT, deadline_ns_));
    const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && (errno == EPIPE || errno == ECONNRESET)) return {};
    if (put < 0 && errno != EAGAIN && errno != EINTR) return error(std::strerror(errno));
    if (put > 0) bytes.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

Result<bool> HttpConnection::receive(std::string& to) {
  std::array<char, 64 << 10> bytes;
  for (;;) {
    TRY(await(POLLIN, deadline_ns_));
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno != EAGAIN && errno != EINTR) return error(std::strerror(errno));
    if (got < 0) continue;
    to.append(bytes.data(), static_cast<size_t>(got));
    return got != 0;
  }
}

Result<> HttpConnection::await(short events, uint64_t until_ns) {
  for (;;) {
    // Also of who is always ready, with a byte at a time.
    const uint64_t now_ns = clock_.monotonic_ns();
    if (now_ns >= until_ns) return error("there was no whole answer in time");
    const uint64_t wait_ms = std::min((until_ns - now_ns) / ns_per_ms + 1, poll_ms_max);
    pollfd item = {.fd = fd_, .events = events, .revents = 0};
    const int ready = ::poll(&item, 1, static_cast<int>(wait_ms));
    if (ready > 0) return {};
    if (ready < 0 && (errno != EINTR || patience_.ends_at_signal))
      return error(std::strerror(errno));
  }
}

std::unexpected<Error> HttpConnection::error(std::string_view what) const {
  return fail(ErrorKind::io, fmt::format("{}: {}", to_.to_string(), what));
}

}  // namespace cairn::cli
