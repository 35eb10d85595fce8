#include <cairn/actor/payload.hpp>

#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

struct Point {
  int32_t x = 0;
  int32_t y = 0;
  bool operator==(const Point&) const = default;
};

TEST(Payload, KeepsValuesAsBytes) {
  Payload payload = Payload::of(Point{3, -4});
  EXPECT_EQ(payload.size(), sizeof(Point));
  EXPECT_EQ(payload.as<Point>(), (Point{3, -4}));
  EXPECT_EQ(payload.as<uint32_t>(), std::nullopt);
  EXPECT_EQ(payload.media_type(), octet_stream);
}

TEST(Payload, LargeOnesShareTheirBytes) {
  std::string text(Payload::inline_bytes + 1, 'x');
  Payload payload(text, json);
  Payload copy = payload;
  EXPECT_EQ(copy.bytes().data(), payload.bytes().data());
  EXPECT_EQ(copy.text(), text);
  EXPECT_EQ(copy.media_type(), json);
  Payload moved = std::move(payload);
  payload = copy;
  EXPECT_EQ(moved.text(), payload.text());
}

TEST(Payload, SmallOnesAreCopied) {
  std::string text(Payload::inline_bytes, 'x');
  Payload payload(text);
  const Payload copy(payload);  // NOLINT(performance-unnecessary-copy-initialization): the subject
  EXPECT_NE(copy.bytes().data(), payload.bytes().data());
  EXPECT_EQ(copy.text(), text);
  EXPECT_EQ(copy.media_type(), plain_text);
}

TEST(Payload, AnyMediaTypeAndTopic) {
  Payload payload(std::string_view("<a/>"), "application/xml");
  EXPECT_EQ(payload.media_type(), "application/xml");
  EXPECT_EQ(payload.topic(), "");
  Payload published = payload.published_to("news.today");
  EXPECT_EQ(published.topic(), "news.today");
  EXPECT_EQ(published.media_type(), "application/xml");
  EXPECT_EQ(published.text(), "<a/>");
}

}  // namespace
}  // namespace cairn::actor
