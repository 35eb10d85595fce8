// Those who watch.

#include "api/api_testing.hpp"

namespace cairn::platform::testing {
namespace {

using Events = Apis;
constexpr const char* to_alice = "/v1/actors/alice/messages";

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}
std::string websocket(const std::string& path, const std::string& origin = "http://localhost") {
  return "GET " + path +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: " +
         origin + "\r\n\r\n";
}
bool has(const Peer& peer, std::string_view text) { return peer.got().contains(text); }

TEST_F(Events, AreStreamed) {
  open();
  Peer one = connect(get("/v1/actors/alice/events")), all = connect(get("/v1/events"));
  run(one);
  run(all);
  EXPECT_EQ(parse_reply(one.got()).status, 200);
  EXPECT_EQ(parse_reply(one.got()).field("Content-Type"), "text/event-stream");
  EXPECT_FALSE(has(one, "data:"));
  const Reply reply = ask("POST", to_alice, "add 5");
  for (Peer* peer : {&one, &all}) {
    run(*peer);
    // Of several chains, numbers say nothing.
    const std::string id =
        peer == &one ? "id: " + reply.field("Cairn-Sequence") + "\n" : std::string();
    EXPECT_TRUE(
        has(*peer, "event: transition\n" + id + "data: {\"kind\":\"transition\",\"at\":\"2023-"))
        << peer->got();
    EXPECT_TRUE(has(*peer, "\"actor\":\"alice\",\"name\":\"message\"")) << peer->got();
    EXPECT_TRUE(has(*peer, reply.field("Cairn-Hash"))) << peer->got();
  }
  ask_json("POST", "/v1/actors", R"({"name":"bob","component":"machine"})");
  run(one);
  run(all);
  EXPECT_FALSE(has(one, "bob"));
  EXPECT_TRUE(has(all, "\"actor\":\"bob\"")) << all.got();
  ask("POST", to_alice, "log hello");
  run(one);
  EXPECT_TRUE(has(one, "event: log\n")) << one.got();
  EXPECT_EQ(ask("GET", "/v1/actors/none/events").status, 404);
  EXPECT_EQ(ask("HEAD", "/v1/events").status, 200);
}

/// What a supervisor decided, and why.
TEST_F(Events, SayWhatWasDecided) {
  open(R"(
[components.machine]
path = "machine.wasm"
[supervisors.bank]
backoff = { kind = "linear", initial = "20ms" }
max_restarts = 1
[actors.alice]
component = "machine"
supervisor = "bank"
)");
  Peer all = connect(get("/v1/events"));
  run(all);
  const auto crash = [&] {
    ask("POST", to_alice, "trap");
    world.advance(second);
    run(all);
  };
  crash();
  EXPECT_TRUE(has(all, R"("name":"failed","text":")")) << all.got();
  EXPECT_TRUE(has(all, R"("reason":"trap")")) << all.got();
  EXPECT_TRUE(has(all, R"("name":"restarting","text":"","other":"bank","delay_ns":20000000})"))
      << all.got();
  crash();
  EXPECT_TRUE(has(all, R"("name":"gave_up","text":"","other":"bank","count":2})")) << all.got();
  EXPECT_TRUE(has(all, R"("name":"removed","text":"","reason":"trap"})")) << all.got();
}

TEST_F(Events, GoOnWhereAClientWas) {
  open();
  const std::string path = "/v1/actors/alice/events";
  const std::string first = ask("POST", to_alice, "add 1").field("Cairn-Sequence");
  const std::string missed = ask("POST", to_alice, "take 500").at("/sequence");
  const auto since = [&](const std::string& id) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + id + "\r\n\r\n";
  };
  Peer peer = connect(since(first));
  run(peer);
  EXPECT_FALSE(has(peer, "id: " + first + "\n")) << peer.got();
  EXPECT_TRUE(has(peer, "event: transition\nid: " + missed + "\ndata: {")) << peer.got();
  EXPECT_TRUE(has(peer, "\"name\":\"rejection\",\"text\":\"overdrawn")) << peer.got();
  const std::string next = ask("POST", to_alice, "add 1").field("Cairn-Sequence");
  run(peer);
  EXPECT_TRUE(has(peer, "id: " + next + "\n")) << peer.got();
  Peer ahead = connect(since("18446744073709551615"));
  run(ahead);
  EXPECT_EQ(parse_reply(ahead.got()).status, 200);
  EXPECT_FALSE(has(ahead, "id:")) << ahead.got();
  EXPECT_EQ(ask("GET", path, "", "Last-Event-ID: x\r\n").status, 400);
}

TEST_F(Events, AreMessagesOfWebSockets) {
  open();
  Peer peer = connect(websocket("/v1/actors/alice/events"));
  run(peer);
  EXPECT_EQ(parse_reply(peer.got()).status, 101) << peer.got();
  ask("POST", to_alice, "add 5");
  run(peer);
  EXPECT_TRUE(has(peer, "{\"kind\":\"transition\"")) << peer.got();
  EXPECT_FALSE(has(peer, "data:"));
  Peer foreign = connect(websocket("/v1/events", "http://b"));
  run(foreign);
  EXPECT_EQ(parse_reply(foreign.got()).status, 403) << foreign.got();
}

TEST_F(Events, HaveSoManyWatchersAndNoMore) {
  ApiSettings settings;
  settings.watchers_max = 2;
  open(alice, settings);
  {
    Peer one = connect(get("/v1/events")), two = connect(websocket("/v1/events"));
    run(one);
    run(two);
    EXPECT_TRUE(ask("GET", "/metrics").body.contains("cairn_http_watchers 2\n"));
    EXPECT_EQ(ask("GET", "/v1/events").status, 503);
  }
  // Who leaves makes room.
  ask("GET", "/livez");
  EXPECT_TRUE(ask("GET", "/metrics").body.contains("cairn_http_watchers 0\n"));
  Peer three = connect(get("/v1/events"));
  run(three);
  EXPECT_EQ(parse_reply(three.got()).status, 200);
}

/// Who hears what is published is an actor, too.
TEST_F(Events, OfTopicsEndWhereNobodyListensAnyMore) {
  open();
  world.deployment->drain(second);
  Peer peer = connect(get("/v1/topics/a/events"));
  run(peer);
  EXPECT_EQ(parse_reply(peer.got()).status, 200) << peer.got();
  EXPECT_TRUE(peer.got().ends_with("0\r\n\r\n")) << peer.got();
}

TEST_F(Events, OfTopicsAreWhatIsPublished) {
  open();
  Peer peer = connect(get("/v1/topics/a.%2A/events"));
  run(peer);
  EXPECT_EQ(parse_reply(peer.got()).status, 200) << peer.got();
  EXPECT_EQ(ask_json("POST", "/v1/topics/a.b", "{\n\"n\": 1}").at("/subscribers"), "1");
  run(peer);
  EXPECT_TRUE(has(peer,
                  "event: published\ndata: {\"topic\":\"a.b\",\"media_type\":"
                  "\"application/json\",\"message\":{ \"n\": 1}}\n\n"))
      << peer.got();
  EXPECT_EQ(ask("GET", "/v1/topics/a..b/events").status, 400);
  const size_t live = world.deployment->system().live();
  peer = connect(get("/livez"));
  run(peer);
  EXPECT_EQ(world.deployment->system().live(), live - 1) << "nobody listens for who has gone";
}

}  // namespace
}  // namespace cairn::platform::testing
