#include "components/http/request_check.hpp"

namespace cairn::wasi {
namespace {

Http<Framing> choose_framing(const Fields& fields, bool has_body) {
  const std::string* const text = fields.find("content-length");
  if (!text) {
    if (has_body) return Framing{.kind = Framing::Kind::chunked};
    return Framing{};
  }
  const auto length = parse_length(trimmed(*text));
  if (!length) return http_fail(HttpErrorCode::protocol_error);
  if (!has_body && *length != 0) return http_fail(HttpErrorCode::request_body_size, 0);
  return Framing{.kind = Framing::Kind::length, .length = *length};
}

}  // namespace

Http<CheckedRequest> check_request(const RequestHead& head, bool has_body,
                                   const HttpLimits& limits) {
  CheckedRequest checked;
  // Nothing is sent in the clear that was not meant to be.
  const std::string scheme = head.scheme.value_or("https");
  checked.is_secure = equal_names(scheme, "https");
  if (!checked.is_secure && !equal_names(scheme, "http"))
    return http_fail(HttpErrorCode::request_uri_invalid);
  const auto authority = parse_authority(head.authority.value_or(""));
  if (!authority) return http_fail(HttpErrorCode::request_uri_invalid);
  checked.authority = *authority;
  // A tunnel is no request that could be answered by a response.
  if (head.method == "CONNECT") return http_fail(HttpErrorCode::request_method_invalid);
  checked.to_head = head.method == "HEAD";
  std::string& target = checked.target;
  target = head.path_with_query.value_or("/");
  if (target.empty()) target = "/";
  if (!target.starts_with('/') && !(target == "*" && head.method == "OPTIONS"))
    target.insert(0, "/");
  if (target.size() > limits.head_bytes_max) return http_fail(HttpErrorCode::request_uri_too_long);
  checked.framing = TRY(choose_framing(*head.fields, has_body));
  return checked;
}

}  // namespace cairn::wasi
