#include <gtest/gtest.h>
#include <cairn/wasm/text.hpp>
#include <cairn/wasm/type_registry.hpp>

#include <thread>

namespace cairn::wasm {
namespace {

using Handle = std::shared_ptr<const TypeRegistry::Handle>;

Module types(std::string_view text) {
  Result<Module> module = parse_text(text);
  EXPECT_TRUE(module) << module.error().to_string();
  return module ? std::move(*module) : Module{};
}

Handle add(TypeRegistry& registry, std::string_view text) {
  const Module module = types(text);
  Result<Handle> handle = registry.add(module);
  EXPECT_TRUE(handle) << handle.error().to_string();
  return handle ? *handle : nullptr;
}

std::string error_of(std::string_view text) {
  TypeRegistry registry;
  const Result<Handle> handle = registry.add(types(text));
  if (handle) return "";
  EXPECT_EQ(handle.error().kind, ErrorKind::invalid);
  return handle.error().message;
}

TEST(TypeRegistry, GivesEqualTypesOneId) {
  TypeRegistry registry;
  const Handle a =
      add(registry, "(type (func (param i32))) (type (func (param i32) (result i64)))");
  const Handle b =
      add(registry, "(type (func (param i32) (result i64))) (type (func (param i32)))");
  EXPECT_EQ((*a)[0], (*b)[1]);
  EXPECT_EQ((*a)[1], (*b)[0]);
  EXPECT_NE((*a)[0], (*a)[1]);
  EXPECT_EQ((*registry.add_func({{i32}, {}}))[0], (*a)[0]);
}

TEST(TypeRegistry, ComparesRecursiveGroupsAsAWhole) {
  TypeRegistry registry;
  const Handle a = add(registry,
                       "(rec (type $a (struct (field (ref null $b)))) (type $b (array (ref $a))))"
                       "(type (struct (field (ref 0) (ref 1))))");
  const Handle b = add(registry,
                       "(type (func))"
                       "(rec (type $a (struct (field (ref null $b)))) (type $b (array (ref $a))))"
                       "(type (struct (field (ref 1) (ref 2))))");
  EXPECT_EQ((*a)[0], (*b)[1]);
  EXPECT_EQ((*a)[1], (*b)[2]);
  EXPECT_EQ((*a)[2], (*b)[3]);
  const Handle alone = add(registry, "(type $a (struct (field (ref null $a))))");
  const Handle paired =
      add(registry, "(rec (type $a (struct (field (ref null $a)))) (type $b (func)))");
  EXPECT_NE((*alone)[0], (*paired)[0]);
}

TEST(TypeRegistry, KnowsDeclaredSubtypes) {
  TypeRegistry registry;
  const Handle h = add(registry,
                       "(type $a (sub (struct))) (type $b (sub $a (struct (field i32))))"
                       "(type $c (sub $b (struct (field i32 i64)))) (type $d (sub (struct)))"
                       "(type $f (func)) (type $r (array i8))");
  const TypeId a = (*h)[0], b = (*h)[1], c = (*h)[2], d = (*h)[3], f = (*h)[4], r = (*h)[5];
  EXPECT_EQ(a, d);
  EXPECT_TRUE(registry.is_subtype(c, a));
  EXPECT_TRUE(registry.is_subtype(c, b));
  EXPECT_FALSE(registry.is_subtype(a, c));
  EXPECT_FALSE(registry.is_subtype(f, a));
  EXPECT_EQ(registry.get(c).supertypes, (std::vector<TypeId>{a, b, c}));
  const auto matches = [&](HeapType x, HeapType y) { return registry.matches(x, y); };
  EXPECT_TRUE(matches(HeapType::index(c), AbsHeapType::struct_));
  EXPECT_TRUE(matches(HeapType::index(c), AbsHeapType::eq));
  EXPECT_FALSE(matches(HeapType::index(c), AbsHeapType::array));
  EXPECT_TRUE(matches(HeapType::index(r), AbsHeapType::any));
  EXPECT_TRUE(matches(HeapType::index(f), AbsHeapType::func));
  EXPECT_FALSE(matches(HeapType::index(f), AbsHeapType::any));
  EXPECT_TRUE(matches(AbsHeapType::none, HeapType::index(c)));
  EXPECT_FALSE(matches(AbsHeapType::nofunc, HeapType::index(c)));
  EXPECT_TRUE(matches(AbsHeapType::nofunc, HeapType::index(f)));
  EXPECT_TRUE(matches(AbsHeapType::bot, HeapType::index(f)));
  EXPECT_EQ(registry.top(HeapType::index(r)), AbsHeapType::any);
  EXPECT_EQ(registry.top(AbsHeapType::noexn), AbsHeapType::exn);
}

TEST(TypeRegistry, OrdersAbstractHeapTypes) {
  const TypeRegistry registry;
  using enum AbsHeapType;
  const AbsHeapType hierarchies[][4] = {
      {none, i31, eq, any}, {none, struct_, eq, any}, {none, array, eq, any}};
  for (const auto& chain : hierarchies) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) EXPECT_EQ(registry.matches(HeapType(chain[i]), chain[j]), i <= j);
    }
  }
  EXPECT_TRUE(registry.matches(HeapType(noexn), exn));
  EXPECT_TRUE(registry.matches(HeapType(noextern), extern_));
  EXPECT_FALSE(registry.matches(HeapType(func), any));
  EXPECT_FALSE(registry.matches(HeapType(i31), struct_));
  EXPECT_TRUE(registry.matches(ValType::ref(i31, false), anyref));
  EXPECT_FALSE(registry.matches(anyref, ValType::ref(any, false)));
  EXPECT_FALSE(registry.matches(i32, i64));
  EXPECT_TRUE(registry.matches(ValType(), i64));
}

