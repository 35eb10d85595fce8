// A component of `wasi:http` as an actor: requests are messages, responses replies, and all of it
// is in its chain.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <memory>

#include "actor_server.hpp"

namespace cairn::functional {
namespace {

class ServeHttpActor : public testing::Test {
 protected:
  void SetUp() override {
    if (teller_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  }
  static constexpr std::string_view grants =
      "grants = [\"wasi:cli\", \"wasi:clocks\", \"wasi:filesystem\", \"wasi:http\", "
      "\"wasi:random\"]\n";
  std::string manifest(const std::string& more = "") const {
    return "data = \"data\"\norigin = \"test.example\"\n[components.site]\npath = \"" +
           http_component() + "\"\n" + std::string(grants) +
           "limits = { fuel = 20_000_000, reply = \"1MiB\" }\n"
           "[actors.site]\ncomponent = \"site\"\n[routes]\n\"/*\" = \"site\"\n" +
           more;
  }
  Folder folder_;
};

TEST_F(ServeHttpActor, AnswersRequestsThatCanBeRunAgain) {
  folder_.write("cairn.toml", manifest());
  ActorServer server(folder_, {});
  const HttpReply echo = server.ask("PUT", "/echo", "hello", "Content-Type: text/x-mine\r\n");
  EXPECT_EQ(echo.status, 200) << echo.body;
  EXPECT_EQ(echo.body, "hello");
  EXPECT_EQ(echo.field("cairn-sequence"), "2") << "behind genesis and init";
  EXPECT_EQ(echo.field("cairn-hash").size(), 64u);
  // An instance for each request, as a server of HTTP has.
  EXPECT_EQ(server.get("/count").body, "1");
  EXPECT_EQ(server.get("/count").body, "1");
  EXPECT_EQ(server.get("/any/page?at=all").body, "hello");

  EXPECT_EQ(server.ask("PUT", "/echo", "x", "Origin: http://elsewhere.example\r\n").status, 403)
      << "a page of somebody else";

  // What goes wrong is a record, and the actor goes on.
  EXPECT_EQ(server.get("/trap").status, 500);
  EXPECT_EQ(server.get("/late-trap").status, 500);
  EXPECT_EQ(server.get("/silent").status, 500);
  EXPECT_EQ(server.get("/short").status, 500) << "a part of a body";
  EXPECT_EQ(server.get("/loop").status, 500) << "all its fuel is used up";
  EXPECT_EQ(server.get("/fetch/a:80").body, "failed") << "there is no network";

  // The same as a message by its name; and what is no request.
  const HttpReply message =
      server.ask("POST", "/v1/actors/site/messages", "GET /count HTTP/1.1\r\nHost: a\r\n\r\n",
                 "Content-Type: message/http\r\n");
  EXPECT_EQ(message.status, 200) << message.body;
  EXPECT_EQ(message.field("content-type"), "message/http");
  EXPECT_TRUE(message.body.starts_with("HTTP/1.1 200 ")) << message.body;
  EXPECT_TRUE(message.body.ends_with("\r\n\r\n1")) << message.body;
  const HttpReply nonsense = server.tell("site", "nonsense");
  EXPECT_EQ(nonsense.status, 422);
  EXPECT_NE(nonsense.body.find("bad-request"), std::string::npos) << nonsense.body;
  EXPECT_EQ(server.get("/livez").status, 200) << "paths of our own come first";
  server.stop();

  const Outcome verified = cairn(folder_, {"verify", "data", "--key", server.key(), "-o", "json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  const auto report = nlohmann::json::parse(verified.out);
  EXPECT_EQ(report["rejections"], 6);
  EXPECT_EQ(report["replayed"], 13) << "init, and each request";
  EXPECT_EQ(report["not_replayed"], 0);
}

/// Who runs it again has another limit, and the guest may not see which.
TEST_F(ServeHttpActor, IsNotToldThatItsResponseIsTooLarge) {
  folder_.write("cairn.toml", manifest());
  ActorServer server(folder_, {});
  const HttpReply must = server.get("/must");
  EXPECT_EQ(must.status, 500);
  EXPECT_NE(must.body.find("the body of the response is too large"), std::string::npos)
      << must.body;
  const HttpReply part = server.get("/must-part");
  EXPECT_EQ(part.status, 500);
  EXPECT_NE(part.body.find("the guest gave a part of a response"), std::string::npos) << part.body;
  server.stop();
  const Outcome verified = cairn(folder_, {"verify", "data", "--key", server.key()});
  EXPECT_EQ(verified.code, 0) << verified.err;
}

/// More than a peer may send: what it says is in the chain by then, and is no fault of the client.
TEST_F(ServeHttpActor, MayRespondWithManyFields) {
  folder_.write("cairn.toml", manifest());
  ActorServer server(folder_, {});
  const HttpReply many = server.get("/fields");
  EXPECT_EQ(many.status, 200) << many.body;
  EXPECT_EQ(std::ranges::count(many.fields, std::pair<std::string, std::string>("x-many", "y")),
            1200);
  EXPECT_EQ(many.field("cairn-sequence"), "2");
  server.stop();
  const Outcome verified = cairn(folder_, {"verify", "data", "--key", server.key()});
  EXPECT_EQ(verified.code, 0) << verified.err;
}

/// What it asks others is recorded: nobody has to be there when it is run again.
TEST_F(ServeHttpActor, AsksWhoItIsGranted) {
  auto endpoints = std::make_unique<HttpEndpoints>(nlohmann::json::parse(
      R"([{"method": "GET", "path": "/answer", "response": {"status": 203, "body": "42"}}])"));
  const std::string there = endpoints->address();
  std::string text = manifest();
  constexpr std::string_view last_grant = "\"wasi:random\"";
  text.insert(text.find(last_grant) + last_grant.size(), ", \"net:" + there + "\"");
  folder_.write("cairn.toml", text);
  ActorServer server(folder_, {});
  const HttpReply answer = server.get("/fetch/" + there);
  EXPECT_EQ(answer.status, 203) << answer.body;
  EXPECT_EQ(answer.body, "42");
  EXPECT_EQ(server.get("/fetch/127.0.0.2:80").body, "failed") << "not granted";
  endpoints.reset();
  EXPECT_EQ(server.get("/fetch/" + there).body, "failed") << "nobody is there";
  server.stop();
  const Outcome verified = cairn(folder_, {"verify", "data", "--key", server.key(), "-o", "json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  EXPECT_EQ(nlohmann::json::parse(verified.out)["replayed"], 4);
}

/// The clients of the official suite, which are services and look closely at what comes.
TEST(ServeHttpService, AsksAsTheOfficialSuiteDoes) {
  const std::string suite = CAIRN_TESTSUITES "/wasi/rust/wasm32-wasip3/";
  for (const std::string name :
       {"http-client", "http-client-chunked", "http-client-headers", "http-client-method",
        "http-client-path", "http-client-path-none", "http-client-send-errors", "http-client-sent",
        "http-client-status", "http-client-trailer-error", "http-client-trailers"}) {
    std::ifstream file(suite + name + ".json");
    const auto spec = nlohmann::json::parse(file);
    std::vector<std::unique_ptr<HttpEndpoints>> endpoints;
    std::string env;
    for (const auto& server : spec.value("servers", nlohmann::json::array())) {
      std::string address = "127.0.0.1:1";  // where nobody is
      if (server.value("kind", "") != "closed") {
        endpoints.push_back(
            std::make_unique<HttpEndpoints>(server.value("endpoints", nlohmann::json::array())));
        address = endpoints.back()->address();
      }
      std::string variable = server.at("name");
      std::ranges::transform(variable, variable.begin(),
                             [](unsigned char c) { return std::toupper(c); });
      env += (env.empty() ? "" : ", ") + ("HTTP_SERVER_" + variable) + " = \"" + address + "\"";
    }
    const Folder folder;
    folder.write("cairn.toml", "data = \"data\"\n[components.site]\npath = \"" + suite + name +
                                   ".wasm\"\ngrants = [\"wasi:cli\", \"wasi:clocks\", "
                                   "\"wasi:http\", \"net:*\"]\nenv = { " +
                                   env +
                                   " }\n[actors.site]\ncomponent = \"site\"\n[routes]\n"
                                   "\"/*\" = \"site\"\n");
    ActorServer server(folder, {});
    const HttpReply reply = server.get("/");
    EXPECT_EQ(reply.status, 200) << name << ": " << reply.body;
    endpoints.clear();
    server.stop();
    const Outcome verified = cairn(folder, {"verify", "data", "--key", server.key(), "-o", "json"});
    ASSERT_EQ(verified.code, 0) << name << ": " << verified.err;
    EXPECT_EQ(nlohmann::json::parse(verified.out)["replayed"], 2) << name;
  }
}

/// Of 0.3, from the official suite: its handler returns before its body is written.
TEST(ServeHttpService, AnswersRequestsThatCanBeRunAgain) {
  const Folder folder;
  folder.write("cairn.toml", "data = \"data\"\n[components.site]\npath = \"" CAIRN_TESTSUITES
                             "/wasi/rust/wasm32-wasip3/http-service-echo.wasm\"\n"
                             "grants = [\"wasi:cli\", \"wasi:http\"]\n"
                             "[actors.site]\ncomponent = \"site\"\n[routes]\n\"/*\" = \"site\"\n");
  ActorServer server(folder, {});
  const HttpReply echo = server.ask("POST", "/echo", "hello");
  EXPECT_EQ(echo.status, 200) << echo.body;
  EXPECT_EQ(echo.body, "hello");
  EXPECT_EQ(echo.field("content-type"), "application/octet-stream");
  EXPECT_EQ(echo.field("cairn-sequence"), "2");
  EXPECT_EQ(server.ask("GET", "/reflect-header", "", "x-echo: ping\r\n").field("x-echoed"), "ping");
  EXPECT_EQ(server.get("/other").status, 404);
  server.stop();
  const Outcome verified = cairn(folder, {"verify", "data", "--key", server.key(), "-o", "json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  EXPECT_EQ(nlohmann::json::parse(verified.out)["replayed"], 4);
}

/// Its state would be none that the other knows, nor the other way round.
TEST_F(ServeHttpActor, IsUpgradedToItsLikeOnly) {
  folder_.write("cairn.toml", manifest("[components.machine]\npath = \"" + machine_component() +
                                       "\"\n[components.other]\npath = \"" + http_component() +
                                       "\"\n" + std::string(grants)));
  ActorServer server(folder_, {});
  const auto upgrade = [&](std::string_view to) {
    return server.ask("POST", "/v1/actors/site/upgrade",
                      R"({"component": ")" + std::string(to) + R"("})",
                      "Content-Type: application/json\r\n");
  };
  const HttpReply refused = upgrade("machine");
  EXPECT_EQ(refused.status, 501) << refused.body;
  EXPECT_EQ(upgrade("other").status, 202);
  server.stop();
}

/// Whoever sends a request again, or forwards it, says other things of himself.
TEST_F(ServeHttpActor, KnowsARequestThatIsSentAgain) {
  folder_.write("cairn.toml", manifest());
  const auto ask = [](const ActorServer& server, std::string_view body, std::string_view agent) {
    return server.ask("PUT", "/echo", body,
                      "Idempotency-Key: one\r\nUser-Agent: " + std::string(agent) + "\r\n");
  };
  std::string sequence;
  {
    ActorServer server(folder_, {});
    sequence = ask(server, "hello", "a").field("cairn-sequence");
    const HttpReply again = ask(server, "hello", "b");
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.body, "hello");
    EXPECT_EQ(again.field("cairn-sequence"), sequence);
    EXPECT_EQ(again.field("cairn-repeated"), "true");
    EXPECT_EQ(ask(server, "other", "a").status, 409);
    EXPECT_EQ(server.ask("PUT", "/echo?x", "hello", "Idempotency-Key: one\r\n").status, 409);
    server.stop();
  }
  ActorServer server(folder_, {});
  const HttpReply later = ask(server, "hello", "c");
  EXPECT_EQ(later.status, 200) << later.body;
  EXPECT_EQ(later.field("cairn-sequence"), sequence);
  EXPECT_EQ(ask(server, "other", "a").status, 409);
  server.stop();
}

}  // namespace
}  // namespace cairn::functional
