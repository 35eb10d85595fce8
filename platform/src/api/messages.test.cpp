// Messages over HTTP: what comes of them, and of everything that is wrong with them.

#include "api/api_testing.hpp"

namespace cairn::platform::testing {
namespace {

using Messages = Apis;
constexpr const char* to_alice = "/v1/actors/alice/messages";

TEST_F(Messages, AreAnsweredWithReceipts) {
  open();
  const Reply reply = ask("POST", to_alice, "add 5");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "105");
  EXPECT_EQ(reply.field("Content-Type"), "text/plain");
  EXPECT_EQ(reply.field("X-Content-Type-Options"), "nosniff");
  const auto chain = world.deployment->store()->chain("alice");
  ASSERT_TRUE(chain);
  EXPECT_EQ(reply.field("Cairn-Sequence"), std::to_string(chain->sequence));
  EXPECT_EQ(reply.field("Cairn-Hash"), to_hex(chain->head));
  EXPECT_EQ(reply.field("Cairn-Repeated"), "none");
  // What was sent is in the record, as it was said to be.
  EXPECT_EQ(ask_json("POST", to_alice, "[1]").status, 200);
  EXPECT_EQ(world.last("alice").record.input->payload.media_type, actor::json);
  EXPECT_EQ(ask("POST", to_alice, "x", "Content-Type: application/json;charset=utf-8\r\n").status,
            200);
  EXPECT_EQ(world.last("alice").record.input->payload.media_type, actor::json);
  EXPECT_EQ(ask("POST", to_alice, "x", "Content-Type: a/b; c=d\r\n").status, 200);
  EXPECT_EQ(world.last("alice").record.input->payload.media_type, "a/b; c=d");
}

TEST_F(Messages, AreHandledOnceForEachKey) {
  open();
  constexpr const char* key = "Idempotency-Key: one\r\n";
  const Reply first = ask("POST", to_alice, "add 5", key),
              again = ask("POST", to_alice, "add 5", key);
  EXPECT_EQ(first.body, "105");
  EXPECT_EQ(again.body, "105");
  EXPECT_EQ(again.field("Cairn-Sequence"), first.field("Cairn-Sequence"));
  EXPECT_EQ(again.field("Cairn-Hash"), first.field("Cairn-Hash"));
  EXPECT_EQ(again.field("Cairn-Repeated"), "true");
  const Reply other = ask("POST", to_alice, "add 6", key);
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.at("/type"), "\"/problems/idempotency-key-used\"");
  EXPECT_EQ(ask("POST", to_alice, "get").body, "105");
}

TEST_F(Messages, MayBeSentWithoutWaiting) {
  open();
  const auto before = world.deployment->store()->chain("alice")->sequence;
  const Reply reply = ask("POST", to_alice, "add 5", "Prefer: wait=1, respond-async\r\n");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.field("Location"), "/v1/actors/alice/chain?from=" + std::to_string(before + 1));
  EXPECT_EQ(ask("GET", reply.field("Location")).at("/records/0/input/text"), "\"add 5\"");
  EXPECT_EQ(ask("POST", "/v1/actors/none/messages", "x", "Prefer: respond-async\r\n").status, 404);
}

TEST_F(Messages, SentWithoutWaitingAreRefusedForWhatIsWrong) {
  open();
  const std::string async = "Prefer: respond-async\r\n", key = async + "Idempotency-Key: k\r\n";
  const std::string large((1 << 20) + 1, 'x');
  for (const std::string& fields : {async, key})
    EXPECT_EQ(ask("POST", to_alice, large, fields).status, 413) << fields;
  EXPECT_EQ(ask("POST", to_alice, "bad", key).status, 202);
  EXPECT_EQ(ask("POST", to_alice, "bad", key).status, 202) << "that it is rejected is in the chain";
  const Reply other = ask("POST", to_alice, "add 6", key);
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.at("/type"), "\"/problems/idempotency-key-used\"");
  ASSERT_TRUE(world.deployment->stop("alice", false).has_value());
  world.run();
  EXPECT_EQ(ask("POST", to_alice, "get", async).status, 404);
}

