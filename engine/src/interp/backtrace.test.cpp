// Where traps and exceptions happened, in every way of running.

#include <fmt/format.h>

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;

class Backtraces : public testing::EachMode {
 protected:
  Engine engine_{settings()};
};

/// Where in the module's bytes the n-th instruction with this opcode of a function lies.
uint64_t offset_of(const Module& module, uint32_t func_index, wasm::Op op, uint32_t n = 0) {
  const wasm::Module& ast = module.ast();
  wasm::InstrDecoder decoder(ast.code[func_index - ast.imported_functions].body,
                             wasm::Features::all());
  wasm::Instruction in;
  while (!decoder.at_end()) {
    EXPECT_TRUE(decoder.next(in));
    if (in.op == op && n-- == 0) return in.offset;
  }
  ADD_FAILURE() << "no such instruction";
  return 0;
}

TEST_P(Backtraces, NameFunctionsAndPlaces) {
  const Module module = testing::load(engine_, R"((module $app
    (import "host" "call" (func $host))
    (type $f (func))
    (table funcref (elem $outer))
    (func $inner (param i32) (drop (i32.div_s (i32.const 1) (local.get 0))))
    (func $middle (nop) (nop) (call $inner (i32.const 0)) (nop))
    (func $outer (call_ref $f (ref.func $middle)))
    (func (export "run") (block (call_indirect (type $f) (i32.const 0))))
    (func $tail (return_call $middle))
    (func (export "tail") (call $tail) (nop))
    (elem declare func $middle)))");
  Store store(engine_);
  Linker linker(engine_);
  linker.func("host", "call", [](Caller&) {});
  const Instance instance = must(linker.instantiate(store, module));
  ASSERT_FALSE(instance.func("run").call(store, {}));
  const auto& trace = store.last_trap().backtrace;
  EXPECT_EQ(store.last_trap().trap, Trap::integer_divide_by_zero);
  ASSERT_EQ(trace.size(), 4u);
  const struct {
    uint32_t index;
    const char* name;
    wasm::Op op;
  } expected[] = {{1, "inner", wasm::Op::i32_div_s},
                  {2, "middle", wasm::Op::call},
                  {3, "outer", wasm::Op::call_ref},
                  {4, "", wasm::Op::call_indirect}};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(trace[i].func_index, expected[i].index);
    EXPECT_EQ(trace[i].function, expected[i].name);
    EXPECT_EQ(trace[i].module, "app");
    EXPECT_EQ(trace[i].offset, offset_of(module, expected[i].index, expected[i].op)) << i;
  }
  // A tail call leaves no trace.
  ASSERT_FALSE(instance.func("tail").call(store, {}));
  ASSERT_EQ(store.last_trap().backtrace.size(), 3u);
  EXPECT_EQ(store.last_trap().backtrace[1].function, "middle");
  EXPECT_EQ(store.last_trap().backtrace[2].func_index, 6u);
}

// Compiled, the function may access memory before it has a frame, which only its rarer way needs.
TEST_P(Backtraces, NameTheCallerOfWhatFaultsAtOnce) {
  const Module module = testing::load(engine_, R"((module
    (import "host" "call" (func $host (param i32) (result i32)))
    (memory 1)
    (type $f (func (param i32) (result i32)))
    (table funcref (elem $shy))
    (func $shy (type $f)
      (if (i32.load (local.get 0))
        (then (return (i32.add (call $host (local.get 0)) (call $host (i32.const 1))))))
      (i32.const 7))
    (func (export "run") (param i32) (result i32)
      (i32.add (i32.const 1) (call_indirect (type $f) (local.get 0) (i32.const 0))))))");
  Store store(engine_);
  Linker linker(engine_);
  linker.func("host", "call", [](Caller&, int32_t value) { return value; });
  const Func run = must(linker.instantiate(store, module)).func("run");
  EXPECT_EQ(must(run.invoke<int32_t>(store, 0)), 8);
  ASSERT_FALSE(run.invoke<int32_t>(store, 0x10000));
  const auto& trace = store.last_trap().backtrace;
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace[0].offset, offset_of(module, 1, wasm::Op::i32_load));
  EXPECT_EQ(trace[1].offset, offset_of(module, 2, wasm::Op::call_indirect));
}

