#include "wast/spectest.hpp"

namespace cairn::engine {
namespace {

struct Print {
  const char* name;
  std::vector<wasm::ValType> params;
};

const std::vector<Print>& prints() {
  static const std::vector<Print> all = {
      {"print", {}},
      {"print_i32", {wasm::i32}},
      {"print_i64", {wasm::i64}},
      {"print_f32", {wasm::f32}},
      {"print_f64", {wasm::f64}},
      {"print_i32_f32", {wasm::i32, wasm::f32}},
      {"print_f64_f64", {wasm::f64, wasm::f64}},
  };
  return all;
}

// A module that hands the host's functions on, so that `spectest` is an instance like any other.
constexpr std::string_view core_text = R"(
  (func (export "print") (import "host" "print"))
  (func (export "print_i32") (import "host" "print_i32") (param i32))
  (func (export "print_i64") (import "host" "print_i64") (param i64))
  (func (export "print_f32") (import "host" "print_f32") (param f32))
  (func (export "print_f64") (import "host" "print_f64") (param f64))
  (func (export "print_i32_f32") (import "host" "print_i32_f32") (param i32 f32))
  (func (export "print_f64_f64") (import "host" "print_f64_f64") (param f64 f64))
  (global (export "global_i32") i32 (i32.const 666))
  (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (table (export "table") 10 20 funcref)
  (memory (export "memory") 1 2)
)";

}  // namespace

Result<Spectest> make_spectest(Engine& engine) {
  const wasm::Features features = engine.settings().features;
  std::string text(core_text);
  if (features.has(wasm::Feature::memory64) && features.has(wasm::Feature::reference_types)) {
    text += "(table (export \"table64\") i64 10 20 funcref)";
  }
  Spectest spectest{TRY(engine.load_text(text)), std::nullopt};
  if (features.has(wasm::Feature::threads) && !engine.settings().deterministic) {
    spectest.shared = TRY(engine.load_text("(memory (export \"shared_memory\") 1 2 shared)"));
  }
  return spectest;
}

Result<std::vector<Instance>> instantiate_spectest(Engine& engine, Store& store,
                                                   const Spectest& spectest) {
  Linker linker(engine);
  for (const Print& print : prints()) {
    linker.define("host", print.name, wasm::FuncType{print.params, {}},
                  [](void*, Caller&, uint64_t*) { return HostStatus::ok; });
  }
  std::vector<Instance> instances;
  instances.push_back(TRY(linker.instantiate(store, spectest.core)));
  if (spectest.shared) instances.push_back(TRY(linker.instantiate(store, *spectest.shared)));
  return instances;
}

}  // namespace cairn::engine
