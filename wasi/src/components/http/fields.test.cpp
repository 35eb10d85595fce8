#include "components/http/fields.hpp"

#include <gtest/gtest.h>

#include "components/http/syntax.hpp"

namespace cairn::wasi {
namespace {

HeaderError error_of(const FieldsResult<>& result) {
  EXPECT_FALSE(result);
  return result ? HeaderError{99} : result.error();
}

TEST(HttpFields, KeepOrderAndTheCaseThatCameFirst) {
  Fields fields;
  EXPECT_TRUE(fields.append("X-One", "1"));
  EXPECT_TRUE(fields.append("x-two", "2"));
  EXPECT_TRUE(fields.append("x-one", "3"));
  ASSERT_EQ(fields.all().size(), 3u);
  EXPECT_EQ(fields.all()[2].name, "X-One");
  EXPECT_EQ(fields.get("X-ONE"), (std::vector<Bytes>{to_bytes("1"), to_bytes("3")}));
  EXPECT_EQ(fields.remove("x-One").value().size(), 2u);
  EXPECT_FALSE(fields.has("x-one"));
}

TEST(HttpFields, AreCheckedWhenTheyAreSet) {
  Fields fields;
  EXPECT_EQ(error_of(fields.append("bad name", "x")), HeaderError::invalid_syntax);
  EXPECT_EQ(error_of(fields.append("", "x")), HeaderError::invalid_syntax);
  EXPECT_EQ(error_of(fields.append("a", "x\r\nb: y")), HeaderError::invalid_syntax);
  EXPECT_EQ(error_of(fields.append("Host", "x")), HeaderError::forbidden);
  EXPECT_EQ(error_of(fields.set("transfer-encoding", {to_bytes("chunked")})),
            HeaderError::forbidden);
  EXPECT_TRUE(fields.all().empty());
  fields.freeze();
  EXPECT_EQ(error_of(fields.append("a", "b")), HeaderError::immutable);
}

TEST(HttpFields, AreBounded) {
  const auto budget = std::make_shared<FieldsBudget>();
  budget->limits.field_bytes_max = 100;
  budget->limits.fields_bytes_max = 1000;
  budget->limits.guest_fields_bytes_max = 1500;
  {
    Fields first(budget), second(budget);
    EXPECT_TRUE(first.append("a", std::string(99, 'x')));
    EXPECT_EQ(error_of(first.append("a", std::string(100, 'x'))), HeaderError::size_exceeded);
    while (first.append("a", std::string(99, 'x'))) {
    }
    EXPECT_LE(budget->bytes, 1000u);
    while (second.append("a", std::string(99, 'x'))) {
    }
    EXPECT_LE(budget->bytes, 1500u);
    EXPECT_EQ(first.clone(budget).error(), HeaderError::size_exceeded);
  }
  EXPECT_EQ(budget->bytes, 0u) << "given back";
}

TEST(HttpSyntax, KnowsAuthorities) {
  const auto plain = parse_authority("user:pass%20@example.org:8080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "example.org");
  EXPECT_EQ(plain->port, 8080);
  EXPECT_EQ(plain->host_and_port, "example.org:8080") << "without who asks";
  EXPECT_EQ(parse_authority("[::1]:80")->host, "::1");
  for (const char* const wrong :
       {"", " ", "::", "@", ":80", "a:b", "a:99999", "[::1", "[x]", "a b", "a%zz", "a/b", "a#b"})
    EXPECT_FALSE(parse_authority(wrong)) << wrong;
}

TEST(HttpSyntax, KnowsPathsLengthsAndLists) {
  EXPECT_TRUE(is_path_with_query("/a%20b?x=1&y"));
  EXPECT_TRUE(is_path_with_query("/\xc3\xa4"));
  for (const char* const wrong : {"/ ", "/a#b", "/a\r\nX: y", "/\x7f", "/\xff", "/\xc3"})
    EXPECT_FALSE(is_path_with_query(wrong)) << wrong;
  EXPECT_EQ(parse_length("18446744073709551615"), UINT64_MAX);
  for (const char* const wrong : {"", "-1", "+1", "1 ", "18446744073709551616", "0x1"})
    EXPECT_FALSE(parse_length(wrong)) << wrong;
  EXPECT_TRUE(list_has("gzip , Chunked", "chunked"));
  EXPECT_FALSE(list_has("chunkedx", "chunked"));
}

}  // namespace
}  // namespace cairn::wasi
