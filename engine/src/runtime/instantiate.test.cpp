#include <cairn/engine/store.hpp>

#include "runtime/testing.hpp"

namespace cairn::engine {
namespace {

using testing::error_of;
using testing::load;
using testing::must;

uint32_t i32_global(const Instance& instance, std::string_view name) {
  return instance.global(name).get().i32();
}

TEST(Instantiate, EvaluatesConstantExpressions) {
  Engine engine;
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (type $a (array i16))
    (type $s (struct (field i32) (field v128) (field (ref null $a)) (field i8)))
    (global $base i32 (i32.const 5))
    (global (export "sum") i32 (i32.sub (i32.mul (global.get $base) (i32.const -3)) (i32.const 2)))
    (global (export "wide") i64 (i64.add (i64.const -1) (i64.mul (i64.const 3) (i64.const 4))))
    (global (export "f32") f32 (f32.const 1.5))
    (global (export "f64") f64 (f64.const -2.25))
    (global $v (export "v128") v128 (v128.const i64x2 1 2))
    (global $copy (export "copy") v128 (global.get $v))
    (global (export "i31") (ref i31) (ref.i31 (i32.const -1)))
    (global $array (ref $a) (array.new_fixed $a 3 (i32.const 1) (i32.const 2) (i32.const 0x12345)))
    (global (export "array") anyref (global.get $array))
    (global (export "struct") anyref (struct.new $s (i32.const 7) (v128.const i64x2 3 4)
       (global.get $array) (i32.const 255)))
    (global (export "default") anyref (struct.new_default $s))
    (global (export "filled") anyref (array.new $a (i32.const 9) (i32.const 4)))
    (global (export "converted") externref (extern.convert_any (ref.i31 (i32.const 1))))
    (global (export "func") funcref (ref.func $f))
    (func $f)))");
  EXPECT_EQ(static_cast<int32_t>(i32_global(instance, "sum")), -17);
  EXPECT_EQ(instance.global("wide").get().i64(), 11u);
  EXPECT_EQ(instance.global("f32").get().f32(), 1.5f);
  EXPECT_EQ(instance.global("f64").get().f64(), -2.25);
  EXPECT_EQ(instance.global("copy").get().v128(), V128(U64x2{1, 2}));
  EXPECT_EQ(instance.global("i31").get().ref().bits, 0xFFFFFFFFu);
  EXPECT_EQ(instance.global("converted").get().ref().bits, 3u);
  store.collect_garbage();
  const uint64_t array = instance.global("array").get().ref().bits;
  auto* object = reinterpret_cast<GcObject*>(array);
  ASSERT_EQ(object->length, 3u);
  EXPECT_EQ(load_le<uint16_t>(object->payload() + 4), 0x2345);
  auto* structure = reinterpret_cast<GcObject*>(instance.global("struct").get().ref().bits);
  EXPECT_EQ(load_le<uint32_t>(structure->payload()), 7u);
  EXPECT_EQ(load_le<uint64_t>(structure->payload() + 24), 4u);
  EXPECT_EQ(load_le<uint64_t>(structure->payload() + 32), array);
  EXPECT_EQ(structure->payload()[40], 255);
  auto* filled = reinterpret_cast<GcObject*>(instance.global("filled").get().ref().bits);
  EXPECT_EQ(load_le<uint16_t>(filled->payload() + 6), 9);
  EXPECT_EQ(Store::func_of(instance.global("func").get().ref()).type().params.size(), 0u);
}

TEST(Instantiate, ConstantExpressionsSurviveStress) {
  Settings settings;
  settings.gc_stress = true;
  Engine engine(std::move(settings));
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (type $a (array (ref null $a)))
    (global (export "g") (ref $a) (array.new_fixed $a 2
       (array.new_fixed $a 1 (array.new_default $a (i32.const 5)))
       (array.new $a (array.new_default $a (i32.const 6)) (i32.const 2))))
    (table (export "t") 2 2 (ref null $a) (array.new_default $a (i32.const 7)))
    (elem (table 0) (i32.const 0) (ref null $a) (item (array.new_default $a (i32.const 8))))
    (elem $passive (ref null $a) (item (array.new_default $a (i32.const 9)))
       (item (array.new_default $a (i32.const 10))))))");
  store.collect_garbage();
  const auto object = [](uint64_t ref) { return reinterpret_cast<GcObject*>(ref); };
  GcObject* root = object(instance.global("g").get().ref().bits);
  EXPECT_EQ(object(object(root->slots()[0])->slots()[0])->length, 5u);
  EXPECT_EQ(object(object(root->slots()[1])->slots()[1])->length, 6u);
  Table table = instance.table("t");
  EXPECT_EQ(object(must(table.get(0)).ref().bits)->length, 8u);
  EXPECT_EQ(object(must(table.get(1)).ref().bits)->length, 7u);
  InstanceData& data = *instance.data();
  EXPECT_EQ(table_init(data, 1, 0, 0, 0, 2), Trap::none);
  EXPECT_EQ(object(must(table.get(1)).ref().bits)->length, 10u);
  elem_drop(data, 1);
  EXPECT_EQ(table_init(data, 1, 0, 0, 0, 1), Trap::out_of_bounds_table_access);
  EXPECT_EQ(table_init(data, 1, 0, 0, 0, 0), Trap::none);
}

