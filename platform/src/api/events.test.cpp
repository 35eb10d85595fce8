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
const json& event_schema() {
  static const json document = json::parse(Api::openapi());
  return document["components"]["schemas"]["Event"];
}
/// The document knows all that it says.
void check_event(const json& event) {
  const json& schema = event_schema();
  for (const json& name : schema["required"]) EXPECT_TRUE(event.contains(name)) << event;
  for (const auto& [name, value] : event.items()) {
    ASSERT_TRUE(schema["properties"].contains(name)) << name << " in " << event;
    const json& property = schema["properties"][name];
    EXPECT_TRUE(property["type"] == "string" ? value.is_string() : value.is_number_integer())
        << name << " in " << event;
    if (!property.contains("enum")) continue;
    const auto words = property["enum"].get<std::vector<std::string>>();
    EXPECT_NE(std::ranges::find(words, value.get<std::string>()), words.end())
        << name << " in " << event;
  }
}
/// All events that a client was told.
std::vector<json> told(const Peer& peer) {
  std::vector<json> events;
  constexpr std::string_view data = "\ndata: ";
  std::string_view left = peer.got();
  for (size_t at = 0; (at = left.find(data)) != left.npos;) {
    left.remove_prefix(at + data.size());
    events.push_back(json::parse(left.substr(0, left.find('\n')), nullptr, false));
    check_event(events.back());
  }
  return events;
}
/// Such an event, but for its time and its text, was told.
void expect_told(const Peer& peer, json expected) {
  expected["kind"] = "event";
  const std::vector<json> events = told(peer);
  const bool is_there = std::ranges::any_of(events, [&](json event) {
    event.erase("at");
    event.erase("text");
    return event == expected;
  });
  EXPECT_TRUE(is_there) << expected << " is not among " << json(events).dump(1);
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

/// All words that there are, and no others, stand in the document.
TEST_F(Events, AreDescribed) {
  const auto add = [](auto first, std::vector<std::string>& words) {
    using Word = decltype(first);
    for (int at = 0; to_string(static_cast<Word>(at)) != "unknown"; ++at)
      words.emplace_back(to_string(static_cast<Word>(at)));
  };
  std::vector<std::string> names, reasons;
  add(actor::TransitionKind::init, names);
  add(actor::EventKind::spawned, names);
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
    names.emplace_back(to_string(level));
  add(actor::Exit::normal, reasons);
  add(actor::Refusal::no_such_actor, reasons);
  const json& properties = event_schema()["properties"];
  EXPECT_EQ(properties["name"]["enum"], json(names));
  EXPECT_EQ(properties["reason"]["enum"], json(reasons));
}

TEST_F(Events, SayWhoGivesUpForWhom) {
  open(R"(
[components.machine]
path = "machine.wasm"
[components.grave]
path = "machine.wasm"
on_trap = "escalate"
[supervisors.outer]
[supervisors.inner]
supervisor = "outer"
[supervisors.short]
auto_shutdown = "any_significant"
[actors.dave]
component = "grave"
supervisor = "inner"
argument = "1"
[actors.erin]
component = "machine"
supervisor = "short"
restart = "transient"
significant = true
argument = "1"
)");
  Peer all = connect(get("/v1/events"));
  run(all);
  ask("POST", "/v1/actors/dave/messages", "trap");
  ask("POST", "/v1/actors/erin/messages", "stop");
  world.advance(second);
  run(all);
  expect_told(all, {{"name", "escalated"}, {"actor", "dave"}, {"other", "inner"}});
  expect_told(all, {{"name", "ended"}, {"actor", "inner"}, {"reason", "escalated"}});
  expect_told(all,
              {{"name", "restarting"}, {"actor", "inner"}, {"other", "outer"}, {"delay_ns", 0}});
  expect_told(all, {{"name", "ended"}, {"actor", "erin"}, {"reason", "normal"}});
  expect_told(all, {{"name", "auto_shutdown"}, {"actor", "erin"}, {"other", "short"}});
}

TEST_F(Events, SayWhoIsUnhealthy) {
  open(R"(
[components.machine]
path = "machine.wasm"
health = { interval = "10ms", threshold = 2 }
[actors.alice]
component = "machine"
argument = "1"
)");
  Peer all = connect(get("/v1/events"));
  run(all);
  ask("POST", to_alice, "set health-check bad");
  world.advance(25'000'000);
  run(all);
  expect_told(all, {{"name", "unhealthy"}, {"actor", "alice"}, {"count", 1}});
  expect_told(all, {{"name", "unhealthy"}, {"actor", "alice"}, {"count", 2}});
  expect_told(all, {{"name", "ended"}, {"actor", "alice"}, {"reason", "unhealthy"}});
}

TEST_F(Events, SayWhoHasToWaitAndWhoIsTooLate) {
  open(R"(
[components.machine]
path = "machine.wasm"
[components.slow]
path = "machine.wasm"
limits = { messages_per_second = 1 }
[actors.alice]
component = "machine"
argument = "1"
[actors.bob]
component = "slow"
argument = "1"
)");
  Peer all = connect(get("/v1/events"));
  run(all);
  const std::string to_bob = "/v1/actors/bob/messages";
  const std::string async = "Prefer: respond-async\r\n";
  ask("POST", to_bob, "get");
  run(all);
  ask("POST", to_bob, "add 1", async);
  ask("POST", to_bob, "add 2", async + "Cairn-Time-To-Live-Ms: 10\r\n");
  // She waits a second for what takes two.
  ask("POST", to_alice, "ask bob get", async);
  Peer late =
      connect("POST " + to_bob + " HTTP/1.1\r\nHost: localhost\r\nCairn-Timeout-Ms: 10\r\n" +
              "Content-Length: 3\r\n\r\nget");
  run(late);
  world.advance(5 * second);
  run(late);
  run(all);
  EXPECT_EQ(parse_reply(late.got()).status, 504) << late.got();
  const std::vector<json> events = told(all);
  const auto throttled =
      std::ranges::find(events, json("throttled"), [](const json& event) { return event["name"]; });
  ASSERT_NE(throttled, events.end()) << json(events).dump(1);
  EXPECT_EQ((*throttled)["actor"], "bob");
  EXPECT_GT((*throttled)["delay_ns"], 0);
  EXPECT_LE((*throttled)["delay_ns"], second);
  expect_told(all, {{"name", "dead_letter"}, {"actor", "bob"}, {"reason", "expired"}});
  expect_told(all, {{"name", "late_reply"}, {"actor", "alice"}, {"other", "bob"}});
  expect_told(all, {{"name", "late_reply"}, {"actor", ""}, {"other", "bob"}});
}

TEST_F(Events, NameTheCircleOfADeadlock) {
  open();
  ask_json("POST", "/v1/actors", R"({"name":"bob","component":"machine"})");
  Peer all = connect(get("/v1/events"));
  run(all);
  ask("POST", to_alice, "ask bob ask alice get");
  run(all);
  EXPECT_TRUE(
      has(all, R"("actor":"bob","name":"deadlock","text":"bob -> alice -> bob","other":"alice"})"))
      << all.got();
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
  EXPECT_EQ(world.logged("failed"), 0) << "and that is no failure of anybody";
  EXPECT_EQ(world.logged("killed"), 0);
}

}  // namespace
}  // namespace cairn::platform::testing
