#include "interp/fault.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;
using wasm::Op;

class Faults : public testing::EachMode {
 protected:
  Engine engine_{settings()};
};

/// Where an operand of an access comes from.
struct Source {
  const char* name;
  const char* i32;
};
constexpr Source addresses[] = {
    {"slot", "(local.get $address)"},
    {"pinned", "(local.get $pin)"},
    {"accumulator", "(i32.or (local.get $address) (i32.const 65536))"},
    {"constant", "(i32.const 65536)"},
    {"temporary", "(call $same (local.get $address))"},
};

std::string_view type_of_letter(char letter) {
  switch (letter) {
    case 'i': return "i32";
    case 'l': return "i64";
    case 'f': return "f32";
    case 'd': return "f64";
    default: return "v128";
  }
}

/// Operands of that type: from a local, pinned or not, from the accumulator, and a constant.
std::vector<std::string> values(char letter) {
  const std::string_view t = type_of_letter(letter);
  if (letter == 'v') return {"(local.get $v)", "(v128.not (local.get $v))"};
  return {fmt::format("(local.get ${})", letter), fmt::format("(local.get $pin_{})", letter),
          fmt::format("({0}.{1} (local.get ${2}) (local.get ${2}))", t,
                      letter == 'f' || letter == 'd' ? "mul" : "xor", letter),
          fmt::format("({}.const 3)", t)};
}

/// What becomes of a result: dropped, stored to a local (pinned or not), or used at once.
std::vector<std::string> uses(char letter, const std::string& load) {
  const std::string_view t = type_of_letter(letter);
  if (letter == 'v') {
    return {fmt::format("(drop {})", load), fmt::format("(local.set $v {})", load),
            fmt::format("(drop (v128.and {} (local.get $v)))", load)};
  }
  return {fmt::format("(drop {})", load), fmt::format("(local.set ${} {})", letter, load),
          fmt::format("(local.set $pin_{} {})", letter, load),
          fmt::format("(local.set ${0} ({1}.add {2} (local.get ${0})))", letter, t, load),
          fmt::format("(drop (local.tee ${0} {1}))", letter, load)};
}

/// A function around the access. `pinned` letters make their local the busiest.
std::string function_with(const std::string& body, std::string_view pins) {
  std::string busy;
  for (const char letter : pins) {
    const std::string name = letter == 'm' ? "$pin" : fmt::format("$pin_{}", letter);
    for (int i = 0; i < 20; ++i) busy += fmt::format("(drop (local.get {}))", name);
  }
  return fmt::format(
      "(func (param $address i32) (param $pin i32) (local $i i32) (local $l i64) (local $f f32) "
      "(local $d f64) (local $v v128) (local $pin_i i32) (local $pin_l i64) (local $pin_f f32) "
      "(local $pin_d f64) (nop) {} (nop) (block (br 0) (loop {})))\n",
      body, busy);
}

/// Every access instruction of the table with every mix of operands, as functions.
std::vector<std::string> functions_for(Op op) {
  const wasm::OpInfo& row = wasm::info(op);
  const bool lane = row.imm >= wasm::Imm::mem0_lane;
  const size_t split = row.sig.find('_');
  const std::string text = fmt::format("{} offset=5{}", row.text, lane ? " 0" : "");
  const bool atomic = row.prefix == 0xFE;
  const std::string access_text =
      atomic ? std::string(row.text) : text;  // atomics: aligned, so without the offset
  std::vector<std::string> functions;
  for (const Source& address : addresses) {
    std::vector<std::string> accesses = {fmt::format("({} {}", access_text, address.i32)};
    for (size_t i = 1; i < split; ++i) {
      std::vector<std::string> longer;
      for (const std::string& access : accesses)
        for (const std::string& value : values(row.sig[i])) {
          longer.push_back(access + " " + value);
          if (atomic) break;  // all operands are in slots
        }
      accesses = std::move(longer);
    }
    for (std::string& access : accesses) {
      access += ")";
      const bool has_result = split + 1 < row.sig.size();
      std::vector<std::string> bodies =
          has_result ? uses(row.sig.back(), access) : std::vector<std::string>{access};
      if (atomic) bodies.resize(1);
      // Locals pinned for the address, for the value, or for the result.
      const char other = has_result ? row.sig.back() : row.sig[1];
      for (const std::string& body : bodies) {
        functions.push_back(function_with(body, "m"));
        if (other != 'v') functions.push_back(function_with(body, {&other, 1}));
      }
    }
  }
  return functions;
}

