// `cairn actor spawn`, `stop`, `restart`, `upgrade`, `fork`, `revert`: lives.

#include <fmt/format.h>
#include <cairn/base/clock.hpp>

#include <functional>
#include <optional>

#include "actor.hpp"
#include "actor_components.hpp"
#include "actor_list.hpp"
#include "api_command.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// Asks until it is so, for five seconds; false: it is not yet.
Result<bool> becomes_so(const std::function<Result<bool>()>& is_so) {
  constexpr int tries_max = 250;
  constexpr uint64_t pause_ns = 20'000'000;
  RealClock clock;
  for (int tries = 0; tries < tries_max; ++tries) {
    if (TRY(is_so())) return true;
    clock.sleep_until(clock.monotonic_ns() + pause_ns);
  }
  return false;
}

/// What is spawned starts a moment later: who asks it next is to find it there.
Result<> await_start(const ApiClient& client, const std::string& name) {
  const bool runs = TRY(becomes_so([&]() -> Result<bool> {
    // Of one that is forked nothing is known before its first record is written.
    const Result<Json> actor = client.get(actor_path(name));
    if (!actor && actor.error().kind != ErrorKind::not_found) return std::unexpected(actor.error());
    return actor && part_of(*actor, "running") == true;
  }));
  if (runs) return {};
  return fail(ErrorKind::invalid,
              fmt::format("'{}' does not run: its chain and `cairn actor logs` say why", name));
}

/// How far its chain has come before it is told something; none: it does not run, or has no chain,
/// and there is nothing to wait for.
Result<std::optional<uint64_t>> records_of(const ApiClient& client, const std::string& name) {
  const Json actor = TRY(client.get(actor_path(name)));
  const Json& chain = part_of(actor, "chain");
  if (part_of(actor, "running") != true || !chain.is_object()) return std::nullopt;
  return number_in(chain, "sequence");
}

/// What an actor is told it does after the message that it is at: who asks it next is to find it
/// done. The first record behind `after` for which `tells` is true.
Result<Json> await_record(const ApiClient& client, const std::string& name, uint64_t after,
                          const std::function<bool(const Json&)>& tells) {
  Json found;
  const bool is_done = TRY(becomes_so([&]() -> Result<bool> {
    const Json page =
        TRY(client.get(fmt::format("{}/chain?from={}&limit=1000", actor_path(name), after + 1)));
    for (const Json& record : TRY(rows_of(page, "records"))) {
      if (!tells(record)) continue;
      found = record;
      return true;
    }
    return false;
  }));
  if (is_done) return found;
  return fail(ErrorKind::invalid,
              fmt::format("'{}' was told, and has not done it yet: its chain and `cairn actor "
                          "logs` say when",
                          name));
}

/// What was done, for people; what the server says, for programs.
Result<> done(const ApiCommand& command, Json answer, const std::string& text) {
  if (answer.is_null()) answer = {{"accepted", true}};
  command.print(answer, printable(text) + "\n");
  return {};
}

/// How it is supervised, as options of the command.
struct Supervised {
  std::optional<std::string> supervisor, restart, shutdown;
  bool significant = false;

  void add_to(ApiCommand& command) {
    CLI::App& app = command.app();
    add_text(app, "--supervisor", supervisor, "One of the manifest (the system itself)")
        ->type_name("NAME");
    add_text(app, "--restart", restart, "permanent, transient (default) or temporary")
        ->type_name("WHEN");
    add_text(app, "--shutdown", shutdown, "How long it may take to stop (5s)")->type_name("TIME");
    command->add_flag("--significant", significant, "For its supervisor's auto_shutdown");
  }
  Result<> write(Json& body) const {
    constexpr uint64_t ns_per_ms = 1'000'000;
    if (supervisor) body["supervisor"] = *supervisor;
    if (restart) body["restart"] = *restart;
    if (shutdown) body["shutdown_ms"] = TRY(parse_duration_ns("--shutdown", *shutdown)) / ns_per_ms;
    if (significant) body["significant"] = true;
    return {};
  }
};