TEST(Instantiate, ActiveSegmentsFillTablesAndMemories) {
  Engine engine;
  Store store(engine);
  const Instance instance = testing::instantiate(store, R"((module
    (memory (export "m") 1)
    (table (export "t") 4 funcref)
    (global $at i32 (i32.const 100))
    (data (i32.const 0) "abc") (data (global.get $at) "xyz") (data $p "passive")
    (elem (i32.const 1) $f $g) (elem (i32.const 3) funcref (item ref.func $f))
    (func $f) (func $g (param i32))))");
  const auto bytes = instance.memory("m").bytes();
  EXPECT_EQ(as_text(bytes.first(3)), "abc");
  EXPECT_EQ(as_text(bytes.subspan(100, 3)), "xyz");
  Table table = instance.table("t");
  EXPECT_TRUE(must(table.get(0)).ref().is_null());
  EXPECT_EQ(must(table.get(1)).ref(), must(table.get(3)).ref());
  EXPECT_EQ(Store::func_of(must(table.get(2)).ref()).type().params.size(), 1u);
  EXPECT_FALSE(table.get(4));
  InstanceData& data = *instance.data();
  EXPECT_EQ(memory_init(data, 2, 0, 65533, 0, 4), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(memory_init(data, 2, 0, 65532, 0, 4), Trap::none);
  EXPECT_EQ(as_text(bytes.subspan(65532, 4)), "pass");
  EXPECT_EQ(memory_init(data, 0, 0, 0, 0, 1), Trap::out_of_bounds_memory_access);
}

TEST(Instantiate, TrapsLeaveEarlierEffects) {
  Engine engine;
  Store store(engine);
  const Instance owner = testing::instantiate(store, R"((module
    (table (export "t") 4 funcref) (memory (export "m") 1)))");
  const Extern imports[] = {owner.table("t"), owner.memory("m")};
  const Error error = error_of(store.instantiate(load(engine, R"((module
    (import "o" "t" (table 4 funcref)) (import "o" "m" (memory 1))
    (func $f (result i32) (i32.const 1))
    (elem (i32.const 0) $f)
    (data (i32.const 5) "early") (data (i32.const 65530) "too long")))"),
                                                 imports));
  EXPECT_EQ(error.kind, ErrorKind::trap);
  EXPECT_EQ(error.message, "out of bounds memory access");
  EXPECT_EQ(store.last_trap().trap, Trap::out_of_bounds_memory_access);
  EXPECT_EQ(as_text(owner.memory("m").bytes().subspan(5, 5)), "early");
  EXPECT_EQ(Store::func_of(must(owner.table("t").get(0)).ref()).type().results.size(), 1u);
  const Error second = error_of(store.instantiate(load(engine, R"((module
    (import "o" "t" (table 4 funcref)) (import "o" "m" (memory 1))
    (func $f) (elem (i32.const 1) $f) (elem (i32.const 4) $f) (data (i32.const 5) "never")))"),
                                                  imports));
  EXPECT_EQ(second.message, "out of bounds table access");
  EXPECT_FALSE(must(owner.table("t").get(1)).ref().is_null());
  EXPECT_EQ(as_text(owner.memory("m").bytes().subspan(5, 5)), "early");
  EXPECT_TRUE(store.new_memory({.limits = {.min = 1, .max = {}}}));
}

