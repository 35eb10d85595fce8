// Requests that the program answers itself, in a world that is simulated as a whole.

#include <thread>

#include "components/http/test_server.hpp"
#include "components/http/websocket.hpp"

namespace cairn::wasi {
namespace {

using Responder = std::shared_ptr<HttpResponder>;

std::string get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string post(std::string_view body, std::string_view fields = "") {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
std::string websocket(std::string_view fields = "Sec-WebSocket-Version: 13\r\n") {
  return get("/w",
             "Connection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                 std::string(fields));
}
/// A frame of a client, whose mask is all zeros.
std::string frame(WebSocketKind kind, std::string_view payload) {
  std::string bytes = websocket_frame(kind, payload);
  bytes[1] = static_cast<char>(bytes[1] | 0x80);
  return bytes.insert(2, 4, '\0');
}
size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void echo(const HttpRequest& request, const Responder& responder) {
  const std::string* const name = request.field("x-name");
  responder->respond(
      {.fields = {{"X-Name", name ? *name : "-"}, {"X-Query", request.query}},
       .body = request.method + request.path + ":" + std::string(as_text(request.body))});
}

class NativeHandler : public testing::TestWithParam<Speaks> {};

TEST_P(NativeHandler, AnswersHoweverBytesArrive) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    ServedHandler served(GetParam(), seed, echo);
    const std::string large(100'000, 'x');
    Client client(served, get("/a%20b?c=d", "X-NAME: me\r\n") + post("one") + post(large) +
                              "POST /q HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3\r\ntwo\r\n0\r\n\r\n" +
                              get("/last", "Connection: close\r\n"));
    served.run();
    const std::string& got = client.got();
    EXPECT_EQ(count(got, "HTTP/1.1 200 OK\r\n"), 5u) << seed;
    EXPECT_NE(got.find("X-Name: me\r\nX-Query: c=d\r\n"), std::string::npos) << got;
    EXPECT_NE(got.find("GET/a%20b:"), std::string::npos) << got;
    EXPECT_NE(got.find("POST/p:one"), std::string::npos);
    EXPECT_NE(got.find("POST/p:" + large + "HTTP"), std::string::npos);
    EXPECT_NE(got.find("POST/q:two"), std::string::npos);
    EXPECT_TRUE(got.ends_with("GET/last:")) << seed;
    EXPECT_TRUE(client.ended()) << seed;
    served.server->shut_down();
    EXPECT_TRUE(served.server->has_ended()) << seed;
  }
}

TEST_P(NativeHandler, TakesAnswersFromOtherThreads) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    std::vector<Responder> waiting;
    ServedHandler served(GetParam(), seed, [&](const HttpRequest&, Responder responder) {
      waiting.push_back(std::move(responder));
    });
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 8; ++i)
      clients.push_back(std::make_unique<Client>(served, get("/", "Connection: close\r\n")));
    served.run();
    ASSERT_EQ(waiting.size(), 8u);
    std::thread([&] {
      for (size_t i = 0; i < waiting.size(); ++i) {
        waiting[i]->respond({.body = "answer"});
        waiting[i]->respond({.body = "second"});
      }
      waiting.clear();
    }).join();
    served.run();
    for (const auto& client : clients) EXPECT_TRUE(client->got().ends_with("answer"));
  }
}

TEST_P(NativeHandler, BoundsBodies) {
  for (const bool chunked : {false, true}) {
    const auto request = [&](std::string_view body) {
      if (!chunked) return post(body, "Expect: 100-continue\r\n");
      return "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\n" +
             std::string(body.substr(0, 10)) + "\r\n" +
             (body.size() > 10 ? "1\r\nx\r\n0\r\n\r\n" : "0\r\n\r\n");
    };
    ServedHandler served(GetParam(), 1, echo);
    served.body_max = 10;
    Client fits(served, request("0123456789")), large(served, request("0123456789x"));
    served.run();
    EXPECT_NE(fits.got().find(" 200 "), std::string::npos) << fits.got();
    EXPECT_TRUE(fits.got().ends_with("0123456789")) << fits.got();
    EXPECT_TRUE(large.got().starts_with("HTTP/1.1 413 "))
        << "and is not told to go on " << large.got();
    EXPECT_TRUE(large.ended());
  }
}

