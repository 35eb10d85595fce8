#pragma once
/// Requests to servers: one connection for each.

#include <cairn/wasi/guest.hpp>

#include "components/http/body.hpp"
#include "components/http/message_parser.hpp"

namespace cairn::wasi {

/// What a request says, beside its body.
struct RequestHead {
  std::string method = "GET";
  std::optional<std::string> scheme, authority, path_with_query;
  std::shared_ptr<Fields> fields;
  Guest::Place place = {};  ///< of one that a guest makes
};

/// `request-options`; nanoseconds.
struct RequestOptions {
  std::optional<uint64_t> connect_timeout, first_byte_timeout, between_bytes_timeout;
  bool immutable = false;
};

/// What came back. The connection lives as long as the body is held.
struct ClientResponse {
  uint16_t status = 0;
  std::shared_ptr<Fields> fields;
  std::shared_ptr<BodySource> body;
};

/// A request that has been sent off. Letting go of it ends it, unless its response is held.
class ClientCall {
 public:
  using Answered = std::function<void(Http<ClientResponse>)>;
  virtual ~ClientCall() = default;
  /// Where the request's body goes, from the start on. Whoever has it holds the connection.
  virtual std::shared_ptr<BodySink> body() = 0;
};

/// Sends a request for a guest, as far as its network policy goes. `has_body`: one will be written;
/// without, the request is complete. `answered` is called once, later or at once; `sent` when the
/// request has gone out, or could not.
std::shared_ptr<ClientCall> send_request(Guest& guest, const RequestHead& head,
                                         const RequestOptions& options, bool has_body,
                                         ClientCall::Answered answered,
                                         std::function<void(Http<>)> sent);

}  // namespace cairn::wasi
