#pragma once
/// Addresses of the Internet.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::wasi {

enum class IpFamily : uint8_t { v4, v6 };

/// Bytes in the order of the network; of IPv4 the first four, the others are 0.
struct IpAddress {
  IpFamily family = IpFamily::v4;
  std::array<uint8_t, 16> bytes = {};

  bool operator==(const IpAddress&) const = default;
  /// "127.0.0.1", "::1"
  static std::optional<IpAddress> parse(std::string_view text);
  std::string to_string() const;

  bool is_unspecified() const;
  bool is_unicast() const;
  bool is_v4_mapped() const;
  /// Are the first bits those of the other?
  bool is_within(const IpAddress& network, uint32_t prefix_bits) const;
};

struct SocketAddress {
  IpAddress ip;
  uint16_t port = 0;
  uint32_t flow_info = 0, scope_id = 0;  ///< of IPv6
  bool operator==(const SocketAddress&) const = default;
  /// "127.0.0.1:8080", "[::1]:0", "localhost:80"
  static std::optional<SocketAddress> parse(std::string_view text);
};

}  // namespace cairn::wasi
