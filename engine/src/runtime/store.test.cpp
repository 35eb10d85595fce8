#include <cairn/engine/store.hpp>

#include "runtime/testing.hpp"

namespace cairn::engine {
namespace {

using testing::error_of;
using testing::must;

TEST(Store, ChecksTheTypesOfValues) {
  Engine engine;
  Store store(engine);
  EXPECT_EQ(error_of(store.new_global({.type = wasm::i32}, Value(1.0))).kind, ErrorKind::usage);
  EXPECT_EQ(error_of(store.new_global({.type = wasm::externref},
                                      testing::null_of(wasm::AbsHeapType::func)))
                .kind,
            ErrorKind::usage);
  const auto non_null = wasm::ValType::ref(wasm::AbsHeapType::func, false);
  EXPECT_FALSE(store.new_global({.type = non_null}, testing::null_of(wasm::AbsHeapType::func)));
  Global constant = must(store.new_global({.type = wasm::i64}, Value(uint64_t{1})));
  EXPECT_FALSE(constant.set(Value(uint64_t{2})));
  Global variable = must(store.new_global({.type = wasm::f32, .is_mutable = true}, Value(1.0f)));
  EXPECT_FALSE(variable.set(Value(2.0)));
  EXPECT_TRUE(variable.set(Value(2.0f)));
  EXPECT_EQ(variable.get().f32(), 2.0f);
  Table table = must(store.new_table({.element = wasm::externref, .limits = {.min = 1, .max = 2}},
                                     testing::null_of(wasm::AbsHeapType::extern_)));
  EXPECT_FALSE(table.set(0, testing::null_of(wasm::AbsHeapType::any)));
  EXPECT_FALSE(table.set(1, testing::null_of(wasm::AbsHeapType::extern_)));
  EXPECT_EQ(table.type().limits.min, 1u);
  EXPECT_EQ(table.grow(store, 1, testing::null_of(wasm::AbsHeapType::extern_)), 1u);
  EXPECT_FALSE(table.grow(store, 1, testing::null_of(wasm::AbsHeapType::extern_)));
  EXPECT_EQ(table.type().limits.min, 2u);
}

TEST(Store, KnowsTheTypesOfReferences) {
  Engine engine;
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (type $s (sub (struct))) (type $t (sub $s (struct (field i32)))) (type $a (array i8))
    (global (export "s") anyref (struct.new $s)) (global (export "t") anyref (struct.new_default $t))
    (global (export "a") anyref (array.new_default $a (i32.const 1)))
    (global (export "i31") anyref (ref.i31 (i32.const 0)))
    (func (export "f"))))");
  const auto& types = *instance.module().state()->types;
  const auto is = [&](const char* name, wasm::HeapType heap) {
    return store.ref_matches(instance.global(name).get().ref(), wasm::ValType::ref(heap, false));
  };
  using wasm::AbsHeapType;
  const auto s = wasm::HeapType::index(types[0]), t = wasm::HeapType::index(types[1]),
             a = wasm::HeapType::index(types[2]);
  EXPECT_TRUE(is("s", s) && is("s", AbsHeapType::struct_) && is("s", AbsHeapType::eq));
  EXPECT_FALSE(is("s", t) || is("s", a) || is("s", AbsHeapType::array) ||
               is("s", AbsHeapType::i31));
  EXPECT_TRUE(is("t", s) && is("t", t) && is("t", AbsHeapType::any));
  EXPECT_TRUE(is("a", a) && is("a", AbsHeapType::array) && is("a", AbsHeapType::eq));
  EXPECT_FALSE(is("a", s) || is("a", AbsHeapType::none));
  EXPECT_TRUE(is("i31", AbsHeapType::i31) && is("i31", AbsHeapType::eq));
  EXPECT_FALSE(is("i31", s) || is("i31", AbsHeapType::struct_));
  const Ref func = Store::ref_of(instance.func("f"));
  const auto func_type = wasm::HeapType::index(instance.func("f").inst()->type_id);
  EXPECT_TRUE(store.ref_matches(func, wasm::funcref));
  EXPECT_TRUE(store.ref_matches(func, wasm::ValType::ref(func_type, false)));
  EXPECT_FALSE(store.ref_matches(func, wasm::ValType::ref(AbsHeapType::nofunc, true)));
  EXPECT_TRUE(store.ref_matches(Ref{}, wasm::ValType::ref(AbsHeapType::none, true)));
  EXPECT_FALSE(store.ref_matches(Ref{}, wasm::ValType::ref(s, false)));
  struct Object final : HostObject {};
  const Ref object = store.new_extern(std::make_unique<Object>());
  EXPECT_TRUE(store.ref_matches(object, wasm::externref));
  EXPECT_TRUE(store.ref_matches(object, wasm::anyref));
  EXPECT_FALSE(store.ref_matches(object, wasm::ValType::ref(AbsHeapType::eq, true)));
}

