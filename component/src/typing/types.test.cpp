#include <gtest/gtest.h>
#include <cairn/component/types.hpp>

namespace cairn::component {
namespace {

using wasm::f32;
using wasm::f64;
using wasm::i32;
using wasm::i64;

class TypesTest : public testing::Test {
 protected:
  ValType record(std::vector<std::pair<std::string, ValType>> fields) {
    ValTypeInfo info{.kind = ValKind::record};
    for (auto& [label, type] : fields) info.parts.push_back({.label = label, .type = type});
    return *types.add(std::move(info));
  }
  ValType variant(std::vector<std::pair<std::string, std::optional<ValType>>> cases) {
    ValTypeInfo info{.kind = ValKind::variant};
    for (auto& [label, type] : cases) info.parts.push_back({.label = label, .type = type});
    return *types.add(std::move(info));
  }
  ValType labels(ValKind kind, size_t count) {
    ValTypeInfo info{.kind = kind};
    for (size_t i = 0; i < count; ++i) info.parts.push_back({.label = "l" + std::to_string(i)});
    return *types.add(std::move(info));
  }
  const ValLayout& narrow(ValType type) { return types[type].layout(PtrSize::bits32); }
  const ValLayout& wide(ValType type) { return types[type].layout(PtrSize::bits64); }

