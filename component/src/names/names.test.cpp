#include <gtest/gtest.h>
#include <cairn/component/names.hpp>

namespace cairn::component {
namespace {

TEST(Labels, AreWordsAndAcronymsWithHyphensBetween) {
  for (const char* label : {"a", "a-b-c", "a1-2-3", "A", "A-B-C", "A1-2-3", "is-XML", "a11-w0rds",
                            "A11-4CR0NYMS", "m1x3d-4CR0NYMS"}) {
    EXPECT_TRUE(is_label(label)) << label;
  }
  for (const char* other : {"", "-", "a-", "-a", "a--b", "1", "1-2-3", "aB", "a_b", "a.b", "é"}) {
    EXPECT_FALSE(is_label(other)) << other;
  }
}

TEST(ExternNames, HaveParts) {
  const auto method = parse_extern_name("[method]out-stream.Write");
  ASSERT_FALSE(method);  // a word has no capital in it
  const auto good = parse_extern_name("[method]out-stream.write");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->kind, ParsedName::Kind::method);
  EXPECT_EQ(good->label, "out-stream");
  EXPECT_EQ(good->member, "write");

  const auto interface = parse_extern_name("wasi:http/types@0.2.1-rc.1+build");
  ASSERT_TRUE(interface);
  EXPECT_TRUE(interface->is_interface());
  EXPECT_EQ(interface->ns, "wasi");
  EXPECT_EQ(interface->package, "http");
  EXPECT_EQ(interface->interface, "types");
  EXPECT_EQ(interface->version, "0.2.1-rc.1+build");
  EXPECT_EQ(interface->semver->pre, "rc.1");
  EXPECT_EQ(interface->semver->build, "build");
}

TEST(ExternNames, MayHaveCanonicalVersionsWhereTheFeatureIsOn) {
  const Features off = Features{}.with(Feature::canonical_names, false);
  for (const char* version : {"1", "12", "0.2", "0.0.3", "0.0.0"}) {
    const std::string name = std::string("a:b/c@") + version;
    EXPECT_TRUE(parse_extern_name(name)) << name;
    const bool is_full = std::string_view(version).size() == 5;
    EXPECT_EQ(parse_extern_name(name, off).has_value(), is_full) << name;
  }
  for (const char* version : {"0", "0.0", "01", "1.2", "0.02"}) {
    EXPECT_FALSE(parse_extern_name(std::string("a:b/c@") + version)) << version;
  }
}

TEST(ExternNames, MayBeNestedWhereTheFeatureIsOn) {
  const Features on = Features{}.with(Feature::nested_names);
  const auto nested = parse_extern_name("a:b:c/d/e@1.0.0", on);
  ASSERT_TRUE(nested) << nested.error().to_string();
  EXPECT_EQ(nested->ns, "a:b");
  EXPECT_EQ(nested->package, "c");
  EXPECT_EQ(nested->interface, "d/e");
  EXPECT_FALSE(parse_extern_name("a:b:c/d"));
}

TEST(ExternNames, ErrorsSayWhatIsWrong) {
  const auto message = [](std::string_view name) {
    const auto parsed = parse_extern_name(name);
    return parsed ? std::string() : parsed.error().message;
  };
  EXPECT_EQ(message("a:b/c@1.x"),
            "`a:b/c@1.x` is not a valid extern name: not a version: unexpected character 'x'");
  EXPECT_EQ(message("[static]a"),
            "`[static]a` is not a valid extern name: failed to find `.` character");
  EXPECT_EQ(message("a:B/c"), "`a:B/c` is not a valid extern name: `B` is not in kebab case");
}

TEST(ExternNames, AreStronglyUniqueAfterTheExplainer) {
  const auto form = strongly_unique_form;
  for (const char* same : {"foo-BAR", "[method]foo.foo-bar", "[static]FOO.foo-bar"}) {
    EXPECT_NE(form(same), form("foo")) << same;
  }
  EXPECT_EQ(form("FOO"), "foo");
  EXPECT_EQ(form("[constructor]FOO"), "[constructor]foo");
  EXPECT_EQ(form("[method]foo.foo"), "foo");
  EXPECT_EQ(form("[static]foo-BAR.FOO-bar"), "foo-bar");
  EXPECT_EQ(form("[method]foo.BAR"), form("[static]foo.bar"));
  EXPECT_EQ(form("foo:bar/BAZ"), "foo:bar/baz");
}

TEST(SemVer, OrdersAsTheStandardSays) {
  const char* ascending[] = {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
                             "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
                             "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                             "1.1.0",       "2.0.0"};
  for (size_t i = 0; i + 1 < std::size(ascending); ++i) {
    const auto a = parse_semver(ascending[i]), b = parse_semver(ascending[i + 1]);
    ASSERT_TRUE(a && b);
    EXPECT_LT(a->compare(*b), 0) << ascending[i] << " " << ascending[i + 1];
    EXPECT_GT(b->compare(*a), 0);
    EXPECT_EQ(a->to_string(), ascending[i]);
  }
  EXPECT_EQ(parse_semver("1.0.0+a")->compare(*parse_semver("1.0.0+b")), 0);
  for (const char* wrong : {"", "1", "1.0", "01.0.0", "1.0.0-01", "1.0.0-", "1.0.0+", "1.0.0 ",
                            "18446744073709551616.0.0"}) {
    EXPECT_FALSE(parse_semver(wrong)) << wrong;
  }
}

TEST(SemVer, AcceptsNewerCompatibleVersions) {
  const auto accepts = [](const char* wanted, const char* offered) {
    return parse_semver(wanted)->accepts(*parse_semver(offered));
  };
  EXPECT_TRUE(accepts("0.2.1", "0.2.6"));
  EXPECT_FALSE(accepts("0.2.6", "0.2.1"));
  EXPECT_FALSE(accepts("0.2.6", "0.3.0"));
  EXPECT_TRUE(accepts("1.2.3", "1.9.0"));
  EXPECT_FALSE(accepts("1.2.3", "2.0.0"));
  EXPECT_FALSE(accepts("0.0.1", "0.0.2"));
  EXPECT_TRUE(accepts("0.3.0-rc-1", "0.3.0-rc-1"));
  EXPECT_FALSE(accepts("0.3.0-rc-1", "0.3.0-rc-2"));
  EXPECT_EQ(parse_semver("0.2.6-rc.1")->canonical(), "0.2");
}

TEST(NameSection, ComesBack) {
  ComponentNames names;
  names.component = "outer";
  names.of(syntax::Sort::core_func) = {{0, "f"}, {7, "g"}};
  names.of(syntax::Sort::instance) = {{3, "host"}};
  const Bytes payload = encode_names(names);
  EXPECT_EQ(decode_names(payload), names);
  for (size_t size = 1; size < payload.size(); ++size) {
    const auto part = decode_names(ByteSpan(payload).first(size));
    EXPECT_TRUE(!part || *part != names);
  }
}

}  // namespace
}  // namespace cairn::component
