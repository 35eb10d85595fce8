#pragma once
/// Names of compiled functions for Linux's perf.

#include <cairn/engine/compiler.hpp>

#include <memory>

namespace cairn::cli {

/// Writes /tmp/perf-PID.map (tools/perf/Documentation/jit-interface.txt): a line for each part of
/// the code, its address and size in hexadecimal digits and its name. Says so when that fails.
std::shared_ptr<engine::CodeObserver> make_perf_map();

}  // namespace cairn::cli
