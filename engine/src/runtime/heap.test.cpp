#include "runtime/heap.hpp"

#include <cstring>

#include "runtime/testing.hpp"

namespace cairn::engine {
namespace {

using testing::load;

/// A store with the types that the tests allocate.
struct World {
  explicit World(Settings settings = {}, StoreLimits limits = {})
      : engine(std::move(settings)),
        module(load(engine, R"((module
          (rec (type $node (struct (field (mut (ref null $node))) (field (mut anyref)) (field i64))))
          (type $refs (array (mut anyref)))
          (type $bytes (array (mut i8)))
          (type $mixed (struct (field i8) (field v128) (field funcref) (field i16) (field anyref)))
          (tag $tag (param i32 anyref v128 externref))))")),
        store(engine, limits) {}

  const RuntimeType& type(uint32_t index) const { return module.state()->runtime_types[index]; }
  GcObject* node() { return gc_new_struct(*store.data(), type(0)); }
  GcObject* refs(uint32_t length) { return gc_new_array(*store.data(), type(1), length); }
  GcHeap& heap() { return heap_of(*store.data()); }

  Engine engine;
  Module module;
  Store store;
};

uint64_t bits(GcObject* object) { return reinterpret_cast<uint64_t>(object); }
Ref ref(GcObject* object) { return Ref{bits(object)}; }

/// Counts how many of its kind are alive.
class Counted final : public HostObject {
 public:
  explicit Counted(int& count) : count_(count) { ++count_; }
  ~Counted() override { --count_; }

