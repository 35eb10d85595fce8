// `cairn serve`, as clients and operators meet it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "actor_server.hpp"

namespace cairn::functional {
namespace {

#define NEEDS_GUESTS()                                            \
  if (counter_component().empty() || machine_component().empty()) \
  GTEST_SKIP() << "no C library for WebAssembly"

/// Whatever comes to be true within seconds.
template <class Condition>
bool eventually(Condition condition) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (condition()) return true;
    // The server needs the processor.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

nlohmann::json parsed(const HttpReply& reply) {
  return nlohmann::json::parse(reply.body, nullptr, false);
}

TEST(Serve, OneComponentIsAllItTakes) {
  NEEDS_GUESTS();
  const Folder folder;
  std::string hash;
  {
    ActorServer server(folder, {counter_component()});
    const HttpReply reply =
        server.ask("POST", "/", R"({"data": 5})", "Content-Type: application/json\r\n");
    ASSERT_EQ(reply.status, 200) << reply.body;
    const auto answer = parsed(reply);
    EXPECT_EQ(answer["state"], nlohmann::json({{"count", 5}}));
    EXPECT_EQ(answer["reply"], nlohmann::json({{"count", 5}}));
    hash = answer["hash"];
    EXPECT_EQ(hash.size(), 64u);
    EXPECT_EQ(server.json("/v1/actors/counter")["chain"]["hash"], hash);
    const HttpReply refused = server.ask("POST", "/", R"({"data": -9})");
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_EQ(parsed(refused)["code"], "below-zero");
    server.stop();
  }
  // It goes on where it was.
  ActorServer again(folder, {counter_component()});
  const HttpReply reply =
      again.ask("POST", "/", R"({"data": 7})", "Content-Type: application/json\r\n");
  EXPECT_EQ(parsed(reply)["state"], nlohmann::json({{"count", 12}}));
  EXPECT_EQ(again.get("/livez").status, 200);
  EXPECT_EQ(again.get("/readyz").status, 200);
  EXPECT_NE(again.get("/metrics").body.find("# TYPE "), std::string::npos);
  EXPECT_EQ(again.json("/openapi.json")["openapi"].get<std::string>().substr(0, 3), "3.1");
  again.stop();
  EXPECT_EQ(cairn(folder, {"verify", "cairn-data", "--key", again.key()}).code, 0);
}

TEST(Serve, WithoutAChainNothingIsKept) {
  NEEDS_GUESTS();
  const Folder folder;
  ActorServer server(folder, {"--no-chain", counter_component()});
  const HttpReply reply =
      server.ask("POST", "/", R"({"data": 5})", "Content-Type: application/json\r\n");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(parsed(reply)["reply"], nlohmann::json({{"count", 5}}));
  server.stop();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

/// Also where others may look into the folder.
TEST(Serve, WhatItKeepsIsItsOwn) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  folder.make_directory("data");
  ASSERT_EQ(chmod((folder / "data").c_str(), 0755), 0);
  ActorServer server(folder, {});
  EXPECT_EQ(server.tell("alice", "set key value").status, 200);
  server.stop();
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "data")) {
    struct stat info = {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0077, 0u) << entry.path();
    ++files;
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "data/deployment.db"));
  EXPECT_FALSE(std::filesystem::is_empty(folder / "data/values"));
  EXPECT_GT(files, 5u);
}

