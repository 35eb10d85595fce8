// What supervisors of `cairn serve` do, as its events tell it.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "actor_server.hpp"
#include "http_peer.hpp"

namespace cairn::functional {
namespace {

using Json = nlohmann::json;

/// A table of the manifest for the tests' guest that does what messages say.
std::string component(const std::string& name, const std::string& more = "") {
  return "[components." + name + "]\npath = \"" + machine_component() + "\"\n" + more;
}
std::string actor(const std::string& name, const std::string& supervisor,
                  const std::string& kind = "machine") {
  return "[actors." + name + "]\ncomponent = \"" + kind + "\"\nsupervisor = \"" + supervisor +
         "\"\nargument = \"100\"\n";
}

class Supervised : public testing::Test {
 protected:
  void SetUp() override {
    if (machine_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  }
  /// Serves it, and follows what happens.
  void serve(const std::string& manifest) {
    folder_.write("cairn.toml", "data = \"data\"\norigin = \"test.example\"\n" +
                                    component("machine") +
                                    "[actors.witness]\ncomponent = \"machine\"\n" + manifest);
    server_.emplace(folder_, std::vector<std::string>{});
    ASSERT_TRUE(server_->is_there());
    events_.emplace(server_->port());
    events_->send("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    // What happens before the server has taken that in is not told.
    std::atomic<bool> has_begun = false;
    std::thread witness([&] {
      while (!has_begun) server_->tell("witness", "log begun");
    });
    next("witness", "warning");
    has_begun = true;
    witness.join();
  }
  void tell(const std::string& actor, const std::string& message) { server_->tell(actor, message); }
  /// The next such event, which has to come within a minute.
  Json next(const std::string& actor, const std::string& name) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < until) {
      const auto line = events_->read_line();
      if (!line) break;
      if (!line->starts_with("data: ")) continue;
      seen_.push_back(Json::parse(line->substr(6), nullptr, false));
      const Json& event = seen_.back();
      if (event["actor"] == actor && event["name"] == name) return event;
    }
    ADD_FAILURE() << actor << " " << name << " is not told of behind " << Json(seen_).dump(1);
    return Json::object();
  }
  bool has_seen(const std::string& actor, const std::string& name) const {
    return std::ranges::any_of(
        seen_, [&](const Json& event) { return event["actor"] == actor && event["name"] == name; });
  }
  /// How long its supervisor lets it wait after a failure; it runs again.
  uint64_t delay_after_trap(const std::string& actor) {
    tell(actor, "trap");
    const uint64_t delay = next(actor, "restarting").value("delay_ns", UINT64_MAX);
    next(actor, "restarted");
    return delay;
  }

