// Actors, and what lasts of them, over HTTP.

#include <cerrno>
#include <functional>

#include "api/api_testing.hpp"

namespace cairn::platform::testing {
namespace {

using ActorsApi = Apis;
constexpr const char* to_alice = "/v1/actors/alice/messages";

TEST_F(ActorsApi, ListsWhoIsThere) {
  open();
  for (const char* name : {"carol", "bob"})
    ASSERT_EQ(ask_json("POST", "/v1/actors", json{{"name", name}, {"component", "machine"}}.dump())
                  .status,
              201);
  const Reply all = ask("GET", "/v1/actors");
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.at("/next"), "null");
  EXPECT_EQ(all.at("/actors/0/name"), "\"alice\"");
  EXPECT_EQ(all.at("/actors/0/component"), "\"machine\"");
  EXPECT_EQ(all.at("/actors/0/parent"), "\"bank\"");
  EXPECT_EQ(all.at("/actors/0/running"), "true");
  EXPECT_EQ(all.at("/actors/0/queued"), "0");
  EXPECT_EQ(all.at("/actors/0/restarts"), "0");
  EXPECT_EQ(all.at("/actors/0/chain/sequence"), "1");
  EXPECT_EQ(all.at("/actors/0/chain/state/bytes"), "3");
  EXPECT_EQ(all.at("/actors/0/chain/state/media_type"), "\"text/plain\"");
  const Reply page = ask("GET", "/v1/actors?limit=2");
  EXPECT_EQ(page.at("/next"), "\"bob\"");
  EXPECT_EQ(page.at("/actors/2"), "none");
  EXPECT_EQ(ask("GET", "/v1/actors?after=bob&limit=2").at("/actors/0/name"), "\"carol\"");
  EXPECT_EQ(ask("GET", "/v1/actors?after=b%6fb").at("/actors/0/name"), "\"carol\"");
  EXPECT_EQ(ask("GET", "/v1/actors/bob").at("/name"), "\"bob\"");
  EXPECT_EQ(ask("GET", "/v1/actors/none").status, 404);
  const Reply head = ask("HEAD", "/v1/actors/none");
  EXPECT_EQ(head.status, 404);
}

TEST_F(ActorsApi, RefusesNumbersThatAreNone) {
  open();
  for (const char* query : {"limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1.5",
                            "limit=99999999999999999999", "after=%", "limit"})
    EXPECT_EQ(ask("GET", "/v1/actors?" + std::string(query)).status, 400) << query;
  for (const char* path : {"chain?from=x", "chain?limit=0", "chain?limit=1001", "state?at=-1"})
    EXPECT_EQ(ask("GET", "/v1/actors/alice/" + std::string(path)).status, 400) << path;
}

/// What was mistyped, or said twice, means something else than what would be done.
TEST_F(ActorsApi, RefusesQueriesThatItDoesNotKnow) {
  open();
  for (const char* query : {"state?att=1", "state?at=1&at=2", "state?at=1&limit=2", "state?%61t=1",
                            "chain?at=1", "events?x", "state?prefer=1"}) {
    const Reply reply = ask("GET", "/v1/actors/alice/" + std::string(query));
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_NE(reply.body.find(" the query"), std::string::npos) << reply.body;
  }
  for (const char* query : {"state?", "state?&", "state?at=1&", "chain?limit=2&from=1"})
    EXPECT_EQ(ask("GET", "/v1/actors/alice/" + std::string(query)).status, 200) << query;
  EXPECT_EQ(ask("POST", std::string(to_alice) + "?x=1", "get").status, 400);
  EXPECT_EQ(ask("POST", "/?token=1", "\"get\"").status, 200) << "a route's are its own";
  EXPECT_EQ(ask("GET", "/livez?probe=1").status, 200);
}

TEST_F(ActorsApi, SpawnsAndStops) {
  open();
  const Reply made =
      ask_json("POST", "/v1/actors", R"({"name":"b ob","component":"machine","argument":7})");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.field("Location"), "/v1/actors/b%20ob");
  EXPECT_EQ(made.at("/name"), "\"b ob\"");
  world.run();
  EXPECT_EQ(ask("POST", "/v1/actors/b%20ob/messages", "get").body, "7");
  ASSERT_EQ(
      ask_json("POST", "/v1/actors", R"({"name":"bob","component":"machine","argument_text":"8"})")
          .status,
      201);
  world.run();
  EXPECT_EQ(ask("POST", "/v1/actors/bob/messages", "get").body, "8");
  const Reply stopped = ask("DELETE", "/v1/actors/bob");
  EXPECT_EQ(stopped.status, 202);
  EXPECT_EQ(stopped.at("/name"), "\"bob\"");
  world.run();
  EXPECT_NE(ask("POST", "/v1/actors/bob/messages", "get").status, 200);
  EXPECT_EQ(ask("DELETE", "/v1/actors/b%20ob?now=true").status, 202);
  EXPECT_EQ(ask("DELETE", "/v1/actors/alice?now=maybe").status, 400);
  EXPECT_EQ(ask("DELETE", "/v1/actors/none").status, 404);
  EXPECT_EQ(ask("POST", "/v1/actors/alice/restart").status, 202);
  world.run();
  EXPECT_EQ(ask("POST", to_alice, "get").body, "100");
  EXPECT_EQ(ask("POST", "/v1/actors/none/restart").status, 404);
}