TEST(Instantiate, RecycledImagesAreExact) {
  Engine engine;
  const Module module = load(engine, R"((module (global (import "g" "offset") i32)
    (memory (export "m") 2) (table 1 funcref)
    (elem (global.get 0) func) (data (i32.const 10) "data")))");
  const auto offset = [](Store& store, int value) {
    return Extern(must(store.new_global({.type = wasm::i32}, Value(value))));
  };
  for (int round = 0; round < 20; ++round) {
    Store store(engine);
    const Extern good[] = {offset(store, 0)};
    const Instance instance = must(store.instantiate(module, good));
    if (round % 3 == 2) continue;  // nobody looks: the image stays
    const auto bytes = instance.memory("m").bytes();
    EXPECT_EQ(as_text(bytes.subspan(10, 4)), "data");
    EXPECT_EQ(bytes[14] | bytes[9] | bytes[70'000], 0);
    bytes[14] = bytes[70'000] = 1;
  }
  // A trap in an element segment comes before the data.
  for (int round = 0; round < 2; ++round) {
    {
      Store store(engine);
      const Extern good[] = {offset(store, 0)};
      must(store.instantiate(module, good));
    }
    Store store(engine);
    const Extern bad[] = {offset(store, 2)};
    EXPECT_EQ(error_of(store.instantiate(module, bad)).kind, ErrorKind::trap);
    const MemoryInst& memory = *store.data()->instances->memories[0];
    EXPECT_EQ(memory.base[10], 0);
  }
}

TEST(Instantiate, DataInImportedMemoriesIsNoPartOfTheirImage) {
  Engine engine;
  const Module owner =
      load(engine, R"((module (memory (export "m") 1) (data (i32.const 0) "own")))");
  const Module guest = load(engine, R"((module (import "o" "m" (memory 1))
    (data (i32.const 100) "foreign")))");
  for (int round = 0; round < 3; ++round) {
    Store store(engine);
    const Instance instance = must(store.instantiate(owner, {}));
    const MemoryInst& memory = *instance.memory("m").inst();
    EXPECT_EQ(memory.base[0], 'o');
    EXPECT_EQ(memory.base[100], 0);
    const Extern imports[] = {instance.memory("m")};
    must(store.instantiate(guest, imports));
    EXPECT_EQ(memory.base[100], 'f');
  }
}

TEST(Instantiate, LimitsOfTheStoreHold) {
  Engine engine;
  Store store(engine, {.memory_bytes_max = 3 << 16, .table_elements_max = 10, .instances_max = 3});
  const Instance instance = testing::instantiate(store, R"((module
    (memory (export "m") 2) (table (export "t") 6 funcref)))");
  EXPECT_EQ(error_of(store.instantiate(load(engine, "(module (memory 2))"), {})).kind,
            ErrorKind::limit);
  EXPECT_EQ(error_of(store.instantiate(load(engine, "(module (table 5 funcref))"), {})).kind,
            ErrorKind::limit);
  Memory memory = instance.memory("m");
  EXPECT_FALSE(memory.grow(store, 2));
  EXPECT_EQ(memory.grow(store, 1), 2u);
  EXPECT_FALSE(memory.grow(store, 1));
  EXPECT_EQ(memory.grow(store, 0), 3u);
  Table table = instance.table("t");
  const Value null = testing::null_of(wasm::AbsHeapType::func);
  EXPECT_FALSE(table.grow(store, 5, null));
  EXPECT_EQ(table.grow(store, 4, null), 6u);
  EXPECT_FALSE(table.grow(store, 1, null));
  testing::instantiate(store, "(module)");
  testing::instantiate(store, "(module)");
  EXPECT_EQ(error_of(store.instantiate(load(engine, "(module)"), {})).kind, ErrorKind::limit);
}

/// They count with what they may grow to: other threads may grow them.
TEST(Instantiate, SharedMemoriesCountAgainstTheLimitOfTheStore) {
  Engine engine;
  Store store(engine, {.memory_bytes_max = 5 << 16});
  const Instance instance = testing::instantiate(store, R"((module
    (memory (export "a") 1 3 shared) (memory (export "b") 1 9 shared)))");
  EXPECT_EQ(instance.memory("a").grow(store, 2), 1u);
  EXPECT_EQ(instance.memory("b").grow(store, 1), 1u);
  EXPECT_FALSE(instance.memory("b").grow(store, 1));
  EXPECT_EQ(error_of(store.instantiate(load(engine, "(module (memory 1))"), {})).kind,
            ErrorKind::limit);
}

