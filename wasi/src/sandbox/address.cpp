#include <cairn/wasi/sandbox/address.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace cairn::wasi {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  address.family = IpFamily::v6;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(family == IpFamily::v4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_unicast() const {
  if (family == IpFamily::v6) return bytes[0] != 0xff;
  const bool multicast = bytes[0] >= 224 && bytes[0] <= 239;
  return !multicast &&
         !std::ranges::all_of(std::span(bytes).first(4), [](uint8_t byte) { return byte == 255; });
}

bool IpAddress::is_v4_mapped() const {
  return family == IpFamily::v6 && bytes[10] == 0xff && bytes[11] == 0xff &&
         std::ranges::all_of(std::span(bytes).first(10), [](uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_within(const IpAddress& network, uint32_t prefix_bits) const {
  if (family != network.family) return false;
  for (size_t i = 0; i < bytes.size() && prefix_bits > 0; ++i) {
    const uint32_t bits = std::min(prefix_bits, 8u);
    if (((bytes[i] ^ network.bytes[i]) >> (8 - bits)) != 0) return false;
    prefix_bits -= bits;
  }
  return true;
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto ip = IpAddress::parse(host);
  SocketAddress address;
  const char* const end = text.data() + text.size();
  const char* const begin = text.data() + colon + 1;
  const auto [stop, status] = std::from_chars(begin, end, address.port);
  if (!ip || begin == end || stop != end || status != std::errc{}) return std::nullopt;
  address.ip = *ip;
  return address;
}

}  // namespace cairn::wasi
