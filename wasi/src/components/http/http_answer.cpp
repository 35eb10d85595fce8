#include "components/http/http_answer.hpp"

#include <fmt/format.h>

#include <cairn/wasi/http_client.hpp>

namespace cairn::wasi {
namespace {

constexpr uint8_t is_response = 0, is_error = 1;
/// Of the third byte of an error.
constexpr uint8_t has_text = 1, has_number = 2;
constexpr size_t error_head_bytes = 3 + sizeof(uint64_t);

std::unexpected<HttpError> malformed() {
  return http_fail(HttpErrorCode::internal_error, {}, "a recorded answer that is none");
}

Http<WholeMessage> decode_error(ByteSpan bytes) {
  if (bytes.size() < error_head_bytes ||
      bytes[1] > static_cast<uint8_t>(HttpErrorCode::internal_error)) {
    return malformed();
  }
  HttpError error{.code = static_cast<HttpErrorCode>(bytes[1])};
  if ((bytes[2] & has_number) != 0) error.number = load_le<uint64_t>(bytes.data() + 3);
  if ((bytes[2] & has_text) != 0) error.text = as_text(bytes.subspan(error_head_bytes));
  return std::unexpected(std::move(error));
}

}  // namespace

Bytes encode_answer(const HttpError& error) {
  Bytes bytes(error_head_bytes);
  bytes[0] = is_error;
  bytes[1] = static_cast<uint8_t>(error.code);
  bytes[2] = static_cast<uint8_t>((error.text ? has_text : 0) | (error.number ? has_number : 0));
  store_le(bytes.data() + 3, error.number.value_or(0));
  if (error.text) bytes.insert(bytes.end(), error.text->begin(), error.text->end());
  return bytes;
}

Bytes encode_answer(uint16_t status, const Fields& fields, bool to_head, ByteSpan body,
                    const Fields* trailers) {
  // RFC 9110, 15.3.5 and 15.4.5
  const bool has_body = !to_head && status != 204 && status != 304;
  Bytes bytes =
      encode_whole(fmt::format("HTTP/1.1 {} ", status), &fields, has_body, body, trailers);
  bytes.insert(bytes.begin(), is_response);
  return bytes;
}

Http<WholeMessage> decode_answer(ByteSpan bytes, bool to_head) {
  if (bytes.empty() || bytes[0] != is_response) return decode_error(bytes);
  Result<WholeMessage> message =
      parse_whole_response(bytes.subspan(1), HttpLimits::of_known(bytes.size()), to_head);
  if (!message) return malformed();
  return *std::move(message);
}

Bytes http_denied() { return encode_answer({.code = HttpErrorCode::request_denied}); }

}  // namespace cairn::wasi
