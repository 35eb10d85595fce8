#include <gtest/gtest.h>
#include <cairn/component/wit_version.hpp>

namespace cairn::component::wit {
namespace {

std::string parsed(std::string_view text) {
  const Result<Version> version = parse_version(text);
  return version ? version->to_string() : version.error().message;
}

TEST(WitVersion, ParsesWhatSemverAllows) {
  for (const char* text : {"0.0.0", "1.2.3", "0.3.0-rc-2026-01-06", "1.0.0-alpha.1", "1.0.0+a-b.01",
                           "1.0.0-0a.--.x+y", "18446744073709551615.0.0"}) {
    EXPECT_EQ(parsed(text), text);
  }
}

TEST(WitVersion, SaysWhatIsWrong) {
  EXPECT_EQ(parsed("1.2"),
            "expected a number as the patch part of a version (like 1.2.3), found ''");
  EXPECT_EQ(parsed("1.02.3"), "the minor part of a version, '02', begins with a zero");
  EXPECT_EQ(parsed("1.2.3.4"),
            "expected a number as the patch part of a version (like 1.2.3), found '3.4'");
  EXPECT_EQ(parsed("1.2.3-"),
            "expected letters, digits or hyphens in the pre-release of a version, found ''");
  EXPECT_EQ(parsed("1.2.3-01"),
            "a number in the pre-release of a version, '01', begins with a zero");
  EXPECT_EQ(parsed("1.2.3+a..b"),
            "expected letters, digits or hyphens in the build metadata of a version, found ''");
  EXPECT_EQ(parsed("18446744073709551616.0.0"),
            "the major part of a version, '18446744073709551616', does not fit 64 bits");
}

TEST(WitVersion, OrdersAsTheStandardSays) {
  const char* ascending[] = {"0.9.9",      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
                             "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
                             "1.0.0",      "1.0.0+a",      "1.0.1",         "1.1.0",
                             "2.0.0"};
  for (size_t i = 0; i < std::size(ascending); ++i) {
    for (size_t j = 0; j < std::size(ascending); ++j) {
      EXPECT_EQ(*parse_version(ascending[i]) <=> *parse_version(ascending[j]), i <=> j)
          << ascending[i] << " " << ascending[j];
    }
  }
}

TEST(WitVersion, HasACanonicalPart) {
  const auto split = [](std::string_view text) {
    const Version version = *parse_version(text);
    return version.canonical() + " " + version.suffix();
  };
  EXPECT_EQ(split("1.2.3"), "1 .2.3");
  EXPECT_EQ(split("0.2.6-rc.1"), "0.2 .6-rc.1");
  EXPECT_EQ(split("0.0.1-alpha"), "0.0.1 -alpha");
  EXPECT_EQ(split("0.0.0"), "0.0.0 ");
}

TEST(WitVersion, ComparesCompatibility) {
  const auto same = [](std::string_view a, std::string_view b) {
    return compatible(*parse_version(a), *parse_version(b));
  };
  EXPECT_TRUE(same("0.2.0", "0.2.8"));
  EXPECT_TRUE(same("1.0.0", "1.9.2"));
  EXPECT_FALSE(same("0.2.0", "0.3.0"));
  EXPECT_FALSE(same("0.0.1", "0.0.2"));
  EXPECT_FALSE(same("0.2.0-rc", "0.2.0"));
  EXPECT_FALSE(same("1.2.0-rc", "1.3.0-rc"));
  EXPECT_TRUE(same("0.2.0-rc", "0.2.0-rc"));
}

TEST(WitVersion, EndsBeforeWhatFollows) {
  EXPECT_EQ(version_length("1.0.0.{a}"), 5u);
  EXPECT_EQ(version_length("1.0.0-a.b+c;"), 11u);
  EXPECT_EQ(version_length(";"), 0u);
}

}  // namespace
}  // namespace cairn::component::wit
