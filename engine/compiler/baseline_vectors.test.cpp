// Each vector instruction in baseline code and in the interpreter, on the same operands.

#include <fmt/format.h>

#include <cairn/engine/compiler.hpp>
#include <cairn/engine/linker.hpp>
#include <cairn/wasm/instruction.hpp>
#include <random>

#include "runtime/testing.hpp"

namespace cairn::engine::testing {
namespace {

/// Warnings are failures: nothing may stay interpreted.
class Strict final : public Log {
 public:
  Strict() : Log(LogLevel::warning) {}

 private:
  void write(LogLevel, std::string_view text) override { ADD_FAILURE() << text; }
};

Engine make_engine(bool deterministic, bool compiled) {
  Settings settings;
  settings.features = wasm::Features::all();
  settings.deterministic = deterministic;
  settings.tier = Tier::interpret;
  if (compiled) {
    settings.tier = Tier::compile;
    settings.code_generator = make_baseline_generator();
    settings.log = std::make_shared<Strict>();
  }
  return Engine(settings);
}

/// The text of a function that takes the operands as numbers of 64 bits and gives its result as
/// two.
class FunctionText {
 public:
  FunctionText(const wasm::OpInfo& row, std::string immediates) : row_(row) {
    const std::string_view sig = row.sig;
    std::string operands;
    for (const char letter : sig.substr(0, sig.find('_'))) operands += operand(letter);
    const std::string call = fmt::format("({}{} {})", row.text, immediates, operands);
    const std::string_view result = sig.substr(sig.find('_') + 1);
    if (result == "v")
      body_ = fmt::format("(local.set $v {}) {}", call, halves);
    else if (result.empty())  // a store
      body_ = fmt::format("{} (local.set $v (v128.load (i32.const 64))) {}", call, halves);
    else
      body_ = fmt::format("{} (i64.const 0)", widened(result, call));
  }

  std::string text() const {
    return fmt::format(
        "(module (memory 1) (data (i32.const 0) \"{}\") (func (export \"f\"){} (result i64 i64) "
        "(local $v v128) {}))",
        data, params_, body_);
  }
  size_t params() const { return count_; }

 private:
  static constexpr std::string_view halves =
      "(i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v))";
  static constexpr std::string_view data =
      "\\00\\ff\\80\\7f\\01\\fe\\c3\\28\\a0\\a1\\00\\00\\80\\3f\\00\\c0"
      "\\7f\\ff\\ff\\ff\\80\\00\\00\\01\\f8\\7f\\55\\aa\\12\\34\\56\\78";

  std::string param() {
    params_ += " (param i64)";
    return fmt::format("(local.get {})", count_++);
  }
  std::string operand(char letter) {
    switch (letter) {
      case 'v': {
        const std::string low = param(), high = param();
        return fmt::format("(i64x2.replace_lane 1 (i64x2.splat {}) {})", low, high);
      }
      case 'i': return fmt::format("(i32.wrap_i64 {})", param());
      case 'l': return param();
      case 'f': return fmt::format("(f32.reinterpret_i32 (i32.wrap_i64 {}))", param());
      case 'd': return fmt::format("(f64.reinterpret_i64 {})", param());
      default:  // an address
        return row_.sig.ends_with('_')
                   ? std::string("(i32.const 64)")
                   : fmt::format("(i32.and (i32.wrap_i64 {}) (i32.const 15))", param());
    }
  }
  static std::string widened(std::string_view result, const std::string& value) {
    if (result == "l") return value;
    if (result == "d") return fmt::format("(i64.reinterpret_f64 {})", value);
    if (result == "f") return fmt::format("(i64.extend_i32_u (i32.reinterpret_f32 {}))", value);
    return fmt::format("(i64.extend_i32_u {})", value);
  }

  const wasm::OpInfo& row_;
  std::string params_, body_;
  size_t count_ = 0;
};

/// Numbers that instructions treat in special ways are frequent.
class Numbers {
 public:
  uint64_t next() {
    switch (random_() % 4) {
      case 0: return random_();
      case 1: return uint64_t{lane()} << 32 | lane();
      case 2: return std::bit_cast<uint64_t>(doubles[random_() % std::size(doubles)]);
      default: return (random_() % 5) * 0x0101010101010101;
    }
  }
  uint32_t lane(uint32_t count) { return static_cast<uint32_t>(random_() % count); }

