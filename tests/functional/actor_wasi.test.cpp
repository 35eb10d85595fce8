// Actors of `cairn serve` that use WASI: what they see is in their chains.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "actor_server.hpp"

namespace cairn::functional {
namespace {

std::string manifest(const std::string& grants) {
  return "data = \"data\"\norigin = \"test.example\"\n[components.teller]\npath = \"" +
         teller_component() + "\"\ngrants = [" + grants +
         "]\nenv = { COLOUR = \"green\" }\n[actors.alice]\ncomponent = \"teller\"\n"
         "argument = \"0\"\n";
}

class ServeWasi : public testing::Test {
 protected:
  void SetUp() override {
    if (teller_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  }
  Folder folder_;
};

TEST_F(ServeWasi, WhatActorsAreToldRunsAgainTheSameWay) {
  folder_.write("cairn.toml",
                manifest(R"("cairn:actor", "wasi:cli", "wasi:clocks", "wasi:random")"));
  std::string key;
  {
    ActorServer server(folder_, {});
    key = server.key();
    EXPECT_EQ(server.tell("alice", "print hello\nfrom C").status, 200);
    const std::string random = server.tell("alice", "random").body;
    EXPECT_EQ(random.size(), 80u);
    EXPECT_NE(server.tell("alice", "random").body, random);
    EXPECT_GT(std::stoull(server.tell("alice", "time").body), 1'600'000'000'000'000'000u);
    EXPECT_EQ(server.tell("alice", "sleep").body, "3000001000");
    EXPECT_EQ(server.tell("alice", "env").body, "green");
    EXPECT_EQ(server.tell("alice", "exit").status, 500);
    EXPECT_EQ(server.tell("alice", "env").body, "green") << "it was started anew";
    const std::string log = server.stop();
    EXPECT_NE(log.find("alice: hello\n"), std::string::npos) << log;
    EXPECT_NE(log.find("alice: from C\n"), std::string::npos) << log;
  }
  // Another manifest, and another time, make no difference to the auditor.
  folder_.write("cairn.toml", "");
  const Outcome verified = cairn(folder_, {"verify", "data", "--key", key, "-o", "json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  const auto report = nlohmann::json::parse(verified.out);
  EXPECT_EQ(report["good"], true);
  EXPECT_EQ(report["not_replayed"], 0);
  EXPECT_EQ(report["replayed"], 9) << "init and eight messages";
}

/// Its C library opens standard output once, whoever goes on with it.
TEST_F(ServeWasi, AResidentProgramPrints) {
  folder_.write("cairn.toml",
                "data = \"data\"\norigin = \"test.example\"\n[components.printer]\npath = \"" +
                    printer_component() +
                    "\"\ngrants = [\"cairn:actor\", \"wasi:cli\", \"wasi:clocks\", "
                    "\"wasi:filesystem\", \"wasi:random\"]\n"
                    "[actors.alice]\ncomponent = \"printer\"\n");
  std::string key, log;
  for (int life = 0; life < 2; ++life) {
    ActorServer server(folder_, {});
    key = server.key();
    for (int message = 1; message <= 3; ++message) {
      const HttpReply reply = server.tell("alice", fmt::format("in life {}", life));
      EXPECT_EQ(reply.status, 200) << reply.body;
      EXPECT_TRUE(reply.body.starts_with(fmt::format("{} at 1", 3 * life + message))) << reply.body;
    }
    log += server.stop();
  }
  for (int message = 1; message <= 6; ++message) {
    const std::string line = fmt::format("alice: {}: in life {}\n", message, message > 3 ? 1 : 0);
    EXPECT_NE(log.find(line), std::string::npos) << log;
  }
  const Outcome verified = cairn(folder_, {"verify", "data", "--key", key, "-o", "json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  const auto report = nlohmann::json::parse(verified.out);
  EXPECT_EQ(report["good"], true);
  EXPECT_EQ(report["not_replayed"], 0);
  EXPECT_EQ(report["replayed"], 7) << "init and six messages";
}

TEST_F(ServeWasi, NothingIsGrantedThatIsNotNamed) {
  folder_.write("cairn.toml", manifest(R"("cairn:actor", "wasi:cli", "wasi:clocks")"));
  for (const Outcome& outcome :
       {cairn(folder_, {"config", "validate"}), cairn(folder_, {"serve"})}) {
    EXPECT_EQ(outcome.code, 1);
    EXPECT_NE(outcome.err.find("'wasi:random/random', which is not granted"), std::string::npos)
        << outcome.err;
    EXPECT_NE(outcome.err.find("teller"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace cairn::functional