TEST_P(NativeHandler, BoundsAllBodiesTogether) {
  std::vector<Responder> waiting;
  ServedHandler served(
      GetParam(), 1, [&](const HttpRequest&, const Responder& to) { waiting.push_back(to); }, {},
      std::make_shared<HttpBodyBudget>(25, 25));
  Client first(served, post("0123456789")), second(served, post("0123456789"));
  served.run();
  ASSERT_EQ(waiting.size(), 2u);
  Client third(served, post("0123456789"));
  served.run();
  EXPECT_TRUE(third.got().starts_with("HTTP/1.1 503 ")) << third.got();
  for (const Responder& to : std::exchange(waiting, {})) to->respond({});
  served.run();
  EXPECT_TRUE(first.got().starts_with("HTTP/1.1 200 ")) << first.got();
  Client fourth(served, post("0123456789"));
  served.run();
  EXPECT_EQ(waiting.size(), 1u) << fourth.got();
}

/// Who does not get on with his leaves something for the others.
TEST_P(NativeHandler, SharesWhatBodiesMayHave) {
  std::vector<Responder> waiting;
  ServedHandler served(
      GetParam(), 1, [&](const HttpRequest&, const Responder& to) { waiting.push_back(to); }, {},
      std::make_shared<HttpBodyBudget>(40, 20));
  const auto post_to = [](std::string_view path) {
    std::string request = post("0123456789", "");
    return request.replace(request.find("/p"), 2, path);
  };
  Client first(served, post_to("/a")), second(served, post_to("/a")), third(served, post_to("/a"));
  Client other(served, post_to("/b"));
  served.run();
  EXPECT_EQ(waiting.size(), 3u);
  EXPECT_TRUE(third.got().starts_with("HTTP/1.1 503 ")) << third.got();
  for (const Responder& to : std::exchange(waiting, {})) to->respond({});
  served.run();
  EXPECT_TRUE(other.got().starts_with("HTTP/1.1 200 ")) << other.got();
  Client again(served, post_to("/a"));
  served.run();
  EXPECT_EQ(waiting.size(), 1u) << again.got();
}

TEST_P(NativeHandler, AnswersForHandlersThatForget) {
  ServedHandler served(GetParam(), 1, [](const HttpRequest&, const Responder&) {});
  Client client(served, get("/"));
  served.run();
  EXPECT_TRUE(client.got().starts_with("HTTP/1.1 500 ")) << client.got();
}

