#include <cairn/actor/recorded_limits.hpp>

#include <gtest/gtest.h>

namespace cairn::actor {
namespace {

TEST(RecordedLimits, AreReadAsTheyWereWritten) {
  const RecordedLimits limits = {.fuel = 1, .memory = UINT64_MAX, .payload = 0};
  const Payload payload = limits.to_payload();
  EXPECT_EQ(payload.text(), "fuel 1\nmemory 18446744073709551615\npayload 0\n");
  EXPECT_EQ(payload.media_type(), limits_type);
  EXPECT_EQ(RecordedLimits::of(payload.bytes()), limits);
}

TEST(RecordedLimits, HaveOneForm) {
  for (const std::string_view text :
       {"", " ", "\n", "fuel 1\nmemory 2\npayload 3", "fuel 01\nmemory 2\npayload 3\n",
        "fuel 1\nmemory 2\npayload 3\n\n", "fuel -1\nmemory 2\npayload 3\n",
        "fuel 1\nmemory 99999999999999999999\npayload 3\n", "fuel 1\nmemory 2\n",
        "memory 1\nfuel 2\npayload 3\n"})
    EXPECT_FALSE(RecordedLimits::of(as_bytes(text)).has_value()) << text;
}

}  // namespace
}  // namespace cairn::actor
