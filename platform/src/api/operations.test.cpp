// The table of operations, and what is made of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "api/call.hpp"
#include "api/schema_testing.hpp"

namespace cairn::platform {
namespace {

using nlohmann::json;

std::string id_at(std::string_view method, std::string_view path) {
  const Match found = match(method, path);
  if (!found.operation) return "not by this method: " + found.allow;
  return std::string(found.operation->id) + "(" + std::string(found.parameter) + ")";
}

TEST(Operations, AreFoundByMethodAndPath) {
  EXPECT_EQ(id_at("POST", "/v1/actors/a%2fb/messages"), "sendMessage(a%2fb)");
  EXPECT_EQ(id_at("GET", "/v1/actors"), "listActors()");
  EXPECT_EQ(id_at("HEAD", "/v1/actors/x"), "getActor(x)");
  EXPECT_EQ(id_at("GET", "/v1/actors/x/state"), "getState(x)");
  EXPECT_EQ(id_at("GET", "/tile/entries/x001/067.p/3"), "getLogTile(entries/x001/067.p/3)");
  EXPECT_EQ(id_at("POST", "/"), "sendByRoute()");
  EXPECT_EQ(id_at("POST", "/v1/actors/x/y"), "sendByRoute(v1/actors/x/y)");
  EXPECT_EQ(match("POST", "/v1/checkpoint").allow, "");
  EXPECT_EQ(id_at("PUT", "/v1/actors"), "not by this method: GET, HEAD, POST");
  EXPECT_EQ(id_at("POST", "/livez"), "not by this method: GET, HEAD");
  EXPECT_EQ(id_at("GET", "/v1/actors//state"), "not by this method: ");
  EXPECT_EQ(id_at("GET", "/none"), "not by this method: ");
}

TEST(Operations, AreThoseOfTheDocument) {
  const json document = json::parse(Api::openapi());
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::set<std::string> listed, described;
  for (const Operation& row : operations()) {
    std::string method(row.method);
    for (char& c : method) c = static_cast<char>(c | 0x20);
    listed.insert(std::string(row.id) + " " + method + " " + std::string(row.pattern));
  }
  EXPECT_EQ(listed.size(), operations().size());
  std::set<std::string> ids;
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      const std::string id = operation["operationId"];
      EXPECT_TRUE(ids.insert(id).second) << id;
      described.insert(id + " " + method + " " + path);
      EXPECT_FALSE(operation["responses"].empty()) << id;
    }
  EXPECT_EQ(listed, described);
}

void check_references(const json& document, const json& part) {
  for (const auto& [name, value] : part.items()) {
    if (name == "$ref") {
      const std::string target = value;
      EXPECT_TRUE(document.contains(json::json_pointer(target.substr(1)))) << target;
    } else if (value.is_structured()) {
      check_references(document, value);
    }
  }
}

TEST(Operations, ReferToWhatIsThere) {
  const json document = json::parse(Api::openapi());
  check_references(document, document);
}

/// What answers are compared with has to say no.
TEST(Operations, SchemasRefuseWhatTheyDoNotDescribe) {
  const json document = json::parse(Api::openapi());
  const auto mistake = [&](std::string_view schema, std::string_view value) {
    return testing::SchemaCheck(document).mistake(
        document["components"]["schemas"][std::string(schema)], json::parse(value));
  };
  constexpr std::string_view component =
      R"({"components":[{"name":"a","digest":"0","bytes":1,"style":"resident"}]})";
  EXPECT_EQ(mistake("Components", component), "");
  EXPECT_EQ(mistake("Components", "[]"), ": [] is not \"object\"");
  EXPECT_EQ(mistake("Components", "{}"), ": no member components");
  EXPECT_EQ(mistake("Components", R"({"components":[],"next":null})"), "/next: is not described");
  for (const auto& [was, is, what] : std::to_array<std::array<std::string_view, 3>>(
           {{"1", "1.5", R"(/components/0/bytes: 1.5 is not "integer")"},
            {"resident", "x", R"(/components/0/style: "x" is not ["explicit","resident"])"},
            {R"("name":"a",)", "", "/components/0: no member name"}})) {
    std::string changed(component);
    changed.replace(changed.find(was), was.size(), is);
    EXPECT_EQ(mistake("Components", changed), what);
  }
  EXPECT_EQ(mistake("Revert", R"({"at":-1})"), "/at: -1 is not 0");
}

TEST(Operations, TakeWhatTheDocumentSaysInTheirQueries) {
  const json document = json::parse(Api::openapi());
  const auto& parameters = document["components"]["parameters"];
  for (const Operation& row : operations()) {
    for (const auto& [name, parameter] : parameters.items()) {
      const auto own = split(row.parameters, ' ');
      const bool is_own = std::ranges::find(own, name) != own.end();
      EXPECT_EQ(takes_query(row, std::string(parameter["name"])),
                is_own && parameter["in"] == "query")
          << row.id << " " << name;
    }
  }
}

TEST(Operations, KeepPathsFromRoutes) {
  for (const char* own : {"/v1", "/v1/actors", "/v1/zzz", "/livez", "/metrics", "/checkpoint",
                          "/tile", "/tile/0/x", "/openapi.json"})
    EXPECT_TRUE(is_reserved(own)) << own;
  for (const char* free : {"", "/", "/v2", "/v10/x", "/livez2", "/tiles", "/bob"})
    EXPECT_FALSE(is_reserved(free)) << free;
}

TEST(Operations, DecodeWhatWasEncoded) {
  const std::string text("a/b c%\xc3\xa9\0~", 10);
  EXPECT_EQ(encode_uri(text), "a%2Fb%20c%25%C3%A9%00~");
  EXPECT_EQ(decode_uri(encode_uri(text)), text);
  EXPECT_EQ(decode_uri("%2f%2F"), "//");
  for (const char* bad : {"%", "%2", "%2g", "a%"}) EXPECT_EQ(decode_uri(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace cairn::platform
