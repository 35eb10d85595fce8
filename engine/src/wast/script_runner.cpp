#include "wast/script_runner.hpp"

#include <fmt/format.h>

namespace cairn::engine {

using wasm::Action;
using wasm::Command;
using wasm::ScriptModule;

ScriptRunner::ScriptRunner(Engine& engine, const Spectest& spectest, const ScriptOptions& options)
    : engine_(engine),
      spectest_(spectest),
      options_(options),
      store_(engine, options.limits),
      refs_(store_) {
  store_.set_fuel(options.fuel);
}

Result<> ScriptRunner::prepare() {
  registered_["spectest"] = TRY(instantiate_spectest(engine_, store_, spectest_));
  return {};
}

void ScriptRunner::run(const std::vector<Command>& commands) {
  for (const Command& command : commands) run_command(command);
  for (auto& [name, thread] : threads_) join(*thread);
}

void ScriptRunner::run_command(const Command& command) {
  const auto fail_command = [&](const Error& error) {
    ++report_.failed;
    report_.failures.push_back({command.at, error.to_string()});
  };
  switch (command.kind) {
    case Command::Kind::module:
    case Command::Kind::register_:
    case Command::Kind::action:
    case Command::Kind::thread:
    case Command::Kind::wait:
      if (const Result<> done = run_statement(command); !done) fail_command(done.error());
      return;
    default: break;
  }
  const Outcome outcome = run_assertion(command);
  if (!outcome) return fail_command(outcome.error());
  ++(*outcome == Verdict::passed ? report_.passed : report_.skipped);
}

Result<> ScriptRunner::run_statement(const Command& command) {
  switch (command.kind) {
    case Command::Kind::module: return run_module(*command.module);
    case Command::Kind::register_: return run_register(command);
    case Command::Kind::thread: return start_thread(command);
    case Command::Kind::wait: return wait_for(command.name.value_or(""));
    default: break;
  }
  const Named* target = TRY(find(command.action->module));
  if (target->unsupported) return {};
  TRY(perform(*command.action));
  return {};
}

Result<Module> ScriptRunner::load(const ScriptModule& module) {
  switch (module.form) {
    case ScriptModule::Form::text: return engine_.load_text(module.source);
    case ScriptModule::Form::binary: return engine_.load(module.bytes);
    case ScriptModule::Form::quote: return engine_.load_text(module.quoted);
  }
  return fail(ErrorKind::usage, "unknown form of module");
}

std::optional<Extern> ScriptRunner::find_import(const ImportType& import) const {
  const auto provider = registered_.find(std::string(import.module));
  if (provider == registered_.end()) return std::nullopt;
  for (const Instance& instance : provider->second) {
    if (const std::optional<Extern> item = instance.get(import.name)) return item;
  }
  return std::nullopt;
}

Result<Instance> ScriptRunner::instantiate(const Module& module) {
  std::vector<Extern> imports;
  for (const ImportType& import : module.imports()) {
    const std::optional<Extern> item = find_import(import);
    if (!item) {
      return fail(ErrorKind::unlinkable,
                  fmt::format("unknown import \"{}\" \"{}\"", import.module, import.name));
    }
    imports.push_back(*item);
  }
  return store_.instantiate(module, imports);
}

Result<Instance> ScriptRunner::load_and_instantiate(const ScriptModule& module) {
  if (!module.is_instance) return instantiate(TRY(load(module)));
  if (!module.definition) {
    if (!last_definition_) return fail(ErrorKind::usage, "there is no module definition");
    return instantiate(*last_definition_);
  }
  const auto found = definitions_.find(*module.definition);
  if (found == definitions_.end()) {
    return fail(ErrorKind::usage, fmt::format("unknown module definition {}", *module.definition));
  }
  return instantiate(found->second);
}

Result<> ScriptRunner::define(const ScriptModule& module) {
  last_definition_ = TRY(load(module));
  if (module.name) definitions_.insert_or_assign(*module.name, *last_definition_);
  return {};
}

Result<> ScriptRunner::run_module(const ScriptModule& module) {
  if (module.is_definition) return define(module);
  current_.reset();
  if (module.name) named_.erase(*module.name);
  Result<Instance> instance = load_and_instantiate(module);
  Named named;
  if (instance) {
    named.instance = *instance;
  } else if (instance.error().kind == ErrorKind::unsupported) {
    named.unsupported = true;
  } else {
    return std::unexpected(std::move(instance).error());
  }
  current_ = named;
  if (module.name) named_[*module.name] = named;
  return {};
}

Result<const ScriptRunner::Named*> ScriptRunner::find(
    const std::optional<std::string>& name) const {
  if (!name) {
    if (!current_) return fail(ErrorKind::usage, "there is no module instance");
    return &*current_;
  }
  const auto found = named_.find(*name);
  if (found == named_.end()) return fail(ErrorKind::usage, fmt::format("unknown module {}", *name));
  return &found->second;
}

Result<> ScriptRunner::run_register(const Command& command) {
  const Named* named = TRY(find(command.name));
  if (!named->unsupported) registered_[command.text] = {named->instance};
  return {};
}

Result<std::vector<Value>> ScriptRunner::perform(const Action& action) {
  const Instance instance = TRY(find(action.module))->instance;
  if (action.kind == Action::Kind::get) {
    const Global global = instance.global(action.field);
    if (!global) return fail(ErrorKind::usage, fmt::format("no global \"{}\"", action.field));
    return std::vector<Value>{global.get()};
  }
  const Func func = instance.func(action.field);
  if (!func) return fail(ErrorKind::usage, fmt::format("no function \"{}\"", action.field));
  const auto& params = func.type().params;
  if (params.size() != action.args.size()) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" takes {} arguments, {} are given",
                                              action.field, params.size(), action.args.size()));
  }
  std::vector<Value> args;
  for (size_t i = 0; i < params.size(); ++i) {
    args.push_back(TRY(make_argument(action.args[i], params[i], refs_)));
  }
  return func.call(store_, args);
}

struct ScriptRunner::Thread {
  explicit Thread(Engine& engine, const Spectest& spectest, const ScriptOptions& options)
      : runner(engine, spectest, options) {}
  ScriptRunner runner;
  std::thread native;
};

ScriptRunner::~ScriptRunner() {
  for (auto& [name, thread] : threads_) {
    if (thread->native.joinable()) thread->native.join();
  }
}

Result<> ScriptRunner::start_thread(const Command& command) {
  const std::string name = command.name.value_or("");
  if (threads_.contains(name)) TRY(wait_for(name));
  auto thread = std::make_unique<Thread>(engine_, spectest_, options_);
  TRY(thread->runner.prepare());
  if (command.shared_module) {
    thread->runner.named_[*command.shared_module] = *TRY(find(command.shared_module));
  }
  ScriptRunner* runner = &thread->runner;
  thread->native = std::thread([runner, body = &command.body] { runner->run(*body); });
  threads_[name] = std::move(thread);
  return {};
}

Result<> ScriptRunner::wait_for(const std::string& name) {
  const auto found = threads_.find(name);
  if (found == threads_.end())
    return fail(ErrorKind::usage, fmt::format("unknown thread {}", name));
  join(*found->second);
  return {};
}

void ScriptRunner::join(Thread& thread) {
  if (!thread.native.joinable()) return;
  thread.native.join();
  ScriptReport report = thread.runner.take_report();
  report_.passed += report.passed;
  report_.failed += report.failed;
  report_.skipped += report.skipped;
  for (auto& failure : report.failures) report_.failures.push_back(std::move(failure));
}

}  // namespace cairn::engine