TEST_F(ActorsApi, RefusesBodiesThatSayNothing) {
  open();
  const std::pair<const char*, const char*> bad[] = {
      {"/v1/actors", ""},
      {"/v1/actors", "{"},
      {"/v1/actors", "[]"},
      {"/v1/actors", "{}"},
      {"/v1/actors", R"({"name":"x"})"},
      {"/v1/actors", R"({"name":1,"component":"machine"})"},
      {"/v1/actors", R"({"name":"x","component":"machine","other":1})"},
      {"/v1/actors", R"({"name":"x","component":"machine","argument":1,"argument_text":""})"},
      {"/v1/actors", R"({"name":"x","component":"machine","argument_text":1})"},
      {"/v1/actors", R"({"name":"#1.1","component":"machine"})"},
      {"/v1/actors", R"({"name":"","component":"machine"})"},
      {"/v1/actors", R"({"name":"x","name":"y","component":"machine"})"},
      {"/v1/actors", R"({"name":"x","component":"machine","argument":{"a":1,"a":2}})"},
      {"/v1/actors", R"({"name":".","component":"machine"})"},
      {"/v1/actors", R"({"name":"..","component":"machine"})"},
      {"/v1/actors/alice/upgrade", "{}"},
      {"/v1/actors/alice/fork", R"({"at":-1,"name":"x"})"},
      {"/v1/actors/alice/fork", R"({"at":1})"},
      {"/v1/actors/alice/revert", R"({"at":"1"})"},
      {"/v1/actors/alice/revert", R"({"at":1.5})"},
  };
  for (const auto& [path, body] : bad) {
    const Reply reply = ask_json("POST", path, body);
    EXPECT_EQ(reply.status, 400) << path << body << reply.body;
  }
  EXPECT_EQ(ask_json("POST", "/v1/actors",
                     R"({"name":"x","component":"machine","argument":)" + std::string(100'000, '['))
                .status,
            400);
  EXPECT_EQ(
      ask_json("POST", "/v1/actors/alice/revert", std::string_view("{\"at\":1}\0x", 10)).status,
      400);
  EXPECT_EQ(ask("POST", "/v1/actors", "{}", "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(ask_json("POST", "/v1/actors", R"({"name":"alice","component":"machine"})").status,
            409);
  EXPECT_EQ(ask_json("POST", "/v1/actors", R"({"name":"x","component":"none"})").status, 404);
}

TEST_F(ActorsApi, TravelsInTime) {
  open();
  const std::string first = ask("POST", to_alice, "add 5").field("Cairn-Sequence");
  ask("POST", to_alice, "add 6");
  const Reply now = ask("GET", "/v1/actors/alice/state");
  EXPECT_EQ(now.status, 200);
  EXPECT_EQ(now.body, "111");
  EXPECT_EQ(now.field("Content-Type"), "text/plain");
  const Reply then = ask("GET", "/v1/actors/alice/state?at=" + first);
  EXPECT_EQ(then.body, "105");
  EXPECT_EQ(then.field("Cairn-Sequence"), first);
  EXPECT_EQ(then.field("Cairn-Hash"),
            to_hex(world.deployment->store()->record("alice", std::stoul(first))->hash));
  EXPECT_EQ(ask("GET", "/v1/actors/alice/state?at=1000").status, 404);
  const Reply genesis = ask("GET", "/v1/actors/alice/state?at=0");
  EXPECT_EQ(genesis.status, 404);
  EXPECT_NE(genesis.body.find("record 0 of 'alice' has no state"), std::string::npos);
  EXPECT_EQ(ask("GET", "/v1/actors/none/state").status, 404);

  const Reply forked =
      ask_json("POST", "/v1/actors/alice/fork", R"({"at":)" + first + R"(,"name":"other"})");
  EXPECT_EQ(forked.status, 201) << forked.body;
  EXPECT_EQ(forked.field("Location"), "/v1/actors/other");
  world.run();
  EXPECT_EQ(ask("GET", "/v1/actors/other/state").body, "105");
  EXPECT_EQ(ask_json("POST", "/v1/actors/alice/revert", R"({"at":)" + first + "}").status, 202);
  world.run();
  EXPECT_EQ(ask("POST", to_alice, "get").body, "105");
  EXPECT_EQ(ask_json("POST", "/v1/actors/none/revert", R"({"at":1})").status, 404);
  EXPECT_EQ(ask_json("POST", "/v1/actors/none/fork", R"({"at":1,"name":"y"})").status, 404);
}

TEST_F(ActorsApi, ShowsTheChain) {
  open();
  ask("POST", to_alice, "add 5");
  ask("POST", to_alice, "bad");
  ask_json("POST", to_alice, "{\"a\": [1]}");
  ask("POST", to_alice, "\xff");
  const Reply all = ask("GET", "/v1/actors/alice/chain");
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.at("/next"), "null");
  EXPECT_EQ(all.at("/records/0/kind"), "\"genesis\"");
  EXPECT_EQ(all.at("/records/0/name"), "\"alice\"");
  EXPECT_EQ(all.at("/records/0/limits/fuel"), "50000000");
  EXPECT_EQ(all.at("/records/1/kind"), "\"init\"");
  const std::string added = "/records/2";
  EXPECT_EQ(all.at(added + "/sequence"), "2");
  EXPECT_EQ(all.at(added + "/kind"), "\"message\"");
  EXPECT_EQ(all.at(added + "/input/text"), "\"add 5\"");
  EXPECT_EQ(all.at(added + "/reply/text"), "\"105\"");
  EXPECT_EQ(all.at(added + "/new_state/bytes"), "3");
  EXPECT_EQ(all.at(added + "/parent"), all.at("/records/1/hash"));
  EXPECT_TRUE(all.at(added + "/at").starts_with("\"2023-11-14T")) << all.at(added + "/at");
  EXPECT_EQ(all.at("/records/3/rejection"), "\"error\"");
  EXPECT_NE(all.at("/records/3/reason").find("it was asked for"), std::string::npos);
  EXPECT_EQ(all.at("/records/4/input/json"), R"({"a":[1]})");
  EXPECT_EQ(all.at("/records/5/input/base64"), "\"/w==\"");
  const Reply page = ask("GET", "/v1/actors/alice/chain?from=1&limit=2");
  EXPECT_EQ(page.at("/records/0/sequence"), "1");
  EXPECT_EQ(page.at("/records/1/sequence"), "2");
  EXPECT_EQ(page.at("/records/2"), "none");
  EXPECT_EQ(page.at("/next"), "3");
  const Reply behind = ask("GET", "/v1/actors/alice/chain?from=18446744073709551615");
  EXPECT_EQ(behind.at("/records"), "[]");
  EXPECT_EQ(behind.at("/next"), "null");
  EXPECT_EQ(ask("GET", "/v1/actors/none/chain").status, 404);
}

/// Whoever runs the server hears of it, and nobody else where the log is.
TEST_F(ActorsApi, DamageIsNoFaultOfAClient) {
  open();
  EXPECT_EQ(ask("POST", to_alice, "add 1").status, 200);
  world.disk.change(world.folder / "/cairn-data/log/000000000000.log", [](Bytes& bytes) {
    const size_t at = as_text(bytes).find("add 1");
    ASSERT_NE(at, std::string_view::npos);
    bytes[at] ^= 1;
  });
  const Reply reply = ask("GET", "/v1/actors/alice/chain");
  EXPECT_EQ(reply.status, 500) << reply.body;
  EXPECT_EQ(reply.at("/type"), "\"/problems/internal-error\"");
  EXPECT_FALSE(reply.body.contains("cairn-data")) << reply.body;
  EXPECT_EQ(world.logged("reading the log for a client: "), 1);
}

TEST_F(ActorsApi, AnswersOnceItIsSo) {
  open();
  const Reply good = ask_json("POST", "/v1/actors", R"({"name":"bob","component":"machine"})");
  EXPECT_EQ(good.status, 201);
  EXPECT_EQ(good.at("/running"), "true") << good.body;
  const Reply bad =
      ask_json("POST", "/v1/actors", R"({"name":"bad","component":"machine","argument":-5})");
  EXPECT_EQ(bad.status, 422) << bad.body;
  EXPECT_EQ(bad.at("/type"), "\"/problems/not-started\"");
  EXPECT_EQ(ask("POST", "/v1/actors/bad/messages", "get").status, 404);
  const Reply forked = ask_json("POST", "/v1/actors/alice/fork", R"({"at":1,"name":"twin"})");
  EXPECT_EQ(forked.status, 201) << forked.body;
  world.disk.set_fault([](uint64_t, const std::string&) { return EIO; });
  EXPECT_EQ(ask_json("POST", "/v1/actors/alice/fork", R"({"at":1,"name":"none"})").status, 503);
}

TEST_F(ActorsApi, ChangesActorsWhereItHoldsNobodyUp) {
  std::vector<std::function<void()>> tasks;
  ApiSettings settings;
  settings.changes = [&](std::function<void()> task) { tasks.push_back(std::move(task)); };
  open(alice, settings);
  const std::pair<std::string, std::string> changes[] = {
      {"POST /v1/actors", R"({"name":"bob","component":"machine"})"},
      {"POST /v1/actors/alice/restart", ""},
      {"POST /v1/actors/alice/upgrade", R"({"component":"machine"})"},
      {"POST /v1/actors/alice/fork", R"({"at":1,"name":"carol"})"},
      {"POST /v1/actors/alice/revert", R"({"at":1})"},
      {"DELETE /v1/actors/alice", ""}};
  for (const auto& [what, body] : changes) {
    Peer peer = connect(what + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body);
    run(peer);
    EXPECT_EQ(peer.got(), "") << what;
    ASSERT_EQ(tasks.size(), 1u) << what;
    tasks[0]();
    tasks.clear();
    run(peer);
    EXPECT_EQ(parse_reply(peer.got()).status / 100, 2) << what << peer.got();
  }
}

// ---- The tree ---------------------------------------------------------------------------------

TEST_F(ActorsApi, ServesTheTree) {
  open();
  ask("POST", to_alice, "add 1");
  const Reply made = ask("POST", "/v1/checkpoint");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.body, world.deployment->store()->checkpoint());
  EXPECT_EQ(made.field("Content-Type"), "text/plain; charset=utf-8");
  for (const char* path : {"/checkpoint", "/v1/checkpoint"})
    EXPECT_EQ(ask("GET", path).body, made.body);
  const uint64_t size = world.deployment->store()->size();
  const std::string width = ".p/" + std::to_string(size);
  for (const std::string prefix : {"/tile/", "/v1/tile/"}) {
    const Reply hashes = ask("GET", prefix + "0/000" + width);
    EXPECT_EQ(hashes.status, 200);
    EXPECT_EQ(hashes.body.size(), 32 * size);
    EXPECT_NE(hashes.field("Cache-Control").find("immutable"), std::string::npos);
    const auto entries = ask("GET", prefix + "entries/000" + width).body;
    const auto records = chain::entries_of(as_bytes(entries));
    ASSERT_TRUE(records);
    EXPECT_EQ(records->size(), size);
    EXPECT_EQ(ask("GET", prefix + "0/001").status, 404);
    for (const char* bad : {"", "x", "0/0", "0/000.p/0", "../key", "0/%2e%2e"})
      EXPECT_EQ(ask("GET", prefix + bad).status, 400) << bad;
  }
  EXPECT_EQ(ask("POST", "/v1/checkpoint/cosignatures", "x").status, 400);
  EXPECT_EQ(ask("POST", "/v1/checkpoint/cosignatures", made.body).status, 403)
      << "there are no witnesses";
}

TEST_F(ActorsApi, ServesTheLastCosignedCheckpointBesideTheNewest) {
  const crypto::Ed25519Key witness({7});
  const chain::Verifier known = {"witness", chain::SignatureType::cosignature,
                                 witness.public_key()};
  open("witnesses = ['" + known.to_string() + "']\n" + std::string(alice));
  constexpr const char* path = "/v1/checkpoint/cosigned";
  const std::string made = ask("POST", "/v1/checkpoint").body;
  EXPECT_EQ(ask("GET", path).status, 404);
  chain::Note note = *chain::Note::parse(made);
  ASSERT_TRUE(note.cosign("witness", witness, 7).has_value());
  EXPECT_EQ(ask("POST", "/v1/checkpoint/cosignatures", note.to_string()).status, 202);
  ask("POST", to_alice, "add 1");
  EXPECT_NE(ask("POST", "/v1/checkpoint").body, made);
  const Reply cosigned = ask("GET", path);
  EXPECT_EQ(cosigned.status, 200);
  EXPECT_EQ(cosigned.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(cosigned.body, note.to_string());
}

TEST_F(ActorsApi, ServesTheLargestCheckpointThatSoManyHaveCosigned) {
  const std::vector<crypto::Ed25519Key> keys = {crypto::Ed25519Key({7}), crypto::Ed25519Key({8})};
  const auto known = [&](size_t at) {
    return chain::Verifier{at == 0 ? "one" : "two", chain::SignatureType::cosignature,
                           keys[at].public_key()};
  };
  open("witnesses = ['" + known(0).to_string() + "', '" + known(1).to_string() + "']\n" +
       std::string(alice));
  const auto cosigned_by = [&](std::initializer_list<size_t> witnesses) {
    chain::Note note = *chain::Note::parse(ask("POST", "/v1/checkpoint").body);
    for (const size_t at : witnesses)
      EXPECT_TRUE(note.cosign(known(at).name, keys[at], 7).has_value());
    EXPECT_EQ(ask("POST", "/v1/checkpoint/cosignatures", note.to_string()).status, 202);
    ask("POST", to_alice, "add 1");
    return note.to_string();
  };
  const std::string by_both = cosigned_by({0, 1});
  const std::string by_one = cosigned_by({1});
  const std::string path = "/v1/checkpoint/cosigned";
  EXPECT_EQ(ask("GET", path).body, by_one);
  EXPECT_EQ(ask("GET", path + "?quorum=1").body, by_one);
  EXPECT_EQ(ask("GET", path + "?quorum=2").body, by_both);
  EXPECT_EQ(ask("GET", path + "?quorum=3").status, 404);
  EXPECT_EQ(ask("GET", path + "?quorum=63").status, 404);
  for (const char* const bad : {"0", "64", "-1", "", "x"})
    EXPECT_EQ(ask("GET", path + "?quorum=" + bad).status, 400) << bad;
}

TEST_F(ActorsApi, SaysThatTheLogIsGoneRatherThanWhatIsAsked) {
  open();
  ask("POST", to_alice, "add 1");
  const std::string folder = world.folder / "/cairn-data/log";
  for (const std::string& name : *world.disk.list_directory(folder))
    ASSERT_TRUE(world.disk.remove_file(folder + "/" + name).has_value());
  EXPECT_EQ(ask("POST", to_alice, "add 1").status, 500);
  const Reply forked = ask_json("POST", "/v1/actors/alice/fork", R"({"at":1,"name":"bob"})");
  EXPECT_EQ(forked.status, 503) << forked.body;
  const Reply made = ask("POST", "/v1/checkpoint");
  EXPECT_EQ(made.status, 503) << made.body;
  EXPECT_NE(made.body.find("was removed"), std::string::npos) << made.body;
}

// ---- The process ------------------------------------------------------------------------------

TEST_F(ActorsApi, TellsHowItIs) {
  ApiSettings settings;
  settings.resident_bytes = [] { return uint64_t{4096}; };
  open(alice, settings);
  ask("POST", to_alice, "add 1");
  ask("POST", to_alice, "bad");
  EXPECT_EQ(ask("GET", "/livez").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  const Reply metrics = ask("GET", "/metrics");
  EXPECT_EQ(metrics.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"cairn_http_requests_total{operation=\"sendMessage\",status=\"200\"} 1\n",
        "cairn_http_requests_total{operation=\"sendMessage\",status=\"422\"} 1\n",
        "cairn_http_request_duration_seconds_bucket{operation=\"sendMessage\",le=\"+Inf\"} 2\n",
        "cairn_http_request_duration_seconds_count{operation=\"sendMessage\"} 2\n",
        "# TYPE cairn_actors_live gauge\ncairn_actors_live 3\n", "cairn_chain_records 4\n",
        "cairn_dead_letters_total{reason=", "process_resident_memory_bytes 4096\n"})
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line << metrics.body;
  EXPECT_EQ(ask("GET", "/openapi.json").body, Api::openapi());
  const Reply none = ask("GET", "/none");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(none.at("/type"), "\"/problems/no-such-path\"");
  const Reply method = ask("DELETE", "/metrics");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.field("Allow"), "GET, HEAD");
  Peer malformed = connect("GET / HTTP/1.1\r\n\r\n");
  run(malformed);
  EXPECT_EQ(parse_reply(malformed.got()).field("Content-Type"), "application/problem+json");
}

TEST_F(ActorsApi, SaysThatItEnds) {
  open();
  api->drain();
  const Reply ready = ask("GET", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.at("/type"), "\"/problems/draining\"");
  EXPECT_EQ(ask("GET", "/livez").status, 200);
  EXPECT_EQ(ask("GET", "/v1/actors/alice/state").body, "100");
  const std::pair<const char*, const char*> changes[] = {{"POST", to_alice},
                                                         {"POST", "/v1/topics/a.b"},
                                                         {"POST", "/v1/actors"},
                                                         {"DELETE", "/v1/actors/alice"},
                                                         {"POST", "/"}};
  for (const auto& [method, path] : changes) {
    const Reply reply = ask(method, path, "{}");
    EXPECT_EQ(reply.status, 503) << path;
    EXPECT_EQ(reply.at("/type"), "\"/problems/draining\"") << path;
  }
}

TEST_F(ActorsApi, IsNotReadyWhenNothingCanBeWritten) {
  open();
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  world.disk.set_fault([](uint64_t, const std::string&) { return EIO; });
  EXPECT_EQ(ask("POST", to_alice, "add 1").status, 500);
  world.disk.set_fault(nullptr);
  const Reply ready = ask("GET", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.at("/detail").find("the log cannot be written"), std::string::npos);
}

TEST_F(ActorsApi, DescribesWhatTheServerItselfAnswers) {
  const json document = json::parse(Api::openapi());
  for (const auto& [path, operations] : document["paths"].items())
    for (const auto& [method, operation] : operations.items())
      for (const char* status : {"400", "408", "414", "421", "431", "503", "default"})
        EXPECT_TRUE(operation["responses"].contains(status)) << method << path << status;
  EXPECT_TRUE(document["paths"]["/v1/events"]["get"]["responses"].contains("426"));
  EXPECT_TRUE(document["paths"]["/v1/topics/{topic}"]["post"]["responses"].contains("413"));
}

}  // namespace
}  // namespace cairn::platform::testing
