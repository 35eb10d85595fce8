#include <nlohmann/json.hpp>

#include "wit/test_support.hpp"

namespace cairn::component::wit {
namespace {

TEST(WitJson, NamesWhatItRefersTo) {
  const Loaded loaded = resolved(R"(package a:b@1.0.0;
    interface types {
      /// A point.
      record point { x: s32, /** docs */ y: option<list<u8>> }
      variant v { a, b(point) }
      flags f { r, w }
      resource res { m: async func(p: point) -> result<_, v>; }
      type mine = own<res>;
    }
    interface user { use types.{point as spot}; f: func(s: spot); }
    world w { import types; @since(version = 1.0.0) import other: user; export go: func(); })");
  const auto json = nlohmann::json::parse(to_json(loaded.resolve));
  const auto& package = json["packages"][0];
  EXPECT_EQ(package["name"], "a:b@1.0.0");
  const auto& types = package["interfaces"][0]["types"];
  EXPECT_EQ(types[0]["name"], "point");
  EXPECT_EQ(types[0]["docs"], "A point.");
  EXPECT_EQ(types[0]["record"][1]["type"], "option<list<u8>>");
  EXPECT_EQ(types[0]["record"][1]["docs"], "docs");
  EXPECT_EQ(types[1]["variant"][1]["type"], "point");
  EXPECT_EQ(types[2]["flags"].size(), 2u);
  EXPECT_EQ(types[3]["resource"], true);
  EXPECT_EQ(types[4]["type"], "own<res>");
  const auto& method = package["interfaces"][0]["functions"][0];
  EXPECT_EQ(method["name"], "[method]res.m");
  EXPECT_EQ(method["kind"], "method");
  EXPECT_EQ(method["async"], true);
  EXPECT_EQ(method["params"][0]["type"], "borrow<res>");
  EXPECT_EQ(method["result"], "result<_, v>");
  const auto& use = package["interfaces"][1]["types"][0]["use"];
  EXPECT_EQ(use["interface"], "a:b/types@1.0.0");
  EXPECT_EQ(use["name"], "point");
  const auto& imports = package["worlds"][0]["imports"];
  EXPECT_EQ(imports[0]["interface"], "a:b/types@1.0.0");
  EXPECT_EQ(imports[1]["name"], "other");
  EXPECT_EQ(imports[1]["interface"], "a:b/user@1.0.0");
  EXPECT_EQ(imports[1]["since"], "1.0.0");
  EXPECT_EQ(package["worlds"][0]["exports"][0]["function"]["name"], "go");
}

}  // namespace
}  // namespace cairn::component::wit
