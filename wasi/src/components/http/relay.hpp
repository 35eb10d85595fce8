#pragma once
/// Requests that a guest's relay sends in place of a connection of its own.

#include <cairn/wasi/http_client.hpp>

#include "components/http/client.hpp"

namespace cairn::wasi {

/// As `send_request`. The body is kept until it is whole, and the request is sent then.
std::shared_ptr<ClientCall> relay_request(HttpRelay& relay, Guest& guest, const RequestHead& head,
                                          const RequestOptions& options, bool has_body,
                                          ClientCall::Answered answered,
                                          std::function<void(Http<>)> sent);

}  // namespace cairn::wasi
