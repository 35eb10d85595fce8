// A relayed request and the one that is sent for it: from a guest's request to bytes and back.

#include <gtest/gtest.h>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/wasi/http_client.hpp>

#include <cairn/wasi/simulated_network.hpp>
#include "components/http/http_answer.hpp"
#include "components/http/relay.hpp"
#include "components/http/test_server.hpp"

namespace cairn::wasi {
namespace {

TEST(HttpAnswer, IsAResponseOrAnError) {
  Fields fields;
  fields.add_unchecked("a", "b");
  const auto made =
      decode_answer(encode_answer(203, fields, false, as_bytes("42"), nullptr), false);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->head.status, 203);
  EXPECT_EQ(as_text(made->body), "42");
  for (const HttpError& error :
       {HttpError{.code = HttpErrorCode::loop_detected},
        HttpError{.code = HttpErrorCode::internal_error, .text = "why"},
        HttpError{.code = HttpErrorCode::dns_error, .text = "", .number = 7},
        HttpError{.code = HttpErrorCode::response_body_size, .number = uint64_t{1} << 40}}) {
    const auto again = decode_answer(encode_answer(error), false);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error(), error);
  }
}

TEST(HttpAnswer, ThatIsNoneIsAnError) {
  const HttpError expected{.code = HttpErrorCode::internal_error,
                           .text = "a recorded answer that is none"};
  Bytes unknown = encode_answer({.code = HttpErrorCode::internal_error});
  ++unknown[1];
  for (const Bytes& bytes : {Bytes(), Bytes{0}, Bytes{0, 'H'}, Bytes{1, 2}, Bytes{2}, unknown}) {
    EXPECT_EQ(decode_answer(bytes, false).error(), expected);
  }
}

TEST(HttpAnswer, ToHeadSaysALengthWithoutABody) {
  Fields fields;
  fields.add_unchecked("Content-Length", "7");
  const auto made = decode_answer(encode_answer(200, fields, true, {}, nullptr), true);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->body.empty());
  EXPECT_EQ(*made->head.fields->find("content-length"), "7");
}

TEST(HttpAnswer, IsReadThoughItsHeadIsLongerThanOnTheWire) {
  Fields fields;
  const std::string long_value(HttpLimits{}.head_bytes_max - 10, 'x');
  fields.add_unchecked("a", long_value);
  for (uint32_t more = 1; more < HttpLimits{}.fields_max; ++more) fields.add_unchecked("b", "");
  const auto made =
      decode_answer(encode_answer(200, fields, false, as_bytes("42"), nullptr), false);
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(*made->head.fields->find("a"), long_value);
  EXPECT_EQ(as_text(made->body), "42");
}

/// Sends over a simulated network what a guest has said to its relay.
class Relaying : public ServedHandler, public HttpRelay {
 public:
  explicit Relaying(Handle handle) : ServedHandler(Speaks::http, 1, std::move(handle)), random_(1) {
    network.names.emplace("main", IpAddress::parse("10.0.0.1").value());
    network.listen(80, [this](const std::shared_ptr<Socket>& socket) { server->serve(socket); });
    GuestConfig config;
    config.loop = &loop;
    config.random = &random_;
    config.network = &network;
    config.network_policy = NetworkPolicy::parse({"main:80"}, {}).value();
    config.http_limits.body_bytes_max = 1000;
    sender = std::make_unique<Guest>(config);
    config.http_relay = this;
    guest = std::make_unique<Guest>(std::move(config));
  }
  bool take(size_t bytes) override {
    taken += bytes;
    return true;
  }
  std::shared_ptr<void> ask(HttpQuestion question, Done done) override {
    asked = question.message;
    return send_http(*sender, question, [done](const Bytes& answer) { done(answer); });
  }

  SeededRandom random_;
  std::unique_ptr<Guest> sender, guest;
  Bytes asked;
  size_t taken = 0;
};

RequestHead head_of(std::string authority, std::string method = "POST") {
  return {.method = std::move(method),
          .scheme = "http",
          .authority = std::move(authority),
          .path_with_query = "/a?b",
          .fields = std::make_shared<Fields>()};
}

/// "200: what came", or the error.
std::string outcome(Relaying& world, const RequestHead& head, std::string_view body) {
  std::string text = "nothing";
  std::shared_ptr<ClientCall> call = send_request(
      *world.guest, head, {}, !body.empty(),
      [&](Http<ClientResponse> came) {
        if (!came) {
          text = came.error().to_string();
          return;
        }
        const auto read = came->body->read(SIZE_MAX);
        text = std::to_string(came->status) + ": " + std::string(as_text(read->bytes));
      },
      nullptr);
  if (!body.empty()) {
    EXPECT_TRUE(call->body()->write(as_bytes(body)));
    EXPECT_TRUE(call->body()->finish(nullptr));
  }
  world.run();
  return text;
}

TEST(RelayedRequests, AreSentWholeAndAnsweredWhole) {
  Relaying world([](const HttpRequest& request, const std::shared_ptr<HttpResponder>& responder) {
    responder->respond({.status = 203,
                        .body = request.method + request.path + "?" + request.query + " " +
                                std::string(as_text(request.body))});
  });
  EXPECT_EQ(outcome(world, head_of("main"), "hello"), "203: POST/a?b hello");
  EXPECT_EQ(as_text(world.asked),
            "POST /a?b HTTP/1.1\r\nHost: main\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_EQ(outcome(world, head_of("main", "GET"), ""), "203: GET/a?b ");
  EXPECT_EQ(outcome(world, head_of("main", "HEAD"), ""), "203: ");
  EXPECT_GT(world.taken, 5u);
}

TEST(RelayedRequests, FailByNameAndByPolicy) {
  Relaying world([](const HttpRequest&, const std::shared_ptr<HttpResponder>& responder) {
    responder->respond({.status = 200, .body = std::string(1001, 'x')});
  });
  EXPECT_TRUE(outcome(world, head_of("main"), "x").starts_with("HTTP-response-body-size"));
  EXPECT_EQ(outcome(world, head_of("other"), "x"), "HTTP-request-denied");
  EXPECT_EQ(outcome(world, head_of("main:81"), "x"), "destination-IP-prohibited");
  EXPECT_FALSE(world.asked.empty());
  world.asked.clear();
  EXPECT_EQ(outcome(world, head_of("main", "CONNECT"), ""), "HTTP-request-method-invalid");
  EXPECT_EQ(outcome(world, head_of("a b"), ""), "HTTP-request-URI-invalid");
  EXPECT_TRUE(world.asked.empty()) << "what is wrong of itself is asked of nobody";
}

}  // namespace
}  // namespace cairn::wasi