TEST(TypeRegistry, RefusesWhatTheSpecificationRefuses) {
  EXPECT_EQ(error_of("(type (func (param (ref 1))))"), "type 0: unknown type 1");
  EXPECT_EQ(error_of("(type (struct (field (ref 1)))) (type (struct))"), "type 0: unknown type 1");
  EXPECT_NE(error_of("(type $a (struct)) (type (sub $a (struct)))").find("final"),
            std::string::npos);
  EXPECT_NE(error_of("(rec (type (sub 1 (struct))) (type (sub (struct))))").find("unknown type 1"),
            std::string::npos);
  EXPECT_NE(
      error_of("(type $a (sub (struct (field i32)))) (type (sub $a (struct)))").find("sub type"),
      std::string::npos);
  EXPECT_NE(error_of("(type $a (sub (func))) (type (sub $a (struct)))").find("sub type"),
            std::string::npos);
  EXPECT_NE(error_of("(type $a (sub (array (mut anyref)))) (type (sub $a (array (mut eqref))))")
                .find("sub type"),
            std::string::npos);
  EXPECT_EQ(error_of("(type $a (sub (array anyref))) (type (sub $a (array eqref)))"), "");
  EXPECT_EQ(error_of("(type $a (sub (func (param eqref) (result anyref))))"
                     "(type (sub $a (func (param anyref) (result eqref))))"),
            "");
}

TEST(TypeRegistry, LimitsTheDepthOfSubtyping) {
  const auto chain = [](uint32_t depth) {
    std::string text = "(type (sub (struct)))";
    for (uint32_t i = 0; i < depth; ++i) text += fmt::format("(type (sub {} (struct)))", i);
    return types(text);
  };
  TypeRegistry registry;
  EXPECT_TRUE(registry.add(chain(63)));
  const Result<Handle> deeper = registry.add(chain(64));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().kind, ErrorKind::limit);
}

TEST(TypeRegistry, FreesTypesAndUsesTheirIdsAgain) {
  TypeRegistry registry;
  const Handle kept = add(registry, "(type (struct (field i32)))");
  TypeId first = 0;
  for (int round = 0; round < 100; ++round) {
    const Handle h = add(registry, fmt::format("(type (struct (field i32)))"
                                               "(type (struct (field (ref null 0)) (field i{})))",
                                               round % 2 ? 32 : 64));
    EXPECT_EQ((*h)[0], (*kept)[0]);
    if (round == 0) first = (*h)[1];
    EXPECT_EQ((*h)[1], first);
  }
}

TEST(TypeRegistry, KeepsTypesAliveThatLivingTypesReferTo) {
  TypeRegistry registry;
  Handle inner = add(registry, "(type $a (sub (struct (field i64))))");
  const TypeId id = (*inner)[0];
  const Handle outer = add(registry,
                           "(type $a (sub (struct (field i64))))"
                           "(type (func (param (ref $a))))");
  const Handle func = registry.add_func({{ValType::ref(HeapType::index(id), true)}, {}});
  inner.reset();
  const Handle other = add(registry, "(type (array f64))");
  EXPECT_NE((*other)[0], id);
  ASSERT_NE(registry.get(id).type.structure(), nullptr);
  EXPECT_EQ(registry.get(id).type.structure()->fields[0].storage, i64);
}

TEST(TypeRegistry, LeavesNothingBehindOnErrors) {
  TypeRegistry registry;
  const Module bad = types("(type $a (sub (struct (field i32)))) (type (sub $a (struct)))");
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(registry.add(bad));
  const Handle first = add(registry, "(type (struct))");
  EXPECT_LT((*first)[0], 2u);
}

TEST(TypeRegistry, ServesManyThreads) {
  TypeRegistry registry;
  const Handle shared =
      add(registry, "(type $a (sub (struct))) (type (sub $a (struct (field i32))))");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        std::string text;
        for (int k = 0; k <= (i + t) % 20; ++k)
          text += fmt::format("(type (func {}))", std::string(k % 5, ' '));
        text += fmt::format("(type (struct (field i32) (field {})))", i % 2 ? "i64" : "f32");
        const Result<Handle> handle = registry.add(*parse_text(text));
        ASSERT_TRUE(handle);
        ASSERT_EQ(registry.get((**handle)[(**handle).size() - 1]).type.structure()->fields.size(),
                  2u);
        ASSERT_TRUE(registry.is_subtype((*shared)[1], (*shared)[0]));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cairn::wasm