TEST(Serve, MessagesAreAnsweredRefusedOrFail) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {});
  const HttpReply good = server.tell("alice", "add 5");
  ASSERT_EQ(good.status, 200) << good.body;
  EXPECT_EQ(good.body, "105");
  EXPECT_EQ(good.field("content-type"), "text/plain");
  EXPECT_EQ(good.field("cairn-sequence"), "2") << "behind genesis and init";
  EXPECT_EQ(good.field("cairn-hash").size(), 64u);

  // A contract says no: the state is as it was, and there is a record of it.
  const HttpReply refused = server.tell("alice", "take 500");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.field("content-type"), "application/problem+json");
  EXPECT_EQ(parsed(refused)["code"], "overdrawn");
  EXPECT_EQ(parsed(refused)["sequence"], 3);
  EXPECT_EQ(server.get("/v1/actors/alice/state").body, "105");

  // It crashes, is started anew, and has lost nothing.
  EXPECT_EQ(server.tell("alice", "trap").status, 500);
  EXPECT_EQ(server.tell("alice", "get").body, "105");
  EXPECT_EQ(server.json("/v1/actors/alice")["restarts"], 1);
  EXPECT_EQ(server.tell("bob", "get").body, "50");

  EXPECT_EQ(server.tell("carol", "get").status, 404);
  EXPECT_EQ(server.get("/v1/actors/carol/state").status, 404);
  EXPECT_EQ(server.get("/nowhere").status, 404);
  EXPECT_EQ(server.tell("alice", std::string(2 << 20, 'x')).status, 413);
  const HttpReply endless = server.tell("alice", "loop");
  EXPECT_EQ(endless.status, 500) << "all its fuel is used up";
  EXPECT_EQ(server.tell("alice", "get").body, "105");
  server.stop();
  const Outcome verified = cairn(folder, {"verify", "data", "--key", server.key()});
  EXPECT_EQ(verified.code, 0) << verified.err;
}

TEST(Serve, AKeyIsHandledOnce) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  const std::string key = "Idempotency-Key: order-1\r\n";
  {
    ActorServer server(folder, {});
    EXPECT_EQ(server.tell("alice", "add 5", key).body, "105");
    const HttpReply again = server.tell("alice", "add 5", key);
    EXPECT_EQ(again.body, "105");
    EXPECT_EQ(again.field("cairn-repeated"), "true");
    EXPECT_EQ(server.tell("alice", "add 6", key).status, 409) << "another message";
    server.kill();
  }
  ActorServer server(folder, {});
  const HttpReply again = server.tell("alice", "add 5", key);
  EXPECT_EQ(again.body, "105") << "also across a crash";
  EXPECT_EQ(again.field("cairn-repeated"), "true");
}

TEST(Serve, WhoDoesNotWaitIsToldWhereToLook) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {});
  const HttpReply accepted = server.tell("alice", "add 5", "Prefer: respond-async\r\n");
  EXPECT_EQ(accepted.status, 202);
  EXPECT_NE(accepted.field("location").find("/v1/actors/alice/chain"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return server.get("/v1/actors/alice/state").body == "105"; }));
}

/// As a full disk does: a file may not grow.
TEST(Serve, MessagesAreRefusedWhileThereIsNoRoom) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  std::string key;
  {
    ActorServer server(folder, {});
    key = server.key();
    EXPECT_EQ(server.tell("alice", "add 5").body, "105");
    // Who begins while there is no room fails, and takes others along.
    EXPECT_EQ(server.tell("bob", "get").body, "50");
    const rlimit none = {.rlim_cur = 1, .rlim_max = RLIM_INFINITY};
    ASSERT_EQ(prlimit(server.command().pid(), RLIMIT_FSIZE, &none, nullptr), 0);
    const HttpReply full = server.tell("alice", "add 1", "Idempotency-Key: a\r\n");
    EXPECT_EQ(full.status, 503) << full.body;
    EXPECT_NE(parsed(full)["detail"].get<std::string>().find("too large"), std::string::npos)
        << full.body;
    EXPECT_EQ(server.get("/v1/actors/alice/state").body, "105");
    const rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    ASSERT_EQ(prlimit(server.command().pid(), RLIMIT_FSIZE, &all, nullptr), 0);
    EXPECT_EQ(server.tell("alice", "add 1", "Idempotency-Key: a\r\n").body, "106");
    server.kill();
  }
  ActorServer again(folder, {});
  EXPECT_EQ(again.tell("alice", "get").body, "106");
  again.stop();
  const Outcome verified = cairn(folder, {"verify", "data", "--key", key});
  EXPECT_EQ(verified.code, 0) << verified.err;
}

