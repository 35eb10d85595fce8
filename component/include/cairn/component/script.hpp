#pragma once
/// Runs scripts over components (`parse_script` in wast.hpp reads them) and judges their
/// assertions.

#include <cairn/component/runtime_limits.hpp>
#include <cairn/component/wast.hpp>
#include <cairn/engine/wast.hpp>

#include <string_view>

namespace cairn::component {

struct ScriptOptions {
  engine::Settings settings;
  engine::StoreLimits limits;
  RuntimeLimits runtime_limits = {};
  /// For the store, when `settings.fuel` is on.
  uint64_t fuel = INT64_MAX;
  /// Of the scheduler.
  uint64_t seed = 0;
};

/// Whether the text is a script over components, and not over core modules.
bool is_component_script(std::string_view source);

/// Runs a script in a fresh engine; all instances share one store. Errors: what keeps the script
/// from starting at all.
Result<engine::ScriptReport> run_script(const Script& script, const ScriptOptions& options);
/// Parses and runs.
Result<engine::ScriptReport> run_script(std::string source, const ScriptOptions& options);

}  // namespace cairn::component
