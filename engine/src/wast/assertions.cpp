// The assertions of scripts: what is expected, and in which phase a module must be refused.

#include <fmt/format.h>

#include "wast/script_runner.hpp"

namespace cairn::engine {
namespace {

using wasm::Command;

/// A trap's message fits when one text starts with the other: scripts say "uninitialized element 2"
/// for "uninitialized element", and leave details of ours out.
bool message_fits(std::string_view actual, std::string_view expected) {
  return actual.starts_with(expected) || expected.starts_with(actual);
}

std::unexpected<Error> expected_but(std::string_view expected, std::string_view actual) {
  return fail(ErrorKind::usage, fmt::format("expected {}, got {}", expected, actual));
}

std::string list(const std::vector<Value>& values) {
  if (values.empty()) return "no result";
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ", ") + describe(value);
  return text;
}

/// May an error of that kind end the phase that the assertion names? Decoding and parsing end in
/// `malformed`, also where a limit is exceeded or a feature is unknown.
bool phase_fits(Command::Kind assertion, ErrorKind kind) {
  switch (assertion) {
    case Command::Kind::assert_malformed:
    case Command::Kind::assert_malformed_custom:
      return kind == ErrorKind::malformed || kind == ErrorKind::limit ||
             kind == ErrorKind::unsupported;
    case Command::Kind::assert_invalid:
    case Command::Kind::assert_invalid_custom: return kind == ErrorKind::invalid;
    default: return kind == ErrorKind::unlinkable;
  }
}

std::string_view phase_name(Command::Kind assertion) {
  switch (assertion) {
    case Command::Kind::assert_malformed:
    case Command::Kind::assert_malformed_custom: return "a malformed module";
    case Command::Kind::assert_invalid:
    case Command::Kind::assert_invalid_custom: return "an invalid module";
    default: return "a module that does not link";
  }
}

}  // namespace

Result<ScriptRunner::Verdict> ScriptRunner::run_assertion(const Command& command) {
  switch (command.kind) {
    case Command::Kind::assert_return: return assert_return(command);
    case Command::Kind::assert_trap:
    case Command::Kind::assert_exhaustion:
    case Command::Kind::assert_exception: return assert_stops(command);
    default: return assert_rejected(command);
  }
}

Result<ScriptRunner::Verdict> ScriptRunner::assert_return(const Command& command) {
  if (TRY(find(command.action->module))->unsupported) return Verdict::skipped;
  const std::vector<Value> results = TRY(perform(*command.action));
  TRY(check_results(results, command));
  return Verdict::passed;
}

Result<> ScriptRunner::check_results(const std::vector<Value>& actual,
                                     const Command& command) const {
  bool fits = actual.size() == command.expected.size();
  for (size_t i = 0; fits && i < actual.size(); ++i) {
    fits = matches(store_, refs_, actual[i], command.expected[i]);
  }
  if (fits) return {};
  std::string wanted;
  for (const wasm::ScriptValue& value : command.expected) {
    wanted += (wanted.empty() ? "" : ", ") + describe(value);
  }
  return expected_but(wanted.empty() ? "no result" : wanted, list(actual));
}

/// assert_trap on an action or a module, assert_exhaustion, assert_exception.
Result<ScriptRunner::Verdict> ScriptRunner::assert_stops(const Command& command) {
  Result<> stopped;
  if (command.module) {
    const Result<Instance> instance = load_and_instantiate(*command.module);
    if (!instance) stopped = std::unexpected(instance.error());
  } else {
    if (TRY(find(command.action->module))->unsupported) return Verdict::skipped;
    const Result<std::vector<Value>> results = perform(*command.action);
    if (results && command.kind == Command::Kind::assert_exception) {
      return expected_but("an exception", list(*results));
    }
    if (results) return expected_but(fmt::format("trap \"{}\"", command.text), list(*results));
    stopped = std::unexpected(results.error());
  }
  if (stopped) return expected_but(fmt::format("trap \"{}\"", command.text), "an instance");
  const Error& error = stopped.error();
  if (command.module && error.kind == ErrorKind::unsupported) return Verdict::skipped;
  if (command.kind == Command::Kind::assert_exception) {
    if (error.kind == ErrorKind::exception) return Verdict::passed;
    return expected_but("an exception", error.to_string());
  }
  if (error.kind == ErrorKind::trap && message_fits(error.message, command.text)) {
    return Verdict::passed;
  }
  return expected_but(fmt::format("trap \"{}\"", command.text),
                      fmt::format("{}: {}", to_string(error.kind), error.to_string()));
}

/// The assertions that a module is malformed, invalid or does not link.
Result<ScriptRunner::Verdict> ScriptRunner::assert_rejected(const Command& command) {
  Result<> rejected;
  if (command.kind == Command::Kind::assert_unlinkable) {
    const Result<Instance> instance = load_and_instantiate(*command.module);
    if (!instance) rejected = std::unexpected(instance.error());
  } else {
    const Result<Module> module = load(*command.module);
    if (!module) rejected = std::unexpected(module.error());
  }
  const std::string wanted = fmt::format("{} (\"{}\")", phase_name(command.kind), command.text);
  if (rejected) return expected_but(wanted, "one that is accepted");
  const ErrorKind kind = rejected.error().kind;
  if (phase_fits(command.kind, kind)) return Verdict::passed;
  if (kind == ErrorKind::unsupported) return Verdict::skipped;
  return expected_but(wanted, fmt::format("{}: {}", to_string(kind), rejected.error().to_string()));
}

}  // namespace cairn::engine
