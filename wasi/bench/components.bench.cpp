// What it costs to have a command ready: a small component of WASI 0.2, linked once, instantiated
// again and again with a world of its own. CAIRN_BENCH_COMPONENT in the environment names another
// one; with CAIRN_COMPILER everything is compiled first.

#include <benchmark/benchmark.h>
#include <cairn/base/clock.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/files.hpp>
#include <cairn/base/random.hpp>
#include <cairn/engine/memory_provider.hpp>
#include <cairn/wasi/guest.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "harness/compiled.hpp"

namespace cairn::wasi {
namespace {

/// Writes "hello" to its standard output.
constexpr std::string_view hello = R"((component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $err))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $err (type $e))
    (export "error" (type $error (eq $e)))
    (export "output-stream" (type $out (sub resource)))
    (type $failure (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $failure)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $out)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $out))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $out (type $t)) (export "output-stream" (type $out (eq $t)))
    (export "get-stdout" (func (result (own $out))))))
  (core module $Memory (memory (export "memory") 17) (data (i32.const 0) "hello\n"))
  (core instance $m (instantiate $Memory))
  (alias core export $m "memory" (core memory $memory))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory $memory)))
  (core func $drop (canon resource.drop $out))
  (core module $Main
    (import "wasi" "get-stdout" (func $get-stdout (result i32)))
    (import "wasi" "write" (func $write (param i32 i32 i32 i32)))
    (import "wasi" "drop" (func $drop (param i32)))
    (import "wasi" "memory" (memory 1))
    (func (export "run") (result i32) (local i32)
      (local.set 0 (call $get-stdout))
      (call $write (local.get 0) (i32.const 0) (i32.const 6) (i32.const 16))
      (call $drop (local.get 0))
      (i32.load8_u (i32.const 16))))
  (core instance $main (instantiate $Main (with "wasi" (instance
    (export "get-stdout" (func $get-stdout)) (export "write" (func $write))
    (export "drop" (func $drop)) (export "memory" (memory $memory))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $program (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $program))))";

component::Component load(engine::Engine& engine) {
  const char* const path = std::getenv("CAIRN_BENCH_COMPONENT");
  if (path == nullptr) return component::Component::load_text(engine, hello).value();
  return component::Component::load(engine, RealFiles().read_file(path).value()).value();
}

struct World {
  RealClock clock;
  RealRandom random;
  std::unique_ptr<EventLoop> loop = make_event_loop(clock);
  engine::Engine engine{
      bench::compiled_if_asked({.memory_provider = engine::make_pooled_provider()})};
  component::ComponentPre prepared = [this] {
    component::ComponentLinker linker(engine);
    add_wasi(linker);
    return linker.prepare(load(engine)).value();
  }();

  std::unique_ptr<component::Store> open() {
    auto store = std::make_unique<component::Store>(engine);
    GuestConfig config;
    config.args = {"hello"};
    config.loop = loop.get();
    config.random = &random;
    Guest::enter(*store, std::make_shared<Guest>(std::move(config)));
    return store;
  }
};

/// The median and the 99th percentile, beside the mean.
class Percentiles {
 public:
  void add(std::chrono::nanoseconds time) { times_.push_back(time.count()); }
  void report(benchmark::State& state) {
    std::ranges::sort(times_);
    state.counters["p50_us"] = at(0.5);
    state.counters["p99_us"] = at(0.99);
  }

 private:
  double at(double part) const {
    return static_cast<double>(
               times_[static_cast<size_t>(part * static_cast<double>(times_.size() - 1))]) /
           1e3;
  }
  std::vector<int64_t> times_;
};

/// Store, world and instance; the instance before it has gone.
void instantiate_command(benchmark::State& state) {
  World world;
  Percentiles percentiles;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    const auto store = world.open();
    const auto instance = world.prepared.instantiate(*store);
    percentiles.add(std::chrono::steady_clock::now() - start);
    if (!instance) return state.SkipWithError(instance.error().message.c_str());
  }
  percentiles.report(state);
}
BENCHMARK(instantiate_command);

/// The same with a call of `run`, and the end of it all.
void run_command(benchmark::State& state) {
  World world;
  Percentiles percentiles;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    {
      const auto store = world.open();
      const auto instance = world.prepared.instantiate(*store);
      const auto program = instance->instance("wasi:cli/run@0.2.0");
      benchmark::DoNotOptimize(program.func("run").call(*store, {}));
    }
    percentiles.add(std::chrono::steady_clock::now() - start);
  }
  percentiles.report(state);
}
BENCHMARK(run_command);

}  // namespace
}  // namespace cairn::wasi