/// Who comes while it ends is told so.
TEST(Serve, SaysThatItEnds) {
  NEEDS_GUESTS();
  const Folder folder;
  std::string manifest = machine_manifest();
  const std::string fuel = "fuel = 20_000_000";
  manifest.replace(manifest.find(fuel), fuel.size(), "fuel = 2_000_000_000");
  folder.write("cairn.toml", manifest);
  ActorServer server(folder, {"--threads", "1"});
  HttpClient busy(server.port());
  const std::string message = "spin 60000000";
  busy.send("POST /v1/actors/alice/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
            std::to_string(message.size()) + "\r\n\r\n" + message);
  // It has come when a later request is answered: there is one thread.
  EXPECT_EQ(server.get("/readyz").status, 200);
  server.command().signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !server.command().is_pending(SIGTERM); }));
  HttpReply ready;
  EXPECT_TRUE(eventually([&] { return (ready = server.get("/readyz")).status != 200; }));
  EXPECT_EQ(ready.status, 503) << "it still listens";
  EXPECT_EQ(parsed(ready)["type"], "/problems/draining");
  EXPECT_EQ(server.tell("bob", "get").status, 503);
  EXPECT_EQ(busy.receive().status, 200);
  EXPECT_EQ(server.command().wait(), 0);
}

TEST(Serve, SignalsEndItInOrder) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {"--access-log"});
  HttpClient idle(server.port());
  EXPECT_EQ(idle.ask("GET", "/livez").status, 200);
  std::thread last([&] {
    // It is on its way when the signal comes, or never was accepted.
    const HttpReply reply = server.tell("alice", "spin 1000000");
    EXPECT_TRUE(reply.status == 200 || reply.status == 503 || reply.status == 0) << reply.status;
  });
  // So that the message mostly has begun: whether it has makes no difference to what is expected.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::string log = server.stop();
  last.join();
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(HttpClient(server.port()).ask("GET", "/livez").status, 0) << "nobody listens";
  EXPECT_NE(log.find("GET /livez 200 "), std::string::npos) << log;
}

TEST(Serve, GoesOnAndEndsWhenNobodyReadsItsLog) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {"--access-log"});
  const std::string path = "/livez?" + std::string(10'000, 'x');
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.get(path).status, 200) << i;  // a pipe holds six
  server.stop();
}

TEST(Serve, EventStreamsDoNotHoldUpTheEnd) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {});
  HttpClient watching(server.port());
  watching.send("GET /v1/actors/alice/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(watching.await("HTTP/1.1 200 "));
  EXPECT_EQ(server.tell("alice", "add 1").status, 200);
  server.stop();
}

TEST(Serve, ChangesOfTheManifestAreTaken) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {"--no-watch"});
  EXPECT_EQ(server.tell("carol", "get").status, 404);
  folder.write("cairn.toml", machine_manifest("[actors.carol]\ncomponent = \"machine\"\n"
                                              "argument = \"7\"\n"));
  server.command().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return server.tell("carol", "get").body == "7"; }));

  // What is wrong changes nothing.
  folder.write("cairn.toml", machine_manifest("[actors.dave]\ncomponent = \"nothing\"\n"));
  server.command().signal(SIGHUP);
  std::string line;
  do line = server.command().read_line(2);
  while (!line.empty() && line.find("nothing was changed") == std::string::npos);
  EXPECT_NE(line.find("cairn.toml:"), std::string::npos) << line;
  EXPECT_EQ(server.tell("carol", "get").body, "7");

  // Who is no longer there stops; the chain stays.
  folder.write("cairn.toml", machine_manifest());
  server.command().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return server.tell("carol", "get").status != 200; }));
  EXPECT_EQ(server.get("/v1/actors/carol/state").body, "7");
  EXPECT_EQ(server.tell("alice", "get").body, "100");
}

