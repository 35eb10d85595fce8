#pragma once
/// The API of a deployment of the guest `machine`, behind a simulated network.

#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/platform/api.hpp>
#include <cairn/wasi/http_server.hpp>
#include <cairn/wasi/simulated_network.hpp>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "api/call.hpp"
#include "api/schema_testing.hpp"
#include "deployment_testing.hpp"

namespace cairn::platform::testing {

using nlohmann::json;

struct Reply {
  int status = 0;
  std::map<std::string, std::string> fields = {};
  std::string body = {};

  /// A member of a body that is an object, as JSON.
  std::string at(const std::string& pointer) const {
    const json document = json::parse(body, nullptr, false);
    const json::json_pointer where(pointer);
    return document.is_discarded()    ? "no JSON: " + body
           : document.contains(where) ? document[where].dump()
                                      : "none";
  }
  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "none" : found->second;
  }
};

/// A client's side of a connection.
class Peer {
 public:
  Peer(std::shared_ptr<wasi::Socket> socket, std::string text)
      : socket_(std::move(socket)), text_(std::move(text)) {}
  /// True: something came or went.
  bool pump() {
    bool moved = false;
    const iovec out{text_.data(), text_.size()};
    if (!text_.empty())
      if (const auto put = socket_->stream()->write({&out, 1})) {
        moved = *put > 0;
        text_.erase(0, *put);
      }
    std::array<char, 4096> bytes;
    const iovec in{bytes.data(), bytes.size()};
    const auto got = socket_->stream()->read({&in, 1});
    if (got && *got > 0) got_.append(bytes.data(), *got);
    return moved || (got && *got > 0);
  }
  const std::string& got() const { return got_; }
  void send(std::string_view text) { text_ += text; }

 private:
  std::shared_ptr<wasi::Socket> socket_;
  std::string text_, got_;
};

/// With its body, if that is whole.
inline Reply parse_reply(std::string_view text) {
  Reply reply;
  const size_t end = text.find("\r\n\r\n");
  if (end == text.npos) return reply;
  std::string_view head = text.substr(0, end + 2);
  std::from_chars(head.data() + 9, head.data() + 12, reply.status);
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const size_t colon = line.find(": ");
    reply.fields.emplace(line.substr(0, colon), line.substr(colon + 2));
  }
  reply.body = text.substr(end + 4);
  return reply;
}

class Apis : public Deployments {
 protected:
  void open(std::string_view toml = alice, ApiSettings settings = {}) {
    world.open(toml);
    api.emplace(*world.deployment, world.clock, std::move(settings));
    wasi::HttpServerConfig config;
    config.loop = &loop;
    config.handler = &*api;
    server = wasi::HttpServer::make(std::move(config)).value();
  }
  void TearDown() override {
    server.reset();
    api.reset();
  }

  Peer connect(std::string text) {
    const auto [ours, theirs] = network.pair();
    server->serve(theirs);
    return Peer(ours, std::move(text));
  }
  /// Until nothing moves.
  void run(Peer& peer) {
    for (int still = 0; still < 3; ++still) {
      while (loop.poll().value()) still = 0;
      world.run();
      if (peer.pump()) still = 0;
    }
  }
  Reply ask(const std::string& method, const std::string& path, std::string_view body = {},
            std::string_view fields = {}) {
    Peer peer =
        connect(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    run(peer);
    Reply reply = parse_reply(peer.got());
    if (method == "HEAD")
      EXPECT_EQ(reply.body, "");
    else
      EXPECT_EQ(reply.field("Content-Length"), std::to_string(reply.body.size())) << peer.got();
    check_described(method, path, reply);
    return reply;
  }
  /// With a body that says that it is JSON.
  Reply ask_json(const std::string& method, const std::string& path, std::string_view body) {
    return ask(method, path, body, "Content-Type: application/json\r\n");
  }

  /// /openapi.json knows of such an answer, and what is in it.
  static void check_described(const std::string& method, const std::string& path,
                              const Reply& reply) {
    static const json document = json::parse(Api::openapi());
    const bool is_problem = reply.status >= 400;
    EXPECT_EQ(reply.field("Content-Type") == "application/problem+json", is_problem) << path;
    if (is_problem && method != "HEAD") {
      EXPECT_EQ(reply.at("/status"), std::to_string(reply.status));
      EXPECT_TRUE(reply.at("/type").starts_with("\"/problems/")) << reply.body;
      EXPECT_NE(reply.at("/title"), "none");
      EXPECT_NE(reply.at("/detail"), "none");
    }
    const Match found = match(method, path.substr(0, path.find('?')));
    if (!found.operation) return;
    std::string word(found.operation->method);
    for (char& c : word) c = static_cast<char>(c | 0x20);
    const json& answers =
        document["paths"][std::string(found.operation->pattern)][word]["responses"];
    const std::string status = std::to_string(reply.status);
    ASSERT_TRUE(answers.contains(status)) << method << " " << path << " " << status << reply.body;
    if (method != "HEAD") check_body(document, answers[status], reply, method + " " + path);
  }

  /// A body is of a type, and by a schema, of that answer.
  static void check_body(const json& document, const json& answer, const Reply& reply,
                         const std::string& what) {
    const json& described =
        answer.contains("$ref")
            ? document.at(json::json_pointer(answer["$ref"].get<std::string>().substr(1)))
            : answer;
    if (!described.contains("content")) {
      EXPECT_EQ(reply.body, "") << what;
      return;
    }
    const json& content = described["content"];
    const std::string field = reply.field("Content-Type");
    const std::string type = field.substr(0, field.find(';'));
    if (content.contains("*/*")) return;
    ASSERT_TRUE(content.contains(type)) << what << " is " << type << ", not " << content.dump();
    if (!type.ends_with("json")) return;
    const json body = json::parse(reply.body, nullptr, false);
    EXPECT_EQ(SchemaCheck(document).mistake(content[type]["schema"], body), "")
        << what << " " << reply.body;
  }

  SimulatedEventLoop loop{world.clock};
  wasi::SimulatedNetwork network{loop, 1};
  std::optional<Api> api;
  std::unique_ptr<wasi::HttpServer> server;
};

}  // namespace cairn::platform::testing
