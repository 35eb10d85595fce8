#pragma once
/// The types of `wasi:sockets`, as 0.2 and 0.3 write them.

#include <cairn/component/typed.hpp>
#include <cairn/wasi/errno.hpp>
#include <cairn/wasi/sandbox/address.hpp>

namespace cairn::wasi {

/// A socket is not in the state for that.
inline constexpr Errno wrong_state = Errno::isconn;

/// `network.error-code` of 0.2, in its order, and one of 0.3 behind.
enum class NetError : uint8_t {
  unknown,
  access_denied,
  not_supported,
  invalid_argument,
  out_of_memory,
  timeout,
  concurrency_conflict,
  not_in_progress,
  would_block,
  invalid_state,
  new_socket_limit,
  address_not_bindable,
  address_in_use,
  remote_unreachable,
  connection_refused,
  connection_reset,
  connection_aborted,
  datagram_too_large,
  name_unresolvable,
  temporary_resolver_failure,
  permanent_resolver_failure,
  connection_broken,
};
NetError net_error(Errno code);
/// Of looking up a name.
NetError lookup_error(Errno code);

/// 0.2
struct Net2 {
  struct Error {
    NetError code = NetError::unknown;
  };
  static Error error(Errno code) { return {net_error(code)}; }
};
/// 0.3: `types.error-code`
struct Net3 {
  struct Error {
    NetError code = NetError::unknown;
  };
  static Error error(Errno code) { return {net_error(code)}; }
};
/// 0.3: `ip-name-lookup.error-code`
struct LookupError {
  NetError code = NetError::unknown;
};

template <class Face, class T>
using NetAnswer = std::expected<T, typename Face::Error>;
template <class Face, class T>
NetAnswer<Face, T> net_answer(Outcome<T> outcome) {
  if (!outcome) return std::unexpected(Face::error(outcome.error()));
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(outcome);
}

}  // namespace cairn::wasi

namespace cairn::component {

template <>
struct Typed<wasi::Net2::Error> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::enum_ && types[type].parts.size() == 21;
  }
  static Value to_value(wasi::Net2::Error value);
};
template <>
struct Typed<wasi::Net3::Error> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 15;
  }
  static Value to_value(wasi::Net3::Error value);
};
template <>
struct Typed<wasi::LookupError> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 6;
  }
  static Value to_value(wasi::LookupError value);
};

template <>
struct Typed<wasi::IpFamily> : EnumOf<wasi::IpFamily> {};
template <>
struct Typed<wasi::IpAddress> {
  static bool matches(const Types& types, ValType type);
  static Value to_value(const wasi::IpAddress& address);
  static wasi::IpAddress from_value(const Value& value);
};
template <>
struct Typed<wasi::SocketAddress> {
  static bool matches(const Types& types, ValType type);
  static Value to_value(const wasi::SocketAddress& address);
  static wasi::SocketAddress from_value(const Value& value);
};

}  // namespace cairn::component
