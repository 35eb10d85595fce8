#pragma once
/// What has to be right of a request before it is sent anywhere.

#include "components/http/client.hpp"
#include "components/http/message_writer.hpp"
#include "components/http/syntax.hpp"

namespace cairn::wasi {

struct CheckedRequest {
  bool is_secure = false;
  bool to_head = false;  ///< its answer has no body
  Authority authority;
  std::string target;
  Framing framing;
};

/// `has_body`: one will be written.
Http<CheckedRequest> check_request(const RequestHead& head, bool has_body,
                                   const HttpLimits& limits);

}  // namespace cairn::wasi
