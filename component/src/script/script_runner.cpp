#include <fmt/format.h>
#include <cairn/component/linker.hpp>
#include <cairn/component/script.hpp>

#include <unordered_map>

#include "script/script_values.hpp"

namespace cairn::component {

namespace {

using Kind = ScriptCommand::Kind;

std::unexpected<Error> expected_but(std::string_view expected, std::string_view actual) {
  return fail(ErrorKind::usage, fmt::format("expected {}, got {}", expected, actual));
}

/// Scripts name traps of core code in the words of another engine.
struct Alias {
  std::string_view theirs, ours;
};
constexpr Alias aliases[] = {
    {"wasm `unreachable` instruction executed", "unreachable"},
    {"out of bounds memory access", "out of bounds memory access"},
};

/// A message fits when one text contains the other.
bool message_fits(std::string_view actual, std::string_view expected) {
  constexpr std::string_view prefix = "wasm trap: ";
  if (expected.starts_with(prefix)) expected.remove_prefix(prefix.size());
  for (const Alias& alias : aliases)
    if (expected == alias.theirs) expected = alias.ours;
  return actual.contains(expected) || expected.contains(actual);
}

bool phase_fits(Kind assertion, ErrorKind kind) {
  switch (assertion) {
    case Kind::assert_malformed:
      return kind == ErrorKind::malformed || kind == ErrorKind::limit ||
             kind == ErrorKind::unsupported;
    case Kind::assert_invalid: return kind == ErrorKind::invalid || kind == ErrorKind::limit;
    default: return kind == ErrorKind::unlinkable;
  }
}

class ScriptRunner {
 public:
  explicit ScriptRunner(const ScriptOptions& options)
      : engine_(options.settings),
        store_(engine_, options.limits, options.runtime_limits, options.seed) {
    store_.core().set_fuel(options.fuel);
    read_.core_features = options.settings.features;
  }

  engine::ScriptReport run(const Script& script) {
    for (const ScriptCommand& command : script.commands) {
      const bool is_assertion = command.kind >= Kind::assert_return;
      const Result<> done = this->command(command);
      if (!done) {
        ++report_.failed;
        report_.failures.push_back({command.at, done.error().to_string()});
      } else if (is_assertion) {
        ++report_.passed;
      }
    }
    return std::move(report_);
  }

 private:
  Result<> command(const ScriptCommand& command) {
    switch (command.kind) {
      case Kind::component: return component(*command.component);
      case Kind::register_: return register_component(command);
      case Kind::invoke: TRY(invoke(*command.invoke)); return {};
      case Kind::assert_return: return assert_return(command);
      case Kind::assert_trap:
      case Kind::assert_exhaustion: return assert_stops(command);
      default: return assert_rejected(command);
    }
  }

  // ---- Components

  Result<Component> load(const ScriptComponent& component) {
    return Component::load(engine_, TRY(read_component(component, read_)), read_);
  }

  Result<Instance> instantiate(const ScriptComponent& component) {
    std::optional<Component> loaded;
    if (!component.is_instance) {
      loaded = TRY(load(component));
    } else if (!component.definition) {
      if (!last_definition_) return fail(ErrorKind::usage, "there is no component definition");
      loaded = last_definition_;
    } else {
      const auto found = definitions_.find(*component.definition);
      if (found == definitions_.end())
        return fail(ErrorKind::usage,
                    fmt::format("unknown component definition {}", *component.definition));
      loaded = found->second;
    }
    ComponentLinker linker(engine_);
    for (const auto& [name, other] : registered_) linker.component(name, other);
    return linker.instantiate(store_, *loaded);
  }

  Result<> component(const ScriptComponent& component) {
    if (component.is_definition) {
      last_definition_ = TRY(load(component));
      if (component.name) definitions_.insert_or_assign(*component.name, *last_definition_);
      return {};
    }
    current_.reset();
    const Instance instance = TRY(instantiate(component));
    current_ = instance;
    if (component.name) instances_.insert_or_assign(*component.name, instance);
    return {};
  }

  Result<> register_component(const ScriptCommand& command) {
    const auto found = command.name ? definitions_.find(*command.name) : definitions_.end();
    if (found == definitions_.end())
      return fail(ErrorKind::usage, "only component definitions can be registered");
    registered_.insert_or_assign(command.text, found->second);
    return {};
  }

  // ---- Calls

