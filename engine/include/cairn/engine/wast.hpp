#pragma once
/// The WAST engine: runs scripts of the official test suite (WebAssembly/spec
/// `interpreter/README.md`, "Scripts") and judges their assertions.

#include <cairn/base/result.hpp>
#include <cairn/engine/engine.hpp>
#include <cairn/engine/store.hpp>
#include <cairn/wasm/text.hpp>
#include <string>
#include <vector>

namespace cairn::engine {

struct ScriptOptions {
  Settings settings;
  StoreLimits limits;
  /// For each store of the script, when `settings.fuel` is on.
  uint64_t fuel = INT64_MAX;
};

/// What came of one script. Every assertion counts once. A module, an action or a thread that the
/// script expects to work counts only when it fails, so `passed` is the number of assertions that
/// hold.
struct ScriptReport {
  struct Failure {
    SourceLocation at;
    std::string message;
  };
  uint64_t passed = 0;
  uint64_t failed = 0;
  uint64_t skipped = 0;           ///< about modules that need a feature which is switched off
  std::vector<Failure> failures;  ///< one for each that failed, in the order of the script
};

/// The features for a script of the official suite: its folders `legacy` and `threads` (of the
/// proposal, which is written against the language before 3.0) need others than the rest.
wasm::Features features_for_script(std::string_view path, wasm::Features features);

/// Runs a parsed script in a fresh engine and store, with the host module `spectest` registered.
/// Errors: only what keeps the script from starting at all.
Result<ScriptReport> run_script(const wasm::Script& script, const ScriptOptions& options);

/// Parses and runs. A script that does not parse is an error.
Result<ScriptReport> run_script(std::string source, const ScriptOptions& options);

}  // namespace cairn::engine
