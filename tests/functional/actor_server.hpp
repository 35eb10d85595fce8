#pragma once
/// `cairn serve` for tests: guests to be served, and the server as clients meet it.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "conversation.hpp"
#include "http_peer.hpp"

namespace cairn::functional {

/// Components that are built once: of `cairn new -t c-actor` (its state is {"count":N}, which is
/// never below zero; {"data":K} adds K) and of the tests' guests of the layer of actors: one does
/// what messages say in words, one tells what WASI tells it. Their paths; empty where there is no C
/// library for WebAssembly.
const std::string& counter_component();
const std::string& machine_component();
const std::string& teller_component();
/// The same machine, whose number is in its memory.
const std::string& resident_machine_component();
/// A resident one that prints what it is told, as programs in C do.
const std::string& printer_component();
/// The guest of guests/http.c, built as a user's project would be.
const std::string& http_component();

class ActorServer {
 public:
  /// `cairn serve --listen 127.0.0.1:0 ARGS…` in a folder, until it serves.
  ActorServer(const Folder& folder, std::vector<std::string> args);

  bool is_there() const { return port_ != 0; }
  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  const std::string& key() const { return key_; }  ///< the log's
  Conversation& command() { return *command_; }

  HttpReply ask(std::string_view method, std::string_view path, std::string_view body = "",
                std::string_view fields = "") const;
  HttpReply get(std::string_view path) const { return ask("GET", path); }
  /// A message to an actor.
  HttpReply tell(std::string_view actor, std::string_view message,
                 std::string_view fields = "") const;
  nlohmann::json json(std::string_view path) const;
  /// `cairn ARGS…` with this server.
  Outcome cli(std::vector<std::string> args, const std::string& input = "") const;

  /// Ends it by SIGTERM; what it has printed.
  std::string stop(int expected = 0);
  void kill();

 private:
  const Folder& folder_;
  std::optional<Conversation> command_;
  uint16_t port_ = 0;
  std::string key_;
};

/// A manifest of two machines, "alice" with 100 and "bob" with 50, under a supervisor that restarts
/// up to a hundred times.
std::string machine_manifest(const std::string& more = "");

}  // namespace cairn::functional
