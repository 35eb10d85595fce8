#include "actor_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace cairn::functional {
namespace {

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool has_c_library() {
  const Folder folder;
  folder.write("probe.c", "#include <stdlib.h>\nint f(void) { return abs(1); }\n");
  return cairn(folder,
               {"--target=wasm32-wasi", "--no-wasm-opt", "-Wno-deprecated", "-mexec-model=reactor",
                "probe.c", "-o", "probe.wasm"},
               {.binary = CAIRN_GUEST_CC})
             .code == 0;
}

constexpr std::string_view actor_guests = CAIRN_SOURCE_DIR "/actor/guests/";

/// Builds `NAME.wasm` of a source in C, for a world.
std::string build(const Folder& folder, const std::string& name, const std::string& wit,
                  const std::string& world, const std::string& flag = "-DEXPLICIT",
                  std::string_view sources = actor_guests) {
  if (!has_c_library()) return "";
  const Outcome bound = cairn(folder, {"bindgen", "c", wit, "--world", world, "-o", "."});
  EXPECT_EQ(bound.code, 0) << bound.err;
  std::string bindings = world + ".c";
  std::ranges::replace(bindings, '-', '_');
  const Outcome compiled =
      cairn(folder,
            {"--target=wasm32-wasi", "--no-wasm-opt", "-Wno-deprecated", "-O2",
             "-mexec-model=reactor", "-I.", "-Wl,-z,stack-size=8192", "-Wl,-s", flag, "-o",
             name + ".core.wasm", std::string(sources) + name + ".c", bindings},
            {.binary = CAIRN_GUEST_CC});
  EXPECT_EQ(compiled.code, 0) << compiled.err;
  const Outcome made =
      cairn(folder, {"component", "new", name + ".core.wasm", "-o", name + ".wasm"});
  EXPECT_EQ(made.code, 0) << made.err;
  return folder / (name + ".wasm");
}

}  // namespace

const std::string& counter_component() {
  static const Folder folder;
  static const std::string built = [] {
    // NOLINTBEGIN(bugprone-command-processor): as a user would
    if (!has_c_library()) return std::string();
    const Outcome made = cairn(folder, {"new", "-t", "c-actor", "counter"});
    EXPECT_EQ(made.code, 0) << made.err;
    const std::string command = "make -s -C " + folder / "counter" + " CAIRN=" + CAIRN_BINARY +
                                " CLANG=" + CAIRN_GUEST_CC + " >" + folder / "log" + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << folder.read("log");
    // NOLINTEND(bugprone-command-processor)
    return folder / "counter/counter.wasm";
  }();
  return built;
}

const std::string& machine_component() {
  static const Folder folder;
  static const std::string built =
      build(folder, "machine", CAIRN_SOURCE_DIR "/actor/wit", "actor-with-contracts");
  return built;
}

const std::string& teller_component() {
  static const Folder folder;
  static const std::string built = [] {
    // Its text is written as if it held that of actors.
    std::string actor = text_of(CAIRN_SOURCE_DIR "/actor/wit/actor.wit");
    constexpr std::string_view head = "package cairn:actor@0.1.0;";
    actor.replace(actor.find(head), head.size(), "package cairn:actor@0.1.0 {");
    const std::string wit = folder.write(
        "teller.wit", text_of(CAIRN_SOURCE_DIR "/actor/guests/teller.wit") + actor + "\n}\n");
    return build(folder, "teller", wit, "teller");
  }();
  return built;
}

const std::string& resident_machine_component() {
  static const Folder folder;
  static const std::string built = build(folder, "machine", CAIRN_SOURCE_DIR "/actor/wit",
                                         "resident-actor-with-contracts", "-DRESIDENT");
  return built;
}

const std::string& printer_component() {
  static const Folder folder;
  static const std::string built =
      build(folder, "printer", CAIRN_SOURCE_DIR "/actor/wit", "resident-actor",
            "-Wl,-z,stack-size=65536", CAIRN_SOURCE_DIR "/tests/functional/guests/");
  return built;
}

const std::string& http_component() {
  static const Folder folder;
  static const std::string built = [] {
    const Outcome made = cairn(folder, {"new", "-t", "c-http", "app"});
    EXPECT_EQ(made.code, 0) << made.err;
    const std::string project = folder / "app";
    folder.write("app/main.c", text_of(CAIRN_SOURCE_DIR "/tests/functional/guests/http.c"));
    const std::string command = "make -s -C " + project + " CAIRN=" + CAIRN_BINARY +
                                " CLANG=" + CAIRN_GUEST_CC + " >" + project + "/log 2>&1";
    // NOLINTNEXTLINE(bugprone-command-processor): as a user would
    EXPECT_EQ(std::system(command.c_str()), 0) << folder.read("app/log");
    return project + "/app.wasm";
  }();
  return built;
}

ActorServer::ActorServer(const Folder& folder, std::vector<std::string> args) : folder_(folder) {
  args.insert(args.begin(), {"serve", "--listen", "127.0.0.1:0"});
  command_.emplace(folder.path(), args);
  // Actors that start may have said something before.
  const auto next = [this](std::string_view begin) {
    std::string line, all;
    do all += (line = command_->read_line(2)) + "\n";
    while (!line.empty() && !line.starts_with(begin));
    if (line.empty()) ADD_FAILURE() << all;
    return line;
  };
  port_ = port_in(next("serving "));
  if (port_ == 0 || std::ranges::find(args, "--no-chain") != args.end()) return;
  const std::string key = next("the log's key is ");
  key_ = key.substr(key.rfind(' ') + 1);
}

HttpReply ActorServer::ask(std::string_view method, std::string_view path, std::string_view body,
                           std::string_view fields) const {
  return HttpClient(port_).ask(method, path, body, fields);
}

HttpReply ActorServer::tell(std::string_view actor, std::string_view message,
                            std::string_view fields) const {
  return ask("POST", "/v1/actors/" + std::string(actor) + "/messages", message,
             "Content-Type: text/plain\r\n" + std::string(fields));
}

nlohmann::json ActorServer::json(std::string_view path) const {
  const HttpReply reply = get(path);
  EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
  return nlohmann::json::parse(reply.body, nullptr, false);
}

Outcome ActorServer::cli(std::vector<std::string> args, const std::string& input) const {
  return cairn(folder_, std::move(args), {.input = input, .env = {"CAIRN_SERVER=" + url()}});
}

std::string ActorServer::stop(int expected) {
  command_->signal(SIGTERM);
  EXPECT_EQ(command_->wait(), expected);
  return command_->rest(2);
}

void ActorServer::kill() {
  command_->signal(SIGKILL);
  EXPECT_EQ(command_->wait(), 128 + SIGKILL);
}

std::string machine_manifest(const std::string& more) {
  return R"(data = "data"
origin = "test.example"
[components.machine]
path = ")" +
         machine_component() + R"("
limits = { memory = "4MiB", fuel = 20_000_000, time = "5s" }
[supervisors.all]
max_restarts = 100
period = "1s"
[actors.alice]
component = "machine"
supervisor = "all"
argument = "100"
[actors.bob]
component = "machine"
supervisor = "all"
argument = "50"
)" + more;
}

}  // namespace cairn::functional
