#pragma once
/// Requests that the program answers itself instead of a component: what an `HttpServer` hands
/// over, and how it takes the answer.

#include <cairn/base/bytes.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::wasi {

class Fields;

struct HttpField {
  std::string name;
  std::string value;
};

/// A request with all of its body.
struct HttpRequest {
  std::string method;
  std::string path;       ///< still percent-encoded, "/" at least; "*" of OPTIONS
  std::string query;      ///< what stands behind "?", likewise; empty: nothing
  std::string authority;  ///< the host that was asked; empty: not said (HTTP/1.0)
  std::string remote;     ///< who asks, "127.0.0.1:4711"; empty: not known
  std::shared_ptr<const Fields> fields = nullptr;
  Bytes body = {};
  bool wants_websocket = false;  ///< `HttpResponder::upgrade` may be used

  /// The first value of a field, whatever the case of its name. Null: there is none.
  const std::string* field(std::string_view name) const;
  size_t count_fields(std::string_view name) const;
};

struct HttpResponse {
  uint16_t status = 200;
  /// But for those of the connection, the date and the length.
  std::vector<HttpField> fields = {};
  std::string body = {};
};

/// What goes to one client bit by bit. From any thread; ends when nobody has it any more.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  HttpStream() = default;
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  /// A piece of the body, or a message of a WebSocket. False: the client has gone, or has more
  /// waiting than it may and is cut off.
  virtual bool send(std::string_view text) = 0;
  virtual void end() = 0;
};

struct HttpStreamSettings {
  /// What may wait for a client that is slow.
  size_t buffer_bytes_max = size_t{1} << 20;
  /// Sent when nothing else was for 15 seconds, so that who has gone is noticed; WebSockets have
  /// pings for that. Empty: nothing is.
  std::string idle_text = {};
  /// Called once, on the loop's thread, when the client has gone or the stream is at its end.
  std::function<void()> ended = nullptr;
  /// Messages of a WebSocket's client, on the loop's thread. Null: they mean nothing.
  std::function<void(std::string_view)> received = nullptr;
  size_t received_bytes_max = size_t{64} << 10;
};

/// Takes one answer: one of these functions, once, from any thread. If nobody has it any more
/// before that, the answer is 500.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;
  HttpResponder() = default;
  HttpResponder(const HttpResponder&) = delete;
  HttpResponder& operator=(const HttpResponder&) = delete;

  virtual void respond(HttpResponse response) = 0;
  /// A response that begins now and goes on; its body's first piece may be there already.
  virtual std::shared_ptr<HttpStream> stream(HttpResponse begin, HttpStreamSettings settings) = 0;
  /// A WebSocket (RFC 6455), if the request wants one.
  virtual std::shared_ptr<HttpStream> upgrade(HttpStreamSettings settings) = 0;
};

/// Used by the threads of all servers that it was given to.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  HttpHandler() = default;
  HttpHandler(const HttpHandler&) = delete;
  HttpHandler& operator=(const HttpHandler&) = delete;

  /// What the body of such a request may have; asked before any of it is read. More is 413.
  virtual uint64_t body_bytes_max(const HttpRequest& head) = 0;
  /// On whom it depends when such a body is given back, by any name (see `HttpBodyBudget`).
  virtual std::string body_owner(const HttpRequest& head) = 0;
  /// Called on the loop's thread, which it must not hold up.
  virtual void handle(HttpRequest request, std::shared_ptr<HttpResponder> responder) = 0;
  /// How the server itself says no: to what is malformed, too large, too slow or too much.
  virtual HttpResponse refusal(uint16_t status, std::string_view reason);
};

}  // namespace cairn::wasi
