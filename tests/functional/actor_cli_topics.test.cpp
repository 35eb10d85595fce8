// `cairn actor publish`, `subscribe`, `upload`, `components`, and what others call them.

#include <atomic>
#include <chrono>
#include <thread>

#include "actor_cli.hpp"

namespace cairn::functional {
namespace {

/// Of both who speak to a topic.
TEST_F(ActorCli, PublishesAndFollows) {
  EXPECT_EQ(out({"actor", "publish", "news.today", "add 1"}), "0 subscribers\n");
  out({"actor", "request", "alice", "subscribe news.*"});
  EXPECT_EQ(
      json({"actor", "publish", "news.today", "add 1", "--priority", "high", "--ttl", "1min"}),
      nlohmann::json({{"subscribers", 1}}));
  EXPECT_TRUE(becomes("alice", "101"));
  EXPECT_EQ(out({"actor", "publish", "news.today", "-", "--time-to-live", "1h"}, "add 1"),
            "1 subscriber\n");
  EXPECT_TRUE(becomes("alice", "102"));
  EXPECT_NE(error({"actor", "publish", "news.*", "x"}).find("(400)"), std::string::npos);
  EXPECT_NE(error({"actor", "publish", "news", "x", "--priority", "most"}).find("Cairn-Priority"),
            std::string::npos);
  // Whoever follows hears of what is published after it began: it is asked until it has.
  std::atomic<bool> has_ended = false;
  std::string heard;
  std::thread follower([&] {
    heard = server_->cli({"actor", "subscribe", "weather.>", "-n", "1"}).out;
    has_ended = true;
  });
  while (!has_ended) {
    server_->cli({"actor", "publish", "weather.north", R"({"rain": 3})"});
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  follower.join();
  EXPECT_EQ(heard, "weather.north {\"rain\":3}\n");
}

TEST_F(ActorCli, UploadsAndListsComponents) {
  const std::string& file = machine_component();
  const std::string told = out({"actor", "upload", "second", file});
  EXPECT_TRUE(told.starts_with("second was uploaded: ")) << told;
  EXPECT_EQ(json({"actor", "upload", "second", file})["name"], "second");
  const auto components = json({"actor", "components"})["components"];
  ASSERT_EQ(components.size(), 2u) << components;
  EXPECT_EQ(components[1]["name"], "second");
  EXPECT_EQ(components[1]["style"], "explicit");
  const std::string table = out({"actor", "components"});
  EXPECT_NE(table.find("machine"), std::string::npos) << table;
  EXPECT_NE(error({"actor", "upload", "machine", file}).find("(403)"), std::string::npos);
  EXPECT_NE(error({"actor", "upload", "third", folder_ / "none.wasm"}).find("none.wasm"),
            std::string::npos);
  folder_.write("bad.wasm", "no component");
  EXPECT_NE(error({"actor", "upload", "bad", folder_ / "bad.wasm"}).find("(400)"),
            std::string::npos);
}

TEST_F(ActorCli, KnowsTheWordsOfOthers) {
  const auto hint = [&](const std::vector<std::string>& args) {
    const Outcome outcome = cairn(folder_, args);
    EXPECT_EQ(outcome.code, 2);
    return outcome.err.substr(outcome.err.find("hint: "));
  };
  EXPECT_EQ(hint({"actor", "list"}), "hint: did you mean `cairn actor ls`?\n");
  EXPECT_EQ(hint({"actor", "deploy"}), "hint: did you mean `cairn actor upload`?\n");
  EXPECT_EQ(hint({"actor", "revret"}), "hint: did you mean `cairn actor revert`?\n");
  EXPECT_EQ(hint({"ps"}), "hint: did you mean `cairn actor ls`?\n");
  EXPECT_EQ(hint({"publish"}), "hint: did you mean `cairn actor publish`?\n");
}

}  // namespace
}  // namespace cairn::functional