  wasm::TypeRegistry core;
  Types types{core};
};

TEST_F(TypesTest, EqualTypesHaveOneId) {
  const ValType list = *types.list_of(ValKind::string);
  EXPECT_EQ(list, *types.list_of(ValKind::string));
  EXPECT_NE(list, *types.list_of(ValKind::u8));
  EXPECT_EQ(record({{"a", list}}), record({{"a", list}}));
  EXPECT_NE(record({{"a", list}}), record({{"b", list}}));
  EXPECT_NE(*types.option_of(list), *types.list_of(list));
}

TEST_F(TypesTest, NamesMakeNoDifferenceToShapes) {
  const ValType point = record({{"x", ValKind::u32}});
  const ValType named = types.named(point, types.fresh_name());
  EXPECT_NE(point, named);
  EXPECT_TRUE(types.same(point, named));
  const ValType list_of_named = *types.list_of(named);
  EXPECT_NE(list_of_named, *types.list_of(point));
  EXPECT_EQ(types.shape(list_of_named), *types.list_of(point));
  const ResourceId resource = types.fresh_resource();
  const ValType own = *types.own_of({resource});
  const ValType own_named = *types.own_of({resource, types.fresh_name()});
  EXPECT_TRUE(types.same(own, own_named));
  EXPECT_FALSE(types.same(own, *types.own_of({types.fresh_resource()})));
}

TEST_F(TypesTest, LayoutsAreThoseOfTheCanonicalAbi) {
  EXPECT_EQ(narrow(ValKind::string).size, 8u);
  EXPECT_EQ(wide(ValKind::string).size, 16u);
  EXPECT_EQ(narrow(ValKind::char_).size, 4u);
  EXPECT_EQ(narrow(*types.list_of(ValKind::u8)).alignment, 4u);

  const ValType mixed = record({{"a", ValKind::u8}, {"b", ValKind::u64}, {"c", ValKind::u16}});
  EXPECT_EQ(narrow(mixed).size, 24u);
  EXPECT_EQ(narrow(mixed).alignment, 8u);
  EXPECT_EQ(narrow(mixed).flat, (std::vector{i32, i64, i32}));

  const ValType sum = variant({{"a", ValKind::u8}, {"b", ValKind::f64}, {"c", std::nullopt}});
  EXPECT_EQ(narrow(sum).size, 16u);
  EXPECT_EQ(types[sum].discriminant_size, 1u);
  EXPECT_EQ(narrow(sum).flat, (std::vector{i32, i64}));
  const ValType floats = variant({{"a", ValKind::f32}, {"b", ValKind::u32}});
  EXPECT_EQ(narrow(floats).flat, (std::vector{i32, i32}));

  EXPECT_EQ(narrow(*types.option_of(ValKind::u8)).size, 2u);
  EXPECT_EQ(narrow(*types.result_of(std::nullopt, std::nullopt)).size, 1u);
  EXPECT_EQ(types[labels(ValKind::enum_, 256)].discriminant_size, 1u);
  EXPECT_EQ(types[labels(ValKind::enum_, 257)].discriminant_size, 2u);
  EXPECT_EQ(narrow(labels(ValKind::flags, 8)).size, 1u);
  EXPECT_EQ(narrow(labels(ValKind::flags, 9)).size, 2u);
  EXPECT_EQ(narrow(labels(ValKind::flags, 17)).size, 4u);
}

TEST_F(TypesTest, ListsOfFixedLengthLieWhereTheyAre) {
  const ValType list = *types.add(
      {.kind = ValKind::list, .parts = {{.label = {}, .type = ValKind::u16}}, .length = 3});
  EXPECT_EQ(narrow(list).size, 6u);
  EXPECT_EQ(narrow(list).alignment, 2u);
  EXPECT_EQ(narrow(list).flat, (std::vector{i32, i32, i32}));
  EXPECT_FALSE(types[list].contains_pointer);
  const ValType long_list = *types.add(
      {.kind = ValKind::list, .parts = {{.label = {}, .type = ValKind::u16}}, .length = 1'000'000});
  EXPECT_EQ(narrow(long_list).flat.size(), max_flat_params + 1);
}

TEST_F(TypesTest, MapsAreListsOfPairs) {
  const ValType map = *types.add(
      {.kind = ValKind::map,
       .parts = {{.label = {}, .type = ValKind::u8}, {.label = {}, .type = ValKind::u64}}});
  EXPECT_EQ(narrow(map).size, 8u);
  ASSERT_TRUE(types[map].element);
  EXPECT_EQ(types[*types[map].element].kind, ValKind::tuple);
  EXPECT_EQ(narrow(*types[map].element).size, 16u);
}

TEST_F(TypesTest, RefusesWhatIsTooLarge) {
  const auto list = [&](uint32_t length) {
    return types.add(
        {.kind = ValKind::list, .parts = {{.label = {}, .type = ValKind::u8}}, .length = length});
  };
  EXPECT_TRUE(list((1u << 28) - 1));
  ASSERT_FALSE(list(1u << 28));
  EXPECT_EQ(list(1u << 28).error().kind, ErrorKind::invalid);

  Result<ValType> deep = ValType(ValKind::u8);
  for (uint32_t depth = 1; depth < types.limits().type_depth; ++depth) {
    deep = types.list_of(*deep);
    ASSERT_TRUE(deep) << depth;
  }
  deep = types.list_of(*deep);
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().kind, ErrorKind::limit);

