#pragma once
/// What `cairn serve` was asked to do.

#include <cairn/base/log.hpp>
#include <cairn/engine/engine.hpp>
#include <cairn/wasi/sandbox/address.hpp>

#include "manifest_file.hpp"
#include "options.hpp"

namespace cairn::cli {

struct ActorServeOptions {
  std::string file = default_manifest;         ///< or a component
  std::optional<std::string> data;             ///< instead of the manifest's
  std::vector<wasi::SocketAddress> addresses;  ///< likewise; empty: the manifest's
  bool no_chain = false;                       ///< nothing is kept, whatever the manifest says
  uint32_t http_threads = 1;
  std::optional<uint32_t> workers;  ///< instead of the manifest's
  engine::Settings engine;
  uint64_t grace_ns = 0;
  LogLevel log = LogLevel::info;
  bool access_log = false;
  bool watch = true;  ///< for changes of the files
};

/// Fills `options`; the exit code when the command is over already.
std::optional<int> parse_serve_options(Args args, ActorServeOptions& options);

}  // namespace cairn::cli
