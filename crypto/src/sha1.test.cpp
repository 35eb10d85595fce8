#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/crypto/sha1.hpp>

namespace cairn::crypto {
namespace {

// The first example of FIPS 180-2, appendix A, and the digest of nothing.
TEST(Sha1, IsThatOfTheStandard) {
  EXPECT_EQ(fmt::format("{:02x}", fmt::join(sha1(as_bytes("abc")), "")),
            "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(fmt::format("{:02x}", fmt::join(sha1({}), "")),
            "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

}  // namespace
}  // namespace cairn::crypto