TEST_F(Messages, ByRoutesMayBeSentWithoutWaiting) {
  open();
  const Reply reply = ask("POST", "/", "1", "Prefer: respond-async\r\n");
  EXPECT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(reply.field("Preference-Applied"), "respond-async");
  EXPECT_EQ(ask("GET", reply.field("Location")).at("/records/0/input/json"), "1");
}

/// Nothing that was acknowledged is lost, and nothing else is there.
TEST_F(Messages, AreRefusedWhileTheDiskIsFull) {
  open();
  EXPECT_EQ(ask("POST", to_alice, "add 5").status, 200);
  world.disk.set_capacity(world.disk.used());
  // There is room in the segment that was reserved, and then there is none for the next one.
  const std::string large = "get " + std::string(1'000'000, 'x');
  int handled = 0;
  while (handled < 100 && ask("POST", to_alice, large).status == 200) ++handled;
  EXPECT_GT(handled, 0);
  const std::string key = "Idempotency-Key: k\r\n";
  const Reply full = ask("POST", to_alice, large, key);
  EXPECT_EQ(full.status, 503) << full.body;
  EXPECT_EQ(full.at("/type"), "\"/problems/unavailable\"");
  EXPECT_NE(full.at("/detail").find("No space left"), std::string::npos) << full.body;
  world.disk.set_capacity(UINT64_MAX);
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  EXPECT_EQ(ask("POST", to_alice, "add 1", key).body, "106") << "the key is free";
}

TEST_F(Messages, ThatAreRejectedSayWhere) {
  open();
  const Reply reply = ask("POST", to_alice, "bad");
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.at("/code"), "\"bad\"");
  EXPECT_EQ(reply.at("/type"), "\"/problems/rejected\"");
  const auto chain = world.deployment->store()->chain("alice");
  EXPECT_EQ(reply.at("/sequence"), std::to_string(chain->sequence));
  EXPECT_EQ(reply.at("/hash"), "\"" + to_hex(chain->head) + "\"");
  // No balance is below zero.
  EXPECT_EQ(ask("POST", to_alice, "take 1000").status, 422);
  const Reply trap = ask("POST", to_alice, "trap");
  EXPECT_EQ(trap.status, 500);
  EXPECT_NE(trap.at("/sequence"), "none");
  EXPECT_EQ(ask("POST", to_alice, "loop").status, 500);
  EXPECT_EQ(ask("POST", to_alice, "get").body, "100");
}

TEST_F(Messages, NeedSomebodyWhoTakesThem) {
  open();
  const Reply none = ask("POST", "/v1/actors/none/messages", "x");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(none.at("/type"), "\"/problems/no-such-actor\"");
  EXPECT_EQ(ask("POST", "/v1/actors/%zz/messages", "x").status, 400);
  EXPECT_EQ(ask("POST", "/v1/actors//messages", "x").status, 404);
  EXPECT_EQ(ask("POST", "/v1/actors/" + std::string(5000, 'x') + "/messages", "x").status, 404);
  EXPECT_EQ(ask("POST", "/v1/actors/%00/messages", "x").status, 404);
  world.deployment->drain(second);
  EXPECT_EQ(ask("POST", to_alice, "get").status, 503);
}

/// Of a pool: it is there, so whoever sends may come again.
TEST_F(Messages, ToMembersThatDoNotRunMayComeAgain) {
  open(std::string(alice) + "[pools.w]\ncomponent = \"machine\"\nsize = 1\n");
  const std::string with_key = "Idempotency-Key: k\r\n", async = "Prefer: respond-async\r\n";
  EXPECT_EQ(ask("POST", "/v1/actors/w/messages", "get", with_key + async).status, 202);
  EXPECT_EQ(ask("DELETE", "/v1/actors/w-1").status, 202);
  world.run();
  for (const std::string& fields : {with_key, with_key + async, async, std::string()}) {
    const Reply reply = ask("POST", "/v1/actors/w/messages", "get", fields);
    EXPECT_EQ(reply.status, 503) << fields << reply.body;
    EXPECT_EQ(reply.at("/type"), "\"/problems/stopped\"");
    EXPECT_NE(reply.body.find("of pool 'w' "), std::string::npos) << reply.body;
  }
  EXPECT_EQ(ask("POST", "/v1/actors/none/messages", "get", async).status, 404);
}