  Result<Func> find(const ScriptInvoke& invoke) {
    std::optional<Instance> instance = current_;
    if (invoke.instance) {
      const auto found = instances_.find(*invoke.instance);
      if (found == instances_.end())
        return fail(ErrorKind::usage, fmt::format("unknown instance {}", *invoke.instance));
      instance = found->second;
    }
    if (!instance) return fail(ErrorKind::usage, "there is no component instance");
    const Func func = instance->func(invoke.name);
    if (!func) return fail(ErrorKind::usage, fmt::format("no function \"{}\"", invoke.name));
    return func;
  }

  Result<std::vector<Value>> invoke(const ScriptInvoke& invoke) {
    const Func func = TRY(find(invoke));
    const FuncType& type = func.type();
    if (invoke.args.size() != type.params.size())
      return fail(ErrorKind::usage,
                  fmt::format("\"{}\" takes {} arguments, {} are given", invoke.name,
                              type.params.size(), invoke.args.size()));
    std::vector<Value> args;
    for (size_t i = 0; i < invoke.args.size(); ++i)
      args.push_back(TRY(to_value(func.types(), type.params[i].type, invoke.args[i])));
    return func.call(store_, args);
  }

  // ---- Assertions

  Result<> assert_return(const ScriptCommand& command) {
    const std::vector<Value> results = TRY(invoke(*command.invoke));
    const Func func = TRY(find(*command.invoke));
    const std::optional<ValType> type = func.type().result;
    const bool fits =
        results.size() == command.expected.size() &&
        (!type || results.empty() || matches(func.types(), *type, command.expected[0], results[0]));
    if (fits) return {};
    return expected_but(command.expected.empty() ? "no result" : "another result",
                        results.empty() ? "none" : describe(func.types(), *type, results[0]));
  }

  Result<> assert_stops(const ScriptCommand& command) {
    Result<> stopped;
    if (command.component) {
      const Result<Instance> instance = instantiate(*command.component);
      if (!instance) stopped = std::unexpected(instance.error());
    } else {
      const Result<std::vector<Value>> results = invoke(*command.invoke);
      if (!results) stopped = std::unexpected(results.error());
    }
    const std::string wanted = fmt::format("trap \"{}\"", command.text);
    if (stopped) return expected_but(wanted, "no trap");
    const Error& error = stopped.error();
    if (error.kind == ErrorKind::trap && message_fits(error.message, command.text)) return {};
    return expected_but(wanted, fmt::format("{}: {}", to_string(error.kind), error.to_string()));
  }

  Result<> assert_rejected(const ScriptCommand& command) {
    Result<> rejected;
    if (command.kind == Kind::assert_unlinkable) {
      const Result<Instance> instance = instantiate(*command.component);
      if (!instance) rejected = std::unexpected(instance.error());
    } else {
      const Result<Component> loaded = load(*command.component);
      if (!loaded) rejected = std::unexpected(loaded.error());
    }
    const std::string wanted = fmt::format("an error (\"{}\")", command.text);
    if (rejected) return expected_but(wanted, "a component that is accepted");
    if (phase_fits(command.kind, rejected.error().kind)) return {};
    return expected_but(wanted, fmt::format("{}: {}", to_string(rejected.error().kind),
                                            rejected.error().to_string()));
  }

  engine::Engine engine_;
  Store store_;
  ReadOptions read_;
  std::unordered_map<std::string, Component> definitions_, registered_;
  std::unordered_map<std::string, Instance> instances_;
  std::optional<Component> last_definition_;
  std::optional<Instance> current_;
  engine::ScriptReport report_;
};

}  // namespace

bool is_component_script(std::string_view source) {
  // What comes first, behind comments: a component or a module.
  for (size_t at = 0; at < source.size();) {
    const std::string_view rest = source.substr(at);
    if (rest.starts_with(";;")) {
      at += std::min(rest.find('\n'), rest.size() - 1) + 1;
    } else if (rest.starts_with("(;")) {
      at += std::min(rest.find(";)"), rest.size() - 2) + 2;
    } else {
      if (rest.starts_with("(component")) return true;
      if (rest.starts_with("(module")) return false;
      ++at;
    }
  }
  return false;
}

Result<engine::ScriptReport> run_script(const Script& script, const ScriptOptions& options) {
  return ScriptRunner(options).run(script);
}

Result<engine::ScriptReport> run_script(std::string source, const ScriptOptions& options) {
  return run_script(TRY(parse_script(std::move(source))), options);
}

}  // namespace cairn::component
