// Cairn as a library: a program that runs a guest, gives it functions, reads its memory, and stays
// in charge of its time. docs/embedding.md explains it step by step; a test compiles and runs it.

#include <fmt/format.h>
#include <cairn/engine/execution.hpp>
#include <cairn/engine/linker.hpp>

#include <thread>

using namespace cairn;
using namespace cairn::engine;

namespace {

constexpr std::string_view guest = R"((module
  (import "host" "log" (func $log (param i32 i32)))
  (import "host" "temperature" (func $temperature (param i32) (result f64)))
  (memory (export "memory") 1)
  (data (i32.const 16) "looking outside")
  (func (export "average") (param $days i32) (result f64) (local $day i32) (local $sum f64)
    (call $log (i32.const 16) (i32.const 15))
    (loop $next
      (local.set $sum (f64.add (local.get $sum) (call $temperature (local.get $day))))
      (local.set $day (i32.add (local.get $day) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $day) (local.get $days))))
    (f64.div (local.get $sum) (f64.convert_i32_u (local.get $days))))
  (func (export "crash") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func (export "spin") (loop $forever (br $forever)))))";

/// What the guest may call. Nothing else exists for it.
void define_host(Linker& linker) {
  linker.func("host", "log", [](Caller& caller, uint32_t at, uint32_t size) -> Result<> {
    const auto bytes = caller.memory().bytes();
    // What a guest says about its memory is checked like any other input.
    if (at > bytes.size() || size > bytes.size() - at) {
      return fail(ErrorKind::usage, "log: the text is not in memory");
    }
    fmt::print("guest: {}\n", as_text(bytes.subspan(at, size)));
    return {};
  });
  linker.func("host", "temperature", [](Caller&, int32_t day) { return 10.0 + day; });
}

/// A call of a typed function.
Result<> call(Store& store, const Instance& instance) {
  const double average = TRY(instance.func("average").invoke<double>(store, int32_t{5}));
  fmt::print("average: {}\n", average);
  return {};
}

/// A trap is an error value; the store stays usable.
Result<> trap(Store& store, const Instance& instance) {
  const Result<int32_t> result = instance.func("crash").invoke<int32_t>(store, int32_t{0});
  if (!result) fmt::print("crash: {}\n", result.error().message);
  fmt::print("crash(1): {}\n", TRY(instance.func("crash").invoke<int32_t>(store, int32_t{1})));
  return {};
}

/// Fuel runs a guest in slices: the execution is a value, and goes on where it stopped.
Result<> slices(Store& store, const Instance& instance) {
  const Value args[] = {Value(int32_t{1000})};
  Execution execution = TRY(Execution::start(store, instance.func("average"), args));
  int slices = 1;
  while (execution.resume(1000) == Execution::State::out_of_fuel) ++slices;
  fmt::print("in slices: {} after more than one: {}\n", execution.results()[0].f64(), slices > 1);
  return {};
}

/// Another thread can stop a guest that does not end.
Result<> interrupt(Store& store, const Instance& instance) {
  std::thread watchdog([&] { store.interrupt(); });
  const Result<> result = instance.func("spin").invoke(store);
  watchdog.join();
  store.clear_interrupt();
  if (!result) fmt::print("spin: {}\n", result.error().message);
  return {};
}

Result<> run() {
  Engine engine({.fuel = true});
  const Module module = TRY(engine.load_text(guest));  // or `load`, with the bytes of a .wasm file

  Linker linker(engine);
  define_host(linker);
  const InstancePre prepared = TRY(linker.prepare(module));

  // A store for each tenant, request or test: its limits hold for everything inside.
  Store store(engine, {.memory_bytes_max = 16 << 20, .call_depth_max = 1000});
  store.set_fuel(1'000'000'000'000);
  const Instance instance = TRY(prepared.instantiate(store));

  TRY(call(store, instance));
  TRY(trap(store, instance));
  TRY(slices(store, instance));
  return interrupt(store, instance);
}

}  // namespace

int main() {
  if (const Result<> result = run(); !result) {
    fmt::print(stderr, "error: {}\n", result.error().to_string());
    return 1;
  }
}
