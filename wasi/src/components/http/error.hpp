#pragma once
/// Why something of HTTP failed: `error-code` of `wasi:http/types`, which both versions share.

#include <cairn/component/typed.hpp>
#include <cairn/wasi/errno.hpp>

#include <expected>
#include <optional>
#include <string>

namespace cairn::wasi {

/// In the order of the cases.
enum class HttpErrorCode : uint8_t {
  dns_timeout,
  dns_error,
  destination_not_found,
  destination_unavailable,
  destination_ip_prohibited,
  destination_ip_unroutable,
  connection_refused,
  connection_terminated,
  connection_timeout,
  connection_read_timeout,
  connection_write_timeout,
  connection_limit_reached,
  tls_protocol_error,
  tls_certificate_error,
  tls_alert_received,
  request_denied,
  request_length_required,
  request_body_size,
  request_method_invalid,
  request_uri_invalid,
  request_uri_too_long,
  request_header_section_size,
  request_header_size,
  request_trailer_section_size,
  request_trailer_size,
  response_incomplete,
  response_header_section_size,
  response_header_size,
  response_body_size,
  response_trailer_section_size,
  response_trailer_size,
  response_transfer_coding,
  response_content_coding,
  response_timeout,
  upgrade_failed,
  protocol_error,
  loop_detected,
  configuration_error,
  internal_error,
};

/// The code and what its case carries: a text, a number, or both.
struct HttpError {
  HttpErrorCode code = HttpErrorCode::internal_error;
  std::optional<std::string> text = {};
  std::optional<uint64_t> number = {};

  bool operator==(const HttpError&) const = default;
  /// "connection-refused", "internal-error: …"
  std::string to_string() const;
  /// Of an operation on a connection that exists.
  static HttpError of_connection(Errno code);
  /// Of connecting.
  static HttpError of_connect(Errno code);
  /// Of looking up a name.
  static HttpError of_lookup(Errno code);
  /// What a stream of bytes says that ended so; `of_connection` is the way back.
  Errno to_errno() const;
};

/// A value, or why there is none.
template <class T = void>
using Http = std::expected<T, HttpError>;

inline std::unexpected<HttpError> http_fail(HttpErrorCode code, std::optional<uint64_t> number = {},
                                            std::optional<std::string> text = {}) {
  return std::unexpected(HttpError{.code = code, .text = std::move(text), .number = number});
}

}  // namespace cairn::wasi

namespace cairn::component {

template <>
struct Typed<wasi::HttpError> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 39;
  }
  static Value to_value(const wasi::HttpError& error);
  static wasi::HttpError from_value(const Value& value);
};

}  // namespace cairn::component
