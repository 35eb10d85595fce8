// The bank of examples/bank, where one account is in JavaScript: built where componentize-js of npm
// is.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "actor_server.hpp"

namespace cairn::functional {
namespace {

std::string bank() {
  return (std::filesystem::path(CAIRN_BINARY).parent_path() / "examples/bank").string();
}

TEST(BankInJavaScript, KeepsTheSameContractsAndCanBeVerified) {
  if (!std::filesystem::exists(bank() + "/js/account.wasm"))
    GTEST_SKIP() << "componentize-js of npm is not there (CAIRN_COMPONENTIZE_JS); skipped";
  const Folder folder;
  ActorServer server(folder, {bank() + "/js/cairn.toml", "--data", "data"});
  const auto tell = [&](const std::string& who, const std::string& what) {
    return server.ask("POST", "/v1/actors/" + who + "/messages", what,
                      "Content-Type: application/json\r\n");
  };
  EXPECT_EQ(tell("carol", R"({"deposit": 50})").body, R"({"owner":"Carol","balance":50})");
  EXPECT_EQ(tell("alice", R"({"transfer": 30, "to": "carol"})").body,
            R"({"owner":"Alice","balance":70})");
  EXPECT_EQ(tell("carol", R"({"transfer": 10, "to": "bob"})").status, 200);
  std::string bob;
  for (int tries = 0; tries < 500 && bob != R"({"owner":"Bob","balance":60})"; ++tries) {
    bob = server.get("/v1/actors/bob/state").body;
    // The server needs the processor.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(bob, R"({"owner":"Bob","balance":60})");

  const auto code = [&](const std::string& what) {
    const HttpReply reply = tell("carol", what);
    EXPECT_EQ(reply.status, 422) << reply.body;
    return nlohmann::json::parse(reply.body, nullptr, false).value("code", "");
  };
  EXPECT_EQ(code(R"({"withdraw": 1000})"), "overdrawn");
  EXPECT_EQ(code(R"({"withdraw": 0})"), "no-amount");
  EXPECT_EQ(code(R"({"transfer": 1})"), "no-receiver");
  EXPECT_EQ(code("nonsense"), "no-order");
  EXPECT_EQ(tell("carol", R"({"crash": true})").status, 500);
  EXPECT_EQ(tell("carol", R"({"balance": true})").body, R"({"owner":"Carol","balance":70})");
  const std::string log = server.stop();
  EXPECT_NE(log.find(R"(Carol is told {"withdraw":1000})"), std::string::npos) << log;

  const Outcome verified = cairn(folder, {"verify", "data", "--key", server.key(), "-o", "json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  EXPECT_EQ(nlohmann::json::parse(verified.out)["not_replayed"], 0);
}

}  // namespace
}  // namespace cairn::functional
