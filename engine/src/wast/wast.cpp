#include <cairn/engine/wast.hpp>

#include "wast/script_runner.hpp"

namespace cairn::engine {
namespace {

bool is_in_folder(std::string_view path, std::string_view folder) {
  const size_t at = path.find(folder);
  if (at == std::string_view::npos) return false;
  const size_t end = at + folder.size();
  return (at == 0 || path[at - 1] == '/') && end < path.size() && path[end] == '/';
}

}  // namespace

wasm::Features features_for_script(std::string_view path, wasm::Features features) {
  using wasm::Feature;
  if (is_in_folder(path, "legacy")) features = features.with(Feature::legacy_exceptions);
  if (is_in_folder(path, "threads")) {
    for (const Feature later :
         {Feature::multi_memory, Feature::memory64, Feature::reference_types}) {
      features = features.with(later, false);
    }
  }
  return features;
}

Result<ScriptReport> run_script(const wasm::Script& script, const ScriptOptions& options) {
  Engine engine(options.settings);
  const Spectest spectest = TRY(make_spectest(engine));
  ScriptRunner runner(engine, spectest, options);
  TRY(runner.prepare());
  runner.run(script.commands);
  return runner.take_report();
}

Result<ScriptReport> run_script(std::string source, const ScriptOptions& options) {
  return run_script(TRY(wasm::parse_script(std::move(source), options.settings.features)), options);
}

}  // namespace cairn::engine