TEST_F(Messages, HaveBounds) {
  ApiSettings settings;
  settings.body_bytes_max = 2000;
  open(
      "[components.machine]\npath = \"machine.wasm\"\nlimits = { payload = \"1000B\" }\n"
      "[actors.alice]\ncomponent = \"machine\"\nargument = \"100\"\n",
      settings);
  EXPECT_EQ(ask("POST", to_alice, "get" + std::string(997, ' ')).status, 200);
  const Reply large = ask("POST", to_alice, std::string(1001, 'x'));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(large.at("/type"), "\"/problems/too-large\"");
  EXPECT_EQ(ask("POST", to_alice, std::string(2001, 'x')).status, 413);
}

TEST_F(Messages, ComeWithFieldsThatMakeSense) {
  open();
  for (const char* good : {"Cairn-Priority: low\r\n", "Cairn-Priority: critical\r\n",
                           "Cairn-Timeout-Ms: 1\r\n", "Cairn-Timeout-Ms: 3600000\r\n",
                           "Cairn-Time-To-Live-Ms: 1\r\n", "Cairn-Time-To-Live-Ms: 3600000\r\n"})
    EXPECT_EQ(ask("POST", to_alice, "get", good).status, 200) << good;
  EXPECT_EQ(ask("POST", "/v1/topics/news", "x", "Content-Type: a/\xff\r\n").status, 400);
  EXPECT_EQ(ask("POST", "/v1/topics/news.%FF", "x").status, 400);
  EXPECT_EQ(ask("POST", "/v1/topics/news.%C3%A9", "x").status, 202);
  EXPECT_EQ(ask("POST", to_alice, "get", "Content-Type: a/\xc3\xa9\r\n").status, 200);
  const std::string key = "Idempotency-Key: ";
  for (const std::string& bad :
       {std::string("Cairn-Priority: \r\n"), std::string("Cairn-Timeout-Ms:\r\n"),
        std::string("Cairn-Time-To-Live-Ms:\r\n"), std::string("Cairn-Priority: lowest\r\n"),
        std::string("Cairn-Timeout-Ms: 0\r\n"), std::string("Cairn-Timeout-Ms: 3600001\r\n"),
        std::string("Cairn-Timeout-Ms: 1s\r\n"), std::string("Cairn-Timeout-Ms: -1\r\n"),
        std::string("Cairn-Time-To-Live-Ms: 0\r\n"),
        std::string("Cairn-Time-To-Live-Ms: 3600001\r\n"), key + "\r\n",
        key + std::string(256, 'x') + "\r\n", "Content-Type: a/" + std::string(254, 'b') + "\r\n",
        std::string("Content-Type: a/\xff\r\n")}) {
    const Reply reply = ask("POST", to_alice, "add 1", bad);
    EXPECT_EQ(reply.status, 400) << bad << reply.body;
  }
  for (const std::string& twice :
       {key + "a\r\n" + key + "b\r\n",
        std::string("Cairn-Priority: low\r\ncairn-priority: low\r\n"),
        std::string("Cairn-Time-To-Live-Ms: 1\r\ncairn-time-to-live-ms: 1\r\n"),
        std::string("Content-Type: text/plain\r\nContent-Type: text/plain\r\n")}) {
    const Reply reply = ask("POST", to_alice, "add 1", twice);
    EXPECT_EQ(reply.status, 400) << twice << reply.body;
    EXPECT_NE(reply.body.find("expected once"), std::string::npos) << reply.body;
  }
  EXPECT_EQ(ask("POST", to_alice, "get").body, "100");
}

