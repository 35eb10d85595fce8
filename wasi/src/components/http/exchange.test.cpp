// Messages of HTTP without a connection. What guests make of them, the tests of `cairn serve` see.

#include <gtest/gtest.h>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/wasi/http_exchange.hpp>

#include "components/http/fields.hpp"

namespace cairn::wasi {
namespace {

std::string why_not(std::string_view request) {
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  const auto made =
      HttpExchange::make(HttpVersion::proxy_02, loop, as_bytes(request), {.body_bytes_max = 5});
  return made ? "" : made.error().message;
}

TEST(HttpExchange, TakesWholeRequests) {
  EXPECT_EQ(why_not("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  EXPECT_EQ(why_not("POST /a?b HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\n\r\nhello"), "");
  EXPECT_EQ(why_not("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "2\r\nhe\r\n0\r\n\r\n"),
            "");
}

TEST(HttpExchange, SaysWhatIsWrong) {
  const std::string begin = "not a message of HTTP/1.1: ";
  EXPECT_EQ(why_not(""), begin + "it ends too early");
  EXPECT_EQ(why_not("GET / HTTP/1.1\r\nHost: a\r\n"), begin + "it ends too early");
  EXPECT_EQ(why_not("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"),
            begin + "it ends too early");
  EXPECT_EQ(why_not("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET"), begin + "something stands behind it");
  EXPECT_EQ(why_not("GET / HTTP/1.1\r\n\r\n"), begin + "a request names its host");
  EXPECT_EQ(why_not("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), begin + "a request names its host");
  EXPECT_EQ(why_not("GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
            begin + "a request's target begins with '/'");
  EXPECT_TRUE(why_not("nonsense\r\n\r\n").starts_with(begin));
  EXPECT_TRUE(
      why_not("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhello!").starts_with(begin))
      << "too large";
}

TEST(HttpExchange, RequestsBecomeMessages) {
  HttpRequest request;
  request.method = "PUT";
  request.path = "/a";
  request.query = "b=c";
  request.authority = "host:1";
  auto fields = std::make_shared<Fields>();
  fields->add_unchecked("Accept", "*/*");
  fields->add_unchecked("Content-Length", "9");
  request.fields = fields;
  request.body = Bytes{'x', 'y'};
  EXPECT_EQ(as_text(http_message_of(request)),
            "PUT /a?b=c HTTP/1.1\r\nhost: host:1\r\nAccept: */*\r\ncontent-length: 2\r\n\r\nxy");
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  EXPECT_TRUE(HttpExchange::make(HttpVersion::proxy_02, loop, http_message_of(request)));
  HttpRequest least;
  least.method = "GET";
  least.path = "/";
  EXPECT_TRUE(HttpExchange::make(HttpVersion::proxy_02, loop, http_message_of(least)));
}

TEST(HttpExchange, MessagesBecomeResponses) {
  const auto response = http_response_of(
      as_bytes("HTTP/1.1 404 \r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nnone"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "none");
  ASSERT_EQ(response->fields.size(), 1u);
  EXPECT_EQ(response->fields[0].name, "content-type");
  EXPECT_FALSE(http_response_of(as_bytes("HTTP/1.1 200 \r\ncontent-length: 4\r\n\r\nnon")));
}

/// Guests may answer with more than peers may send, and so may actors ask.
TEST(HttpExchange, TakesMoreFieldsThanTheWire) {
  std::string fields = "long: " + std::string(HttpLimits{}.head_bytes_max, 'x') + "\r\n";
  for (uint32_t each = 0; each < HttpLimits{}.fields_max + 200; ++each) fields += "a: b\r\n";
  EXPECT_EQ(why_not("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"), "");
  const auto response =
      http_response_of(as_bytes("HTTP/1.1 200 \r\n" + fields + "content-length: 2\r\n\r\n42"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->fields.size(), HttpLimits{}.fields_max + 201);
  EXPECT_EQ(response->body, "42");
}

}  // namespace
}  // namespace cairn::wasi
