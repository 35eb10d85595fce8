#pragma once
/// A request to a component of the world `wasi:http/proxy` (0.2), without a connection: the bytes
/// of a request go in, those of the response come out. Both are whole messages of HTTP/1.1 (RFC
/// 9112), of the media type `message/http`.
///
///   const auto exchange = TRY(HttpExchange::make(loop, request));
///   … call `handle` of `wasi:http/incoming-handler` with `exchange->args()`, until it is over …
///   const Bytes response = TRY(exchange->response());

#include <cairn/base/bytes.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/result.hpp>
#include <cairn/component/types.hpp>
#include <cairn/component/value.hpp>
#include <cairn/wasi/http_handler.hpp>
#include <cairn/wasi/http_limits.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace cairn::wasi {

inline constexpr std::string_view http_message_type = "message/http";

class HttpExchange {
 public:
  /// The loop, that of the guest, outlives it. `body_bytes_max` of the limits holds both ways.
  /// Error `malformed`.
  static Result<std::shared_ptr<HttpExchange>> make(EventLoop& loop, ByteSpan request,
                                                    const HttpLimits& limits = {});
  virtual ~HttpExchange() = default;
  HttpExchange() = default;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// Is that the type of `handle`?
  static bool fits(const component::Types& types, const component::FuncType& type);
  /// What `handle` is called with; once. There is a `Guest` in the store.
  virtual std::vector<component::Value> args() = 0;
  /// Once the call is over, with the length of its body, and without trailers. An error that the
  /// guest gives instead is a response with a status. Error `trap`: it gave none, or a part of one;
  /// `limit`: the body is too large.
  virtual Result<Bytes> response() = 0;
};

/// The message of a request, to be handled elsewhere, and the response that came of it. Error
/// `malformed`.
Bytes http_message_of(const HttpRequest& request);
Result<HttpResponse> http_response_of(ByteSpan message, const HttpLimits& limits = {});

}  // namespace cairn::wasi
