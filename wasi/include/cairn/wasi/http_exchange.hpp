#pragma once
/// A request to a component of the worlds `wasi:http/proxy` (0.2) and `wasi:http/service` (0.3),
/// without a connection: the bytes of a request go in, those of the response come out. Both are
/// whole messages of HTTP/1.1 (RFC 9112), of the media type `message/http`.
///
///   const auto exchange = TRY(HttpExchange::make(version, loop, request));
///   … call `handle` of the handler with `exchange->args()` …
///   TRY(exchange->returned(store, result));
///   … if it `goes_on()`: let the guest run until it `is_over()` and the call has ended …
///   const Bytes response = TRY(exchange->response());

#include <cairn/base/bytes.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/result.hpp>
#include <cairn/component/instance.hpp>
#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>
#include <cairn/wasi/http_handler.hpp>
#include <cairn/wasi/http_limits.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace cairn::wasi {

inline constexpr std::string_view http_message_type = "message/http";

enum class HttpVersion : uint8_t {
  proxy_02,    ///< exports `wasi:http/incoming-handler@0.2`
  service_03,  ///< exports `wasi:http/handler@0.3`
};

class HttpExchange {
 public:
  /// The loop, that of the guest, outlives it. Of the limits, `body_bytes_max` holds, both ways:
  /// how long a head may be, the wire has said. Error `malformed`.
  static Result<std::shared_ptr<HttpExchange>> make(HttpVersion version, EventLoop& loop,
                                                    ByteSpan request,
                                                    const HttpLimits& limits = {});
  virtual ~HttpExchange() = default;
  HttpExchange() = default;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// Is that the type of `handle`?
  static bool fits(HttpVersion version, const component::Types& types,
                   const component::FuncType& type);
  /// What `handle` is called with; once. There is a `Guest` in the store.
  virtual std::vector<component::Value> args() = 0;
  /// Does the guest go on with the response's body when it has returned?
  virtual bool goes_on() const = 0;
  /// Takes what `handle` has returned; once.
  virtual Result<> returned(component::Store& store, const component::Value& result) = 0;
  /// Is all of the response there, or will never be?
  virtual bool is_over() const = 0;
  /// Once the call is over: with the length of its body, or in chunks if trailers follow. An error
  /// that the guest gives instead is a response with a status. Error `trap`: it gave none, or a
  /// part of one; `limit`: the body is too large.
  virtual Result<Bytes> response() = 0;
};

/// The message of a request, to be handled elsewhere, and the response that came of it. Error
/// `malformed`.
Bytes http_message_of(const HttpRequest& request);
Result<HttpResponse> http_response_of(ByteSpan message);

}  // namespace cairn::wasi
