#include "components/http/message_parser.hpp"

#include <gtest/gtest.h>

namespace cairn::wasi {
namespace {

struct Parsed {
  std::unique_ptr<MessageParser> parser;
  std::string body;
  std::optional<HttpError> error;
  bool done = false;
};

/// Hands a message in, in pieces of a size, as the reader does.
Parsed parse(std::unique_ptr<MessageParser> parser, std::string_view text, size_t piece,
             bool ends = false) {
  Parsed parsed;
  parsed.parser = std::move(parser);
  size_t begin = 0, end = 0;
  const auto fail = [&](const HttpError& error) {
    parsed.error = error;
    return std::move(parsed);
  };
  while (!parsed.parser->is_done()) {
    const auto progress = parsed.parser->put(
        ByteSpan(reinterpret_cast<const uint8_t*>(text.data()) + begin, end - begin), 7);
    if (!progress) return fail(progress.error());
    begin += progress->used;
    for (const uint8_t byte : parsed.parser->take_body()) parsed.body += static_cast<char>(byte);
    if (!progress->needs_more && begin < end) continue;
    if (end == text.size()) {
      if (!ends) break;
      if (const auto over = parsed.parser->put_end(); !over) return fail(over.error());
      break;
    }
    end = std::min(end + piece, text.size());
  }
  parsed.done = parsed.parser->is_done();
  return parsed;
}

Parsed request(std::string_view text, size_t piece = SIZE_MAX / 2) {
  return parse(MessageParser::of_request({}), text, piece);
}

TEST(HttpParser, ReadsRequestsHoweverTheyAreCut) {
  constexpr std::string_view text =
      "POST /a?b=c HTTP/1.1\r\nHost: example.org\r\nConnection: keep-alive\r\nX-A: 1\r\n"
      "Transfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n9;x=y\r\n, world. \r\n0\r\nX-Sum: 9\r\n\r\n";
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{3}, size_t{17}, text.size()}) {
    Parsed parsed = request(text, piece);
    ASSERT_TRUE(parsed.done) << piece;
    MessageHead& head = parsed.parser->head();
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/a?b=c");
    EXPECT_EQ(head.host, "example.org");
    EXPECT_TRUE(head.keeps_alive);
    ASSERT_EQ(head.fields->all().size(), 1u) << "those of the connection are not a guest's";
    EXPECT_TRUE(head.fields->is_immutable());
    EXPECT_EQ(parsed.body, "hello, world. ");
    const auto trailers = parsed.parser->take_trailers();
    ASSERT_TRUE(trailers);
    EXPECT_EQ(*trailers->find("x-sum"), "9");
  }
}

TEST(HttpParser, RefusesWhatCanBeReadInTwoWays) {
  for (const std::string_view fields :
       {"Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: 1, 2\r\n",
        "Content-Length: -1\r\n", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Host: b\r\n", "X : y\r\n",
        "X-A: \x01\r\n", "X-A: y\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: chunked;a=b\r\n",
        "Transfer-Encoding: ,chunked\r\n"}) {
    const std::string text =
        "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n0\r\n\r\n";
    EXPECT_TRUE(request(text).error) << fields;
  }
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& text :
       {std::string("GET / HTTP/2.0\r\n\r\n"), std::string("GET  / HTTP/1.1\r\n\r\n"),
        std::string("G@T / HTTP/1.1\r\n\r\n"), std::string("GET /\x01 HTTP/1.1\r\n\r\n"),
        chunked + "x\r\n", chunked + "1;a=\x01\r\na\r\n0\r\n\r\n",
        std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        chunked + "1\r\nabcdef\r\n0\r\n\r\n"})
    EXPECT_TRUE(request(text).error) << text;
}

TEST(HttpParser, BoundsHeadsTrailersAndBodies) {
  const HttpLimits limits{.head_bytes_max = 200, .body_bytes_max = 10};
  const auto error = [&](const std::string& text) {
    return parse(MessageParser::of_request(limits), text, 50).error.value_or(HttpError{}).code;
  };
  using Code = HttpErrorCode;
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(error(start + "X: " + std::string(300, 'x') + "\r\n\r\n"),
            Code::request_header_section_size);
  EXPECT_EQ(error("GET /" + std::string(300, 'x')), Code::request_header_section_size);
  EXPECT_EQ(error(start + "Content-Length: 11\r\n\r\n"), Code::request_body_size);
  EXPECT_EQ(error(start + "Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n"),
            Code::request_body_size);
  EXPECT_EQ(error(start + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(300, 'x')),
            Code::request_trailer_section_size);
  EXPECT_EQ(error(start + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(300, 'x')),
            Code::request_trailer_section_size)
      << "the extension of a chunk";
  std::string many;
  for (int i = 0; i < 50; ++i) many += "A: b\r\n";
  EXPECT_EQ(error(start + many + "\r\n"), Code::request_header_section_size)
      << "lines that are taken one by one";
  EXPECT_EQ(error(start + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + many + "\r\n"),
            Code::request_trailer_section_size);
  for (int i = 0; i < 1000; ++i) many += "A: b\r\n";
  EXPECT_EQ(request(start + many + "\r\n").error.value_or(HttpError{}).code,
            Code::request_header_section_size)
      << "too many for what each of them takes";
}

TEST(HttpParser, KnowsHowResponsesEnd) {
  const auto response = [](std::string_view text, bool to_head = false) {
    return parse(MessageParser::of_response({}, to_head), text, 3, true);
  };
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\n\r\nto the end").body, "to the end");
  EXPECT_EQ(response("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok").body, "");
  EXPECT_TRUE(response("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n").done);
  EXPECT_TRUE(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true).done);
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc").error->code,
            HttpErrorCode::response_incomplete);
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n").error->code,
            HttpErrorCode::response_transfer_coding);
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").error->code,
            HttpErrorCode::response_incomplete);
}

}  // namespace
}  // namespace cairn::wasi
