#pragma once
/// The words of HTTP messages: what may stand where (RFC 9110, RFC 3986).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::wasi {

/// RFC 9110, 5.6.2: names of fields, methods.
bool is_token(std::string_view text);
/// RFC 9110, 5.5: no control characters but tabs. Spaces around are allowed, and not sent.
bool is_field_value(std::string_view text);
bool equal_names(std::string_view a, std::string_view b);
/// RFC 3986, 3.1
bool is_scheme(std::string_view text);
/// A path and a query: no spaces, no control characters, no fragment. Relative ones are kept as
/// they are; bytes of UTF-8 are let through.
bool is_path_with_query(std::string_view text);

/// Where a request goes.
struct Authority {
  std::string host;  ///< without the brackets of IPv6
  std::optional<uint16_t> port = {};
  std::string host_and_port;  ///< what the field `Host` says: without user information
};
/// RFC 3986, 3.2. Nothing for anything else, and for one without a host.
std::optional<Authority> parse_authority(std::string_view text);

/// The value of `Content-Length`.
std::optional<uint64_t> parse_length(std::string_view text);
/// Is the word in the comma-separated list?
bool list_has(std::string_view list, std::string_view word);
/// Without spaces and tabs around it.
std::string_view trimmed(std::string_view text);

}  // namespace cairn::wasi
