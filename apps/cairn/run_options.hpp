#pragma once
/// What `cairn run` was asked to do.

#include <cairn/engine/store.hpp>

#include <optional>
#include <string>
#include <vector>

#include "options.hpp"

namespace cairn::cli {

/// One `--dir HOST[::GUEST[::ro]]`.
struct DirectoryGrant {
  std::string host;
  std::string guest;
  bool read_only = false;
};

struct RunOptions {
  std::string file;
  std::vector<std::string> args;  ///< behind FILE: the guest's
  std::optional<std::string> invoke;

  engine::Settings settings;
  engine::StoreLimits limits;
  std::optional<uint64_t> fuel;
  std::optional<uint64_t> timeout_ns;
  bool stats = false;

  std::vector<DirectoryGrant> directories;
  std::vector<std::string> env;             ///< "NAME=value"
  std::optional<std::string> program_name;  ///< args[0], if it is not the file's name
  std::vector<std::string> listen, connect;
  std::vector<std::string> allow_net;  ///< what components may connect to
  std::vector<std::string> values;     ///< "NAME=value" of wasi:config
  std::vector<std::string> buckets;    ///< of wasi:keyvalue
};

/// Fills `options`; the exit code when the command is over already.
std::optional<int> parse_run_options(Args args, RunOptions& options);

/// "a", "a::b" or "a::b::ro".
Result<DirectoryGrant> parse_directory_grant(std::string_view text);

}  // namespace cairn::cli
