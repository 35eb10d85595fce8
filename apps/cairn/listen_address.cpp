#include "listen_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cairn::cli {

Result<wasi::SocketAddress> parse_address(std::string_view option, const std::string& text) {
  const size_t colon = std::min(text.rfind(':'), text.size());
  std::string host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto ip = wasi::IpAddress::parse(host);
  wasi::SocketAddress address;
  const char* const end = text.data() + text.size();
  const char* const begin = std::min(text.data() + colon + 1, end);
  const auto [stop, status] = std::from_chars(begin, end, address.port);
  if (!ip || begin == end || stop != end || status != std::errc{})
    return fail(ErrorKind::usage,
                fmt::format("{} '{}' is not like 127.0.0.1:8080 or [::1]:8080", option, text));
  address.ip = *ip;
  return address;
}

std::string text_of(const wasi::SocketAddress& address) {
  const bool is_v6 = address.ip.family == wasi::IpFamily::v6;
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", address.ip.to_string(), is_v6 ? "]" : "",
                     address.port);
}

}  // namespace cairn::cli
