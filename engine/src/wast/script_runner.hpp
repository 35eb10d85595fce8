#pragma once
/// Carries out the commands of one script, or of one thread of a script.

#include <cairn/engine/wast.hpp>
#include <thread>
#include <unordered_map>

#include "wast/script_values.hpp"
#include "wast/spectest.hpp"

namespace cairn::engine {

class ScriptRunner {
 public:
  /// `engine` and `spectest` outlive the runner.
  ScriptRunner(Engine& engine, const Spectest& spectest, const ScriptOptions& options);
  ~ScriptRunner();

  /// Registers `spectest`; before the first command.
  Result<> prepare();
  /// Runs commands and waits for all threads that they started.
  void run(const std::vector<wasm::Command>& commands);
  ScriptReport take_report() { return std::move(report_); }

 private:
  struct Thread;
  /// What a name, or the absence of one, stands for in a script.
  struct Named {
    Instance instance;
    /// The module needs a feature that is off: assertions about it are skipped.
    bool unsupported = false;
  };
  enum class Verdict : uint8_t { passed, skipped };
  using Outcome = Result<Verdict>;

  void run_command(const wasm::Command& command);
  Result<> run_statement(const wasm::Command& command);
  Outcome run_assertion(const wasm::Command& command);

  // Modules
  Result<Module> load(const wasm::ScriptModule& module);
  std::optional<Extern> find_import(const ImportType& import) const;
  Result<Instance> instantiate(const Module& module);
  Result<Instance> load_and_instantiate(const wasm::ScriptModule& module);
  Result<> define(const wasm::ScriptModule& module);
  Result<> run_module(const wasm::ScriptModule& module);
  Result<const Named*> find(const std::optional<std::string>& name) const;
  Result<> run_register(const wasm::Command& command);

  // Actions
  Result<std::vector<Value>> perform(const wasm::Action& action);
  Result<> check_results(const std::vector<Value>& actual, const wasm::Command& command) const;

  // Assertions
  Outcome assert_return(const wasm::Command& command);
  Outcome assert_stops(const wasm::Command& command);
  Outcome assert_rejected(const wasm::Command& command);

  // Threads
  Result<> start_thread(const wasm::Command& command);
  Result<> wait_for(const std::string& name);
  void join(Thread& thread);

  Engine& engine_;
  const Spectest& spectest_;
  const ScriptOptions& options_;
  Store store_;
  HostRefs refs_;
  std::unordered_map<std::string, std::vector<Instance>> registered_;
  std::unordered_map<std::string, Named> named_;
  std::optional<Named> current_;
  std::unordered_map<std::string, Module> definitions_;
  std::optional<Module> last_definition_;
  std::unordered_map<std::string, std::unique_ptr<Thread>> threads_;
  ScriptReport report_;
};

}  // namespace cairn::engine