/// Nobody would unpack them.
TEST_F(Messages, ComeAsTheyAre) {
  open();
  EXPECT_EQ(ask("POST", to_alice, "get", "Content-Encoding: identity\r\n").status, 200);
  for (const char* path : {to_alice, "/", "/v1/topics/a"})
    EXPECT_EQ(ask("POST", path, "1", "Content-Encoding: gzip\r\n").status, 415) << path;
  EXPECT_EQ(ask("PUT", "/v1/components/x", "1", "Content-Encoding: br\r\n").status, 415);
  EXPECT_EQ(ask("POST", to_alice, "get").body, "100");
}

TEST_F(Messages, AreNotHandledWhenTheirTimeToLiveIsOver) {
  open(
      "[components.machine]\npath = \"machine.wasm\"\nlimits = { messages_per_second = 1 }\n"
      "[actors.alice]\ncomponent = \"machine\"\nargument = \"100\"\n");
  const std::string lives = "Cairn-Time-To-Live-Ms: 10\r\n";
  EXPECT_EQ(ask("POST", to_alice, "add 1", lives).body, "101") << "it did not have to wait";
  const auto before = world.deployment->store()->chain("alice")->sequence;
  Peer late = connect(std::string("POST ") + to_alice + " HTTP/1.1\r\nHost: localhost\r\n" + lives +
                      "Content-Length: 5\r\n\r\nadd 2");
  run(late);
  EXPECT_EQ(late.got(), "") << "it waits for the next second";
  EXPECT_EQ(ask("POST", to_alice, "add 4", lives + "Prefer: respond-async\r\n").status, 202);
  world.advance(3 * second);
  run(late);
  const Reply reply = parse_reply(late.got());
  EXPECT_EQ(reply.status, 504);
  EXPECT_EQ(reply.at("/type"), "\"/problems/timed-out\"");
  EXPECT_EQ(world.deployment->store()->chain("alice")->sequence, before);
  const auto letters = world.deployment->system().dead_letters();
  ASSERT_EQ(letters.size(), 2u);
  for (const actor::DeadLetter& letter : letters) EXPECT_EQ(letter.reason, actor::Refusal::expired);
  const Reply listed = ask("GET", "/v1/dead-letters");
  EXPECT_EQ(listed.status, 200);
  EXPECT_EQ(listed.at("/dead_letters/1/actor"), "\"alice\"");
  EXPECT_EQ(listed.at("/dead_letters/1/reason"), "\"expired\"");
  EXPECT_EQ(listed.at("/dead_letters/1/bytes"), "5");
  EXPECT_TRUE(listed.at("/dead_letters/1/at").starts_with("\"2023-")) << listed.body;
  EXPECT_FALSE(listed.body.contains("\"from\"")) << listed.body;
}

/// Who has gone has no name any more; what nobody handled says whose it was.
TEST_F(Messages, ThatAreLostKeepTheNamesOfThoseWhoHaveGone) {
  open(
      "[components.machine]\npath = \"machine.wasm\"\nlimits = { messages_per_second = 1 }\n"
      "[actors.alice]\ncomponent = \"machine\"\nargument = \"100\"\n");
  ask_json("POST", "/v1/actors", R"({"name":"bob","component":"machine","argument":7})");
  const std::string to_bob = "/v1/actors/bob/messages";
  EXPECT_EQ(ask("POST", to_bob, "get").body, "7");
  EXPECT_EQ(ask("POST", to_alice, "send bob add 1").status, 200);
  EXPECT_EQ(ask("DELETE", "/v1/actors/bob?now=true").status, 202);
  EXPECT_EQ(ask("DELETE", "/v1/actors/alice?now=true").status, 202);
  world.advance(second);
  EXPECT_EQ(world.deployment->system().find("bob"), actor::ActorId());
  const Reply listed = ask("GET", "/v1/dead-letters");
  EXPECT_EQ(listed.at("/dead_letters/0/actor"), "\"bob\"") << listed.body;
  EXPECT_EQ(listed.at("/dead_letters/0/from"), "\"alice\"") << listed.body;
  EXPECT_EQ(listed.at("/dead_letters/0/reason"), "\"stopped\"") << listed.body;
}