TEST_P(Backtraces, OfTrapsInEveryKindOfPlace) {
  const struct {
    const char* body;
    Trap trap;
    wasm::Op op;
  } places[] = {
      {"(unreachable)", Trap::unreachable, wasm::Op::unreachable},
      {"(nop) (block (loop (nop) (unreachable)))", Trap::unreachable, wasm::Op::unreachable},
      {"(drop (i32.rem_u (i32.const 1) (local.get $zero)))", Trap::integer_divide_by_zero,
       wasm::Op::i32_rem_u},
      {"(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))", Trap::integer_overflow,
       wasm::Op::i64_div_s},
      {"(drop (i32.trunc_f32_s (f32.const nan)))", Trap::invalid_conversion_to_integer,
       wasm::Op::i32_trunc_f32_s},
      {"(if (i32.div_u (i32.const 1) (local.get $zero)) (then))", Trap::integer_divide_by_zero,
       wasm::Op::i32_div_u},
      {"(local.set $zero (i32.add (i32.const 1) (i32.div_u (i32.const 1) (local.get $zero))))",
       Trap::integer_divide_by_zero, wasm::Op::i32_div_u},
      {"(call_indirect (i32.const 9))", Trap::undefined_element, wasm::Op::call_indirect},
      {"(call_indirect (i32.const 0))", Trap::uninitialized_element, wasm::Op::call_indirect},
      {"(call_indirect (param i32) (i32.const 1) (i32.const 1))", Trap::indirect_call_type_mismatch,
       wasm::Op::call_indirect},
      {"(return_call_indirect (i32.const 9))", Trap::undefined_element,
       wasm::Op::return_call_indirect},
      {"(call_ref $f (ref.null $f))", Trap::null_function_reference, wasm::Op::call_ref},
      {"(return_call_ref $f (ref.null $f))", Trap::null_function_reference,
       wasm::Op::return_call_ref},
      {"(throw_ref (ref.null exn))", Trap::null_exception_reference, wasm::Op::throw_ref},
      {"(drop (struct.get $s 0 (ref.null $s)))", Trap::null_structure_reference,
       wasm::Op::struct_get},
      {"(drop (array.get $a (array.new_default $a (i32.const 3)) (i32.const 3)))",
       Trap::out_of_bounds_array_access, wasm::Op::array_get},
      {"(drop (ref.cast (ref i31) (ref.null any)))", Trap::cast_failure, wasm::Op::ref_cast},
      {"(drop (ref.as_non_null (ref.null any)))", Trap::null_reference, wasm::Op::ref_as_non_null},
      {"(drop (i31.get_s (ref.null i31)))", Trap::null_i31_reference, wasm::Op::i31_get_s},
      {"(drop (table.get $t (i32.const 2)))", Trap::out_of_bounds_table_access,
       wasm::Op::table_get},
      {"(table.fill $t (i32.const 1) (ref.null func) (i32.const 2))",
       Trap::out_of_bounds_table_access, wasm::Op::table_fill},
      {"(memory.fill (i32.const 65530) (i32.const 1) (i32.const 7))",
       Trap::out_of_bounds_memory_access, wasm::Op::memory_fill},
      {"(memory.copy (i32.const 0) (i32.const 65530) (i32.const 7))",
       Trap::out_of_bounds_memory_access, wasm::Op::memory_copy},
      {"(drop (i32.load (i32.const 65533)))", Trap::out_of_bounds_memory_access,
       wasm::Op::i32_load},
      // Loads that may become part of what uses them.
      {"(drop (f32.abs (f32.load (i32.const 65533))))", Trap::out_of_bounds_memory_access,
       wasm::Op::f32_load},
      {"(local.set $zero (i32.add (local.get $zero) (i32.load (i32.const 65533))))",
       Trap::out_of_bounds_memory_access, wasm::Op::i32_load},
      {"(i32.store (i32.const 65533) (i32.add (i32.load (i32.const 65533)) (i32.const 1)))",
       Trap::out_of_bounds_memory_access, wasm::Op::i32_load},
      {"(drop (i32.atomic.load (i32.const 2)))", Trap::unaligned_atomic, wasm::Op::i32_atomic_load},
      {"(drop (array.new_default $a (i32.const -1)))", Trap::allocation_size_too_large,
       wasm::Op::array_new_default},
  };
  for (const auto& place : places) {
    Store store(engine_);
    const auto module = engine_.load_text(fmt::format(R"((module
      (type $f (func)) (type $s (struct (field i32))) (type $a (array i64))
      (memory 1) (table $t 2 funcref) (elem (i32.const 1) $run)
      (func $run (export "run") (local $zero i32) (nop) {} (nop))))",
                                                      place.body));
    ASSERT_TRUE(module) << place.body << ": " << module.error().to_string();
    const Instance instance = must(store.instantiate(*module, {}));
    const auto error = instance.func("run").call(store, {});
    ASSERT_FALSE(error) << place.body;
    const TrapInfo& info = store.last_trap();
    EXPECT_EQ(info.trap, place.trap) << place.body << ": " << error.error().message;
    ASSERT_EQ(info.backtrace.size(), 1u) << place.body;
    EXPECT_EQ(info.backtrace[0].offset, offset_of(*module, 0, place.op)) << place.body;
    EXPECT_EQ(error.error().message, message(place.trap));
    // Once more: nothing is left over from the first time.
    EXPECT_FALSE(instance.func("run").call(store, {}));
    EXPECT_EQ(store.last_trap().backtrace.size(), 1u);
  }
}

