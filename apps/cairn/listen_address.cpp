#include "listen_address.hpp"

#include <fmt/format.h>

namespace cairn::cli {

Result<wasi::SocketAddress> parse_address(std::string_view option, const std::string& text) {
  if (const auto address = wasi::SocketAddress::parse(text)) return *address;
  return fail(ErrorKind::usage,
              fmt::format("{} '{}' is not like 127.0.0.1:8080 or [::1]:8080", option, text));
}

std::string text_of(const wasi::SocketAddress& address) {
  const bool is_v6 = address.ip.family == wasi::IpFamily::v6;
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", address.ip.to_string(), is_v6 ? "]" : "",
                     address.port);
}

Result<std::shared_ptr<wasi::Socket>> listen_in(uint32_t thread, uint32_t threads,
                                                wasi::SocketAddress& address) {
  const auto which = threads == 1  ? wasi::Listener::alone
                     : thread == 0 ? wasi::Listener::first
                                   : wasi::Listener::more;
  auto socket = wasi::listen_at(address, which);
  if (!socket) {
    socket.error().path = text_of(address);
    return socket;
  }
  if (const auto bound = (*socket)->local_address()) address = *bound;
  return socket;
}

}  // namespace cairn::cli