TEST_F(Messages, ToTopicsHavePrioritiesAndTimesToLive) {
  open(
      "[components.machine]\npath = \"machine.wasm\"\nlimits = { messages_per_second = 1 }\n"
      "[actors.alice]\ncomponent = \"machine\"\nargument = \"0\"\ntopics = [\"bank.*\"]\n");
  const char* const to_topic = "/v1/topics/bank.day";
  for (const char* bad : {"Cairn-Priority: lowest\r\n", "Cairn-Time-To-Live-Ms: 0\r\n",
                          "Cairn-Priority: low\r\nCairn-Priority: low\r\n"}) {
    EXPECT_EQ(ask("POST", to_topic, "add 1", bad).status, 400) << bad;
  }
  EXPECT_EQ(ask("POST", to_alice, "get").body, "0");
  // They wait for the next second. The urgent one comes first, else the other would be refused.
  EXPECT_EQ(ask("POST", to_topic, "take 5", "Cairn-Priority: low\r\n").status, 202);
  EXPECT_EQ(ask("POST", to_topic, "add 5", "Cairn-Priority: critical\r\n").status, 202);
  EXPECT_EQ(ask("POST", to_topic, "add 7", "Cairn-Time-To-Live-Ms: 10\r\n").status, 202);
  world.advance(5 * second);
  EXPECT_EQ(ask("POST", to_alice, "get").body, "0");
  const auto letters = world.deployment->system().dead_letters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].reason, actor::Refusal::expired);
  EXPECT_EQ(letters[0].message.payload.text(), "add 7");
}

