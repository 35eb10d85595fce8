// `cairn actor` and `cairn top` against a server that runs.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

#include "actor_cli.hpp"
#include "http_peer.hpp"

namespace cairn::functional {
namespace {

TEST_F(ActorCli, ListsAndShows) {
  const std::string list = out({"actor", "ls"});
  EXPECT_NE(list.find("NAME"), std::string::npos) << list;
  EXPECT_NE(list.find("alice"), std::string::npos) << list;
  EXPECT_NE(list.find("machine"), std::string::npos) << list;
  const auto actors = json({"actor", "ls"})["actors"];
  ASSERT_TRUE(actors.is_array());
  EXPECT_EQ(out({"actor", "state", "alice"}), "100\n");
  const auto state = json({"actor", "state", "alice"});
  EXPECT_EQ(state["state"], 100);
  EXPECT_EQ(state["media_type"], "text/plain");
  EXPECT_EQ(state["sequence"], 1);
  EXPECT_NE(error({"actor", "state", "carol"}).find("carol"), std::string::npos);
}

TEST_F(ActorCli, SendsAndAsks) {
  const Outcome asked = server_->cli({"actor", "request", "alice", "add 5"});
  EXPECT_EQ(asked.out, "105\n");
  EXPECT_TRUE(asked.err.starts_with("record 2, ")) << asked.err;
  const auto answer = json({"actor", "request", "alice", "add 5", "--key", "k1"});
  EXPECT_EQ(answer["reply"], 110);
  EXPECT_EQ(answer["sequence"], 3);
  EXPECT_EQ(answer["repeated"], false);
  EXPECT_EQ(json({"actor", "request", "alice", "add 5", "--key", "k1"})["repeated"], true);
  EXPECT_EQ(out({"actor", "request", "alice", "-"}, "add 1"), "111\n");
  out({"actor", "send", "alice", "add 9", "--priority", "high"});
  EXPECT_TRUE(becomes("alice", "120"));
  EXPECT_EQ(out({"actor", "request", "alice", "add 1", "--ttl", "1min", "--timeout", "1min"}),
            "121\n");
  const std::string too_long = error({"actor", "send", "alice", "add 1", "--ttl", "2h"});
  EXPECT_NE(too_long.find("Cairn-Time-To-Live-Ms: expected 1 to 3600000"), std::string::npos)
      << too_long;
  const std::string refused = error({"actor", "request", "alice", "take 900"});
  EXPECT_NE(refused.find("overdrawn"), std::string::npos) << refused;
  EXPECT_NE(refused.find("(422)"), std::string::npos) << refused;
  EXPECT_NE(error({"actor", "request", "carol", "x"}).find("(404)"), std::string::npos);
}

TEST_F(ActorCli, SpawnsBelowASupervisor) {
  out({"actor", "spawn", "carol", "machine", "7", "--supervisor", "all", "--restart", "permanent",
       "--shutdown", "2s"});
  EXPECT_EQ(server_->json("/v1/actors/carol")["parent"], "all");
  error({"actor", "request", "carol", "trap"});
  EXPECT_TRUE(becomes("carol", "7"));
  EXPECT_NE(error({"actor", "spawn", "dave", "machine", "--supervisor", "nobody"})
                .find("there is no supervisor 'nobody' (404)"),
            std::string::npos);
  EXPECT_NE(error({"actor", "spawn", "dave", "machine", "--restart", "never"})
                .find("'restart': expected permanent, transient or temporary"),
            std::string::npos);
  server_->stop();
  server_.emplace(folder_, std::vector<std::string>{});
  ASSERT_TRUE(server_->is_there());
  EXPECT_EQ(server_->json("/v1/actors/carol")["parent"], "all");
  // A name keeps its chain, and who spawns it again hears that.
  out({"actor", "stop", "carol"});
  Outcome again;
  for (int tries = 0; tries < 500; ++tries) {
    again = server_->cli({"actor", "spawn", "carol", "machine", "9"});
    if (again.code == 0) break;
    // It still stops.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_NE(again.out.find("carol goes on with the state that it had"), std::string::npos)
      << again.err;
  EXPECT_EQ(out({"actor", "state", "carol"}), "7\n");
}

TEST_F(ActorCli, ListsWhatNobodyHandled) {
  EXPECT_TRUE(json({"actor", "dead-letters"})["dead_letters"].empty());
  out({"actor", "request", "alice", "send nobody hello"});
  const auto letters = json({"actor", "dead-letters"})["dead_letters"];
  ASSERT_EQ(letters.size(), 1u) << letters;
  EXPECT_EQ(letters[0]["from"], "alice");
  EXPECT_EQ(letters[0]["reason"], "no such actor");
  EXPECT_EQ(letters[0]["bytes"], 5);
  const std::string table = out({"actor", "dead-letters"});
  EXPECT_NE(table.find("no such actor"), std::string::npos) << table;
}

/// What supervisors decide and the server refuses is in the log, and `cairn verify` finds it good.
TEST_F(ActorCli, ShowsTheSystemsOwnChain) {
  EXPECT_TRUE(json({"actor", "chain", "--system"})["records"].empty());
  error({"actor", "request", "alice", "trap"});
  error({"actor", "request", "carol", "x"});
  error({"actor", "spawn", "alice", "machine"});
  EXPECT_TRUE(out({"actor", "request", "alice", "ask alice get"}).starts_with("refusal-"));
  out({"actor", "stop", "bob", "--now"});
  const std::vector<std::string> events = {"failed",  "restarting", "refused",
                                           "refused", "deadlock",   "failed"};
  std::vector<std::string> told;
  nlohmann::json records;
  for (int tries = 0; tries < 500 && told.size() < events.size(); ++tries) {
    // Nobody waits for these records, so they may come a moment later.
    if (tries != 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    records = json({"actor", "chain", "--system"})["records"];
    told.clear();
    for (const auto& record : records)
      if (record.contains("input")) told.push_back(record["input"]["json"]["event"]);
  }
  EXPECT_EQ(told, events) << records;
  EXPECT_EQ(records[1]["sender"], "alice");
  EXPECT_EQ(records[2]["kind"], "supervision");
  EXPECT_EQ(records[3]["kind"], "rejection");
  EXPECT_EQ(records[4]["input"]["json"]["reason"], "conflict");
  const std::string table = out({"actor", "chain", "--system"});
  EXPECT_NE(table.find("alice -> alice"), std::string::npos) << table;
  const Outcome both = server_->cli({"actor", "chain", "--system", "alice"});
  EXPECT_EQ(both.code, 2);
  EXPECT_NE(both.err.find("expected NAME or --system"), std::string::npos) << both.err;
  EXPECT_NE(error({"actor", "state", "#system"}).find("(404)"), std::string::npos);
  server_->stop();
  const Outcome verified = cairn(folder_, {"verify", "data", "--key", server_->key()});
  EXPECT_EQ(verified.code, 0) << verified.err << verified.out;
  // What the system refused is nothing that could be run again.
  EXPECT_TRUE(verified.out.ends_with("\ngood\n")) << verified.out;
}

TEST_F(ActorCli, ShowsTheChainAndEarlierStates) {
  for (int i = 0; i < 3; ++i) out({"actor", "request", "alice", "add 1"});
  const std::string table = out({"actor", "chain", "alice"});
  for (const char* const word : {"genesis", "init", "message", "add 1", "103"})
    EXPECT_NE(table.find(word), std::string::npos) << word << "\n" << table;
  const auto chain = json({"actor", "chain", "alice", "--from", "2", "--limit", "2"});
  ASSERT_EQ(chain["records"].size(), 2u);
  EXPECT_EQ(chain["records"][0]["sequence"], 2);
  EXPECT_EQ(chain["records"][1]["parent"], chain["records"][0]["hash"]);
  EXPECT_EQ(chain["next"], 4);
  EXPECT_EQ(server_->cli({"actor", "chain", "alice", "--limit", "0"}).err, "");
  EXPECT_EQ(out({"actor", "state", "alice", "--at", "2"}), "101\n");
  // The limits that a new instance has stand in one line, as people write them.
  out({"actor", "restart", "alice"});
  out({"actor", "request", "alice", "add 1"});
  const std::string again = out({"actor", "chain", "alice"});
  EXPECT_NE(again.find("fuel 20,000,000, memory 4.0 MiB, payload 1.0 MiB"), std::string::npos)
      << again;
  EXPECT_NE(error({"actor", "state", "alice", "--at", "99"}).find("(404)"), std::string::npos);
}

TEST_F(ActorCli, LivesAreBegunAndEnded) {
  out({"actor", "spawn", "carol", "machine", "7"});
  EXPECT_TRUE(becomes("carol", "7"));
  EXPECT_NE(error({"actor", "spawn", "carol", "machine"}).find("(409)"), std::string::npos);
  EXPECT_NE(error({"actor", "spawn", "dave", "nothing"}).find("(404)"), std::string::npos);
  out({"actor", "restart", "carol"});
  EXPECT_EQ(out({"actor", "request", "carol", "add 1"}), "8\n");
  out({"actor", "stop", "carol"});
  // She stops a moment later, for which the server needs the processor.
  for (int tries = 0; tries < 500 && server_->tell("carol", "get").status == 200; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_NE(server_->tell("carol", "get").status, 200);
  EXPECT_EQ(out({"actor", "state", "carol"}), "8\n") << "its chain is still there";
}

TEST_F(ActorCli, StatesAreForkedAndReverted) {
  for (int i = 0; i < 3; ++i) out({"actor", "request", "alice", "add 1"});
  out({"actor", "fork", "alice", "carol", "--at", "2"});
  EXPECT_TRUE(becomes("carol", "101"));
  out({"actor", "fork", "alice", "dave"});
  EXPECT_TRUE(becomes("dave", "103"));
  // It is so when the command ends.
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(out({"actor", "request", "alice", "add 1"}), i == 0 ? "104\n" : "101\n");
    EXPECT_EQ(out({"actor", "revert", "alice", "--at", "1"}),
              "alice is back at its state after record 1\n");
    EXPECT_EQ(out({"actor", "state", "alice"}), "100\n");
  }
  EXPECT_EQ(out({"actor", "request", "alice", "add 1"}), "101\n");
  EXPECT_EQ(out({"actor", "request", "carol", "add 1"}), "102\n");
  EXPECT_EQ(server_->cli({"actor", "revert", "alice"}).code, 2) << "--at is missing";
  server_->stop();
  const Outcome verified = cairn(folder_, {"verify", "data", "--key", server_->key()});
  EXPECT_EQ(verified.code, 0) << verified.err;
}

TEST_F(ActorCli, ComponentsAreUploadedAndUpgradedTo) {
  const Outcome upgrade = server_->cli({"actor", "upgrade", "alice", counter_component()});
  EXPECT_EQ(upgrade.out, "alice is upgraded\n");
  EXPECT_EQ(upgrade.err, "");
  EXPECT_EQ(server_->json("/v1/actors/alice")["component"], "counter");
  // Its state was "100", and counts for what is behind a colon: nothing.
  EXPECT_EQ(out({"actor", "request", "alice", "{\"data\": 5}"}), "{\"count\":5}\n");
  const auto records = json({"actor", "chain", "alice"})["records"];
  bool upgraded = false;
  for (const auto& record : records) upgraded = upgraded || record["kind"] == "upgrade";
  EXPECT_TRUE(upgraded) << records.dump(1);
  out({"actor", "spawn", "eve", counter_component()});
  EXPECT_EQ(out({"actor", "request", "eve", "{\"data\": 2}"}), "{\"count\":2}\n");
  // It lasts.
  server_->stop();
  server_.emplace(folder_, std::vector<std::string>{});
  EXPECT_EQ(server_->json("/v1/actors/alice")["component"], "counter");
  EXPECT_EQ(out({"actor", "request", "alice", "{\"data\": 5}"}), "{\"count\":10}\n");
}

/// What other servers answer, and ones that went wrong, ends in an error and not in an empty table.
TEST(ActorCliElsewhere, TellsWhatIsNoAnswer) {
  const Folder folder;
  const auto error_of = [&](const nlohmann::json& body, std::vector<std::string> args) {
    nlohmann::json endpoints = nlohmann::json::array();
    for (const char* path : {"/v1/actors?limit=1000", "/v1/actors?limit=1000&after=a",
                             "/v1/actors/a/chain?from=0&limit=100"})
      endpoints.push_back({{"method", "GET"},
                           {"path", path},
                           {"response", {{"status", 200}, {"body", body.dump()}}}});
    const HttpEndpoints server(endpoints);
    args.insert(args.end(), {"--server", "http://" + server.address()});
    const Outcome outcome = cairn(folder, args);
    EXPECT_EQ(outcome.code, 1) << outcome.out;
    return outcome.err;
  };
  for (const char* body : {"[]", "null", R"({"actors": 1})", R"({"actors": [1]})"}) {
    EXPECT_NE(
        error_of(nlohmann::json::parse(body), {"actor", "ls"}).find("no answer of `cairn serve`"),
        std::string::npos)
        << body;
  }
  EXPECT_NE(error_of({{"actors", {{{"name", "a"}}}}, {"next", "a"}}, {"actor", "ls"})
                .find("does not advance"),
            std::string::npos);
  EXPECT_NE(error_of({{"records", 7}}, {"actor", "chain", "a"}).find("expected an array 'records'"),
            std::string::npos);
  EXPECT_NE(error_of({{"records", nlohmann::json::array()}, {"next", 0}}, {"actor", "chain", "a"})
                .find("does not advance"),
            std::string::npos);
}

/// `cairn actor ARGS…` against a server that has one answer to a request; it is to fail.
std::string error_elsewhere(std::string_view method, std::string_view path, nlohmann::json endpoint,
                            std::vector<std::string> args) {
  const Folder folder;
  endpoint["method"] = method;
  endpoint["path"] = path;
  const HttpEndpoints server(nlohmann::json::array({endpoint}));
  args.insert(args.end(), {"--server", "http://" + server.address()});
  const Outcome outcome = cairn(folder, args);
  EXPECT_EQ(outcome.code, 1) << outcome.out;
  EXPECT_EQ(outcome.out, "");
  return outcome.err;
}

/// A script must not believe that its message is in a chain.
TEST(ActorCliElsewhere, KnowsRepliesAndStatesOfOthers) {
  const nlohmann::json page = {{"response", {{"status", 200}, {"body", "<html>hi</html>"}}}};
  const std::string expected = "no answer of `cairn serve`: expected a Cairn-Sequence";
  const std::string asked =
      error_elsewhere("POST", "/v1/actors/a/messages", page, {"actor", "request", "a", "x"});
  EXPECT_NE(asked.find(expected), std::string::npos) << asked;
  const std::string state =
      error_elsewhere("GET", "/v1/actors/a/state", page, {"actor", "state", "a"});
  EXPECT_NE(state.find(expected), std::string::npos) << state;
  const std::string sent =
      error_elsewhere("POST", "/v1/actors/a/messages", page, {"actor", "send", "a", "x"});
  EXPECT_NE(sent.find("expected 202 Accepted"), std::string::npos) << sent;
}

TEST(ActorCliElsewhere, SaysWhereARedirectLeads) {
  const nlohmann::json moved = {
      {"response", {{"status", 302}, {"headers", {{"Location", "https://a.example/v1"}}}}}};
  const std::string error =
      error_elsewhere("GET", "/v1/actors/a/state", moved, {"actor", "state", "a"});
  EXPECT_NE(error.find("a redirect to 'https://a.example/v1'"), std::string::npos) << error;
  EXPECT_NE(error.find("(302)"), std::string::npos) << error;
}

constexpr const char* stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

TEST(ActorCliElsewhere, GivesUpAtTheTimeout) {
  // In silence, in the middle of a body, and with a byte now and then.
  const nlohmann::json peers[] = {
      {{"mode", "endless"}, {"pause_ms", 50}},
      {{"mode", "endless"}, {"pause_ms", 50}, {"start", stream_head}},
      {{"mode", "endless"}, {"pause_ms", 50}, {"start", stream_head}, {"part", "x"}}};
  std::vector<std::jthread> askers;
  for (const nlohmann::json& peer : peers) {
    askers.emplace_back([&peer] {
      const std::string error = error_elsewhere("POST", "/v1/actors/a/messages", peer,
                                                {"actor", "request", "a", "x", "--timeout", "1ms"});
      EXPECT_NE(error.find("no whole answer in time"), std::string::npos) << error;
    });
  }
}

TEST(ActorCliElsewhere, TakesNoEndlessAnswers) {
  const std::string many(60'000, 'x');
  const std::string list = error_elsewhere(
      "GET", "/v1/actors?limit=1000", {{"mode", "endless"}, {"start", stream_head}, {"part", many}},
      {"actor", "ls"});
  EXPECT_NE(list.find("the answer has more than 64 MiB"), std::string::npos) << list;
  const std::string event = error_elsewhere(
      "GET", "/v1/events", {{"mode", "endless"}, {"start", stream_head}, {"part", many}},
      {"actor", "logs"});
  EXPECT_NE(event.find("an event has more than 16 MiB"), std::string::npos) << event;
  const std::string lines = error_elsewhere(
      "GET", "/v1/events",
      {{"mode", "endless"}, {"start", stream_head}, {"part", "data:" + many + "\n"}},
      {"actor", "logs"});
  EXPECT_NE(lines.find("an event has more than 16 MiB"), std::string::npos) << lines;
  const std::string chunk =
      error_elsewhere("GET", "/v1/actors?limit=1000",
                      {{"mode", "endless"},
                       {"start", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a="},
                       {"part", many}},
                      {"actor", "ls"});
  EXPECT_NE(chunk.find("a line is too long"), std::string::npos) << chunk;
}

TEST(ActorCliElsewhere, ServersWithoutChainsAnswerToo) {
  if (counter_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  const Folder folder;
  ActorServer server(folder, {counter_component(), "--no-chain"});
  ASSERT_TRUE(server.is_there());
  const Outcome asked = server.cli({"actor", "request", "counter", "{\"data\": 5}"});
  EXPECT_EQ(asked.code, 0) << asked.err;
  EXPECT_EQ(asked.out, "{\"count\":5}\n");
  EXPECT_EQ(asked.err, "") << "there is no record";
}

TEST_F(ActorCli, FollowsWhatHappens) {
  Conversation logs(folder_.path(), {"actor", "logs", "alice", "--server", server_->url(), "-n",
                                     "1", "-o", "json"});
  // It begins to watch only after some of these.
  std::string line;
  std::atomic<bool> is_over = false;
  std::thread reader([&] {
    line = logs.read_line();
    is_over = true;
  });
  while (!is_over) {
    server_->tell("alice", "add 1");
    // The reader needs the processor to begin.
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  reader.join();
  const auto event = nlohmann::json::parse(line, nullptr, false);
  EXPECT_EQ(event["actor"], "alice") << line;
  EXPECT_EQ(logs.wait(), 0);
}

TEST_F(ActorCli, TopShowsOneFrame) {
  const std::string frame = out({"top", "--once"});
  EXPECT_NE(frame.find("actors run"), std::string::npos) << frame;
  EXPECT_NE(frame.find("alice"), std::string::npos) << frame;
  const auto document = json({"top", "--once"});
  EXPECT_GE(document["running"].get<int>(), 2);
  EXPECT_EQ(document["actors"].size(), json({"actor", "ls"})["actors"].size());
}

/// A command on a terminal of its own: what it writes until `end`, and after what is done `then`.
std::string on_terminal(std::vector<std::string> args, std::string_view end,
                        const std::function<void(int master, pid_t pid)>& then) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_TRUE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  const std::string slave = ptsname(master);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {0, 1, 2})
    posix_spawn_file_actions_addopen(&actions, fd, slave.c_str(), O_RDWR | O_NOCTTY, 0);
  args.insert(args.begin(), CAIRN_BINARY);
  std::vector<char*> pointers;
  for (std::string& arg : args) pointers.push_back(arg.data());
  pointers.push_back(nullptr);
  std::string term = "TERM=xterm";
  char* const env[] = {term.data(), nullptr};
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, CAIRN_BINARY, &actions, nullptr, pointers.data(), env), 0);
  posix_spawn_file_actions_destroy(&actions);
  std::string text;
  std::array<char, 4096> buffer;
  bool is_done = false;
  // Reading fails when nobody has the other side any more.
  for (ssize_t got; (got = read(master, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(got));
    if (is_done || !text.contains(end)) continue;
    is_done = true;
    then(master, pid);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  close(master);
  return text;
}

TEST_F(ActorCli, TopIsLiveOnATerminal) {
  const std::string shown =
      on_terminal({"top", "--server", server_->url(), "--interval", "50ms"}, "q: quit",
                  [](int master, pid_t) { EXPECT_EQ(write(master, "q", 1), 1); });
  EXPECT_TRUE(shown.starts_with("\x1b[?1049h")) << "a screen of its own";
  EXPECT_NE(shown.find("alice"), std::string::npos) << shown;
  EXPECT_TRUE(shown.ends_with("\x1b[?1049l")) << "and what was there comes back";
}

TEST_F(ActorCli, TopEndsThoughItsServerHangs) {
  const std::string shown = on_terminal(
      {"top", "--server", server_->url(), "--interval", "10ms"}, "q: quit", [&](int, pid_t pid) {
        server_->command().signal(SIGSTOP);
        // So that it mostly waits for an answer: it ends, whether it does or not.
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        kill(pid, SIGTERM);
      });
  EXPECT_TRUE(shown.ends_with("\x1b[?1049l")) << "what was there comes back";
  server_->command().signal(SIGCONT);
}

TEST_F(ActorCli, SaysWhatIsWrong) {
  const Folder folder;
  const Outcome nobody = cairn(folder, {"actor", "ls", "--server", "http://" + closed_address()});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_NE(nobody.err.find("Connection refused"), std::string::npos) << nobody.err;
  EXPECT_NE(nobody.err.find("is there a `cairn serve`"), std::string::npos) << nobody.err;
  EXPECT_EQ(cairn(folder, {"actor", "ls", "--server", "https://a"}).code, 2);
  EXPECT_EQ(cairn(folder, {"actor", "ls", "-o", "xml"}).code, 2);
  EXPECT_EQ(cairn(folder, {"actor", "dance"}).code, 2);
  EXPECT_EQ(cairn(folder, {"actor", "state", "a", "--at", "x"}).code, 2);
  EXPECT_EQ(cairn(folder, {"actor"}).code, 2);
  EXPECT_EQ(cairn(folder, {"actor", "request", "a"}).code, 2);
}

}  // namespace
}  // namespace cairn::functional