Result<> spawn(const ApiCommand& command, const std::string& name, const std::string& component,
               const std::optional<std::string>& argument, const Supervised& how) {
  Json body = {{"name", name}};
  TRY(how.write(body));
  if (component != "-") body["component"] = TRY(component_named(command.client(), component));
  if (argument) {
    Json parsed = Json::parse(*argument, nullptr, false);
    if (parsed.is_structured()) {
      body["argument"] = std::move(parsed);
    } else {
      body["argument_text"] = *argument;
    }
  }
  Json made = TRY(command.client().post("/v1/actors", body));
  TRY(await_start(command.client(), name));
  // A name that had a chain goes on with it.
  const uint64_t sequence = number_in(part_of(made, "chain"), "sequence");
  const std::string text =
      sequence <= 1 ? name + " was spawned"
                    : fmt::format(
                          "{} goes on with the state that it had (record {}); it was told "
                          "nothing new",
                          name, sequence);
  return done(command, std::move(made), text);
}

/// Refused upgrades leave a rejection by the component that it did not become.
Result<> upgrade(const ApiCommand& command, const std::string& name, const std::string& component) {
  const ApiClient& client = command.client();
  const std::string after = TRY(component_named(client, component));
  const auto before = TRY(records_of(client, name));
  Json answer = TRY(client.post(actor_path(name) + "/upgrade", Json{{"component", after}}));
  if (before) {
    std::string digest;
    const Json page = TRY(client.get("/v1/components"));
    for (const Json& each : TRY(rows_of(page, "components")))
      if (text_in(each, "name") == after) digest = text_in(each, "digest");
    const Json record = TRY(await_record(client, name, *before, [&](const Json& one) {
      const std::string kind = text_in(one, "kind");
      return kind == "upgrade" || kind == "restart" ||
             (kind == "rejection" && text_in(one, "module") == digest);
    }));
    if (text_in(record, "kind") == "rejection")
      return fail(ErrorKind::invalid,
                  fmt::format("'{}' goes on by what it had: {}", name, text_in(record, "reason")));
    // Its worker hears a moment later that the record is durable.
    TRY(becomes_so([&]() -> Result<bool> {
      return text_in(TRY(client.get(actor_path(name))), "component") == after;
    }));
  }
  return done(command, std::move(answer), name + " is upgraded");
}

}  // namespace

int actor_spawn_command(Args args) {
  ApiCommand command("actor spawn", "[OPTIONS] NAME COMPONENT [ARGUMENT]", "Start an actor.");
  std::string name, component;
  std::optional<std::string> argument;
  command.add_name(name, "NAME", "Its name, which no other has");
  command.add_name(component, "COMPONENT",
                   "A component of the server; a *.wasm file is uploaded; -: its supervisor's");
  Supervised how;
  how.add_to(command);
  add_text(command.app(), "ARGUMENT", argument,
           "What its `init` is told: JSON if it is an object or array, else text")
      ->type_name("");
  if (const auto code = command.parse(args)) return *code;
  return command.end(spawn(command, name, component, argument, how));
}

int actor_stop_command(Args args) {
  ApiCommand command("actor stop", "[OPTIONS] NAME",
                     "Stop an actor. Its chain stays, and who spawns it again goes on with it.");
  std::string name;
  bool now = false;
  command.add_name(name, "NAME", "The actor");
  command->add_flag("--now", now, "At once, without its last words");
  if (const auto code = command.parse(args)) return *code;
  const auto answer = command.client().ask(
      {.method = "DELETE", .path = actor_path(name) + (now ? "?now=true" : "")});
  if (!answer) return command.end(std::unexpected(answer.error()));
  return command.end(done(command, Json(), name + " stops"));
}