/// A page whose name was made to mean this machine is of the same origin for its browser, but its
/// name is not ours.
TEST_F(Messages, AreForHostsOfOurOwn) {
  open();
  const auto status = [&](const std::string& host) {
    Peer peer = connect("GET /v1/actors/alice HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    run(peer);
    return parse_reply(peer.got()).status;
  };
  for (const char* host :
       {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.x"})
    EXPECT_EQ(status(host), 421) << host;
  for (const char* host : {"127.0.0.1", "127.0.0.1:80", "[::1]:80", "LOCALHOST:1"})
    EXPECT_EQ(status(host), 200) << host;
  std::string manifest = "hosts = [\"evil.example\"]\n";
  manifest += alice;
  ASSERT_TRUE(world.deployment->apply(world.parse(manifest)).has_value());
  EXPECT_EQ(status("evil.example"), 200);
  EXPECT_EQ(status("b.example"), 421);
}

/// A page of another origin may make a browser send what it likes, but not in our name.
TEST_F(Messages, ComeFromNoForeignPages) {
  open();
  EXPECT_EQ(ask("POST", to_alice, "get", "Origin: http://localhost\r\n").status, 200);
  for (const char* origin : {"http://b", "null", "http://localhost.b", "https://localhost:1"})
    EXPECT_EQ(ask("POST", to_alice, "add 1", "Origin: " + std::string(origin) + "\r\n").status, 403)
        << origin;
  EXPECT_EQ(ask("GET", "/v1/actors/alice", "", "Origin: http://b\r\n").status, 200);
}

TEST_F(Messages, WaitAsLongAsTheySay) {
  open();
  Peer peer = connect(
      "POST /v1/actors/alice/messages HTTP/1.1\r\nHost: localhost\r\n"
      "Cairn-Timeout-Ms: 1000\r\nContent-Length: 9\r\n\r\nask alice");
  run(peer);
  world.advance(2 * second);
  run(peer);
  const Reply reply = parse_reply(peer.got());
  // It asked itself, and went on with the refusal.
  EXPECT_EQ(reply.status, 200) << peer.got();
}

// ---- Routes -----------------------------------------------------------------------------------

TEST_F(Messages, GoByRoutes) {
  open(std::string(alice) + "\"/a/*\" = \"alice\"\n");
  const Reply reply = ask_json("POST", "/", R"("get")");
  EXPECT_EQ(reply.status, 200) << reply.body;
  const auto chain = world.deployment->store()->chain("alice");
  EXPECT_EQ(reply.at("/hash"), "\"" + to_hex(chain->head) + "\"");
  EXPECT_EQ(reply.at("/sequence"), std::to_string(chain->sequence));
  EXPECT_EQ(reply.at("/state"), "\"100\"");
  EXPECT_EQ(reply.at("/reply"), "null") << "the guest knows no quotes";
  EXPECT_EQ(ask("POST", "/", "1", "Content-Type: application/x-www-form-urlencoded\r\n").status,
            200);
  EXPECT_EQ(ask("POST", "/", "1").status, 200);
  for (const char* path : {"/a", "/a/", "/a/b/c"})
    EXPECT_EQ(ask_json("POST", path, "{}").status, 200) << path;
  for (const char* path : {"/ab", "/b", "/v1/none"})
    EXPECT_EQ(ask_json("POST", path, "{}").status, 404) << path;
  EXPECT_EQ(ask_json("POST", "/", "{").status, 400);
  EXPECT_EQ(ask_json("POST", "/", "").status, 400);
  EXPECT_EQ(ask_json("POST", "/", std::string(100'000, '[')).status, 400);
  EXPECT_EQ(ask("POST", "/", "{}", "Content-Type: image/png\r\n").status, 415);
  const Reply get = ask("GET", "/");
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.field("Allow"), "POST");
}

TEST_F(Messages, GoByRoutesOnceForEachKey) {
  open();
  constexpr const char* key = "Idempotency-Key: k\r\n";
  EXPECT_EQ(ask("POST", "/", "1", key).field("Cairn-Repeated"), "none");
  EXPECT_EQ(ask("POST", "/", "1", key).field("Cairn-Repeated"), "true");
}

TEST_F(Messages, LeaveNothingWhereThereIsNoChain) {
  open("durable = false\n" + std::string(alice));
  const Reply reply = ask("POST", to_alice, "add 5");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "105");
  EXPECT_EQ(reply.field("Cairn-Hash"), "none");
  EXPECT_EQ(ask("POST", to_alice, "bad").status, 422);
  const Reply routed = ask("POST", "/", "1");
  EXPECT_EQ(routed.status, 200);
  EXPECT_EQ(routed.at("/hash"), "null");
  for (const char* path : {"/v1/actors/alice/chain", "/v1/checkpoint", "/tile/0/000"})
    EXPECT_EQ(ask("GET", path).status, 501) << path;
  EXPECT_EQ(ask("POST", "/v1/checkpoint").status, 501);
}

// ---- Topics -----------------------------------------------------------------------------------

TEST_F(Messages, ArePublished) {
  open();
  EXPECT_EQ(ask("POST", to_alice, "subscribe a.*").status, 200);
  const Reply reply = ask("POST", "/v1/topics/a.b", "count");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.at("/subscribers"), "1");
  world.run();
  EXPECT_EQ(ask("POST", to_alice, "get").body, "101");
  EXPECT_EQ(ask("POST", "/v1/topics/b.b", "count").at("/subscribers"), "0");
  for (const char* bad : {"a..b", "a.*", "%3e", "a%20b"})
    EXPECT_EQ(ask("POST", "/v1/topics/" + std::string(bad), "count").status, 400) << bad;
  EXPECT_EQ(ask("POST", "/v1/topics/a.b", "count", "Idempotency-Key: 1\r\n").status, 400)
      << "would be handled twice all the same";
}

}  // namespace
}  // namespace cairn::platform::testing