TEST(Store, RootsMove) {
  Engine engine;
  Store store(engine);
  Root a(store, Ref{1}), b(store, Ref{3});
  Root c = std::move(a);
  // NOLINTNEXTLINE(bugprone-use-after-move): what is tested is that it is empty
  EXPECT_TRUE(a.get().is_null());
  EXPECT_EQ(c.get().bits, 1u);
  c = std::move(b);
  EXPECT_EQ(c.get().bits, 3u);
  const Root d(store, Ref{5}), e(store, Ref{7});
  EXPECT_EQ(c.get().bits, 3u);
  EXPECT_EQ(d.get().bits, 5u);
  EXPECT_EQ(e.get().bits, 7u);
}

TEST(Store, BulkInstructionsCheckBounds) {
  Engine engine;
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (memory (export "a") 1) (memory (export "b") 2) (table (export "t") 4 funcref)
    (table (export "u") 2 funcref) (func $f) (elem (i32.const 0) $f)))");
  InstanceData& data = *instance.data();
  constexpr uint64_t page = 1 << 16, huge = UINT64_MAX - 1;
  EXPECT_EQ(memory_fill(data, 0, 0, 9, page), Trap::none);
  EXPECT_EQ(memory_fill(data, 0, 1, 9, page), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(memory_fill(data, 0, page, 9, 0), Trap::none);
  EXPECT_EQ(memory_fill(data, 0, page + 1, 9, 0), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(memory_fill(data, 0, huge, 9, 2), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(memory_copy(data, 1, 0, page, 0, page), Trap::none);
  EXPECT_EQ(memory_copy(data, 1, 0, page, 1, page), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(memory_copy(data, 1, 0, page + 1, 0, page), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(instance.memory("b").bytes()[2 * page - 1], 9);
  EXPECT_EQ(memory_copy(data, 1, 1, page + 1, page, 3), Trap::none);  // overlapping
  const uint64_t f = must(instance.table("t").get(0)).ref().bits;
  EXPECT_EQ(table_fill(data, 1, 0, f, 3), Trap::out_of_bounds_table_access);
  EXPECT_EQ(table_fill(data, 1, 1, f, 1), Trap::none);
  EXPECT_EQ(table_copy(data, 0, 1, 2, 0, 2), Trap::none);
  EXPECT_EQ(table_copy(data, 0, 1, 3, 0, 2), Trap::out_of_bounds_table_access);
  EXPECT_EQ(table_copy(data, 0, 1, 0, huge, 4), Trap::out_of_bounds_table_access);
  EXPECT_EQ(must(instance.table("t").get(3)).ref().bits, f);
  EXPECT_TRUE(must(instance.table("t").get(2)).ref().is_null());
}

TEST(Store, NamesComeFromTheNameSection) {
  Engine engine;
  const Module module = testing::load(engine, R"((module $m
    (import "a" "b" (func $imported)) (func $first) (func) (func $third)))");
  EXPECT_EQ(module.function_name(0), "imported");
  EXPECT_EQ(module.function_name(1), "first");
  EXPECT_EQ(module.function_name(2), std::nullopt);
  EXPECT_EQ(module.function_name(3), "third");
  EXPECT_EQ(module.function_name(4), std::nullopt);
  EXPECT_EQ(names_of(*module.state()).module_name, "m");
}

TEST(Store, BrokenNameSectionsGiveWhatTheyCan) {
  Engine engine;
  // Function names [0] = "f", then an entry whose name is longer than the section.
  const Bytes bytes = {0,   'a', 's', 'm', 1, 0, 0, 0, 0,   14, 4, 'n',
                       'a', 'm', 'e', 1,   7, 2, 0, 1, 'f', 1,  9, 'x'};
  const Module module = must(engine.load(Bytes(bytes)));
  EXPECT_EQ(module.function_name(0), "f");
  EXPECT_EQ(module.function_name(1), std::nullopt);
}

TEST(Store, DeterministicEnginesHaveNoThreads) {
  Settings settings;
  settings.deterministic = true;
  Engine engine(std::move(settings));
  EXPECT_FALSE(engine.load_text("(module (memory 1 1 shared))"));
}

}  // namespace
}  // namespace cairn::engine
