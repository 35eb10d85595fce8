// Frames with more slots than a 16-bit field can name. All other tests of executions run with every
// function translated for such a frame, too; here are functions that really have one.

#include <fmt/format.h>

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;

class FarFrames : public testing::EachMode {
 protected:
  Engine engine_{settings()};
  Store store_{engine_, {.stack_bytes_max = 256 << 20}};
};

/// A function with very many locals; the last ones are used.
std::string with_locals(std::string_view body) {
  std::string text = R"((module (memory 1) (table $t 4 funcref) (tag $e (param i32 f64))
    (type $s (struct (field i32) (field (mut externref)) (field v128)))
    (type $f (func (param i32 i64) (result i64 i32)))
    (func $swap (type $f) (local.get 1) (local.get 0))
    (elem (i32.const 1) $swap)
    (func (export "run") (param $p i32) (result i32) (local )";
  for (int i = 0; i < 49'900; ++i) text += " v128";
  text +=
      ") (local $i i32) (local $l i64) (local $f f32) (local $d f64) (local $v v128)"
      " (local $r externref) (local $s (ref null $s)) (local $n i32)";
  return text + std::string(body) + "))";
}

struct Case {
  const char* body;
  int32_t result;
};
constexpr Case cases[] = {
    {"(local.get $i)", 0},
    {"(local.set $i (i32.const 5)) (i32.add (local.get $i) (local.get $p))", 12},
    {"(local.set $i (i32.mul (local.get $p) (i32.const 3))) (local.get $i)", 21},
    {"(local.tee $i (local.get $p)) (i32.sub (i32.const 100))  (drop) (local.get $i)", 7},
    {"(local.set $l (i64.const 0x123456789)) (i32.wrap_i64 (i64.shr_u (local.get $l) (i64.const "
     "4)))",
     0x12345678},
    {"(local.set $f (f32.const 1.5)) (local.set $d (f64.promote_f32 (local.get $f)))"
     "(i32.trunc_f64_s (f64.mul (local.get $d) (f64.const 10)))",
     15},
    {"(local.set $v (i32x4.splat (local.get $p)))"
     "(local.set $v (i32x4.add (local.get $v) (local.get 40000)))"
     "(i32x4.extract_lane 3 (local.get $v))",
     7},
    {"(local.set 49000 (v128.const i32x4 1 2 3 4)) (local.set 49001 (local.get 49000))"
     "(i32x4.extract_lane 2 (i32x4.mul (local.get 49001) (local.get 49000)))",
     9},
    {"(loop $again (local.set $n (i32.add (local.get $n) (local.get $i)))"
     "(br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const "
     "10))))"
     "(local.get $n)",
     45},
    {"(call $swap (local.get $p) (i64.const 3)) (i64.extend_i32_u) (i64.sub) (i32.wrap_i64)", -4},
    {"(call_indirect (type $f) (local.get $p) (i64.const 3) (i32.const 1)) (drop) (i32.wrap_i64)",
     3},
    {"(i32.store (local.get $i) (local.get $p)) (local.set $i (i32.load8_u (i32.const 0)))"
     "(i64.store offset=8 (local.get $n) (local.get $l)) (i32.add (local.get $i) (i32.load "
     "(i32.const 8)))",
     7},
    {"(block $b (result i32 f64) (try_table (catch $e $b)"
     "(throw $e (local.get $p) (f64.const 0.5))) (unreachable))"
     "(local.set $d) (local.set $i) (i32.add (local.get $i) (i32.trunc_f64_s (f64.add (local.get "
     "$d)"
     "(local.get $d))))",
     8},
    {"(local.set $s (struct.new $s (local.get $p) (local.get $r) (v128.const i32x4 0 9 0 0)))"
     "(struct.set $s 1 (local.get $s) (local.get $r))"
     "(i32.add (struct.get $s 0 (local.get $s)) (i32x4.extract_lane 1 (struct.get $s 2 (local.get "
     "$s))))",
     16},
    {"(select (local.get $i) (local.get $p) (ref.is_null (local.get $r)))"
     "(select (result externref) (local.get $r) (ref.null extern) (local.get $i)) (ref.is_null)"
     "(i32.add)",
     1},
    {"(memory.fill (local.get $i) (local.get $p) (i32.const 100)) (i32.load8_u (i32.const 99))", 7},
    {"(block $a (block $b (block $c (br_table $a $b $c (local.get $p)))"
     "(return (i32.const 1))) (return (i32.const 2))) (i32.const 3)",
     1},
    {"(block $null (br_on_null $null (local.get $r)) (drop) (return (i32.const 1))) (i32.const 2)",
     2},
    {"(i64.add128 (i64.const -1) (i64.const 0) (i64.const 1) (local.get $l)) (i32.wrap_i64)"
     "(local.set $i) (drop) (local.get $i)",
     1},
};

TEST_P(FarFrames, VeryManyLocals) {
  for (const Case& test : cases) {
    const auto module = engine_.load_text(with_locals(test.body));
    ASSERT_TRUE(module) << test.body << ": " << module.error().to_string();
    const Instance instance = must(store_.instantiate(*module, {}));
    EXPECT_EQ(must(instance.func("run").invoke<int32_t>(store_, 7)), test.result) << test.body;
  }
}

/// The same below a hundred thousand operands.
TEST_P(FarFrames, AVeryDeepStack) {
  std::string push, drop;
  for (int i = 0; i < 40'000; ++i) {
    push += "(i32.popcnt (local.get $p)) (v128.const i64x2 1 2) ";
    drop += " (drop) (drop)";
  }
  for (const Case& test : cases) {
    // The bodies that need the many locals have their turn above.
    const std::string_view body = test.body;
    if (body.find("0000") != body.npos || body.find("900") != body.npos) continue;
    const auto module = engine_.load_text(fmt::format(
        R"((module (memory 1) (table $t 4 funcref) (tag $e (param i32 f64))
          (type $s (struct (field i32) (field (mut externref)) (field v128)))
          (type $f (func (param i32 i64) (result i64 i32)))
          (func $swap (type $f) (local.get 1) (local.get 0))
          (elem (i32.const 1) $swap)
          (func (export "run") (param $p i32) (result i32) (local $i i32) (local $l i64) (local $f f32)
            (local $d f64) (local $v v128) (local $r externref) (local $s (ref null $s)) (local $n i32)
            {} (block (result i32) {}) (local.set $p) {} (local.get $p))))",
        push, test.body, drop));
    ASSERT_TRUE(module) << body << ": " << module.error().to_string();
    const Instance instance = must(store_.instantiate(*module, {}));
    EXPECT_EQ(must(instance.func("run").invoke<int32_t>(store_, 7)), test.result) << body;
  }
}

TEST_P(FarFrames, AreExhaustedLikeOthers) {
  Store small(engine_, {.stack_bytes_max = 3 << 20});
  const Module module = testing::load(
      engine_, with_locals("(if (i32.eqz (local.get $p)) (then (return (i32.const 7))))"
                           "(call 1 (i32.sub (local.get $p) (i32.const 1)))"));
  const Instance instance = must(small.instantiate(module, {}));
  EXPECT_EQ(must(instance.func("run").invoke<int32_t>(small, 1)), 7);
  const auto error =
      instance.func("run").invoke<int32_t>(small, GetParam().compiles ? 10'000'000 : 100);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().message, "call stack exhausted");
  EXPECT_EQ(must(instance.func("run").invoke<int32_t>(small, 0)), 7);
}

CAIRN_EACH_MODE(FarFrames);

}  // namespace
}  // namespace cairn::engine
