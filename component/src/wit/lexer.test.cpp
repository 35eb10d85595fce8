#include <gtest/gtest.h>

#include "wit/token.hpp"

namespace cairn::component::wit {
namespace {

/// All tokens with blanks between, or the error.
std::string tokens(std::string text) {
  Sources sources;
  const Limits limits;
  Lexer lexer(sources, sources.add("test.wit", std::move(text)), limits);
  const Result<> checked = lexer.check_text();
  if (!checked) return checked.error().to_string();
  std::string all, docs;
  while (true) {
    const Result<Token> token = lexer.next(docs);
    if (!token) return token.error().to_string();
    if (token->kind == TokenKind::eof) return all;
    if (!all.empty()) all += ' ';
    all += describe(*token);
  }
}

/// The documentation in front of the first token.
std::string docs_of(std::string text) {
  Sources sources;
  const Limits limits;
  Lexer lexer(sources, sources.add("test.wit", std::move(text)), limits);
  EXPECT_TRUE(lexer.check_text());
  std::string docs;
  EXPECT_TRUE(lexer.next(docs));
  return docs;
}

std::string string_of(std::string text) {
  Sources sources;
  const Limits limits;
  Lexer lexer(sources, sources.add("test.wit", std::move(text)), limits);
  std::string docs;
  const Result<Token> token = lexer.next(docs);
  if (!token) return token.error().to_string();
  const Result<std::string> value = lexer.string_value(*token);
  return value ? *value : value.error().to_string();
}

TEST(WitLexer, TellsTokensApart) {
  EXPECT_EQ(tokens("foo: func(%func: a-B2) -> list<u8, 4>;"),
            "identifier `foo` `:` keyword `func` `(` identifier `%func` `:` identifier `a-B2` `)` "
            "`->` keyword `list` `<` keyword `u8` `,` number `4` `>` `;`");
  EXPECT_EQ(tokens("a->b"), "identifier `a` `->` identifier `b`");
  EXPECT_EQ(tokens("error-context error _"),
            "keyword `error-context` identifier `error` keyword `_`");
  EXPECT_EQ(tokens("// a\n/* b /* c */ */ d // e"), "identifier `d`");
  EXPECT_EQ(tokens("\xef\xbb\xbf"
                   "a"),
            "identifier `a`")
      << "a byte order mark";
}

TEST(WitLexer, RefusesWhatIsNoName) {
  const std::string rule =
      " is no identifier: expected words of lower-case or of upper-case letters and digits with "
      "single hyphens between, the first beginning with a letter";
  for (const char* name : {"aB", "a--b", "a-", "a_b", "%", "a-bC"}) {
    EXPECT_EQ(tokens(name), "test.wit:1:1: `" + std::string(name) + "`" + rule);
  }
  EXPECT_EQ(tokens("a1-2 A1-B2"), "identifier `a1-2` identifier `A1-B2`");
}

TEST(WitLexer, RefusesCharacters) {
  EXPECT_EQ(tokens("a\n  #"), "test.wit:2:3: unexpected character '#'");
  EXPECT_EQ(tokens("a \xc3\xa4"), "test.wit:1:3: unexpected character U+00E4");
  EXPECT_EQ(tokens("a \xc3"), "test.wit:1:3: malformed UTF-8 encoding");
  EXPECT_EQ(tokens("// \xe2\x80\xae"), "test.wit:1:4: the character U+202E may not stand in WIT");
  EXPECT_EQ(tokens("// \x01"), "test.wit:1:4: the character U+0001 may not stand in WIT");
  EXPECT_EQ(tokens("// \xc5\x89"), "test.wit:1:4: the character U+0149 may not stand in WIT");
  EXPECT_EQ(tokens("// \xc3\xa4"), "") << "other characters may stand in comments";
}

TEST(WitLexer, WantsCommentsAndStringsToEnd) {
  EXPECT_EQ(tokens("a /* /* */"), "test.wit:1:3: this comment has no end, expected `*/`");
  EXPECT_EQ(tokens("\"abc\n\""), "test.wit:1:1: this string has no end, expected `\"`");
  std::string deep;
  for (int i = 0; i < 1001; ++i) deep += "/*";
  EXPECT_EQ(tokens(deep), "test.wit:1:2001: more than 1000 comments inside each other");
}

TEST(WitLexer, ReadsStrings) {
  EXPECT_EQ(string_of(R"("a\n\"\u{e4}\u{1_F600}\41")"),
            "a\n\"\xc3\xa4\xf0\x9f\x98\x80"
            "A");
  EXPECT_EQ(string_of(R"("\q")"),
            "test.wit:1:2: bad escape in a string, expected t, n, r, \", ', \\, two hexadecimal "
            "digits or u{…}");
  EXPECT_EQ(string_of(R"("ab\u{d800}")"),
            "test.wit:1:4: bad escape in a string, expected \\u{…} with a Unicode scalar value");
  EXPECT_EQ(string_of(R"("\ff")"), "test.wit:1:1: this string stands for no UTF-8");
}

TEST(WitDocs, AreWithoutCommentSigns) {
  EXPECT_EQ(docs_of("/// one\n///   two\n///\n// no documentation\n/// three\na"),
            "one\n  two\n\nthree");
  EXPECT_EQ(docs_of("  /** one\n      two\n        three\n  */ a"), "one\ntwo\n  three");
  EXPECT_EQ(docs_of("/// a\r\n/// b\r\nx"), "a\nb");
  EXPECT_EQ(docs_of("//// no\n/*** no */ /**/ a"), "");
}

TEST(WitDocs, FromElsewhereAreMadeToFit) {
  EXPECT_EQ(normalize_docs("  a \r\n    b\x01\n\n"), "a\n  b");
  EXPECT_EQ(normalize_docs("\xff"
                           "a"),
            "a");
}

}  // namespace
}  // namespace cairn::component::wit
