// What the runtime costs around the code: loading, instantiating, calling into and out of a guest,
// and the memory of an instance. CAIRN_BENCH_MODULE names a module to load in place of the one that
// is made here, CAIRN_COMPILER a `cairn-compiler`: then everything runs compiled.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>
#include <cairn/engine/linker.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "harness/compiled.hpp"

namespace cairn::engine {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().to_string());
    std::abort();
  }
  return *std::move(result);
}

/// What clang and wasi-libc make of a small program: a memory of two pages with some data, a table
/// of functions, a stack pointer, imports from WASI.
constexpr std::string_view small_wasi = R"((module
  (type $io (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (type $io)))
  (import "wasi_snapshot_preview1" "fd_seek" (func (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
  (table 5 5 funcref)
  (memory (export "memory") 2)
  (global $stack_pointer (mut i32) (i32.const 66560))
  (elem (i32.const 1) $close $write $seek $main)
  (func $close (result i32) (i32.const 0))
  (func $write (result i32) (i32.const 0))
  (func $seek (result i32) (i32.const 0))
  (func $main (result i32) (i32.const 0))
  (func (export "_start")  ;; touches the stack, the heap and the data
    (i32.store (i32.const 66000) (i32.const 1)) (i32.store (i32.const 70000) (i32.const 1))
    (i32.store (i32.const 100000) (i32.const 1)) (i32.store (i32.const 3000) (i32.const 1))
    (drop (call $fd_write (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4))))
  (data (i32.const 1024) "hello, world\00and what a C library keeps in its data segment: file tables")
  (data (i32.const 2048) "\05\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\02\00\00\00")))";

void define_wasi(Linker& linker) {
  constexpr const char* wasi = "wasi_snapshot_preview1";
  linker.func(wasi, "fd_write", [](Caller&, int32_t, int32_t, int32_t, int32_t) { return 0; });
  linker.func(wasi, "fd_seek", [](Caller&, int32_t, int64_t, int32_t, int32_t) { return 0; });
  linker.func(wasi, "fd_close", [](Caller&, int32_t) { return 0; });
  linker.func(wasi, "fd_fdstat_get", [](Caller&, int32_t, int32_t) { return 0; });
  linker.func(wasi, "proc_exit", [](Caller&, int32_t) {});
}

struct SmallWasi {
  Engine engine{bench::compiled_if_asked()};
  Linker linker{engine};
  InstancePre pre{prepare()};

 private:
  InstancePre prepare() {
    define_wasi(linker);
    return must(linker.prepare(must(engine.load_text(small_wasi))));
  }
};

void instantiate_and_drop(benchmark::State& state) {
  SmallWasi world;
  for (auto _ : state) {
    Store store(world.engine);
    benchmark::DoNotOptimize(must(world.pre.instantiate(store)));
  }
}
BENCHMARK(instantiate_and_drop);

void instantiate_run_and_drop(benchmark::State& state) {
  SmallWasi world;
  for (auto _ : state) {
    Store store(world.engine);
    const Instance instance = must(world.pre.instantiate(store));
    must(instance.func("_start").call(store, {}));
  }
}
BENCHMARK(instantiate_run_and_drop);

/// Ten thousand instances alive at once: bytes of each on the C heap, and how long they take.
void live_instances(benchmark::State& state) {
  SmallWasi world;
  constexpr int count = 10'000;
  double bytes = 0;
  for (auto _ : state) {
    Store store(world.engine);
    const size_t before = mallinfo2().uordblks;
    for (int i = 0; i < count; ++i) must(world.pre.instantiate(store));
    bytes = static_cast<double>(mallinfo2().uordblks - before) / count;
  }
  state.counters["bytes_each"] = bytes;
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(live_instances)->Unit(benchmark::kMillisecond)->Iterations(3);

// ---- Calls --------------------------------------------------------------------------------------

constexpr std::string_view caller_text = R"((module
  (import "host" "add" (func $add (param i32 i32) (result i32)))
  (func (export "many") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (call $add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (type $adds (func (param i32 i32) (result i32)))
  (table 2 2 funcref)
  (elem (i32.const 0) $add $plus)
  (func $plus (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "table") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum
        (call_indirect (type $adds) (local.get $sum) (local.get $n) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "none") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "one") (param i32) (result i32) (local.get 0))))";

constexpr int32_t calls = 100'000;

/// A guest's call of a host function and back; the loop around it is `host_calls/none`.
void host_calls(benchmark::State& state, const char* name) {
  Engine engine(bench::compiled_if_asked());
  Linker linker(engine);
  linker.func("host", "add", [](Caller&, int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  });
  Store store(engine);
  const Func many = must(linker.instantiate(store, must(engine.load_text(caller_text)))).func(name);
  for (auto _ : state) benchmark::DoNotOptimize(must(many.invoke<int32_t>(store, calls)));
  state.SetItemsProcessed(state.iterations() * calls);
}
BENCHMARK_CAPTURE(host_calls, many, "many");
BENCHMARK_CAPTURE(host_calls, none, "none");
/// Of functions of the module itself.
BENCHMARK_CAPTURE(host_calls, through_a_table, "table");

/// What a virtual call costs here: the same loop in C++.
struct Adder {
  virtual ~Adder() = default;
  virtual int32_t add(int32_t a, int32_t b) = 0;
};
struct PlainAdder final : Adder {
  [[gnu::noinline]] int32_t add(int32_t a, int32_t b) override {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
};
void native_virtual_calls(benchmark::State& state) {
  PlainAdder plain;
  Adder* adder = &plain;
  benchmark::DoNotOptimize(adder);
  for (auto _ : state) {
    int32_t sum = 0;
    for (int32_t n = calls; n > 0; --n) {
      sum = adder->add(sum, n);
      benchmark::ClobberMemory();
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * calls);
}
BENCHMARK(native_virtual_calls);

/// A host's call of a guest function and back.
void guest_call(benchmark::State& state) {
  Engine engine(bench::compiled_if_asked());
  Linker linker(engine);
  linker.func("host", "add", [](Caller&, int32_t, int32_t) { return 0; });
  Store store(engine);
  const Func one = must(linker.instantiate(store, must(engine.load_text(caller_text)))).func("one");
  for (auto _ : state) benchmark::DoNotOptimize(must(one.invoke<int32_t>(store, 1)));
}
BENCHMARK(guest_call);

// ---- Loading ------------------------------------------------------------------------------------

/// About one MiB: many functions of the size that compilers make.
Bytes big_module() {
  if (const char* path = std::getenv("CAIRN_BENCH_MODULE")) {
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }
  std::string text =
      "(module (memory 16) (table 1000 funcref) (global $sp (mut i32) (i32.const 0))";
  for (int f = 0; f < 2200; ++f) {
    text += fmt::format("(func $f{} (param i32 i32) (result i32) (local i32 i32 i64 f64)", f);
    for (int k = 0; k < 14; ++k) {
      text += fmt::format(
          "(local.set 2 (i32.add (i32.load offset={} (local.get 0)) (i32.const {})))"
          "(if (i32.lt_s (local.get 2) (local.get 1)) (then (i32.store offset={} (local.get 0) "
          "(call $f{} (local.get 1) (local.get 2)))))",
          k * 8, f * 31 + k, k * 4 + 400, (f * 7 + k) % 2200);
    }
    text += "(local.get 2))";
  }
  text += "(elem (i32.const 0)";
  for (int f = 0; f < 1000; ++f) text += fmt::format(" $f{}", f * 2);
  text += ") (data (i32.const 64) \"" + std::string(100'000, 'd') + "\"))";
  return wasm::encode(must(wasm::parse_text(text)));
}

void load_and_instantiate(benchmark::State& state) {
  const Bytes bytes = big_module();
  for (auto _ : state) {
    Engine engine(bench::compiled_if_asked());
    Store store(engine);
    const Module module = must(engine.load(bytes));
    benchmark::DoNotOptimize(store.instantiate(module, {}));
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
  state.counters["module_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(load_and_instantiate)->Unit(benchmark::kMillisecond);

double resident_mib() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// Ten thousand modules, each another one: loaded, run and dropped, in one engine. What remains
/// resident after the first thousand and after all of them.
void soak(benchmark::State& state) {
  constexpr int count = 10'000, settled = 1'000;
  for (auto _ : state) {
    Engine engine(bench::compiled_if_asked());
    for (int i = 0; i < count; ++i) {
      if (i == settled) state.counters["mib_settled"] = resident_mib();
      Store store(engine);
      const Module module = must(engine.load_text(fmt::format(
          "(module (memory 1) (func (export \"run\") (param i32) (result i32)"
          " (i32.store (local.get 0) (i32.const {0})) (i32.add (i32.load (i32.const {1})) "
          "(i32.const {0}))))",
          i, i % 1000 * 4)));
      const Instance instance = must(store.instantiate(module, {}));
      const auto place = static_cast<int32_t>(i % 1000 * 4);
      if (must(instance.func("run").invoke<int32_t>(store, place)) != 2 * i) std::abort();
    }
    state.counters["mib_at_end"] = resident_mib();
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(soak)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace cairn::engine
