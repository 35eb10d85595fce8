#include "components/http/whole_message.hpp"

#include <gtest/gtest.h>
#include <cairn/base/simulated_event_loop.hpp>

namespace cairn::wasi {
namespace {

std::shared_ptr<Fields> fields(std::string_view name, std::string_view value) {
  auto made = std::make_shared<Fields>();
  made->add_unchecked(std::string(name), std::string(value));
  return made;
}

TEST(WholeMessage, SaysTheLengthOfItsBody) {
  const auto given = fields("Content-Length", "7");
  EXPECT_EQ(as_text(encode_whole("HTTP/1.1 200 ", given.get(), true, as_bytes("hello"), nullptr)),
            "HTTP/1.1 200 \r\ncontent-length: 5\r\n\r\nhello");
  // What a response to HEAD would have had.
  EXPECT_EQ(as_text(encode_whole("HTTP/1.1 200 ", given.get(), false, {}, nullptr)),
            "HTTP/1.1 200 \r\nContent-Length: 7\r\n\r\n");
}

TEST(WholeMessage, HasTrailersBehindItsBody) {
  for (const std::string_view body : {"hello", ""}) {
    const auto end = fields("checksum", "4711");
    const Bytes bytes = encode_whole("POST /a HTTP/1.1", fields("host", "b").get(), true,
                                     as_bytes(body), end.get());
    const Result<WholeMessage> message = parse_whole_request(bytes, {});
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(as_text(message->body), body);
    EXPECT_EQ(message->head.fields->all().size(), 0u) << "neither the host nor how it is framed";
    ASSERT_TRUE(message->trailers);
    ASSERT_EQ(message->trailers->all().size(), 1u);
    EXPECT_EQ(message->trailers->all()[0].name, "checksum");
    EXPECT_EQ(message->trailers->all()[0].value, "4711");
  }
}

TEST(WholeMessage, ASinkTellsOnceHowItEndedAndNothingOfItsLimit) {
  SimulatedClock clock;
  SimulatedEventLoop loop(clock);
  for (const std::string_view second : {"lo", "lo!"}) {
    MemorySink sink(loop, 5);
    int told = 0;
    bool was_well = false;
    sink.when_over([&](const Http<>& how) {
      ++told;
      was_well = how.has_value();
    });
    const bool fits = second.size() == 2;
    EXPECT_EQ(sink.write(as_bytes("hel")), 3u);
    EXPECT_EQ(sink.write(as_bytes(second)), second.size());
    EXPECT_FALSE(sink.is_whole());
    EXPECT_TRUE(sink.finish(nullptr));
    EXPECT_TRUE(sink.is_whole());
    EXPECT_EQ(sink.is_too_large(), !fits);
    EXPECT_EQ(as_text(sink.bytes()), fits ? "hello" : "");
    sink.abort({.code = HttpErrorCode::internal_error});
    EXPECT_FALSE(sink.is_whole());
    EXPECT_EQ(told, 1);
    EXPECT_TRUE(was_well);
  }
}

}  // namespace
}  // namespace cairn::wasi
