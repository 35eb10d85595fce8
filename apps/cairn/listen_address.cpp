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

}  // namespace cairn::cli