bool is_access(Op op) {
  const wasm::OpInfo& row = wasm::info(op);
  const bool scalar_or_vector = row.prefix == 0 || row.prefix == 0xFD || row.prefix == 0xFE;
  return scalar_or_vector && row.imm >= wasm::Imm::mem0 && row.imm <= wasm::Imm::mem3_lane &&
         op != Op::memory_atomic_wait32 && op != Op::memory_atomic_wait64;
}

uint64_t offset_of(const Module& module, uint32_t func_index, Op op) {
  wasm::InstrDecoder decoder(module.ast().code[func_index].body, wasm::Features::all());
  wasm::Instruction in;
  while (!decoder.at_end() && decoder.next(in))
    if (in.op == op) return in.offset;
  return 0;
}

TEST_P(Faults, EveryAccessTrapsAtItsPlace) {
  uint32_t checked = 0;
  for (uint32_t i = 0; i < wasm::op_count; ++i) {
    const Op op = static_cast<Op>(i);
    if (!is_access(op)) continue;
    const std::vector<std::string> functions = functions_for(op);
    std::string text = "(module (memory 1) (func $same (param i32) (result i32) (local.get 0))";
    for (const std::string& function : functions) text += function;
    for (size_t f = 0; f < functions.size(); ++f)
      text += fmt::format("(export \"{0}\" (func {1}))", f, f + 1);
    const auto module = engine_.load_text(text + ")");
    ASSERT_TRUE(module) << wasm::info(op).text << ": " << module.error().to_string();
    Store store(engine_);
    const Instance instance = must(store.instantiate(*module, {}));
    for (uint32_t f = 0; f < functions.size(); ++f) {
      // Far out, and where only the last bytes are outside.
      for (const int32_t address : {65536, -16}) {
        const auto result = instance.func(std::to_string(f)).invoke<>(store, address, address);
        ASSERT_FALSE(result) << functions[f];
        ASSERT_EQ(result.error().message, "out of bounds memory access") << functions[f];
        const auto& trace = store.last_trap().backtrace;
        ASSERT_EQ(trace.size(), 1u) << functions[f];
        ASSERT_EQ(trace[0].func_index, f + 1) << functions[f];
        ASSERT_EQ(trace[0].offset, offset_of(*module, f + 1, op)) << functions[f];
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 4000u);
}

TEST_P(Faults, AccessesAtTheEdge) {
  Store store(engine_);
  const Instance instance = testing::instantiate(store, R"((module
    (memory (export "memory") 1 3)
    (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "load") (param i32) (result i64) (i64.load (local.get 0)))
    (func (export "store") (param i32) (i64.store (local.get 0) (i64.const -1)))
    (func (export "far") (param i32) (result i32) (i32.load offset=0xffffffff (local.get 0)))
    (func (export "near") (param i32) (result i32) (i32.load offset=0x1ffffff (local.get 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))))");
  const auto ok = [&](std::string_view name, uint32_t at) {
    const Value args[] = {Value(at)};
    return instance.func(name).call(store, args).has_value();
  };
  for (uint32_t size = 65536; size <= 3 * 65536; size += 65536) {
    EXPECT_TRUE(ok("load8", size - 1));
    EXPECT_FALSE(ok("load8", size));
    EXPECT_TRUE(ok("load", size - 8));
    EXPECT_FALSE(ok("load", size - 7));
    EXPECT_FALSE(ok("store", size - 7));
    // A store that is partly outside writes nothing.
    EXPECT_EQ(instance.memory("memory").bytes()[size - 1], 0);
    EXPECT_TRUE(ok("store", size - 8));
    EXPECT_FALSE(ok("load8", UINT32_MAX));
    for (const uint32_t at : {0u, 1u, 65536u, UINT32_MAX}) {
      EXPECT_FALSE(ok("far", at));
      EXPECT_FALSE(ok("near", at));
    }
    EXPECT_EQ(must(instance.func("grow").invoke<int32_t>(store)),
              size < 3 * 65536 ? static_cast<int32_t>(size / 65536) : -1);
  }
}

TEST_P(Faults, OnSeveralThreadsAtOnce) {
  const Module module = testing::load(engine_, R"((module (memory 1)
    (func (export "f") (param i32) (result i32) (i32.load (local.get 0)))))");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Store store(engine_);
      const Instance instance = must(store.instantiate(module, {}));
      for (int round = 0; round < 300; ++round) {
        EXPECT_FALSE(instance.func("f").invoke<int32_t>(store, 70'000));
        EXPECT_EQ(store.last_trap().trap, Trap::out_of_bounds_memory_access);
        EXPECT_EQ(must(instance.func("f").invoke<int32_t>(store, 100)), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(Faults, InNestedExecutions) {
  Store store(engine_);
  Linker linker(engine_);
  Instance instance;
  int faults = 0;
  linker.func("host", "nested", [&](Caller& caller, int32_t depth) {
    faults += !instance.func("run").invoke<>(caller.store(), depth - 1);
  });
  instance = must(linker.instantiate(store, testing::load(engine_, R"((module
    (import "host" "nested" (func $nested (param i32)))
    (memory 1)
    (func (export "run") (param i32)
      (if (local.get 0) (then (call $nested (local.get 0))))
      (i32.store (i32.const 65536) (i32.const 1)))))")));
  EXPECT_FALSE(instance.func("run").invoke<>(store, 20));
  EXPECT_EQ(faults, 20);
}

// ---- What a trap leaves behind -----------------------------------------------------------------

/// Globals, a table and an object that are changed around an access to address `$at`.
constexpr std::string_view changing = R"((module
  (memory 1) (table $t 1 funcref) (elem declare func $one)
  (type $box (struct (field (mut i64)) (field (mut i8))))
  (global $g (export "g") (mut i64) (i64.const 0)) (global $f (export "f") (mut f32) (f32.const 0))
  (global $v (mut v128) (v128.const i64x2 0 0)) (global $box (mut (ref null $box)) (ref.null $box))
  (func $one)
  (func $set (param i64) (global.set $g (local.get 0)))
  (func (export "load") (param $at i32)
    (global.set $g (i64.const 1)) (drop (i32.load (local.get $at))) (global.set $g (i64.const 2)))
  (func (export "store") (param $at i32)
    (global.set $g (i64.const 1)) (i32.store (local.get $at) (i32.const 7))
    (global.set $g (i64.const 2)))
  (func (export "others") (param $at i32)
    (global.set $f (f32.const 1)) (global.set $v (v128.const i64x2 1 0))
    (i32.store (local.get $at) (i32.const 7))
    (global.set $f (f32.const 2)) (global.set $v (v128.const i64x2 2 0)))
  (func (export "called") (param $at i32)
    (call $set (i64.const 1)) (i32.store8 (local.get $at) (i32.const 7)) (call $set (i64.const 2)))
  (func (export "rounds") (param $at i32) (local $i i32)
    (local.set $at (i32.sub (local.get $at) (i32.const 40)))
    (loop $l
      (global.set $g (i64.add (global.get $g) (i64.const 1)))
      (i32.store (local.get $at) (local.get $i))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20)))))
  (func (export "table") (param $at i32)
    (table.set $t (i32.const 0) (ref.func $one)) (i64.store (local.get $at) (i64.const 7))
    (table.set $t (i32.const 0) (ref.null func)))
  (func (export "object") (param $at i32) (local $b (ref null $box))
    (local.set $b (struct.new $box (i64.const 0) (i32.const 0))) (global.set $box (local.get $b))
    (struct.set $box 0 (local.get $b) (i64.const 1)) (struct.set $box 1 (local.get $b) (i32.const 3))
    (drop (i32.load16_u (local.get $at)))
    (struct.set $box 0 (local.get $b) (i64.const 2)) (struct.set $box 1 (local.get $b) (i32.const 4)))
  (func (export "entry") (result i32) (ref.is_null (table.get $t (i32.const 0))))
  (func (export "members") (result i64) (i64.add (struct.get $box 0 (global.get $box))
    (i64.mul (i64.const 10) (i64.extend_i32_u (struct.get_u $box 1 (global.get $box))))))
  (func (export "vector") (result i64) (i64x2.extract_lane 0 (global.get $v)))))";

/// What was done in front of the access stays done, and nothing behind it is.
TEST_P(Faults, LeaveEverythingAsItWasThen) {
  for (const bool traps : {true, false}) {
    Store store(engine_);
    const Instance instance = testing::instantiate(store, changing);
    const auto run = [&](std::string_view name) {
      const Value args[] = {Value(traps ? 65536 : 4096)};
      EXPECT_EQ(instance.func(name).call(store, args).has_value(), !traps) << name;
    };
    const auto g = [&] { return instance.global("g").get().i64(); };
    const uint64_t last = traps ? 1 : 2;
    for (const char* name : {"load", "store", "called"}) {
      EXPECT_TRUE(instance.global("g").set(Value(int64_t{0})));
      run(name);
      EXPECT_EQ(g(), last) << name;
    }
    EXPECT_TRUE(instance.global("g").set(Value(int64_t{0})));
    run("rounds");
    EXPECT_EQ(g(), traps ? 11u : 20u);
    run("others");
    EXPECT_EQ(instance.global("f").get().f32(), traps ? 1 : 2);
    EXPECT_EQ(static_cast<uint64_t>(must(instance.func("vector").invoke<int64_t>(store))), last);
    run("table");
    EXPECT_EQ(must(instance.func("entry").invoke<int32_t>(store)), traps ? 0 : 1);
    run("object");
    EXPECT_EQ(must(instance.func("members").invoke<int64_t>(store)), traps ? 31 : 42);
  }
}

CAIRN_EACH_MODE(Faults);

// ---- Faults that are not a guest's -------------------------------------------------------------

class ForeignFaults : public ::testing::Test {
 protected:
  ForeignFaults() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

/// Runs a guest that calls a host function.
void run_with_host_function(void (*function)()) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  linker.func("host", "f", [function](Caller&) { function(); });
  const Instance instance = must(linker.instantiate(store, testing::load(engine, R"((module
    (import "host" "f" (func $f)) (memory 1) (func (export "run") (call $f))))")));
  static_cast<void>(instance.func("run").call(store, {}));
}

void fault() { *reinterpret_cast<volatile int*>(uintptr_t{16}) = 1; }

TEST_F(ForeignFaults, EndTheProcess) {
  EXPECT_DEATH(run_with_host_function([] { fault(); }), "");
}

TEST_F(ForeignFaults, GoToWhoeverHandledThemBefore) {
  EXPECT_EXIT(
      {
        struct sigaction action = {};
        action.sa_handler = [](int) { _exit(42); };
        sigaction(SIGSEGV, &action, nullptr);
        run_with_host_function([] { fault(); });
      },
      ::testing::ExitedWithCode(42), "");
  EXPECT_EXIT(
      {
        struct sigaction action = {};
        action.sa_flags = SA_SIGINFO;
        action.sa_sigaction = [](int, siginfo_t* info, void*) {
          _exit(info->si_addr == reinterpret_cast<void*>(uintptr_t{16}) ? 43 : 1);
        };
        sigaction(SIGSEGV, &action, nullptr);
        run_with_host_function([] {});
        fault();
      },
      ::testing::ExitedWithCode(43), "");
}

}  // namespace
}  // namespace cairn::engine