 private:
  int& count_;
};

TEST(Heap, LaysFieldsOutByTheirWidth) {
  World world;
  const RuntimeType& mixed = world.type(3);
  ASSERT_EQ(mixed.fields.size(), 5u);
  EXPECT_EQ(mixed.fields[0].offset, 0u);
  EXPECT_EQ(mixed.fields[1].offset, 16u);
  EXPECT_EQ(mixed.fields[2].offset, 32u);
  EXPECT_EQ(mixed.fields[3].offset, 40u);
  EXPECT_EQ(mixed.fields[4].offset, 48u);
  EXPECT_EQ(mixed.size, 56u);
  EXPECT_EQ(mixed.heap_refs, std::vector<uint32_t>{48});
}

TEST(Heap, KeepsWhatARootReachesAndFreesCycles) {
  World world;
  GcObject* a = world.node();
  GcObject* b = world.node();
  a->slots()[0] = bits(b);
  b->slots()[0] = bits(a);
  const uint64_t used = world.store.gc_heap_bytes();
  {
    const Root root(world.store, ref(a));
    world.store.collect_garbage();
    EXPECT_EQ(world.store.gc_heap_bytes(), used);
    EXPECT_EQ(root.get().bits, bits(a));
  }
  world.store.collect_garbage();
  EXPECT_EQ(world.store.gc_heap_bytes(), 0u);
  EXPECT_EQ(world.heap().committed_bytes(), 0u);
}

TEST(Heap, RootsThatAreNoObjectsAreKeptAsTheyAre) {
  World world;
  const Instance instance = testing::instantiate(world.store, "(module (func (export \"f\")))");
  const Root func(world.store, Store::ref_of(instance.func("f")));
  const Root i31(world.store, Ref{85});
  const Root null(world.store, Ref{});
  world.node();
  world.store.collect_garbage();
  EXPECT_EQ(func.get(), Store::ref_of(instance.func("f")));
  EXPECT_EQ(i31.get().bits, 85u);
  EXPECT_TRUE(null.get().is_null());
}

TEST(Heap, ObjectsComeZeroedAndAligned) {
  World world;
  for (int round = 0; round < 3; ++round) {
    for (uint32_t length = 0; length < 5000; length += 97) {
      GcObject* object = gc_new_array(*world.store.data(), world.type(2), length);
      ASSERT_NE(object, nullptr);
      EXPECT_EQ(bits(object) % 16, 0u);
      for (uint32_t i = 0; i < length; ++i) ASSERT_EQ(object->payload()[i], 0);
      std::memset(object->payload(), 0xEE, length);
    }
    world.store.collect_garbage();
  }
}

/// A list of many nodes whose links are in the order or against it.
void mark_list(World& world, uint32_t length, bool other_field) {
  GcObject* head = world.node();
  Root root(world.store, ref(head));
  for (uint32_t i = 1; i < length; ++i) {
    GcObject* node = world.node();
    ASSERT_NE(node, nullptr);
    node->slots()[other_field ? 1 : 0] = bits(head);
    node->slots()[2] = i;
    head = node;
    root = Root(world.store, ref(head));
  }
  world.store.collect_garbage();
  EXPECT_EQ(world.store.gc_heap_bytes(), uint64_t{length} * 48);
  uint64_t at = bits(head);
  for (uint32_t i = length; i-- > 1;) {
    auto* node = reinterpret_cast<GcObject*>(at);
    ASSERT_EQ(node->slots()[2], i);
    at = node->slots()[other_field ? 1 : 0];
  }
}

TEST(Heap, MarksListsOfTenMillionNodes) {
  World world;
  mark_list(world, 10'000'000, false);
}

TEST(Heap, MarksListsThroughAnyField) {
  World world;
  mark_list(world, 1'000'000, true);
}

/// A tree in which every node has two children, and a wide array of arrays.
void mark_bushes(World& world) {
  constexpr uint32_t count = 20'000;
  GcObject* all = world.refs(count);
  const Root root(world.store, ref(all));
  for (uint32_t i = 0; i < count; ++i) {
    GcObject* array = world.refs(3);
    all->slots()[i] = bits(array);
    array->slots()[0] = bits(world.node());
    array->slots()[1] = bits(all);
    array->slots()[2] = 2 * i + 1;  // an i31
    if (i > 0) array->slots()[0] = all->slots()[i / 2];
  }
  world.store.collect_garbage();
  const uint64_t used = world.store.gc_heap_bytes();
  world.store.collect_garbage();
  EXPECT_EQ(world.store.gc_heap_bytes(), used);
  for (uint32_t i = 1; i < count; ++i) {
    auto* array = reinterpret_cast<GcObject*>(all->slots()[i]);
    ASSERT_EQ(array->length, 3u);
    ASSERT_EQ(array->slots()[0], all->slots()[i / 2]);
    ASSERT_EQ(array->slots()[2], 2 * i + 1);
  }
}

TEST(Heap, MarkingSurvivesAWorklistThatCannotGrow) {
  for (const size_t entries : {0u, 1u, 2u, 7u, 300u}) {
    World world;
    world.heap().mark_stack().set_entries_max(entries);
    mark_bushes(world);
  }
  World world;
  mark_bushes(world);
}

TEST(Heap, StressCollectsAtEveryAllocation) {
  Settings settings;
  settings.gc_stress = true;
  World world(std::move(settings));
  const Root root(world.store, ref(world.node()));
  auto* head = reinterpret_cast<GcObject*>(root.get().bits);
  for (int i = 0; i < 100; ++i) {
    GcObject* next = world.node();
    next->slots()[0] = head->slots()[0];
    head->slots()[0] = bits(next);
    world.node();  // garbage at once
  }
  EXPECT_EQ(world.store.gc_heap_bytes(), 102u * 48);
}

TEST(Heap, EnforcesItsLimit) {
  World world({}, {.gc_heap_bytes_max = 1 << 20});
  std::vector<Root> roots;
  while (GcObject* object = world.node()) {
    roots.emplace_back(world.store, ref(object));
    ASSERT_LE(world.heap().committed_bytes(), 1u << 20);
  }
  EXPECT_GT(roots.size(), 15'000u);
  EXPECT_EQ(world.refs(1 << 20), nullptr);
  EXPECT_EQ(world.refs(UINT32_MAX), nullptr);
  roots.clear();
  EXPECT_NE(world.node(), nullptr);
  EXPECT_NE(world.refs(100'000), nullptr);  // what is dead makes room
}

TEST(Heap, GarbageNeverAddsUp) {
  World world({}, {.gc_heap_bytes_max = 32u << 20});
  for (int i = 0; i < 2'000'000; ++i) ASSERT_NE(world.node(), nullptr);
  for (int i = 0; i < 200; ++i) ASSERT_NE(world.refs(200'000), nullptr);
}

TEST(Heap, ReleasesHostObjects) {
  int alive = 0;
  {
    World world;
    const Root kept(world.store, world.store.new_extern(std::make_unique<Counted>(alive)));
    GcObject* holder = world.refs(1);
    const Root root(world.store, ref(holder));
    holder->slots()[0] = world.store.new_extern(std::make_unique<Counted>(alive)).bits;
    world.store.new_extern(std::make_unique<Counted>(alive));
    EXPECT_EQ(alive, 3);
    world.store.collect_garbage();
    EXPECT_EQ(alive, 2);
    EXPECT_NE(world.store.host_object(kept.get()), nullptr);
    EXPECT_EQ(world.store.host_object(ref(holder)), nullptr);
    EXPECT_EQ(world.store.host_object(Ref{17}), nullptr);
    holder->slots()[0] = 0;
    world.store.collect_garbage();
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Heap, ScansExceptionsByTheirTag) {
  World world;
  const Instance instance = testing::instantiate(world.store, R"((module
    (tag (export "t") (param i32 anyref v128 externref))))");
  GcObject* exception = gc_new_exception(*world.store.data(), instance.tag("t").inst(), 5);
  world.store.data()->last_exception = exception;
  exception->slots()[1] = 8;  // a number, which looks like an address
  exception->slots()[2] = bits(world.node());
  exception->slots()[3] = exception->slots()[4] = 16;
  exception->slots()[5] = bits(world.refs(2));
  world.node();
  const uint64_t used = world.store.gc_heap_bytes();
  world.store.collect_garbage();
  EXPECT_EQ(world.store.gc_heap_bytes(), used - 48);
}

TEST(Heap, TablesAndGlobalsAreRoots) {
  World world;
  Table table = testing::must(
      world.store.new_table({.element = wasm::anyref, .limits = {.min = 2, .max = {}}},
                            testing::null_of(wasm::AbsHeapType::any)));
  Global global = testing::must(world.store.new_global({.type = wasm::anyref, .is_mutable = true},
                                                       testing::null_of(wasm::AbsHeapType::any)));
  EXPECT_TRUE(table.set(1, Value(ref(world.node()), wasm::anyref)));
  EXPECT_TRUE(global.set(Value(ref(world.node()), wasm::anyref)));
  world.store.collect_garbage();
  EXPECT_EQ(world.store.gc_heap_bytes(), 96u);
  EXPECT_TRUE(table.set(1, testing::null_of(wasm::AbsHeapType::none)));
  world.store.collect_garbage();
  EXPECT_EQ(world.store.gc_heap_bytes(), 48u);
}

}  // namespace
}  // namespace cairn::engine
