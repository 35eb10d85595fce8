// Calls between host and components, beside a plain core call in the same run. With
// CAIRN_COMPILER=…/cairn-compiler in the environment everything is compiled first.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <cairn/component/linker.hpp>

#include <cstdlib>

#include "harness/compiled.hpp"

namespace cairn::component {
namespace {

constexpr std::string_view core_text = R"((module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))))";

/// `echo` gives back the string or list that it got, from where it was put; `loop` calls `add` of
/// another component n times; `spawn` starts n tasks that wait for ever.
constexpr std::string_view text = R"((component
  (component $A
    (core module $M (memory (export "mem") 400)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (i32.store (i32.const 20) (local.get 1))
        (i32.const 16))
      (func (export "wait") (result i32) (i32.const 1))
      (func (export "cb") (param i32 i32 i32) (result i32) (i32.const 1)))
    (core instance $m (instantiate $M))
    (alias core export $m "mem" (core memory $mem))
    (alias core export $m "realloc" (core func $realloc))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32)
      (canon lift (core func $m "add")))
    (func (export "echo") (param "s" string) (result string)
      (canon lift (core func $m "echo") (memory $mem) (realloc $realloc)))
    (func (export "bytes") (param "s" (list u8)) (result (list u8))
      (canon lift (core func $m "echo") (memory $mem) (realloc $realloc)))
    (func (export "wait") async
      (canon lift (core func $m "wait") async (callback (core func $m "cb")))))
  (component $B
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (import "wait" (func $wait async))
    (core func $add' (canon lower (func $add)))
    (core func $wait' (canon lower (func $wait) async))
    (core module $M
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (import "" "wait" (func $wait (result i32)))
      (func (export "loop") (param i32) (result i32) (local i32)
        (loop $l
          (local.set 1 (call $add (local.get 1) (i32.const 1)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1))
      (func (export "spawn") (param i32)
        (loop $l
          (drop (call $wait))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
    (core instance $m (instantiate $M (with "" (instance
      (export "add" (func $add')) (export "wait" (func $wait'))))))
    (func (export "loop") (param "n" u32) (result u32) (canon lift (core func $m "loop")))
    (func (export "spawn") (param "n" u32) (canon lift (core func $m "spawn"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "add" (func $a "add")) (with "wait" (func $a "wait"))))
  (func (export "add") (alias export $a "add"))
  (func (export "echo") (alias export $a "echo"))
  (func (export "bytes") (alias export $a "bytes"))
  (func (export "loop") (alias export $b "loop"))
  (func (export "spawn") (alias export $b "spawn"))))";

/// The component in a store of its own.
struct World {
  engine::Engine engine{bench::compiled_if_asked()};
  Store store{engine};
  ComponentPre prepared;
  Instance instance;
  World() : prepared(*ComponentLinker(engine).prepare(*Component::load_text(engine, text))) {
    instance = *prepared.instantiate(store);
  }
  template <class Signature>
  TypedFunc<Signature> get(std::string_view name) {
    return *TypedFunc<Signature>::of(instance.func(name));
  }
};

void core_add(benchmark::State& state) {
  engine::Engine engine(bench::compiled_if_asked());
  engine::Store store(engine);
  const engine::Instance instance = *store.instantiate(*engine.load_text(core_text), {});
  const engine::Func add = instance.func("add");
  for (auto _ : state)
    benchmark::DoNotOptimize(add.invoke<uint32_t>(store, uint32_t{1}, uint32_t{2}).value());
}
BENCHMARK(core_add);

void typed_add(benchmark::State& state) {
  World world;
  const auto add = world.get<uint32_t(uint32_t, uint32_t)>("add");
  for (auto _ : state) benchmark::DoNotOptimize(add(world.store, 1, 2).value());
}
BENCHMARK(typed_add);

void string_in_and_out(benchmark::State& state) {
  World world;
  const auto echo = world.get<std::string(std::string_view)>("echo");
  const std::string string(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(echo(world.store, string).value());
}
BENCHMARK(string_in_and_out)->Arg(0)->Arg(1024);

void list_in_and_out(benchmark::State& state) {
  World world;
  const auto echo = world.get<std::vector<uint8_t>(std::span<const uint8_t>)>("bytes");
  const std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 7);
  for (auto _ : state) benchmark::DoNotOptimize(echo(world.store, bytes).value());
  state.SetBytesProcessed(state.iterations() * state.range(0) * 2);
}
BENCHMARK(list_in_and_out)->Arg(16 << 20);

void memcpy_in_and_out(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  const std::vector<uint8_t> from(size, 7);
  std::vector<uint8_t> guest(size);
  for (auto _ : state) {
    std::memcpy(guest.data(), from.data(), size);
    benchmark::DoNotOptimize(std::vector<uint8_t>(guest));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 2);
}
BENCHMARK(memcpy_in_and_out)->Arg(16 << 20);

void component_to_component(benchmark::State& state) {
  World world;
  const auto loop = world.get<uint32_t(uint32_t)>("loop");
  for (auto _ : state) benchmark::DoNotOptimize(loop(world.store, 1000).value());
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(component_to_component);

/// `MiB`: what ten thousand tasks that wait take beside memories.
void start_waiting_task(benchmark::State& state) {
  size_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    World world;
    const auto spawn = world.get<void(uint32_t)>("spawn");
    const size_t before = mallinfo2().uordblks;
    state.ResumeTiming();
    if (const Result<> done = spawn(world.store, 10'000); !done) {
      state.SkipWithError(done.error().message.c_str());
      break;
    }
    bytes = mallinfo2().uordblks - before;
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
  state.counters["MiB"] = static_cast<double>(bytes) / (1 << 20);
}
BENCHMARK(start_waiting_task)->Iterations(5);

void instantiate(benchmark::State& state) {
  World world;
  for (auto _ : state) {
    Store store(world.engine);
    benchmark::DoNotOptimize(world.prepared.instantiate(store).value());
  }
}
BENCHMARK(instantiate);

}  // namespace
}  // namespace cairn::component