 private:
  uint32_t lane() { return std::bit_cast<uint32_t>(floats[random_() % std::size(floats)]); }
  static constexpr float floats[] = {0.0f,
                                     -0.0f,
                                     1.5f,
                                     -2.5f,
                                     3e9f,
                                     -3e9f,
                                     1e-40f,
                                     std::numeric_limits<float>::infinity(),
                                     std::numeric_limits<float>::quiet_NaN()};
  static constexpr double doubles[] = {0.0,
                                       -0.0,
                                       0.5,
                                       -1.5,
                                       5e9,
                                       -5e9,
                                       1e300,
                                       -std::numeric_limits<double>::infinity(),
                                       std::numeric_limits<double>::quiet_NaN()};
  std::mt19937_64 random_{7};
};

std::string immediates(const wasm::OpInfo& row, Numbers& numbers) {
  using enum wasm::Imm;
  switch (row.imm) {
    case lane2:
    case mem3_lane: return fmt::format(" {}", numbers.lane(2));
    case lane4:
    case mem2_lane: return fmt::format(" {}", numbers.lane(4));
    case lane8:
    case mem1_lane: return fmt::format(" {}", numbers.lane(8));
    case lane16:
    case mem0_lane: return fmt::format(" {}", numbers.lane(16));
    case v128:
      return fmt::format(" i64x2 {} {}", static_cast<int64_t>(numbers.next()),
                         static_cast<int64_t>(numbers.next()));
    case shuffle: {
      // Of both operands, of one, and of whole words.
      const uint32_t first = numbers.lane(2) * 16, range = numbers.lane(2) == 0 ? 16 : 32;
      const bool words = numbers.lane(3) == 0;
      std::string lanes;
      for (uint32_t i = 0, lane = 0; i < 16; ++i) {
        lane = words && i % 4 != 0 ? lane + 1 : numbers.lane(words ? 4 : range) * (words ? 4 : 1);
        lanes += fmt::format(" {}", range == 16 || words ? first + lane % 16 : lane);
      }
      return lanes;
    }
    default: return "";
  }
}

class BaselineVectors : public ::testing::TestWithParam<bool> {};

TEST_P(BaselineVectors, AreThoseOfTheInterpreter) {
  Numbers numbers;
  Engine plain = make_engine(GetParam(), false), compiled = make_engine(GetParam(), true);
  for (const wasm::OpInfo& row : wasm::op_table) {
    if (row.prefix != 0xFD) continue;
    const int variants = row.imm == wasm::Imm::none ? 1 : 6;
    for (int variant = 0; variant < variants; ++variant) {
      const FunctionText function(row, immediates(row, numbers));
      Store left(plain), right(compiled);
      const Func expected = instantiate(left, function.text()).func("f");
      const Func actual = instantiate(right, function.text()).func("f");
      for (int round = 0; round < 60; ++round) {
        std::vector<Value> args;
        for (size_t i = 0; i < function.params(); ++i)
          args.emplace_back(static_cast<int64_t>(numbers.next()));
        const std::vector<Value> a = must(expected.call(left, args));
        const std::vector<Value> b = must(actual.call(right, args));
        for (size_t half = 0; half < 2; ++half)
          ASSERT_EQ(a[half].i64(), b[half].i64()) << function.text() << " round " << round;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, BaselineVectors, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Deterministic" : "Plain"; });

/// Vectors wherever values can be: arguments in registers and on the stack, several results, locals
/// with and without registers, globals, references to tables, branches, select.
TEST(BaselineVectorValues, GoWhereOtherValuesGo) {
  constexpr std::string_view text = R"((module
    (type $f (func (param v128 i32 v128 f64 v128 v128 v128 v128 v128 f32 v128 i64 v128)
                   (result v128 i32 v128 f64)))
    (table funcref (elem $many))
    (global $g (mut v128) (v128.const i32x4 1 2 3 4))
    (func $many (type $f)
      (i32x4.add (local.get 0) (i32x4.add (local.get 2) (local.get 4)))
      (i32.add (local.get 1) (i32.wrap_i64 (local.get 11)))
      (i32x4.add (i32x4.mul (local.get 5) (local.get 6))
        (i32x4.sub (i32x4.add (local.get 7) (local.get 8))
          (i32x4.add (local.get 10) (local.get 12))))
      (f64.add (local.get 3) (f64.promote_f32 (local.get 9))))
    (func $call (param $x v128) (param $indirect i32) (result v128)
      (local $a v128) (local $i i32) (local $b v128) (local $d f64)
      (i32x4.splat (i32.const 3))  ;; stays below the calls
      (local.get $x)
      (local.get $x) (i32.const 5) (global.get $g) (f64.const 2.5)
      (i32x4.splat (i32.const 7)) (v128.const i32x4 1 0 -1 -2) (local.get $x) (global.get $g)
      (local.get $x) (f32.const 1.5) (i32x4.splat (i32.const 9)) (i64.const 4) (local.get $x)
      (if (type $f) (local.get $indirect)
        (then (call_indirect (type $f) (i32.const 0)))
        (else (call $many)))
      (local.set $d) (local.set $b) (local.set $i) (local.set $a)
      (global.set $g (i32x4.add (local.get $a) (i32x4.splat (local.get $i))))
      (drop (f64.add (local.get $d) (f64.const 1)))
      (i32x4.add)
      (i32x4.add (select (local.get $a) (local.get $b) (local.get $indirect))))
    (func (export "run") (param $n i32) (result i64 i64) (local $sum v128) (local $i i32)
      (loop $again (result v128)
        (local.set $sum
          (block $out (result v128)
            (br_if $out (call $call (local.get $sum) (i32.and (local.get $i) (i32.const 1)))
              (i32.rem_u (local.get $i) (i32.const 3)))
            (i32x4.add (global.get $g))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.get $sum)
        (br_if $again (i32.lt_u (local.get $i) (local.get $n)))
        (drop) (local.get $sum))
      (local.set $sum)
      (i64x2.extract_lane 0 (local.get $sum)) (i64x2.extract_lane 1 (local.get $sum)))))";
  Engine plain = make_engine(false, false), compiled = make_engine(false, true);
  Store left(plain), right(compiled);
  const Func expected = instantiate(left, text).func("run");
  const Func actual = instantiate(right, text).func("run");
  for (int32_t n = 1; n < 20; ++n) {
    const std::vector<Value> a = must(expected.call(left, std::array{Value(n)}));
    const std::vector<Value> b = must(actual.call(right, std::array{Value(n)}));
    for (size_t half = 0; half < 2; ++half) ASSERT_EQ(a[half].i64(), b[half].i64()) << n;
  }
}

}  // namespace
}  // namespace cairn::engine::testing