/// What is in the way may go by itself: here an actor of that name, which was spawned.
TEST(Serve, AReloadThatFailedIsTriedAgain) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {"--no-watch"});
  server.cli({"actor", "spawn", "carol", "machine", "5"});
  folder.write("cairn.toml", machine_manifest("[actors.carol]\ncomponent = \"machine\"\n"
                                              "[actors.dave]\ncomponent = \"machine\"\n"));
  server.command().signal(SIGHUP);
  std::string line;
  do line = server.command().read_line(2);
  while (!line.empty() && line.find("nothing was changed") == std::string::npos);
  EXPECT_NE(line.find("there is an actor 'carol' already"), std::string::npos) << line;
  EXPECT_EQ(server.get("/v1/actors/dave").status, 404);
  server.cli({"actor", "stop", "carol"});
  do line = server.command().read_line(2);
  while (!line.empty() && line.find("was read again") == std::string::npos);
  EXPECT_NE(line.find("it was tried again"), std::string::npos) << line;
  EXPECT_TRUE(eventually([&] { return server.tell("dave", "get").status == 200; }));
  EXPECT_EQ(server.tell("carol", "get").body, "5") << "its chain goes on";
}

/// A component that comes through a pipe holds up the reload, and nothing else.
TEST(Serve, SignalsAreHeardWhileFilesAreRead) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {"--no-watch"});
  ASSERT_EQ(mkfifo((folder / "slow.wasm").c_str(), 0600), 0);
  folder.write("cairn.toml", machine_manifest("[components.slow]\npath = \"slow.wasm\"\n"));
  server.command().signal(SIGHUP);
  int pipe = -1;
  ASSERT_TRUE(eventually([&] {
    pipe = ::open((folder / "slow.wasm").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return pipe >= 0;
  }));
  EXPECT_EQ(server.tell("alice", "get").body, "100");
  server.command().signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !server.command().is_pending(SIGTERM); }));
  ::close(pipe);
  EXPECT_EQ(server.command().wait(), 0);
}

TEST(Serve, ChangedFilesAreNoticed) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {});
  folder.write("cairn.toml", machine_manifest("[actors.carol]\ncomponent = \"machine\"\n"
                                              "argument = \"7\"\n"));
  EXPECT_TRUE(eventually([&] { return server.tell("carol", "get").body == "7"; }));
}

/// A component that comes through a pipe holds up the start, when the manifest was read already.
TEST(Serve, ChangesWhileFilesAreReadAreNoticed) {
  NEEDS_GUESTS();
  const Folder folder;
  ASSERT_EQ(mkfifo((folder / "slow.wasm").c_str(), 0600), 0);
  folder.write("cairn.toml", machine_manifest("[components.slow]\npath = \"slow.wasm\"\n"));
  Conversation command(folder.path(), {"serve", "--listen", "127.0.0.1:0"});
  int pipe = -1;
  ASSERT_TRUE(eventually([&] {
    pipe = ::open((folder / "slow.wasm").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return pipe >= 0;
  }));
  folder.write("cairn.toml", machine_manifest("[actors.carol]\ncomponent = \"machine\"\n"
                                              "argument = \"7\"\n"));
  EXPECT_EQ(fcntl(pipe, F_SETFL, 0), 0);
  std::ifstream component(machine_component(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(component)), {});
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t put = ::write(pipe, bytes.data() + at, bytes.size() - at);
    ASSERT_GT(put, 0);
    at += static_cast<size_t>(put);
  }
  ::close(pipe);
  std::string line;
  do line = command.read_line(2);
  while (!line.empty() && !line.starts_with("serving "));
  const uint16_t port = port_in(line);
  ASSERT_NE(port, 0);
  EXPECT_TRUE(
      eventually([&] { return HttpClient(port).ask("GET", "/v1/actors/carol").status == 200; }));
}