TEST_P(NativeHandler, EndsWhatTakesTooLong) {
  HttpServerLimits limits;
  limits.request_timeout_ns = 5'000'000'000;
  std::vector<Responder> waiting;
  ServedHandler served(
      GetParam(), 1,
      [&](const HttpRequest&, Responder responder) { waiting.push_back(std::move(responder)); },
      limits);
  Client late(served, get("/"));
  Client slow(served, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  served.run(8'000'000'000);
  EXPECT_TRUE(late.got().starts_with("HTTP/1.1 504 ")) << late.got();
  EXPECT_TRUE(slow.got().starts_with("HTTP/1.1 408 ")) << slow.got();
  ASSERT_EQ(waiting.size(), 1u);
  waiting[0]->respond({.body = "too late"});
  served.run();
  EXPECT_EQ(late.got().find("too late"), std::string::npos);
  served.server->shut_down();
  served.run(60'000'000'000);
  EXPECT_TRUE(served.server->has_ended());
}

TEST_P(NativeHandler, EndsBodiesThatComeTooSlowly) {
  HttpServerLimits limits;
  limits.body_timeout_ns = 5'000'000'000;
  limits.body_bytes_per_s_min = 2;
  ServedHandler served(GetParam(), 1, echo, limits);
  const std::string head = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  Client slow(served, head + "90\r\n\r\n"), steady(served, head + "90\r\n\r\n");
  // What follows on the connection begins anew.
  Client second(served, post("one") + head + "3\r\n\r\n");
  for (int i = 0; i < 30; ++i) {
    served.run();
    if (i % 2 == 0) slow.send_more("x");
    steady.send_more("xxx");
    if (i == 3) second.send_more("two");
  }
  served.run();
  EXPECT_TRUE(slow.got().starts_with("HTTP/1.1 408 ")) << slow.got();
  EXPECT_TRUE(slow.got().ends_with("the body did not come in time\n")) << slow.got();
  EXPECT_TRUE(slow.ended());
  EXPECT_TRUE(steady.got().ends_with("POST/p:" + std::string(90, 'x'))) << steady.got();
  EXPECT_EQ(count(second.got(), " 200 "), 2u) << second.got();
}

TEST_P(NativeHandler, SaysWhatIsWrongWithABody) {
  ServedHandler served(GetParam(), 1, echo);
  served.body_max = 10;
  const std::string chunked = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  Client bad(served, chunked + "zz\r\n"), large(served, chunked + "b\r\n01234567890\r\n0\r\n\r\n");
  served.run();
  EXPECT_TRUE(bad.got().starts_with("HTTP/1.1 400 ")) << bad.got();
  EXPECT_NE(bad.got().find("the body is malformed: expected chunks"), bad.got().npos) << bad.got();
  EXPECT_TRUE(large.got().starts_with("HTTP/1.1 413 ")) << large.got();
  EXPECT_NE(large.got().find("larger than allowed"), large.got().npos) << large.got();
}

TEST_P(NativeHandler, SurvivesClientsThatLeaveAndServersThatEnd) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    std::vector<Responder> waiting;
    {
      ServedHandler served(GetParam(), seed, [&](const HttpRequest&, Responder responder) {
        waiting.push_back(std::move(responder));
      });
      SeededRandom random(seed);
      {
        Client gone(served, post(std::string(5000, 'x')));
        for (uint64_t left = random.next_u64() % 60; left > 0; --left)
          std::ignore = served.loop.run_one();
      }
      Client stays(served, get("/"));
      served.run();
      ASSERT_FALSE(waiting.empty()) << seed;
      if (waiting.size() > 1) waiting[0]->respond({.body = "nobody hears it"});
      served.run();
    }
    for (const Responder& responder : waiting) responder->respond({.body = "there is no server"});
  }
}

TEST_P(NativeHandler, SendsLargeBodiesToSlowClients) {
  const std::string body(300'000, 'x');
  ServedHandler served(GetParam(), 1, [&](const HttpRequest&, const Responder& responder) {
    responder->respond({.body = body});
  });
  Client client(served, get("/", "Connection: close\r\n"));
  for (size_t to = 10'000; to < 320'000; to += 10'000) {
    client.read_only(to);
    served.run(100'000'000);
  }
  EXPECT_TRUE(client.got().ends_with("\r\n\r\n" + body));
  EXPECT_TRUE(client.ended());
}

/// Streams that are open, and what became of them.
struct Streaming {
  std::vector<std::shared_ptr<HttpStream>> streams;
  std::string received;
  int ended = 0;

  HttpStreamSettings settings() {
    return {.buffer_bytes_max = 50'000,
            .idle_text = ":\n",
            .ended = [this] { ++ended; },
            .received = [this](std::string_view text) { received += text; },
            .received_bytes_max = 1000};
  }
  ServedHandler::Handle handler() {
    return [this](const HttpRequest& request, const Responder& responder) {
      streams.push_back(request.wants_websocket
                            ? responder->upgrade(settings())
                            : responder->stream({.fields = {{"Content-Type", "text/event-stream"}},
                                                 .body = "first\n"},
                                                settings()));
    };
  }
};

TEST_P(NativeHandler, StreamsForAsLongAsBothLike) {
  Streaming streaming;
  HttpServerLimits limits;
  limits.request_timeout_ns = 5'000'000'000;
  ServedHandler served(GetParam(), 1, streaming.handler(), limits);
  Client client(served, get("/"));
  served.run();
  Client old(served, "GET / HTTP/1.0\r\n\r\n");
  served.run();
  EXPECT_TRUE(client.got().ends_with("\r\n6\r\nfirst\n\r\n")) << client.got();
  EXPECT_TRUE(old.got().ends_with("\r\n\r\nfirst\n")) << old.got();
  ASSERT_EQ(streaming.streams.size(), 2u);
  std::thread([&] { EXPECT_TRUE(streaming.streams[1]->send("second\n")); }).join();
  served.run(20'000'000'000);
  EXPECT_TRUE(old.got().ends_with("\r\n\r\nfirst\nsecond\n:\n")) << old.got();
  streaming.streams[1]->end();
  served.run();
  EXPECT_TRUE(old.ended());
  EXPECT_EQ(streaming.ended, 1);
  EXPECT_FALSE(streaming.streams[1]->send("x"));
  // Nobody has it any more.
  streaming.streams.clear();
  served.run();
  EXPECT_EQ(streaming.ended, 2);
  EXPECT_TRUE(client.got().ends_with("2\r\n:\n\r\n0\r\n\r\n")) << client.got();
}

TEST_P(NativeHandler, CutsOffWhoIsTooSlow) {
  for (const std::string& request : {get("/"), websocket()}) {
    Streaming streaming;
    ServedHandler served(GetParam(), 1, streaming.handler());
    Client client(served, request);
    client.read_only(0);
    served.run();
    const std::string piece(10'000, 'x');
    int sent = 0;
    while (sent < 100 && streaming.streams.back()->send(piece)) {
      ++sent;
      served.run(1'000'000);
    }
    EXPECT_LT(sent, 40);
    EXPECT_EQ(streaming.ended, 1);
    client.read_only(SIZE_MAX);
    served.run();
    EXPECT_LT(client.got().size(), 40 * piece.size());
    EXPECT_FALSE(client.got().ends_with("0\r\n\r\n"));
  }
}

TEST_P(NativeHandler, EndsStreamsWithTheServerOrTheirClients) {
  for (const std::string& request : {get("/"), websocket()}) {
    Streaming streaming;
    ServedHandler served(GetParam(), 1, streaming.handler());
    Client leaves(served, request);
    served.run();
    leaves.leave();
    served.run();
    EXPECT_EQ(streaming.ended, 1);
    EXPECT_FALSE(streaming.streams.back()->send("x"));
    Client stays(served, request);
    served.run();
    served.server->shut_down();
    served.run(60'000'000'000);
    EXPECT_EQ(streaming.ended, 2);
    EXPECT_TRUE(stays.ended());
    EXPECT_TRUE(served.server->has_ended());
  }
}

TEST_P(NativeHandler, SpeaksWebSockets) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Streaming streaming;
    ServedHandler served(GetParam(), seed, streaming.handler());
    // Its first frames come with the request.
    Client client(served, websocket() + frame(WebSocketKind::text, "hello ") +
                              frame(WebSocketKind::ping, "p"));
    served.run();
    EXPECT_TRUE(client.got().starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << client.got();
    EXPECT_NE(client.got().find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
              std::string::npos);
    EXPECT_TRUE(client.got().ends_with(websocket_frame(WebSocketKind::pong, "p")));
    EXPECT_TRUE(streaming.streams.back()->send("event"));
    served.run(20'000'000'000);
    EXPECT_TRUE(client.got().ends_with(websocket_frame(WebSocketKind::text, "event") +
                                       websocket_frame(WebSocketKind::ping, "")))
        << "an idle one is asked whether it is there";
    client.send_more(frame(WebSocketKind::text, "there") + frame(WebSocketKind::close, "\x03\xe8") +
                     frame(WebSocketKind::text, "no"));
    served.run();
    EXPECT_EQ(streaming.received, "hello there") << seed;
    EXPECT_TRUE(client.got().ends_with(websocket_close_frame(websocket_close::normal)));
    EXPECT_EQ(streaming.ended, 1);
    EXPECT_TRUE(client.ended());
  }
}

/// One that has sent the next message whenever one was read.
TEST_P(NativeHandler, LeavesAWebSocketForOthers) {
  Streaming streaming;
  Client* ahead = nullptr;
  int left = 1000, in_step = 0, most = 0;
  uint64_t step = 0;
  ServedHandler served(GetParam(), 1, [&](const HttpRequest&, const Responder& responder) {
    HttpStreamSettings settings = streaming.settings();
    settings.received = [&](std::string_view) {
      in_step = std::exchange(step, served.step) == served.step ? in_step + 1 : 1;
      most = std::max(most, in_step);
      if (--left > 0) ahead->send_more(frame(WebSocketKind::text, "x"));
    };
    streaming.streams.push_back(responder->upgrade(std::move(settings)));
  });
  Client client(served, websocket());
  ahead = &client;
  client.send_more(frame(WebSocketKind::text, "x"));
  served.run();
  EXPECT_EQ(left, 0);
  EXPECT_LE(most, 100);
}

TEST_P(NativeHandler, EndsWebSocketsThatBreakTheRules) {
  const std::pair<std::string, uint16_t> cases[] = {
      {websocket_frame(WebSocketKind::text, "x"), websocket_close::protocol_error},
      {frame(WebSocketKind::text, "\xff"), websocket_close::not_text},
      {std::string("\x81\xfe\x03\xe9", 4), websocket_close::too_large},
  };
  for (const auto& [bytes, code] : cases) {
    Streaming streaming;
    ServedHandler served(GetParam(), 1, streaming.handler());
    Client client(served, websocket() + bytes);
    served.run();
    EXPECT_TRUE(client.got().ends_with(websocket_close_frame(code))) << code;
    EXPECT_EQ(streaming.ended, 1);
    EXPECT_EQ(streaming.received, "");
  }
}

TEST_P(NativeHandler, RefusesOtherWebSockets) {
  Streaming streaming;
  ServedHandler served(GetParam(), 1, streaming.handler());
  Client version(served, websocket("Sec-WebSocket-Version: 12\r\n"));
  Client key(served, get("/",
                         "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"));
  served.run();
  EXPECT_TRUE(version.got().starts_with("HTTP/1.1 426 ")) << version.got();
  EXPECT_TRUE(key.got().starts_with("HTTP/1.1 400 ")) << key.got();
  EXPECT_TRUE(streaming.streams.empty());
  // What does not want one, or speaks of others, is a request as any.
  Client other(served, get("/", "Connection: Upgrade\r\nUpgrade: h2c\r\n"));
  Client unconnected(served, get("/", "Upgrade: websocket\r\n"));
  served.run();
  for (const Client* client : {&other, &unconnected})
    EXPECT_TRUE(client->got().starts_with("HTTP/1.1 200 ")) << client->got();
}

TEST_P(NativeHandler, SaysNoInTheHandlersWords) {
  class Own final : public ServedHandler {
   public:
    using ServedHandler::ServedHandler;
    HttpResponse refusal(uint16_t status, std::string_view) override {
      return {.status = status, .fields = {{"Content-Type", "a/b"}}, .body = "own words"};
    }
  };
  Own served(GetParam(), 1, echo);
  Client client(served, "GET / HTTP/1.1\r\n\r\n");
  served.run();
  EXPECT_TRUE(client.got().starts_with("HTTP/1.1 400 ")) << client.got();
  EXPECT_NE(client.got().find("Content-Type: a/b\r\n"), std::string::npos) << client.got();
  EXPECT_TRUE(client.got().ends_with("own words")) << client.got();
}

INSTANTIATE_TEST_SUITE_P(Over, NativeHandler, testing::Values(Speaks::http, Speaks::https),
                         [](const auto& info) {
                           return info.param == Speaks::http ? "http" : "https";
                         });

}  // namespace
}  // namespace cairn::wasi
