#pragma once
/// HTTP/1.1 messages from bytes (RFC 9112), by Boost.Beast's parser.

#include <cairn/base/bytes.hpp>
#include <cairn/wasi/http_limits.hpp>

#include <memory>
#include <optional>
#include <string>

#include "components/http/error.hpp"
#include "components/http/fields.hpp"

namespace cairn::wasi {

/// What stands before a body. Fields of the connection are not among the fields.
struct MessageHead {
  std::string method, target;  ///< of a request
  uint16_t status = 0;         ///< of a response
  bool is_http_11 = true;
  std::shared_ptr<Fields> fields;  ///< immutable
  std::optional<std::string> host = {};
  std::optional<uint64_t> content_length = {};
  bool keeps_alive = false;
  bool has_body = false;
  bool expects_continue = false;
  /// Of a request that wants another protocol on the connection: which (RFC 9110, 7.8).
  std::string upgrade = {};
};

/// One message. Bytes go in as they come; what was not taken has to come again with more behind it.
class MessageParser {
 public:
  static std::unique_ptr<MessageParser> of_request(const HttpLimits& limits);
  /// `to_head`: the answer to a HEAD request, which has no body whatever its fields say.
  static std::unique_ptr<MessageParser> of_response(const HttpLimits& limits, bool to_head);
  virtual ~MessageParser() = default;

  struct Progress {
    size_t used = 0;
    bool needs_more = false;  ///< and nothing else could be done
  };
  /// One step: up to the end of the head, or the next piece of the body, of which at most
  /// `body_max` bytes are taken.
  virtual Http<Progress> put(ByteSpan bytes, size_t body_max) = 0;
  /// The peer has no more: that may be the end of the body, or an error.
  virtual Http<> put_end() = 0;
  virtual bool has_head() const = 0;
  virtual bool is_done() const = 0;
  MessageHead& head() { return head_; }
  Bytes take_body() { return std::exchange(body_, {}); }
  bool has_body_bytes() const { return !body_.empty(); }
  std::shared_ptr<Fields> take_trailers() { return std::move(trailers_); }

 protected:
  MessageHead head_;
  Bytes body_;
  std::shared_ptr<Fields> trailers_;
};

}  // namespace cairn::wasi