  Result<ValType> wide_type = ValType(ValKind::string);
  for (int doubling = 0; wide_type && doubling < 40; ++doubling) {
    const ValType part = *types.list_of(*wide_type);
    wide_type = types.tuple_of(std::vector{part, part});
  }
  ASSERT_FALSE(wide_type);
  EXPECT_EQ(wide_type.error().kind, ErrorKind::limit);
}

TEST_F(TypesTest, FlattensFunctions) {
  const FuncType small{.params = {{"a", ValKind::u8}, {"b", ValKind::f32}},
                       .result = ValType(ValKind::string)};
  EXPECT_EQ(flatten(types, small, CanonDirection::lift),
            (wasm::FuncType{.params = {i32, f32}, .results = {i32}}));
  EXPECT_EQ(flatten(types, small, CanonDirection::lower),
            (wasm::FuncType{.params = {i32, f32, i32}, .results = {}}));
  EXPECT_EQ(flatten(types, small, CanonDirection::lower, {.is_async = true}),
            (wasm::FuncType{.params = {i32, f32, i32}, .results = {i32}}));
  EXPECT_EQ(flatten(types, small, CanonDirection::lift, {.is_async = true, .callback = true}),
            (wasm::FuncType{.params = {i32, f32}, .results = {i32}}));
  EXPECT_EQ(flatten(types, small, CanonDirection::lift, {.is_async = true}),
            (wasm::FuncType{.params = {i32, f32}, .results = {}}));
  EXPECT_EQ(flatten(types, small, CanonDirection::lift, {.ptr = PtrSize::bits64}),
            (wasm::FuncType{.params = {i32, f32}, .results = {i64}}));

  FuncType large;
  for (int i = 0; i < 17; ++i) large.params.push_back({"p" + std::to_string(i), ValKind::f64});
  EXPECT_EQ(flatten(types, large, CanonDirection::lift).params, std::vector{i32});
  large.params.pop_back();
  EXPECT_EQ(flatten(types, large, CanonDirection::lift).params, std::vector(16, f64));
  EXPECT_EQ(flatten(types, large, CanonDirection::lower, {.is_async = true}).params,
            std::vector{i32});
}

TEST_F(TypesTest, OpensInstancesWithResourcesOfTheirOwn) {
  const ResourceId bound = types.fresh_resource();
  const FuncTypeId make = types.add(FuncType{.params = {}, .result = *types.own_of({bound})});
  const InstanceTypeId type = types.add(InstanceType{
      .exports = {{"r", TypeExtern{ResourceRef{bound}}}, {"make", make}}, .bound = {bound}});
  std::vector<ResourceId> fresh;
  const InstanceTypeId a = open_instance(types, type, fresh);
  const InstanceTypeId b = open_instance(types, type, fresh);
  ASSERT_EQ(fresh.size(), 2u);
  EXPECT_TRUE(types[a].bound.empty());
  EXPECT_FALSE(check_subtype(types, a, b));
  EXPECT_TRUE(check_subtype(types, a, a));

  Substitution found;
  EXPECT_TRUE(check_subtype(types, a, type, OpenResources(types[type].bound), found));
  EXPECT_EQ(found.resources.at(bound.value).resource, fresh[0]);
}

TEST_F(TypesTest, SubtypingIsByName) {
  const FuncTypeId f = types.add(FuncType{});
  const FuncTypeId g = types.add(FuncType{.params = {{"x", ValKind::u8}}, .result = {}});
  const InstanceTypeId both = types.add(InstanceType{.exports = {{"f", f}, {"g", g}}});
  const InstanceTypeId one = types.add(InstanceType{.exports = {{"g", g}}});
  const InstanceTypeId other = types.add(InstanceType{.exports = {{"g", f}}});
  EXPECT_TRUE(check_subtype(types, both, one));
  EXPECT_EQ(check_subtype(types, one, both).error().message, "missing expected export `f`");
  EXPECT_EQ(check_subtype(types, one, other).error().message,
            "type mismatch in instance export `g`: expected 0 parameters, found 1");

  const ComponentTypeId takes_one = types.add(ComponentType{.imports = {{"i", one}},
                                                            .exports = {{"o", both}},
                                                            .imported_resources = {},
                                                            .exported_resources = {}});
  const ComponentTypeId takes_both = types.add(ComponentType{.imports = {{"i", both}},
                                                             .exports = {{"o", one}},
                                                             .imported_resources = {},
                                                             .exported_resources = {}});
  EXPECT_TRUE(check_subtype(types, takes_one, takes_both));
  EXPECT_FALSE(check_subtype(types, takes_both, takes_one));
}

TEST_F(TypesTest, Describes) {
  EXPECT_EQ(types.describe(*types.list_of(ValKind::u8)), "list<u8>");
  EXPECT_EQ(types.describe(record({{"x", ValKind::u32}})), "record<x: u32>");
}

}  // namespace
}  // namespace cairn::component
