#include <cairn/base/utf8.hpp>

#include <gtest/gtest.h>

namespace cairn {
namespace {

size_t prefix(const Bytes& bytes) { return utf8_valid_prefix(bytes); }

TEST(Utf8, EveryScalarValueSurvives) {
  for (char32_t value = 0; value <= 0x10ffff; ++value) {
    if (!is_unicode_scalar(value)) continue;
    std::string text;
    append_utf8(text, value);
    const auto point = decode_utf8(as_bytes(text));
    ASSERT_TRUE(point) << static_cast<uint32_t>(value);
    ASSERT_EQ(point->value, value);
    ASSERT_EQ(point->length, text.size());
    ASSERT_TRUE(is_utf8(text));
  }
}

TEST(Utf8, RefusesWhatTheStandardRefuses) {
  EXPECT_EQ(prefix({0x80}), 0u);                        // a continuation alone
  EXPECT_EQ(prefix({'a', 0xc0, 0x80}), 1u);             // overlong
  EXPECT_EQ(prefix({'a', 'b', 0xe0, 0x9f, 0xbf}), 2u);  // overlong
  EXPECT_EQ(prefix({0xed, 0xa0, 0x80}), 0u);            // a surrogate
  EXPECT_EQ(prefix({0xf0, 0x8f, 0xbf, 0xbf}), 0u);      // overlong
  EXPECT_EQ(prefix({0xf4, 0x90, 0x80, 0x80}), 0u);      // past U+10FFFF
  EXPECT_EQ(prefix({0xf5, 0x80, 0x80, 0x80}), 0u);      // past U+10FFFF
  EXPECT_EQ(prefix({0xe2, 0x82}), 0u);                  // cut off
  EXPECT_EQ(prefix({0xe2, 0x28, 0xa1}), 0u);            // no continuation
}

TEST(Utf8, FindsTheErrorBehindLongAscii) {
  for (size_t size = 0; size < 40; ++size) {
    Bytes bytes(size, 'x');
    EXPECT_EQ(prefix(bytes), size);
    bytes.push_back(0xff);
    bytes.push_back('x');
    EXPECT_EQ(prefix(bytes), size);
  }
}

TEST(Utf8, KnowsTheEmptyText) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_FALSE(decode_utf8({}).has_value());
}

}  // namespace
}  // namespace cairn