int actor_restart_command(Args args) {
  ApiCommand command("actor restart", "[OPTIONS] NAME",
                     "Start an actor anew. It goes on with the state that it has.");
  std::string name;
  command.add_name(name, "NAME", "The actor");
  if (const auto code = command.parse(args)) return *code;
  Result<Json> answer = command.client().post(actor_path(name) + "/restart", Json::object());
  if (!answer) return command.end(std::unexpected(answer.error()));
  return command.end(done(command, *std::move(answer), name + " is restarted"));
}

int actor_upgrade_command(Args args) {
  ApiCommand command("actor upgrade", "[OPTIONS] NAME COMPONENT",
                     "Let another component go on with the state of an actor.");
  std::string name, component;
  command.add_name(name, "NAME", "The actor");
  command.add_name(component, "COMPONENT", "A component of the server; a *.wasm file is uploaded");
  if (const auto code = command.parse(args)) return *code;
  return command.end(upgrade(command, name, component));
}

int actor_fork_command(Args args) {
  ApiCommand command("actor fork", "[OPTIONS] NAME NEW",
                     "Start an actor whose first state is one that another has, or once had.");
  std::string name, fresh;
  std::optional<uint64_t> at;
  command.add_name(name, "NAME", "The actor whose state it is");
  command.add_name(fresh, "NEW", "The name of the new one");
  command.add_count("--at", at, "The state after this record (the latest)");
  if (const auto code = command.parse(args)) return *code;
  const auto fork = [&]() -> Result<> {
    if (!at) {
      const Json actor = TRY(command.client().get(actor_path(name)));
      at = number_in(part_of(actor, "chain"), "sequence");
    }
    const Json body = {{"at", *at}, {"name", fresh}};
    Json made = TRY(command.client().post(actor_path(name) + "/fork", body));
    TRY(await_start(command.client(), fresh));
    return done(command, std::move(made),
                fmt::format("{} was forked from {} after record {}", fresh, name, *at));
  };
  return command.end(fork());
}

int actor_revert_command(Args args) {
  ApiCommand command("actor revert", "[OPTIONS] --at N NAME",
                     "Go back to a state that an actor once had. The chain says so, and keeps what "
                     "came between.");
  std::string name;
  std::optional<uint64_t> at;
  command.add_name(name, "NAME", "The actor");
  command.add_count("--at", at, "The state after this record");
  if (const auto code = command.parse(args)) return *code;
  if (!at) return usage_error("actor revert", "--at is missing");
  const auto revert = [&]() -> Result<> {
    const auto before = TRY(records_of(command.client(), name));
    Json answer = TRY(command.client().post(actor_path(name) + "/revert", Json{{"at", *at}}));
    const auto tells = [](const Json& record) { return text_in(record, "kind") == "fork"; };
    if (before) TRY(await_record(command.client(), name, *before, tells));
    return done(command, std::move(answer),
                fmt::format("{} is back at its state after record {}", name, *at));
  };
  return command.end(revert());
}

int actor_prune_command(Args args) {
  ApiCommand command("actor prune", "[OPTIONS]",
                     "Throw away contents of old records: messages, replies, effects, states that "
                     "nothing needs.\nRecords, hashes and proofs stay. Nobody can bring the "
                     "contents back.");
  std::optional<std::string> age;
  std::optional<uint64_t> records;
  add_text(command.app(), "--age", age, "Keep those of younger records: 90m, 720h")
      ->type_name("TIME");
  command.add_count("--records", records, "Keep those of the last records of the log");
  command.parser().footer(
      "With both options each keeps its own; without any, all are thrown away that are not "
      "needed.\nOnly full segments of the log, of 64 MiB, are looked at.");
  if (const auto code = command.parse(args)) return *code;
  Json body = Json::object();
  if (age) body["age"] = *age;
  if (records) body["records"] = *records;
  Result<Json> answer = command.client().post("/v1/prune", body);
  if (!answer) return command.end(std::unexpected(answer.error()));
  const std::string text =
      fmt::format("{} were thrown away; all contents from record {} of the log on are kept",
                  shown_bytes(number_in(*answer, "bytes")), number_in(*answer, "before"));
  return command.end(done(command, *std::move(answer), text));
}

}  // namespace cairn::cli
