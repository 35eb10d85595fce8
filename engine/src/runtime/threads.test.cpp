#include <chrono>
#include <thread>

#include "runtime/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;

constexpr wasm::MemoryType shared_type{.limits = {.min = 1, .max = 4}, .shared = true};

/// Notifies until somebody was there to be woken.
void notify_one(MemoryInst& memory, uint64_t address) {
  while (atomic_notify(memory, address, 1) == 0) std::this_thread::yield();
}

TEST(Threads, WaitComparesFirst) {
  Engine engine;
  Store store(engine);
  MemoryInst& memory = *must(store.new_memory(shared_type)).inst();
  EXPECT_EQ(atomic_wait32(memory, 8, 1, -1), 1u);
  EXPECT_EQ(atomic_wait64(memory, 8, 1, -1), 1u);
  EXPECT_EQ(atomic_wait32(memory, 8, 0, 1'000'000), 2u);
  EXPECT_EQ(atomic_wait64(memory, 8, 0, 0), 2u);
  EXPECT_EQ(atomic_notify(memory, 8, 5), 0u);
}

TEST(Threads, NotifyWakesWaitersOfItsAddressOnly) {
  Engine engine;
  Store store(engine);
  MemoryInst& memory = *must(store.new_memory(shared_type)).inst();
  std::atomic<uint32_t> woken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const uint64_t address = i < 3 ? 16 : 64;
      EXPECT_EQ(atomic_wait32(memory, address, 0, -1), 0u);
      ++woken;
    });
  }
  for (int i = 0; i < 3; ++i) notify_one(memory, 16);
  threads[0].join();
  threads[1].join();
  threads[2].join();
  EXPECT_EQ(woken, 3u);
  notify_one(memory, 64);
  threads[3].join();
}

TEST(Threads, InterruptEndsAWait) {
  Engine engine;
  SharedMemory shared = must(SharedMemory::create(engine, shared_type));
  std::atomic<Store*> waiting = nullptr;
  std::thread thread([&] {
    Store store(engine);
    const Memory memory = store.add(shared);
    waiting = &store;
    EXPECT_EQ(atomic_wait64(*memory.inst(), 0, 0, -1, store.data()), 0u);
    EXPECT_NE(store.data()->interrupt.load(), 0u);
    waiting = nullptr;
    waiting.notify_one();
  });
  while (!waiting) std::this_thread::yield();
  // Time for the wait to begin; the test holds without it, too.
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  waiting.load()->interrupt();
  thread.join();
}

TEST(Threads, StoresShareOneMemory) {
  Engine engine;
  const SharedMemory shared = must(SharedMemory::create(engine, shared_type));
  const Module module = testing::load(
      engine, "(module (import \"m\" \"m\" (memory 1 4 shared)) (export \"m\" (memory 0)))");
  constexpr int rounds = 20'000;
  const auto count = [&] {
    Store store(engine);
    const Extern imports[] = {store.add(shared)};
    const Instance instance = must(store.instantiate(module, imports));
    auto* at = reinterpret_cast<uint32_t*>(instance.memory("m").bytes().data());
    for (int i = 0; i < rounds; ++i) ++std::atomic_ref(*at);
    EXPECT_TRUE(Memory(instance.memory("m")).grow(store, 1));
  };
  std::thread a(count), b(count);
  a.join();
  b.join();
  EXPECT_EQ(*reinterpret_cast<uint32_t*>(shared.inst()->base), 2u * rounds);
  EXPECT_EQ(Memory(shared.inst().get()).pages(), 3u);
}

TEST(Threads, SharedMemoriesOutliveTheirStore) {
  Engine engine;
  std::optional<SharedMemory> shared;
  {
    Store store(engine);
    const Instance instance = testing::instantiate(
        store, "(module (memory (export \"m\") 1 2 shared) (data (i32.const 0) \"hi\"))");
    shared = SharedMemory::of(instance.memory("m"));
    const Instance plain = testing::instantiate(store, "(module (memory (export \"m\") 1))");
    EXPECT_FALSE(SharedMemory::of(plain.memory("m")));
  }
  ASSERT_TRUE(shared);
  Store store(engine);
  EXPECT_EQ(as_text(store.add(*shared).bytes().first(2)), "hi");
  EXPECT_FALSE(SharedMemory::create(engine, {.limits = {.min = 1, .max = 2}}));
}

TEST(Threads, OneModuleLoadsAndRunsEverywhere) {
  Engine engine;
  const Module module = testing::load(engine, R"((module $m (memory (export "m") 1)
    (func $named (export "f")) (data (i32.const 3) "abc")))");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      EXPECT_EQ(module.function_name(0), "named");
      for (int round = 0; round < 200; ++round) {
        Store store(engine);
        const Instance instance = must(store.instantiate(module, {}));
        auto bytes = instance.memory("m").bytes();
        EXPECT_EQ(as_text(bytes.subspan(3, 3)), "abc");
        EXPECT_EQ(bytes[6], 0);
        bytes[6] = 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cairn::engine
