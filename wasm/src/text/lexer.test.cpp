#include <gtest/gtest.h>

#include <string>

#include "text/string_literal.hpp"
#include "text/token.hpp"

namespace cairn::wasm::text {
namespace {

/// One letter for each token: ( ) @ string s, id i, keyword k, number n, reserved r, bad !.
std::string kinds(std::string_view source, Features features = {}) {
  const Result<Tokens> tokens = tokenize(source, features);
  if (!tokens) return tokens.error().to_string();
  std::string out;
  for (const Token& token : tokens->list) out += "()@siknr!"[static_cast<size_t>(token.kind)];
  EXPECT_EQ(out.back(), '\0') << "the last token is eof";
  out.pop_back();
  return out;
}

std::string problem(std::string_view source) {
  const Result<Tokens> tokens = tokenize(source, {});
  if (!tokens) return tokens.error().to_string();
  return tokens->problems.empty() ? "" : tokens->problems.front().to_string();
}

TEST(TextLexer, TellsTokensApart) {
  EXPECT_EQ(kinds("(module $m \"s\" 12 -0x1p+3 +inf i32.add offset=4 nan:0x1)"), "(kisnnnkkk)");
  EXPECT_EQ(kinds("$\"a b\" $a$b $x\"y\" \"a\"\"b\" 0$x X , ;; comment"), "iirrnrr");
  EXPECT_EQ(kinds("(func(nop))"), "(k(k))");
  EXPECT_EQ(kinds("a;;b\nc(;d(;e;);)f"), "kkk");
  EXPECT_EQ(kinds(""), "");
}

TEST(TextLexer, MatchesParentheses) {
  const Result<Tokens> tokens = tokenize("(a (b) (@custom \"c\")) (", {});
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->list[0].match, 8u);
  EXPECT_EQ(tokens->list[2].match, 4u);
  EXPECT_EQ(tokens->list[5].match, 7u);
  EXPECT_EQ(tokens->list[9].match, 10u) << "an open parenthesis matches the end";
}

TEST(TextLexer, SkipsAnnotationsWithoutMeaning) {
  EXPECT_EQ(kinds("(@a x , ; \" ) \" (@ b) (;)\n;) ) k"), "k");
  EXPECT_EQ(kinds("(@custom \"x\")(@name \"y\")(@metadata.code.branch_hint \"\\00\")"),
            "@s)@s)@s)");
  EXPECT_EQ(kinds("(@\"c\\75stom\" \"x\")"), "@s)");
  EXPECT_EQ(kinds("(@metadata.code.branch_hint)", Features().with(Feature::branch_hints, false)),
            "");
  EXPECT_EQ(kinds("(@x)", Features().with(Feature::custom_annotations, false)), "(r)");
}

TEST(TextLexer, ReportsLexicalErrorsWithTheirPlace) {
  EXPECT_EQ(problem("a\n \"abc"), "2:2: unclosed string");
  EXPECT_EQ(problem("\"a\nb\""), "1:1: unclosed string");
  EXPECT_EQ(problem("\"a\\x\""), "1:3: illegal escape");
  EXPECT_EQ(problem("\"\\u{d800}\""), "1:2: illegal escape");
  EXPECT_EQ(problem("\"\\u{110000}\""), "1:2: illegal escape");
  EXPECT_EQ(problem("\"\x01\""), "1:2: illegal character in a string");
  EXPECT_EQ(problem("(; (; ;)"), "1:1: unclosed comment");
  EXPECT_EQ(problem("(@x (y)"), "1:1: unclosed annotation");
  EXPECT_EQ(problem("(@)"), "1:1: empty annotation id");
  EXPECT_EQ(problem("(@\"\\ff\")"), "1:1: malformed UTF-8 encoding");
  EXPECT_EQ(problem("$ x"), "1:1: empty identifier");
  EXPECT_EQ(problem("$\"\\ff\""), "1:1: malformed UTF-8 encoding");
  EXPECT_EQ(problem("k \xc3\xa9"), "1:3: illegal character");
  EXPECT_EQ(problem(";; \xff"), "1:4: malformed UTF-8 encoding");
}

TEST(TextLexer, LimitsNesting) {
  ImplementationLimits limits;
  limits.text_nesting = 10;
  EXPECT_TRUE(tokenize(std::string(10, '('), {}, limits));
  const Result<Tokens> tokens = tokenize(std::string(11, '('), {}, limits);
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().kind, ErrorKind::limit);
}

TEST(TextString, ResolvesEscapes) {
  EXPECT_EQ(string_value(R"("a\t\n\r\"\'\\\00\fF\u{e9}\u{1_f600}z")"),
            std::string("a\t\n\r\"'\\\0\xff\xc3\xa9\xf0\x9f\x98\x80z", 16));
}

TEST(TextString, QuotingIsTheInverse) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  std::string quoted;
  append_quoted(all, false, quoted);
  EXPECT_EQ(scan_string(quoted, 0).end, quoted.size());
  EXPECT_EQ(string_value(quoted), all);
}

}  // namespace
}  // namespace cairn::wasm::text