TEST_P(Backtraces, OfExceptionsBeginWhereTheyWereThrownLast) {
  const Module module = testing::load(engine_, R"((module (tag $e)
    (func $throw (throw $e))
    (func $again
      (block $h (result exnref) (try_table (catch_all_ref $h) (call $throw)) (return))
      (throw_ref))
    (func (export "run") (nop) (call $again))))");
  Store store(engine_);
  const Instance instance = must(store.instantiate(module, {}));
  EXPECT_FALSE(instance.func("run").invoke<>(store));
  const auto& trace = store.last_trap().backtrace;
  ASSERT_EQ(trace.size(), 2u);
  EXPECT_EQ(trace[0].func_index, 1u);
  EXPECT_EQ(trace[0].offset, offset_of(module, 1, wasm::Op::throw_ref));
  EXPECT_EQ(trace[1].func_index, 2u);
}

TEST_P(Backtraces, OfExceptionsAreAsLongAsOthers) {
  const Module module = testing::load(engine_, R"((module
    (import "host" "throw" (func $host)) (tag $e)
    (func $f (export "run") (param i32 i32)
      (if (local.get 0)
        (then (call $g (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
        (else (if (local.get 1) (then (call $host)) (else (throw $e))))))
    (func $g (param i32 i32)
      (if (local.get 0)
        (then (call $f (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
        (else (if (local.get 1) (then (call $host)) (else (throw $e))))))))");
  Store store(engine_);
  Linker linker(engine_);
  const Tag tag = store.new_tag({});
  linker.func("host", "throw",
              [&](Caller& caller) -> HostStatus { return caller.throw_exception(tag, {}); });
  const Instance instance = must(linker.instantiate(store, module));
  for (const uint32_t calls : {0u, 1u, 62u, 63u, 64u, 65u, 66u, 67u, 80u}) {
    for (const bool by_host : {false, true}) {
      EXPECT_FALSE(instance.func("run").invoke<>(store, calls, by_host ? 1u : 0u));
      const TrapInfo& info = store.last_trap();
      EXPECT_EQ(info.backtrace.size(), std::min(calls + 1, 64u)) << calls << by_host;
      EXPECT_EQ(info.more_frames, calls + 1 > 64) << calls << by_host;
    }
  }
}

TEST_P(Backtraces, ShowEachOfWhatLooksAlikeAtItsPlace) {
  // A compiler could make one of the two traps, and one of the two calls.
  const Module module = testing::load(engine_, R"((module
    (func $fail (param i32)
      (if (local.get 0) (then (unreachable)) (else (nop) (unreachable))))
    (func (export "run") (param i32)
      (if (local.get 0) (then (call $fail (local.get 0))) (else (nop) (call $fail (local.get 0)))))
  ))");
  Store store(engine_);
  const Instance instance = must(store.instantiate(module, {}));
  std::vector<uint64_t> offsets[2];
  for (const int32_t argument : {0, 1}) {
    EXPECT_FALSE(instance.func("run").invoke<>(store, argument));
    for (const auto& frame : store.last_trap().backtrace) offsets[argument].push_back(frame.offset);
    ASSERT_EQ(offsets[argument].size(), 2u);
  }
  EXPECT_NE(offsets[0][0], offsets[1][0]);
  EXPECT_NE(offsets[0][1], offsets[1][1]);
}

TEST_P(Backtraces, ShowEachAccessThatLooksLikeAnotherAtItsPlace) {
  // A compiler could make one access of both, by the same or different addresses.
  const struct {
    const char *first, *second;
    wasm::Op op;
  } bodies[] = {
      {"(local.set $x (i32.load (local.get $far)))", "(local.set $x (i32.load (local.get $far)))",
       wasm::Op::i32_load},
      {"(local.set $x (i32.load (i32.add (local.get $far) (i32.const 5))))",
       "(local.set $x (i32.load (i32.mul (local.get $far) (i32.const 7))))", wasm::Op::i32_load},
      {"(local.set $x (i32.add (i32.load (local.get $far)) (i32.const 1)))",
       "(local.set $x (i32.add (i32.load offset=8 (local.get $far)) (i32.const 1)))",
       wasm::Op::i32_load},
      {"(return (i32.load8_u (local.get $far)))", "(return (i32.load8_u (local.get $far)))",
       wasm::Op::i32_load8_u},
      {"(i32.store (local.get $far) (local.get $x))", "(i32.store (local.get $far) (i32.const 1))",
       wasm::Op::i32_store},
  };
  for (const auto& body : bodies) {
    Store store(engine_);
    const Module module = testing::load(engine_, fmt::format(R"((module (memory 1)
          (func (export "run") (param $way i32) (param $far i32) (result i32) (local $x i32)
            (if (local.get $way) (then {}) (else (nop) {}))
            (local.get $x))))",
                                                             body.first, body.second));
    const Instance instance = must(store.instantiate(module, {}));
    for (const uint32_t way : {0u, 1u}) {
      EXPECT_FALSE(instance.func("run").invoke<int32_t>(store, way, 0x10000u)) << body.first;
      const auto& trace = store.last_trap().backtrace;
      ASSERT_EQ(trace.size(), 1u) << body.first << way;
      EXPECT_EQ(trace[0].offset, offset_of(module, 0, body.op, 1 - way)) << body.first << way;
    }
  }
}

TEST_P(Backtraces, KnowAccessesOfLoops) {
  // The load may become one of an integer, from a place that is computed anew in each round.
  const Module module = testing::load(engine_, R"((module (memory 1)
    (func (export "run") (param $sum i64) (result i64) (local $i i32)
      (local.set $i (i32.const 3))
      (loop
        (local.set $sum (i64.xor (local.get $sum) (i64.extend_i32_u (i32.reinterpret_f32
          (f32.load offset=16
            (i32.add (i32.const -229) (i32.mul (local.get $i) (i32.const -256))))))))
        (local.set $i (i32.add (local.get $i) (i32.const 2)))
        (br_if 0 (i32.lt_u (local.get $i) (i32.const 141))))
      (local.get $sum))))");
  Store store(engine_);
  const Instance instance = must(store.instantiate(module, {}));
  EXPECT_FALSE(instance.func("run").invoke<int64_t>(store, int64_t{1}));
  const auto& trace = store.last_trap().backtrace;
  ASSERT_EQ(trace.size(), 1u);
  EXPECT_EQ(trace[0].offset, offset_of(module, 0, wasm::Op::f32_load));
}

TEST_P(Backtraces, OfExceptions) {
  const Module module = testing::load(engine_, R"((module
    (import "host" "throw" (func $host)) (tag $e)
    (func $throw (throw $e))
    (func $a (param i32) (if (local.get 0) (then (call $host))) (call $throw))
    (func $b (param i32) (nop) (call $a (local.get 0)))
    (func $c (param i32)
      (block $h (try_table (catch_all $h) (call $a (i32.const 0))))  ;; caught: leaves no trace
      (block (call $b (local.get 0))))
    (func (export "run") (param i32) (call $c (local.get 0)))))");
  Store store(engine_);
  Linker linker(engine_);
  const Tag tag = store.new_tag({});
  linker.func("host", "throw",
              [&](Caller& caller) -> HostStatus { return caller.throw_exception(tag, {}); });
  const Instance instance = must(linker.instantiate(store, module));
  for (const bool by_host : {false, true}) {
    const auto error = instance.func("run").invoke<>(store, by_host ? 1 : 0);
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().kind, ErrorKind::exception);
    std::vector<uint32_t> functions;
    for (const auto& frame : store.last_trap().backtrace) functions.push_back(frame.func_index);
    const std::vector<uint32_t> callers = {2, 3, 4, 5};
    if (!by_host) {
      ASSERT_EQ(functions.front(), 1u);
      EXPECT_EQ(store.last_trap().backtrace[0].offset, offset_of(module, 1, wasm::Op::throw_));
      functions.erase(functions.begin());
    }
    EXPECT_EQ(functions, callers);
  }
}

CAIRN_EACH_MODE(Backtraces);

}  // namespace
}  // namespace cairn::engine
