#pragma once
/// `cairn run` of a component: a program of the world wasi:cli/command, 0.2 or 0.3.

#include "input.hpp"
#include "run_options.hpp"

namespace cairn::cli {

/// Is it a component, by its first bytes or its first word?
bool is_component(const Input& input);

/// Runs it; the exit code. `settings` are the engine's, `read_ns` what reading took, for --stats.
int run_component(const RunOptions& options, Input input, engine::Settings settings,
                  uint64_t read_ns);

}  // namespace cairn::cli
