#include <cairn/engine/image.hpp>

#include "runtime/testing.hpp"

namespace cairn::engine {
namespace {

using testing::error_of;
using testing::must;

constexpr std::string_view text = R"((module
  (memory (export "m") 2 8) (data (i32.const 100) "abc")
  (global $g (mut i64) (i64.const 7))
  (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 3)))
  (func (export "size") (result i32) (memory.size))
  (func (export "set") (param i64) (global.set $g (local.get 0)))
  (func (export "get") (result i64) (global.get $g))))";

struct World {
  explicit World(Engine& engine) : store(engine), instance(testing::instantiate(store, text)) {}
  void poke(int32_t at, int32_t value) {
    ASSERT_TRUE(instance.func("poke").invoke(store, at, value));
  }
  int32_t peek(int32_t at) { return must(instance.func("peek").invoke<int32_t>(store, at)); }
  Store store;
  Instance instance;
};

TEST(StoreImage, AnotherStoreGoesOn) {
  Engine engine;
  World fresh(engine);
  const StoreImage image = must(StoreImage::take(fresh.store));
  World first(engine);
  first.poke(5, 50);
  first.poke(100, 'z');
  EXPECT_EQ(must(first.instance.func("grow").invoke<int32_t>(first.store)), 2);
  first.poke(4 * 65536 + 9, 90);
  ASSERT_TRUE(first.instance.func("set").invoke(first.store, int64_t{-8}));
  const Bytes difference = must(image.difference(first.store));
  EXPECT_LT(difference.size(), 4 * 4096u);

  World second(engine);
  second.poke(200'00, 3);  // goes away
  ASSERT_TRUE(image.apply(second.store, difference));
  EXPECT_EQ(second.peek(5), 50);
  EXPECT_EQ(second.peek(100), 'z');
  EXPECT_EQ(second.peek(101), 'b');
  EXPECT_EQ(second.peek(20000), 0);
  EXPECT_EQ(second.peek(4 * 65536 + 9), 90);
  EXPECT_EQ(must(second.instance.func("size").invoke<int32_t>(second.store)), 5);
  EXPECT_EQ(must(second.instance.func("get").invoke<int64_t>(second.store)), -8);
  EXPECT_EQ(must(image.difference(second.store)), difference);
}

TEST(StoreImage, EqualStoresDifferByNothing) {
  Engine engine;
  World fresh(engine);
  const StoreImage image = must(StoreImage::take(fresh.store));
  World other(engine);
  EXPECT_EQ(must(image.difference(other.store)), must(image.difference(fresh.store)));
  EXPECT_EQ(must(image.difference(other.store)).size(), 16u + 8 + 8);
}

TEST(StoreImage, RefusesWhatIsNoDifference) {
  Engine engine;
  World fresh(engine);
  const StoreImage image = must(StoreImage::take(fresh.store));
  World other(engine);
  other.poke(1, 1);
  const Bytes good = must(image.difference(other.store));
  for (size_t length = 0; length < good.size(); length += 97) {
    World victim(engine);
    EXPECT_FALSE(image.apply(victim.store, ByteSpan(good).first(length)));
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(must(image.apply(fresh.store, longer)).size(), 1u) << "what follows is the caller's";
  Bytes far = good;
  far[16 + 16 + 2] = 0xff;  // the number of the page
  EXPECT_EQ(error_of(image.apply(fresh.store, far)).kind, ErrorKind::malformed);
  Store empty(engine);
  EXPECT_EQ(error_of(image.difference(empty)).kind, ErrorKind::usage);
  EXPECT_EQ(error_of(image.apply(empty, good)).kind, ErrorKind::usage);
}

TEST(StoreImage, ReferencesInGlobalsHaveNone) {
  Engine engine;
  Store store(engine);
  testing::instantiate(store, "(module (global (mut funcref) (ref.null func)))");
  EXPECT_EQ(error_of(StoreImage::take(store)).kind, ErrorKind::unsupported);
}

/// A guest that has run, and was renewed.
bool renews(std::string_view source, std::string_view what) {
  Engine engine;
  Store fresh(engine);
  testing::instantiate(fresh, source);
  const StoreImage image = must(StoreImage::take(fresh));
  Store store(engine);
  const Instance instance = testing::instantiate(store, source);
  if (!what.empty()) EXPECT_TRUE(instance.func(what).invoke(store)) << what;
  return image.renew(store);
}

TEST(StoreImage, RenewsMemoriesAndGlobals) {
  Engine engine;
  World fresh(engine);
  const StoreImage image = must(StoreImage::take(fresh.store));
  World other(engine);
  for (const int32_t at : {0, 100, 4095, 4096, 70'000, 2 * 65536 - 1}) other.poke(at, 9);
  ASSERT_TRUE(other.instance.func("set").invoke(other.store, int64_t{-8}));
  ASSERT_TRUE(image.renew(other.store));
  EXPECT_EQ(must(image.difference(other.store)), must(image.difference(fresh.store)));
  for (const int32_t at : {0, 4095, 4096, 70'000, 2 * 65536 - 1}) EXPECT_EQ(other.peek(at), 0);
  EXPECT_EQ(other.peek(100), 'a');
  EXPECT_EQ(must(other.instance.func("get").invoke<int64_t>(other.store)), 7);
}

TEST(StoreImage, WhatElseMayHaveChangedIsNotRenewed) {
  EXPECT_TRUE(renews(text, ""));
  EXPECT_FALSE(renews(R"((module (memory 1 2)
    (func (export "grow") (drop (memory.grow (i32.const 1))))))",
                      "grow"));
  EXPECT_FALSE(renews("(module (memory 5))", ""));  // as soon made anew
  EXPECT_TRUE(
      renews("(module (memory 4) (table 2 funcref) (elem (i32.const 0) func 0) (func))", ""));
  EXPECT_FALSE(renews(R"((module (table 1 funcref)
    (func (export "f") (table.set (i32.const 0) (ref.null func)))))",
                      ""));
  EXPECT_FALSE(renews("(module (memory 1) (data \"a\") (func (data.drop 0)))", ""));
  EXPECT_FALSE(renews("(module (table 1 funcref) (elem func 0) (func (elem.drop 0)))", ""));
  constexpr std::string_view objects = R"((module (type $t (struct))
    (func (export "f") (drop (struct.new $t)))))";
  EXPECT_TRUE(renews(objects, ""));
  EXPECT_FALSE(renews(objects, "f"));
}

TEST(StoreImage, OtherInstancesAreNotRenewed) {
  Engine engine;
  World fresh(engine);
  Store other(engine);
  testing::instantiate(other, "(module (memory 2))");
  EXPECT_FALSE(must(StoreImage::take(fresh.store)).renew(other));
}

}  // namespace
}  // namespace cairn::engine
