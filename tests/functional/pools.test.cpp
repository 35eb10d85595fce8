// `[pools.NAME]` of a server that runs.

#include <gtest/gtest.h>

#include <set>

#include "actor_server.hpp"
#include "http_peer.hpp"

namespace cairn::functional {
namespace {

constexpr const char* pool = R"(
[pools.tellers]
component = "machine"
supervisor = "all"
argument = "0"
size = 3
[pools.keyed]
component = "machine"
argument = "0"
size = 3
routing = "consistent_hash"
[routes]
"/tell" = "tellers"
)";

TEST(Pools, AreOneNameForActorsThatAreProven) {
  if (machine_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  Folder folder;
  folder.write("cairn.toml", machine_manifest(pool));
  ActorServer server(folder, {});
  ASSERT_TRUE(server.is_there());
  std::set<std::string> members;
  for (int i = 0; i < 6; ++i) {
    const HttpReply reply = server.tell("tellers", "add 1");
    EXPECT_EQ(reply.status, 200) << reply.body;
    members.insert(reply.field("Cairn-Actor"));
  }
  EXPECT_EQ(members, (std::set<std::string>{"tellers-1", "tellers-2", "tellers-3"}));
  for (const std::string& member : members) EXPECT_EQ(server.tell(member, "get").body, "2");

  // A retry finds the member that has handled it, and the same key is always the same member.
  for (int i = 0; i < 2; ++i) {
    const Outcome asked = server.cli({"actor", "request", "tellers", "add 5", "--key", "k"});
    EXPECT_EQ(asked.out, "7\n") << asked.err;
  }
  const std::string keyed =
      server.tell("keyed", "add 1", "Cairn-Routing-Key: a\r\n").field("Cairn-Actor");
  for (int i = 2; i < 5; ++i) {
    const Outcome asked = server.cli({"actor", "request", "keyed", "add 1", "--routing-key", "a"});
    EXPECT_EQ(asked.out, std::to_string(i) + "\n") << asked.err;
    EXPECT_TRUE(asked.err.contains(" of " + keyed + ", ")) << asked.err;
  }
  EXPECT_EQ(server.tell(keyed, "get").body, "4");

  // By a route, and for other actors.
  EXPECT_TRUE(server.ask("POST", "/tell", "1").field("Cairn-Actor").starts_with("tellers-"));
  EXPECT_EQ(server.tell("alice", "ask keyed add 0").status, 200);
  EXPECT_EQ(server.ask("POST", "/v1/actors", R"({"name":"keyed","component":"machine"})").status,
            409);
  for (const char* const tool : {"state", "chain", "restart"}) {
    const Outcome none = server.cli({"actor", tool, "tellers"});
    EXPECT_EQ(none.code, 1);
    EXPECT_TRUE(none.err.contains("is a pool, whose members are the actors tellers-1 to"))
        << none.err;
  }
  server.stop();
  const Outcome verified = cairn(folder, {"verify", "data", "--key", server.key()});
  EXPECT_EQ(verified.code, 0) << verified.err << verified.out;
}

}  // namespace
}  // namespace cairn::functional
