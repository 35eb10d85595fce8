#include "components/http/error.hpp"

#include <array>

namespace cairn::wasi {
namespace {

/// What a case carries.
enum class Payload : uint8_t {
  none,
  number,      ///< option<u64> or option<u32>
  text,        ///< option<string>
  dns,         ///< record of text and number
  alert,       ///< record of number and text
  field,       ///< record of text and number
  maybe_field  ///< option of that
};

struct Row {
  std::string_view name;
  Payload payload = Payload::none;
};

constexpr std::array<Row, 39> rows = {{
    {"DNS-timeout"},
    {"DNS-error", Payload::dns},
    {"destination-not-found"},
    {"destination-unavailable"},
    {"destination-IP-prohibited"},
    {"destination-IP-unroutable"},
    {"connection-refused"},
    {"connection-terminated"},
    {"connection-timeout"},
    {"connection-read-timeout"},
    {"connection-write-timeout"},
    {"connection-limit-reached"},
    {"TLS-protocol-error"},
    {"TLS-certificate-error"},
    {"TLS-alert-received", Payload::alert},
    {"HTTP-request-denied"},
    {"HTTP-request-length-required"},
    {"HTTP-request-body-size", Payload::number},
    {"HTTP-request-method-invalid"},
    {"HTTP-request-URI-invalid"},
    {"HTTP-request-URI-too-long"},
    {"HTTP-request-header-section-size", Payload::number},
    {"HTTP-request-header-size", Payload::maybe_field},
    {"HTTP-request-trailer-section-size", Payload::number},
    {"HTTP-request-trailer-size", Payload::field},
    {"HTTP-response-incomplete"},
    {"HTTP-response-header-section-size", Payload::number},
    {"HTTP-response-header-size", Payload::field},
    {"HTTP-response-body-size", Payload::number},
    {"HTTP-response-trailer-section-size", Payload::number},
    {"HTTP-response-trailer-size", Payload::field},
    {"HTTP-response-transfer-coding", Payload::text},
    {"HTTP-response-content-coding", Payload::text},
    {"HTTP-response-timeout"},
    {"HTTP-upgrade-failed"},
    {"HTTP-protocol-error"},
    {"loop-detected"},
    {"configuration-error"},
    {"internal-error", Payload::text},
}};

const Row& row(HttpErrorCode code) { return rows[static_cast<size_t>(code)]; }

}  // namespace

std::string HttpError::to_string() const {
  std::string said(row(code).name);
  if (text) said += ": " + *text;
  if (number) said += (text ? ", " : ": ") + std::to_string(*number);
  return said;
}

HttpError HttpError::of_connection(Errno code) {
  switch (code) {
    case Errno::timedout: return {.code = HttpErrorCode::connection_read_timeout};
    case Errno::proto:
    case Errno::badmsg: return {.code = HttpErrorCode::protocol_error};
    case Errno::fbig: return {.code = HttpErrorCode::request_body_size};
    default: return {.code = HttpErrorCode::connection_terminated};
  }
}

HttpError HttpError::of_connect(Errno code) {
  switch (code) {
    case Errno::connrefused: return {.code = HttpErrorCode::connection_refused};
    case Errno::timedout: return {.code = HttpErrorCode::connection_timeout};
    case Errno::acces:
    case Errno::perm: return {.code = HttpErrorCode::destination_ip_prohibited};
    case Errno::netunreach:
    case Errno::hostunreach:
    case Errno::netdown: return {.code = HttpErrorCode::destination_ip_unroutable};
    case Errno::mfile:
    case Errno::nfile:
    case Errno::nobufs:
    case Errno::nomem: return {.code = HttpErrorCode::connection_limit_reached};
    default: return {.code = HttpErrorCode::destination_unavailable};
  }
}

HttpError HttpError::of_lookup(Errno code) {
  switch (code) {
    case Errno::acces:
    case Errno::perm: return {.code = HttpErrorCode::request_denied};
    case Errno::inval: return {.code = HttpErrorCode::request_uri_invalid};
    case Errno::again: return {.code = HttpErrorCode::dns_timeout};
    default: return {.code = HttpErrorCode::dns_error, .text = "name not found"};
  }
}

Errno HttpError::to_errno() const {
  switch (code) {
    case HttpErrorCode::connection_read_timeout:
    case HttpErrorCode::connection_write_timeout:
    case HttpErrorCode::response_timeout: return Errno::timedout;
    case HttpErrorCode::protocol_error:
    case HttpErrorCode::response_incomplete: return Errno::proto;
    case HttpErrorCode::request_body_size:
    case HttpErrorCode::response_body_size: return Errno::fbig;
    default: return Errno::connreset;
  }
}

}  // namespace cairn::wasi

namespace cairn::component {

using wasi::Payload;

namespace {

Value text_value(const wasi::HttpError& error) {
  // The value outlives the error.
  return Typed<std::optional<std::string>>::to_value(std::optional(error.text));
}
Value number_value(const wasi::HttpError& error) {
  return Typed<std::optional<uint64_t>>::to_value(error.number);
}
Value pair_value(Value first, Value second) {
  Value::Sequence items;
  items.push_back(std::move(first));
  items.push_back(std::move(second));
  return Value::sequence(std::move(items));
}

void take_text(wasi::HttpError& error, const Value& value) {
  error.text = Typed<std::optional<std::string>>::from_value(value);
}
void take_number(wasi::HttpError& error, const Value& value) {
  error.number = Typed<std::optional<uint64_t>>::from_value(value);
}

}  // namespace

Value Typed<wasi::HttpError>::to_value(const wasi::HttpError& error) {
  const auto index = static_cast<uint32_t>(error.code);
  switch (wasi::row(error.code).payload) {
    case Payload::none: break;
    case Payload::number: return Value::variant(index, number_value(error));
    case Payload::text: return Value::variant(index, text_value(error));
    case Payload::dns:
    case Payload::field:
      return Value::variant(index, pair_value(text_value(error), number_value(error)));
    case Payload::alert:
      return Value::variant(index, pair_value(number_value(error), text_value(error)));
    case Payload::maybe_field:
      if (!error.text && !error.number) return Value::variant(index, Value::variant(0));
      return Value::variant(index,
                            Value::variant(1, pair_value(text_value(error), number_value(error))));
  }
  return Value::variant(index);
}

wasi::HttpError Typed<wasi::HttpError>::from_value(const Value& value) {
  wasi::HttpError error{.code = static_cast<wasi::HttpErrorCode>(value.variant().index)};
  const Payload payload = wasi::row(error.code).payload;
  if (payload == Payload::none) return error;
  const Value* carried = &value.variant().payload.front();
  if (payload == Payload::maybe_field) {
    if (carried->variant().index == 0) return error;
    carried = &carried->variant().payload.front();
  }
  switch (payload) {
    case Payload::number: take_number(error, *carried); break;
    case Payload::text: take_text(error, *carried); break;
    case Payload::alert:
      take_number(error, carried->items()[0]);
      take_text(error, carried->items()[1]);
      break;
    default:
      take_text(error, carried->items()[0]);
      take_number(error, carried->items()[1]);
      break;
  }
  return error;
}

}  // namespace cairn::component
