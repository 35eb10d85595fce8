#include "api/json.hpp"

#include <gtest/gtest.h>

namespace cairn::platform {
namespace {

TEST(Json, IsWrittenFromLeftToRight) {
  JsonWriter json;
  json.begin_object();
  json.key("a").begin_array().number(1).boolean(true).null().end_array();
  json.key("b").string("x").key("c").begin_object().end_object();
  json.key("d").raw("[ 1 ]").end_object();
  EXPECT_EQ(json.take(), R"({"a":[1,true,null],"b":"x","c":{},"d":[ 1 ]})");
}

TEST(Json, EscapesWhatStringsMayNotHave) {
  const auto written = [](std::string_view text) { return JsonWriter().string(text).take(); };
  EXPECT_EQ(written("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(written("\xc3\xa9"), "\"\xc3\xa9\"");
  EXPECT_EQ(written("a\xff"), "\"a\xef\xbf\xbd\"");
}

TEST(Json, IsToldFromOtherTexts) {
  for (const char* good : {"1", "{\"a\":[]}", " null ", "\"[[\\\"[[\""}) EXPECT_TRUE(is_json(good));
  for (const char* bad : {"", "{", "01", "{'a':1}", "nul", "1 2", "\"\xff\""})
    EXPECT_FALSE(is_json(bad)) << bad;
  EXPECT_FALSE(is_json(std::string_view("{}\0x", 4)));
  EXPECT_FALSE(is_json("\xef\xbb\xbf{}"));
}

TEST(Json, DoesNotEndBeforeItsEnd) {
  EXPECT_FALSE(is_json(std::string_view("1\0", 2)));
  EXPECT_FALSE(is_json(std::string_view("{}\0,\"a\":1", 9)));
}

TEST(Json, IsNoDeeperThanItsLimit) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(is_json(nested(json_depth_max)));
  EXPECT_FALSE(is_json(nested(json_depth_max + 1)));
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
  EXPECT_TRUE(is_shallow("\"" + nested(1000) + "\""));
}

TEST(Json, FaultsHaveAPlace) {
  for (const char* good : {"{}", R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})", "1", "[]"})
    EXPECT_EQ(json_fault(good), std::nullopt) << good;
  EXPECT_EQ(json_fault(R"({"a":{"b":1,"c":2,"b":1}})"), "'b' is there twice");
  EXPECT_EQ(json_fault(R"({"a":1,"\u0061":1})"), "'a' is there twice");
  EXPECT_TRUE(json_fault("{\n \"a\": x}")->starts_with("line 2, column 7: "));
  EXPECT_TRUE(json_fault("{")->starts_with("line 1, column 2: "));
  EXPECT_FALSE(json_fault("{\"a\":\"secret\n\"}")->contains("secret"));
  for (const std::string_view bad : {"", "\xEF\xBB\xBF{}", "\xff", "{} {}"})
    EXPECT_NE(json_fault(bad), std::nullopt) << bad;
  EXPECT_EQ(json_fault(std::string_view("{}\0", 3)), "it has a byte 0");
  EXPECT_EQ(json_fault(std::string(200, '[')), "it is nested deeper than 128");
}

TEST(Json, TypesAreTold) {
  for (const char* good : {"application/json", "application/json; charset=utf-8", "a/b+json"})
    EXPECT_TRUE(is_json_type(good)) << good;
  for (const char* bad : {"", "text/plain", "application/jsonx", "+json", "a/json"})
    EXPECT_FALSE(is_json_type(bad)) << bad;
}

TEST(Json, HoldsPayloads) {
  const auto written = [](std::string_view bytes, std::string_view type) {
    JsonWriter json;
    write_payload(json, actor::Payload(as_bytes(bytes), type));
    return json.take();
  };
  EXPECT_EQ(written("{\"a\": 1}", actor::json), "{\"a\": 1}");
  EXPECT_EQ(written("{", actor::json), "\"{\"");
  EXPECT_EQ(written("7", actor::plain_text), "\"7\"");
  EXPECT_EQ(written("\xff", actor::octet_stream), R"({"base64":"/w=="})");
  EXPECT_EQ(written(std::string_view("\1\0", 2), actor::octet_stream), R"({"base64":"AQA="})");
  EXPECT_EQ(written("a\tb\r\n", actor::octet_stream), R"("a\tb\r\n")");
  EXPECT_EQ(written("", actor::json), "null");
}

TEST(Json, NamesTimes) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(rfc3339(1'700'000'000'000'000'001), "2023-11-14T22:13:20.000000001Z");
}

}  // namespace
}  // namespace cairn::platform
