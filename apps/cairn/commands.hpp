#pragma once
/// The subcommands of `cairn`: one function each, in the file of its name.

#include <span>
#include <string_view>

namespace cairn::cli {

/// The arguments behind the subcommand's name.
using Args = std::span<const char* const>;

/// Exit codes that are ours; a guest's own code is passed on as it is.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failure = 1;  ///< something was wrong with what was asked for
inline constexpr int exit_usage = 2;    ///< the command line was wrong
inline constexpr int exit_trap =
    134;  ///< the guest trapped (128 + SIGABRT, as other engines have it)

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  int (*main)(Args args);
  /// Its own subcommands; null for most.
  std::span<const Subcommand> (*tools)() = nullptr;
};

/// All of them, in the order of the help text.
std::span<const Subcommand> subcommands();

int run_command(Args args);
int wast_command(Args args);
int compile_command(Args args);
int validate_command(Args args);
int parse_command(Args args);
int print_command(Args args);
int inspect_command(Args args);
int component_command(Args args);
int bindgen_command(Args args);
int new_command(Args args);
int features_command(Args args);
int serve_http_command(Args args);
int serve_command(Args args);
int config_command(Args args);
int actor_command(Args args);
int verify_command(Args args);
int top_command(Args args);
int completion_command(Args args);

}  // namespace cairn::cli
