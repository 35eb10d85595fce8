#pragma once
/// Requests of guests that somebody else sends for them: whole requests go out, whole answers come
/// back, as bytes that may be written down and given again.

#include <cairn/base/bytes.hpp>
#include <cairn/wasi/sandbox/network.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace cairn::wasi {

class Guest;

struct HttpQuestion {
  Bytes message;           ///< a whole request of HTTP/1.1 (RFC 9112); its field Host says to whom
  bool is_secure = false;  ///< over https
  /// What the guest says of how long it may take; nanoseconds.
  std::optional<uint64_t> connect_timeout, first_byte_timeout, between_bytes_timeout;
};

/// Takes the requests of one guest in place of a network, on the guest's thread. An answer is a
/// byte 0 and a whole response, or a byte 1 and an error (docs/chain.md).
class HttpRelay {
 public:
  using Done = std::function<void(ByteSpan answer)>;
  virtual ~HttpRelay() = default;
  HttpRelay() = default;
  HttpRelay(const HttpRelay&) = delete;
  HttpRelay& operator=(const HttpRelay&) = delete;

  /// A request has so many bytes more. False: it is not sent, and the guest will be ended.
  virtual bool take(size_t bytes) = 0;
  /// Nobody waits for an answer any more when what is returned goes away.
  virtual std::shared_ptr<void> ask(HttpQuestion question, Done done) = 0;
};

/// Sends requests for many guests. From any thread; outlives them.
class HttpClient {
 public:
  using Done = std::function<void(Bytes answer)>;
  virtual ~HttpClient() = default;
  HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Asks who the policy lets it; more than `body_bytes_max` in the response's body is an error.
  /// `done` is called once, at once or later, from any thread; perhaps never, when what is returned
  /// has gone away before.
  [[nodiscard]] virtual std::shared_ptr<void> send(HttpQuestion question,
                                                   const NetworkPolicy& policy,
                                                   uint64_t body_bytes_max, Done done) = 0;
};

/// The answer `HTTP-request-denied`.
Bytes http_denied();
/// For who is such a client: sends it in the world of a guest, as far as its policy and its limits
/// go. `done` is called once, unless what is returned has gone away before; the guest outlives
/// that.
[[nodiscard]] std::shared_ptr<void> send_http(Guest& guest, const HttpQuestion& question,
                                              HttpClient::Done done);

}  // namespace cairn::wasi