TEST(Serve, SaysWhatIsWrongAtTheStart) {
  NEEDS_GUESTS();
  const Folder folder;
  const auto serve = [&](std::vector<std::string> args) {
    args.insert(args.begin(), "serve");
    return cairn(folder, args);
  };
  EXPECT_NE(serve({}).err.find("cairn.toml: No such file"), std::string::npos);
  EXPECT_NE(serve({"none.wasm"}).err.find("none.wasm: No such file"), std::string::npos);
  EXPECT_EQ(serve({"--listen", "here", counter_component()}).code, 2);
  EXPECT_EQ(serve({"--threads", "0", counter_component()}).code, 2);
  EXPECT_EQ(serve({"--log", "loud", counter_component()}).code, 2);
  folder.write("module.wasm", std::string("\0asm\1\0\0\0", 8));
  const Outcome module = serve({"module.wasm"});
  EXPECT_EQ(module.code, 1);
  EXPECT_NE(module.err.find("module"), std::string::npos) << module.err;
  folder.write("wrong.toml", "[actors.alice]\ncomponent = \"machine\"\nargment = 1\n");
  const Outcome unknown = serve({"wrong.toml"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_NE(unknown.err.find("wrong.toml:3:1"), std::string::npos) << unknown.err;
  EXPECT_NE(unknown.err.find("argument"), std::string::npos) << unknown.err;
  // One at a time.
  ActorServer server(folder, {counter_component()});
  const Outcome second = serve({"--listen", "127.0.0.1:0", counter_component()});
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.err.find("cairn-data"), std::string::npos) << second.err;
  for (const char* threads : {"1", "2"}) {
    const Outcome taken =
        serve({"--data", "other", "--threads", threads, "--listen",
               "127.0.0.1:" + std::to_string(server.port()), counter_component()});
    EXPECT_EQ(taken.code, 1) << threads;
    EXPECT_NE(taken.err.find("in use"), std::string::npos) << taken.err;
  }
  const auto nothing = nlohmann::json::parse(cairn(folder, {"verify", "other", "-o", "json"}).out);
  EXPECT_EQ(nothing["records"], 0) << "nobody has begun";
}

TEST(Config, ChecksManifestsAndTheirComponents) {
  NEEDS_GUESTS();
  const Folder folder;
  folder.write("cairn.toml", machine_manifest());
  const Outcome good = cairn(folder, {"config", "validate"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_EQ(good.out + good.err, "");
  const auto error = [&](const std::string& text) {
    folder.write("bad.toml", text);
    const Outcome outcome = cairn(folder, {"config", "validate", "bad.toml"});
    EXPECT_EQ(outcome.code, 1) << text;
    return outcome.err;
  };
  EXPECT_NE(error("listen = \n").find("bad.toml:1:"), std::string::npos);
  EXPECT_NE(error("\nlisten = 'here'\n").find("bad.toml:2:"), std::string::npos);
  EXPECT_NE(error("[components.a]\npath = \"none.wasm\"\n").find("none.wasm"), std::string::npos);
  EXPECT_NE(error("\ndata = ''\n").find("bad.toml:2:"), std::string::npos);
  EXPECT_NE(error("data = 'cairn.toml'\n").find("'cairn.toml' is no folder"), std::string::npos);
  folder.write("m.wasm", std::string("\0asm\1\0\0\0", 8));
  EXPECT_NE(error("[components.a]\npath = \"m.wasm\"\n").find("components.a"), std::string::npos);
  const Outcome denied =
      cairn(folder, {"config", "validate",
                     folder.write("no.toml", "[components.a]\npath = \"" + machine_component() +
                                                 "\"\ngrants = []\n")});
  EXPECT_NE(denied.err.find("not granted"), std::string::npos) << denied.err;
  const Outcome json = cairn(folder, {"config", "validate", "-o", "json", "bad.toml"});
  EXPECT_EQ(json.code, 1);
  EXPECT_EQ(json.err, "");
  EXPECT_EQ(nlohmann::json::parse(json.out)["good"], false) << json.out;
  folder.write("bad.toml", "listen = \n");
  const auto where =
      nlohmann::json::parse(cairn(folder, {"config", "validate", "-o", "json", "bad.toml"}).out);
  EXPECT_EQ(where["line"], 1);
  EXPECT_EQ(where["path"], "bad.toml");
  EXPECT_EQ(nlohmann::json::parse(cairn(folder, {"config", "validate", "-o", "json"}).out),
            nlohmann::json({{"good", true}}));
  EXPECT_EQ(cairn(folder, {"config", "validate", "-o", "xml"}).code, 2);
  const Outcome schema = cairn(folder, {"config", "schema"});
  EXPECT_EQ(nlohmann::json::parse(schema.out)["$schema"],
            "https://json-schema.org/draft/2020-12/schema");
}

}  // namespace
}  // namespace cairn::functional
