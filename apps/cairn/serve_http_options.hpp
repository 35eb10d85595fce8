#pragma once
/// What `cairn serve-http` was asked to do.

#include <cairn/wasi/http_limits.hpp>
#include <cairn/wasi/http_server.hpp>
#include <cairn/wasi/sandbox/address.hpp>

#include "run_options.hpp"

namespace cairn::cli {

struct ServeOptions {
  RunOptions guest;  ///< its file, limits and world; the time-out is that of a request
  wasi::SocketAddress address;
  uint32_t threads = 1;
  uint32_t reuse = 1;
  wasi::HttpLimits limits;
  wasi::HttpServerLimits server_limits;
  uint64_t grace_ns = 0;  ///< how long requests may go on after a signal
  bool access_log = false;
  std::optional<std::string> tls_certificate, tls_key;  ///< files, both or none
};

/// Fills `options`; the exit code when the command is over already.
std::optional<int> parse_serve_options(Args args, ServeOptions& options);

}  // namespace cairn::cli
