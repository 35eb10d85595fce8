#include <gtest/gtest.h>
#include <cairn/crypto/base64.hpp>

namespace cairn::crypto {
namespace {

// RFC 4648, section 10.
TEST(Base64, IsThatOfTheStandard) {
  for (auto [plain, coded] : {std::pair<std::string_view, std::string_view>{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(as_bytes(plain)), coded);
    auto back = from_base64(coded);
    ASSERT_TRUE(back) << coded;
    EXPECT_EQ(as_text(*back), plain);
  }
}

TEST(Base64, OneTextForEachValue) {
  for (std::string_view bad :
       {"Zg", "Zg=", "Zh==", "Zm9=", " Zg==", "Zg==\n", "Z===", "====", "Zm9v!A==", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

}  // namespace
}  // namespace cairn::crypto