  Folder folder_;
  std::optional<ActorServer> server_;
  std::optional<HttpClient> events_;
  std::vector<Json> seen_;
};

TEST_F(Supervised, WhoIsUnhealthyStartsAnew) {
  ASSERT_NO_FATAL_FAILURE(
      serve("[supervisors.all]\nmax_restarts = 1000\n" +
            component("checked", "health = { interval = \"10ms\", threshold = 2 }\n") +
            actor("alice", "all", "checked")));
  tell("alice", "set health-check bad");
  const Json first = next("alice", "unhealthy");
  EXPECT_EQ(first["count"], 1) << first;
  EXPECT_NE(first["text"].dump().find("it was asked for"), std::string::npos) << first;
  EXPECT_EQ(next("alice", "unhealthy")["count"], 2);
  EXPECT_EQ(next("alice", "ended")["reason"], "unhealthy");
  EXPECT_EQ(next("alice", "restarting")["other"], "all");
  next("alice", "restarted");
}

TEST_F(Supervised, WhoFailsTooOftenStartsAnew) {
  ASSERT_NO_FATAL_FAILURE(serve(
      "[supervisors.all]\n" +
      component("frail", "on_trap = \"resume\"\nerror_rate = { failures = 2, window = 10 }\n") +
      actor("alice", "all", "frail")));
  tell("alice", "trap");
  tell("alice", "trap");
  tell("alice", "log twice");
  next("alice", "warning");
  EXPECT_FALSE(has_seen("alice", "failed")) << "that is not too often";
  tell("alice", "trap");
  const Json failed = next("alice", "failed");
  EXPECT_EQ(failed["reason"], "error");
  EXPECT_EQ(failed["text"], "more messages failed than the error rate allows");
  EXPECT_EQ(next("alice", "restarting")["other"], "all");
  next("alice", "restarted");
}

TEST_F(Supervised, WhoFailsAgainWaitsLonger) {
  const auto supervisor = [](const std::string& name, const std::string& backoff) {
    return "[supervisors." + name + "]\nmax_restarts = 100\nperiod = \"10m\"\nbackoff = { " +
           backoff + " }\n";
  };
  ASSERT_NO_FATAL_FAILURE(serve(
      supervisor("even", R"(kind = "exponential", initial = "1ms", multiplier = 3, max = "5ms",)"
                         R"( jitter = 0)") +
      supervisor("shaky", R"(kind = "exponential", initial = "4ms", multiplier = 1, max = "4ms",)"
                          R"( jitter = 0.5)") +
      actor("alice", "even") + actor("bob", "shaky")));
  for (const uint64_t expected_ms : {1, 3, 5, 5})
    EXPECT_EQ(delay_after_trap("alice"), expected_ms * 1'000'000);
  bool differs = false;
  for (int times = 0; times < 4; ++times) {
    const uint64_t delay = delay_after_trap("bob");
    EXPECT_GE(delay, 2'000'000u);
    EXPECT_LE(delay, 6'000'000u);
    differs |= delay != 4'000'000;
  }
  EXPECT_TRUE(differs);
}

TEST_F(Supervised, WhoUsesTooMuchOfTheProcessorWaits) {
  ASSERT_NO_FATAL_FAILURE(serve("[supervisors.all]\n" +
                                component("busy", "limits = { cpu_per_second = \"1ms\" }\n") +
                                actor("alice", "all", "busy")));
  tell("alice", "spin 20000000");
  EXPECT_EQ(server_->tell("alice", "get").body, "100") << "in the next second";
  const Json throttled = next("alice", "throttled");
  EXPECT_GT(throttled.value("delay_ns", int64_t{0}), 0);
  EXPECT_LE(throttled.value("delay_ns", int64_t{0}), 1'000'000'000);
}

TEST_F(Supervised, WhoTakesTooLongIsRefusedAndNobodyElseWaits) {
  ASSERT_NO_FATAL_FAILURE(serve("[supervisors.all]\n" +
                                component("slow",
                                          "on_limit = \"resume\"\n"
                                          "limits = { fuel = 0, time = \"500ms\" }\n") +
                                actor("alice", "all", "slow")));
  std::thread loop([&] { EXPECT_GE(server_->tell("alice", "loop").status, 400); });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server_->tell("witness", "add 1").status, 200);
  loop.join();
  const Json records = server_->json("/v1/actors/alice/chain")["records"];
  EXPECT_EQ(records.back()["kind"], "rejection");
  EXPECT_EQ(records.back()["rejection"], "limit");
  EXPECT_EQ(records.back()["reason"], "the handling of one message took too long");
  EXPECT_EQ(server_->tell("alice", "get").body, "100");
  // How far it came is in the record, so that running it again ends, too.
  events_.reset();
  server_->stop();
  const Outcome verified = cairn(folder_, {"verify", "data"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

TEST_F(Supervised, OneForAllStartsAllAnew) {
  ASSERT_NO_FATAL_FAILURE(serve("[supervisors.all]\nstrategy = \"one_for_all\"\n" +
                                actor("a", "all") + actor("b", "all") + actor("c", "all")));
  tell("b", "trap");
  EXPECT_EQ(next("b", "ended")["reason"], "trap");
  EXPECT_EQ(next("c", "halted")["other"], "all");
  EXPECT_EQ(next("c", "ended")["reason"], "shutdown");
  EXPECT_EQ(next("a", "halted")["other"], "all");
  EXPECT_EQ(next("a", "ended")["reason"], "shutdown");
  for (const char* const name : {"a", "b", "c"}) next(name, "restarted");
}

TEST_F(Supervised, RestForOneStartsThoseBehindItAnew) {
  ASSERT_NO_FATAL_FAILURE(serve("[supervisors.all]\nstrategy = \"rest_for_one\"\n" +
                                actor("a", "all") + actor("b", "all") + actor("c", "all")));
  tell("b", "trap");
  EXPECT_EQ(next("b", "ended")["reason"], "trap");
  EXPECT_EQ(next("c", "halted")["other"], "all");
  EXPECT_EQ(next("c", "ended")["reason"], "shutdown");
  for (const char* const name : {"b", "c"}) next(name, "restarted");
  EXPECT_FALSE(has_seen("a", "ended"));
}

TEST_F(Supervised, WhoGivesUpFailsBelowItsOwn) {
  ASSERT_NO_FATAL_FAILURE(
      serve("[supervisors.outer]\n[supervisors.inner]\nsupervisor = \"outer\"\nmax_restarts = 1\n" +
            std::string("period = \"10m\"\n") + actor("alice", "inner")));
  tell("alice", "add 5");
  delay_after_trap("alice");
  tell("alice", "trap");
  const Json gave_up = next("alice", "gave_up");
  EXPECT_EQ(gave_up["other"], "inner");
  EXPECT_EQ(gave_up["count"], 2);
  EXPECT_EQ(next("inner", "ended")["reason"], "escalated");
  EXPECT_EQ(next("inner", "restarting")["other"], "outer");
  next("alice", "ready");
  EXPECT_EQ(server_->tell("alice", "get").body, "105") << "her state is there";
}

}  // namespace
}  // namespace cairn::functional