TEST(Instantiate, LimitsOfTheImplementationHold) {
  Settings settings;
  settings.limits.table_size = 100;
  settings.limits.memory32_bytes = 5 << 16;
  settings.limits.memory64_bytes = 6 << 16;
  Engine engine(std::move(settings));
  Store store(engine);
  EXPECT_FALSE(store.instantiate(load(engine, "(module (memory 6))"), {}));
  EXPECT_TRUE(store.instantiate(load(engine, "(module (memory 5))"), {}));
  EXPECT_FALSE(store.instantiate(load(engine, "(module (memory i64 7))"), {}));
  EXPECT_FALSE(store.instantiate(load(engine, "(module (memory i64 0xffff_ffff_ffff))"), {}));
  EXPECT_FALSE(store.instantiate(load(engine, "(module (table 101 funcref))"), {}));
  const Instance instance = testing::instantiate(store, R"((module
    (memory (export "m") 4) (memory (export "w") i64 6) (memory (export "b") 5 (pagesize 1))
    (table (export "t") i64 99 funcref)))");
  EXPECT_EQ(instance.memory("m").grow(store, 1), 4u);
  EXPECT_FALSE(instance.memory("m").grow(store, 1));
  EXPECT_FALSE(instance.memory("w").grow(store, 1));
  EXPECT_FALSE(instance.memory("w").grow(store, UINT64_MAX));
  EXPECT_EQ(instance.memory("b").grow(store, 7), 5u);
  EXPECT_EQ(instance.memory("b").bytes().size(), 12u);
  EXPECT_FALSE(instance.table("t").grow(store, 2, testing::null_of(wasm::AbsHeapType::func)));
  EXPECT_TRUE(instance.table("t").grow(store, 1, testing::null_of(wasm::AbsHeapType::func)));
}

TEST(Instantiate, GrowthKeepsGuardedMemoriesInPlace) {
  Engine engine;
  Store store(engine);
  const Instance instance = testing::instantiate(
      store, "(module (memory (export \"m\") 1) (memory (export \"w\") i64 1))");
  MemoryInst& memory = *instance.memory("m").inst();
  ASSERT_TRUE(memory.guarded);
  EXPECT_EQ(instance.data()->memory0_base, memory.base);
  const uint8_t* base = memory.base;
  EXPECT_EQ(instance.memory("m").grow(store, 1000), 1u);
  EXPECT_EQ(memory.base, base);
  Memory wide = instance.memory("w");
  wide.bytes()[0] = 7;
  EXPECT_EQ(wide.grow(store, 1000), 1u);
  EXPECT_EQ(wide.bytes()[0], 7);
  EXPECT_EQ(wide.bytes()[1000 << 16], 0);
}

/// With each request for memory failing in turn, everything stays in order.
TEST(Instantiate, AnyMemoryRequestMayFail) {
  uint64_t failures = 0;
  for (uint64_t n = 1;; ++n) {
    Settings settings;
    settings.memory_provider = make_failing_provider(make_on_demand_provider(), n);
    Engine engine(std::move(settings));
    Store store(engine, {.memory_bytes_max = 100 << 16});
    const Module module = load(engine, R"((module
      (memory (export "a") 1) (memory (export "b") i64 1) (memory (export "c") 1 2 shared)
      (data (i32.const 0) "x")))");
    auto instance = store.instantiate(module, {});
    bool failed = !instance;
    if (failed) {
      EXPECT_EQ(instance.error().kind, ErrorKind::limit);
      EXPECT_EQ(store.data()->memory_bytes, 0u);
      instance = store.instantiate(module, {});
      ASSERT_TRUE(instance);
    }
    for (const char* name : {"a", "b", "c"}) {
      if (instance->memory(name).grow(store, 1)) continue;
      failed = true;
      EXPECT_EQ(instance->memory(name).pages(), 1u);
    }
    EXPECT_EQ(instance->memory("a").bytes()[0], 'x');
    if (!failed) break;
    ++failures;
  }
  EXPECT_EQ(failures, 6u);
}

TEST(Instantiate, FindsExportsByName) {
  Engine engine;
  Store store(engine);
  std::string text = "(module";
  for (int i = 0; i < 100; ++i) {
    text += " (global (export \"g" + std::to_string(i) + "\") i32 (i32.const " + std::to_string(i) +
            "))";
  }
  const Instance many = testing::instantiate(store, text + ")");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(i32_global(many, "g" + std::to_string(i)), static_cast<uint32_t>(i));
  }
  EXPECT_FALSE(many.get("g100"));
  EXPECT_FALSE(many.get(""));
  EXPECT_FALSE(many.func("g1"));
  EXPECT_FALSE(many.memory("g1"));
  const Instance few = testing::instantiate(store, "(module (tag (export \"t\")))");
  EXPECT_TRUE(few.tag("t"));
  EXPECT_FALSE(few.get("u"));
}

}  // namespace
}  // namespace cairn::engine
