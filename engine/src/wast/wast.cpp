#include <cairn/engine/wast.hpp>

#include "wast/script_runner.hpp"
#include "wast/spectest.hpp"

namespace cairn::engine {

Result<ScriptReport> run_script(const wasm::Script& script, const ScriptOptions& options) {
  Engine engine(options.settings);
  const Module spectest = TRY(make_spectest_module(engine));
  ScriptRunner runner(engine, spectest, options);
  TRY(runner.prepare());
  runner.run(script.commands);
  return runner.take_report();
}

Result<ScriptReport> run_script(std::string source, const ScriptOptions& options) {
  return run_script(TRY(wasm::parse_script(std::move(source), options.settings.features)), options);
}

}  // namespace cairn::engine
