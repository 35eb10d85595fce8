#include <gtest/gtest.h>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/types.hpp>

namespace cairn::wasm {
namespace {

TEST(ValType, HasTheNamesOfTheTextFormat) {
  EXPECT_EQ(to_string(i32), "i32");
  EXPECT_EQ(to_string(v128), "v128");
  EXPECT_EQ(to_string(i8_storage), "i8");
  EXPECT_EQ(to_string(funcref), "funcref");
  EXPECT_EQ(to_string(ValType::ref(AbsHeapType::none, true)), "nullref");
  EXPECT_EQ(to_string(ValType::ref(AbsHeapType::i31, false)), "(ref i31)");
  EXPECT_EQ(to_string(ValType::ref(HeapType::index(7), true)), "(ref null 7)");
  EXPECT_EQ(to_string(ValType::ref(HeapType::index(7), false)), "(ref 7)");
}

TEST(ValType, KeepsHeapTypesAndNullability) {
  for (const bool nullable : {false, true}) {
    const ValType type = ValType::ref(HeapType::index(HeapType::index_mask), nullable);
    EXPECT_TRUE(type.is_ref());
    EXPECT_EQ(type.nullable(), nullable);
    EXPECT_EQ(type.defaultable(), nullable);
    EXPECT_EQ(type.heap().index(), HeapType::index_mask);
    EXPECT_EQ(type.as_nullable(!nullable).nullable(), !nullable);
  }
  EXPECT_FALSE(ValType::ref(AbsHeapType::bot, false).is_bot());
  EXPECT_TRUE(ValType().is_bot());
  EXPECT_EQ(i16_storage.unpacked(), i32);
  EXPECT_EQ(f64.unpacked(), f64);
}

TEST(Features, AreASetWithNames) {
  const Features features;
  EXPECT_TRUE(features.has(Feature::gc));
  EXPECT_FALSE(features.has(Feature::legacy_exceptions));
  EXPECT_FALSE(features.with(Feature::gc, false).has(Feature::gc));
  EXPECT_TRUE(Features::all().has(Feature::legacy_exceptions));
  EXPECT_FALSE(Features::none().has(Feature::mvp));
  EXPECT_EQ(feature_named("legacy-exceptions"), Feature::legacy_exceptions);
  EXPECT_EQ(feature_named("no-such-thing"), std::nullopt);
  for (const Feature feature : {Feature::mvp, Feature::simd, Feature::branch_hints}) {
    EXPECT_EQ(feature_named(to_string(feature)), feature);
    EXPECT_FALSE(description(feature).empty());
  }
}

}  // namespace
}  // namespace cairn::wasm
