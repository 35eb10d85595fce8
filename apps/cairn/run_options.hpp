#pragma once
/// What `cairn run` was asked to do.

#include <cairn/engine/store.hpp>

#include <memory>
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
  std::vector<std::string> tls_roots;  ///< files of certificates to trust besides the system's
  std::vector<std::string> values;     ///< "NAME=value" of wasi:config
  std::vector<std::string> buckets;    ///< of wasi:keyvalue
};

/// The options of a guest's limits and its world, which commands that run guests share.
class GuestOptions {
 public:
  GuestOptions();
  ~GuestOptions();
  GuestOptions(const GuestOptions&) = delete;
  GuestOptions& operator=(const GuestOptions&) = delete;

  void add_limits_to(CLI::App& app);
  /// Those of programs, or of components that serve: they have no arguments and no sockets of ours.
  void add_world_to(CLI::App& app, bool serves);
  /// After parsing: into `options`. Kind `usage` names the option that is wrong.
  Result<> take(RunOptions& options);

 private:
  struct Raw;
  Result<> take_limits(RunOptions& options) const;
  Result<> take_world(RunOptions& options) const;
  std::unique_ptr<Raw> raw_;
};

/// Fills `options`; the exit code when the command is over already.
std::optional<int> parse_run_options(Args args, RunOptions& options);

/// "a", "a::b" or "a::b::ro".
Result<DirectoryGrant> parse_directory_grant(std::string_view text);

}  // namespace cairn::cli
