// Loops with a version without checks do what the interpreter does, wherever they end.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/engine/execution.hpp>

#include <algorithm>
#include <ostream>
#include <regex>
#include <set>

#include "compiler/llvm_generator.hpp"
#include "interp/testing.hpp"

namespace cairn::engine::compiler {
namespace {

using testing::must;
using State = Execution::State;

constexpr uint64_t plenty = uint64_t{1} << 40;

NoLog no_log;

std::string repeated(std::string_view text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

/// Bodies of `(func (param $a i32) (param $b i32) (param $n i32) (result i64) (local $i i32) (local
/// $s i64))`, with a page of memory in which each word is its address times 2654435761.
struct Body {
  const char* name;
  bool is_vectorised;
  const char* text;
};
void PrintTo(const Body& body, std::ostream* out) { *out << body.name; }

constexpr Body bodies[] = {
    {"sum", true, R"((loop $l
      (local.set $s (i64.add (local.get $s) (i64.load32_u (i32.add (local.get $a)
        (i32.shl (local.get $i) (i32.const 2))))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))"},
    {"copy", true, R"((if (local.get $n) (then (loop $l
      (i32.store (local.get $b) (i32.load (local.get $a)))
      (local.set $a (i32.add (local.get $a) (i32.const 4)))
      (local.set $b (i32.add (local.get $b) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))"},
    {"backwards", true, R"((loop $l
      (i64.store offset=8 (local.get $b) (i64.xor (local.get $s) (i64.load offset=4 (local.get $a))))
      (local.set $a (i32.sub (local.get $a) (i32.const 8)))
      (local.set $b (i32.sub (local.get $b) (i32.const 8)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))"},
    {"some rounds", false, R"((loop $l
      (if (i32.and (i32.load (local.get $a)) (i32.const 4096))
        (then (i32.store (local.get $b) (i32.load offset=16 (local.get $a)))
              (local.set $s (i64.add (local.get $s) (i64.const 3)))))
      (local.set $a (i32.add (local.get $a) (i32.const 4)))
      (local.set $b (i32.add (local.get $b) (i32.const 4)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))"},
    {"a step that is not constant", false, R"((loop $l
      (i32.store8 (local.get $a) (local.get $i))
      (local.set $a (i32.add (local.get $a) (local.get $b)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))"},
    {"a global in each round", false, R"((loop $l
      (global.set $g (i64.add (global.get $g) (i64.load (local.get $a))))
      (i64.store (local.get $b) (global.get $g))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))"},
    {"rounds in rounds", true,
     R"((local.set $s (i64.const 4)) (loop $outer (local.set $i (i32.const 0))
      (loop $l
        (f32.store (i32.add (local.get $b) (i32.shl (local.get $i) (i32.const 2)))
          (f32.add (f32.const 1.5) (f32.load (i32.add (local.get $a)
            (i32.shl (local.get $i) (i32.const 2))))))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (local.set $a (i32.add (local.get $a) (i32.const 2048)))
      (br_if $outer (i64.ne (local.tee $s (i64.sub (local.get $s) (i64.const 1))) (i64.const 0)))))"},
    {"left in the middle", false, R"((block $out (loop $l
      (i32.store (local.get $b) (i32.add (i32.load (local.get $a)) (i32.const 1)))
      (br_if $out (i32.ge_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))
      (i32.store offset=4 (local.get $b) (i32.add (i32.load offset=4 (local.get $a)) (i32.const 3)))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br $l))))"},
    {"numbers alone", false, R"((loop $l
      (local.set $s (i64.add (i64.mul (local.get $s) (i64.const 31)) (i64.extend_i32_u (local.get $a))))
      (if (i64.eqz (i64.and (local.get $s) (i64.const 3))) (then (local.set $s (i64.const 77))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))"},
};

std::string module_text(const Body& body) {
  return fmt::format(R"((module (memory (export "m") 1 2) (global $g (mut i64) (i64.const 5))
    (func (export "fill") (local $i i32) (loop $l
      (i32.store (local.get $i) (i32.mul (local.get $i) (i32.const 2654435761)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536)))))
    (func (export "run") (param $a i32) (param $b i32) (param $n i32) (result i64)
      (local $i i32) (local $s i64) {} (i64.add (local.get $s) (global.get $g)))))",
                     body.text);
}

struct Arguments {
  int32_t a, b, n;
};
constexpr Arguments arguments[] = {
    {0, 4096, 100},       {0, 4, 500},     {4, 0, 500},        {64, 32, 100},
    {0, 4096, 7},         {0, 4096, 8},    {0, 4096, 9},       {400, 1000, 0},
    {400, 1000, 1},       {3, 4097, 100},  {65136, 0, 100},    {65136, 0, 101},
    {0, 65136, 100},      {0, 65136, 101}, {396, 65000, 100},  {8000, 65520, 1000},
    {65528, 8000, 2000},  {-4, 0, 100},    {0, -256, 100},     {-400, 400, 100},
    {60000, 60000, 5000}, {0, 65536, 20},  {65520, 65500, 30},
};

/// All that can be seen of a call.
struct Seen {
  State state = State::ready;
  uint64_t result = 0, fuel = 0, stops = 0;
  std::string error;
  std::vector<uint8_t> first_stop, memory;
  bool operator==(const Seen&) const = default;
};

Seen run(Engine& engine, const Module& module, const Arguments& args, uint64_t slice) {
  Store store(engine);
  store.set_fuel(plenty);
  const Instance instance = must(store.instantiate(module, {}));
  const std::span<uint8_t> bytes = instance.memory("m").bytes();
  EXPECT_TRUE(instance.func("fill").call(store, {}));
  const uint64_t before = store.fuel();
  Execution execution =
      testing::start(store, instance, "run", {Value(args.a), Value(args.b), Value(args.n)});
  Seen seen;
  while ((seen.state = execution.resume(slice)) == State::out_of_fuel) {
    if (seen.stops++ == 0) seen.first_stop.assign(bytes.begin(), bytes.end());
  }
  if (seen.state == State::returned)
    seen.result = execution.results()[0].i64();
  else
    seen.error = execution.error().to_string();
  seen.fuel = before - store.fuel();
  seen.memory.assign(bytes.begin(), bytes.end());
  return seen;
}

class UncheckedLoops : public ::testing::TestWithParam<Body> {
 protected:
  static Settings compiled(bool fuel, bool interruption) {
    Settings settings;
    settings.fuel = fuel;
    settings.interruption = interruption;
    settings.tier = Tier::compile;
    settings.code_generator = std::make_shared<LlvmGenerator>(host_cpu(), 1, no_log);
    return settings;
  }
};

TEST_P(UncheckedLoops, EndLikeInterpretedOnes) {
  const std::string text = module_text(GetParam());
  for (const bool fuel : {false, true}) {
    Settings plain;
    plain.fuel = fuel;
    Engine reference(plain);
    const Module interpreted = must(reference.load_text(text));
    for (const bool interruption : {false, true}) {
      Engine engine(compiled(fuel, interruption));
      const Module module = must(engine.load_text(text));
      for (const Arguments& args : arguments)
        EXPECT_TRUE(run(engine, module, args, plenty) == run(reference, interpreted, args, plenty))
            << fmt::format("{} {} {}", args.a, args.b, args.n);
    }
  }
}

TEST_P(UncheckedLoops, StopWhereFuelIsUsedUp) {
  const std::string text = module_text(GetParam());
  Settings plain;
  plain.fuel = true;
  Engine reference(plain), engine(compiled(true, false));
  const Module interpreted = must(reference.load_text(text)), module = must(engine.load_text(text));
  for (const Arguments& args : {arguments[0], arguments[1], arguments[11], arguments[18]})
    for (const uint64_t slice : {1, 50, 333, 1000, 2500}) {
      const Seen seen = run(engine, module, args, slice);
      EXPECT_TRUE(seen == run(reference, interpreted, args, slice)) << args.a << " by " << slice;
      if (seen.state == State::returned && args.b == 4096 && slice == 50) {
        EXPECT_GT(seen.stops, 1u);
      }
    }
}

/// What becomes of the function with that number.
std::string code_of(const std::string& text, const Settings& settings, uint32_t function) {
  Engine engine(settings);
  const Module module = must(engine.load_text(text));
  LlvmGenerator generator(CpuFeatures{}, 1, no_log);
  return must(generator.print(*module.state(), {.functions = {0, 1}}, {function}, CodeText::llvm));
}

/// So that the tests above look at what they are about.
TEST_P(UncheckedLoops, AreVectorisedWhereTheyCanBe) {
  if (!GetParam().is_vectorised) GTEST_SKIP() << "it cannot be";
  for (const bool metered : {false, true}) {
    // In front of a memory is no guard for what a processor guesses.
    for (const bool masks : {false, GetParam().name != std::string_view("backwards")}) {
      const std::string text =
          code_of(module_text(GetParam()),
                  {.fuel = metered, .interruption = metered, .index_masks = masks}, 1);
      EXPECT_NE(text.find("load <"), std::string::npos) << text;
    }
  }
}

/// Does the loop with that body, which has `$i`, `$a` and `$x`, get a second version?
bool has_version(const std::string& body, const Settings& settings) {
  const std::string text =
      fmt::format(R"((module (memory 1 2)
    (func $leaf (param f64) (result f64) {0})
    (func (param $a i32) (param $b i32) (param $n i32) (param $x f64) (result f64) (local $i i32)
      (loop $l {1}
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (local.get $x))))",
                  "local.get 0" + repeated(" local.get 0 f64.div", 3000), body);
  return code_of(text, settings, 1).find(".unchecked") != std::string::npos;
}

/// Steps through memory by so many bytes.
std::string by_steps(std::string_view step) {
  return fmt::format(
      "(i32.store (local.get $a) (local.get $i))"
      "(local.set $a (i32.add (local.get $a) {}))",
      step);
}

TEST(UncheckedLoopsOf, SmallStepsAlone) {
  for (const bool interruption : {false, true}) {
    const Settings settings{.interruption = interruption, .index_masks = true};
    EXPECT_TRUE(has_version(by_steps("(i32.const 4)"), settings));
    EXPECT_TRUE(has_version(by_steps("(i32.const 8192)"), settings));
    EXPECT_TRUE(has_version(by_steps("(i32.const 16384)"), settings));
    EXPECT_FALSE(has_version(by_steps("(i32.const 16388)"), settings));
    EXPECT_FALSE(has_version(by_steps("(i32.const -16388)"), settings));
    EXPECT_FALSE(has_version(by_steps("(local.get $b)"), settings));
  }
}

TEST(UncheckedLoopsOf, LoopsThatAreLeftInTheMiddle) {
  const auto* const body = std::ranges::find(
      bodies, "left in the middle", [](const Body& each) { return std::string_view(each.name); });
  for (const bool metered : {false, true}) {
    const std::string text = code_of(module_text(*body), {.fuel = metered, .index_masks = true}, 1);
    EXPECT_NE(text.find(".unchecked"), std::string::npos) << text;
  }
}

TEST(UncheckedLoopsOf, StepsBackwardsWithoutMasksAlone) {
  EXPECT_TRUE(has_version(by_steps("(i32.const -4)"), {.index_masks = false}));
  EXPECT_FALSE(has_version(by_steps("(i32.const -4)"), {.index_masks = true}));
}

/// What one round reaches, from the same place on, has to fit into the guard area.
TEST(UncheckedLoopsOf, NearAccessesAloneWithMasks) {
  const auto far = [](uint32_t offset) {
    return fmt::format("(i32.store offset={} (local.get $a) (i32.const 1))", offset) +
           by_steps("(i32.const 4)");
  };
  EXPECT_TRUE(has_version(far((8 << 20) - 4), {.index_masks = true}));
  EXPECT_FALSE(has_version(far(8 << 20), {.index_masks = true}));
  EXPECT_TRUE(has_version(far(8 << 20), {.index_masks = false}));
}

/// All matches of a pattern's first group.
std::set<std::string> all_of(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator each(text.begin(), text.end(), expression), end; each != end; ++each)
    found.insert((*each)[1]);
  return found;
}

/// What an attacker makes a processor guess: that the bounds are right. Both versions of the loop
/// are there, and what the second one goes by is masked by arithmetic of which LLVM knows nothing:
/// the number of rounds by the outcome of the comparisons, where walks start to 32 bits.
TEST(UncheckedLoopsOf, NothingThatIsGuessedWithMasks) {
  const std::string body = module_text(bodies[0]);
  const std::string masked = code_of(body, {.index_masks = true}, 1);
  const auto verdicts = all_of(masked, R"((%\S+) = [^\n]*call i64 asm "", "=r,0"\(i64)");
  ASSERT_EQ(verdicts.size(), 1u) << masked;
  const std::string verdict = *verdicts.begin();
  const auto rounds = all_of(masked, "(%\\S+) = and i64 [^\n]*" + verdict + "\\b");
  ASSERT_EQ(rounds.size(), 1u) << masked;
  EXPECT_FALSE(all_of(masked, "(icmp (?:eq|ne) i64 " + verdict + ", 0)").empty()) << masked;
  EXPECT_FALSE(all_of(masked, "(add[^\n]* i64 " + *rounds.begin() + "\\b|icmp[^\n]*" +
                                  *rounds.begin() + "\\b)")
                   .empty())
      << "the loop ends by something else\n"
      << masked;
  const auto hidden = all_of(masked, R"((%\S+) = [^\n]*call i32 asm "", "=r,0"\(i32)");
  EXPECT_EQ(hidden.size(), 2u) << "the rounds, and where the walk starts\n" << masked;
  size_t starts = 0;
  for (const std::string& name : hidden)
    starts += all_of(masked, "(zext[^\n]* i32 " + name + " to i64)").size();
  EXPECT_EQ(starts, 1u) << masked;

  const std::string plain = code_of(body, {.index_masks = false}, 1);
  EXPECT_NE(plain.find(".unchecked"), std::string::npos);
  EXPECT_TRUE(all_of(plain, "(call [^\n]*asm )").empty()) << plain;
}

TEST(UncheckedLoopsOf, NoCalls) {
  EXPECT_FALSE(
      has_version(by_steps("(i32.const 4)") +
                      "(local.set $x (f64.add (local.get $x) (call $leaf (local.get $x))))",
                  {}));
}

/// What takes long is not done without looking for interruptions, if anybody looks.
TEST(UncheckedLoopsOf, ShortBodiesWhereSomebodyLooks) {
  const std::string divide = "(local.set $x (f64.div (f64.const 3) (local.get $x)))";
  const std::string shorter = by_steps("(i32.const 4)") + repeated(divide, 10);
  const std::string longer = by_steps("(i32.const 4)") + repeated(divide, 1000);
  for (const bool interruption : {false, true}) {
    EXPECT_TRUE(has_version(shorter, {.interruption = interruption}));
    EXPECT_EQ(has_version(longer, {.interruption = interruption}), !interruption);
  }
}

/// Another thread may look into a shared memory: its accesses stay as they are written.
TEST(SharedMemories, KeepTheirLoopsAsTheyAreWritten) {
  std::string text = module_text(bodies[1]);
  const std::string_view own = "1 2)";
  text.replace(text.find(own), own.size(), "1 2 shared)");
  Engine engine;
  const Module module = must(engine.load_text(text));
  LlvmGenerator generator(host_cpu(), 1, no_log);
  const std::string code =
      must(generator.print(*module.state(), {.functions = {0, 1}}, {1}, CodeText::llvm));
  EXPECT_EQ(code.find("load <"), std::string::npos);
  EXPECT_NE(code.find("load volatile i32"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Bodies, UncheckedLoops, ::testing::ValuesIn(bodies),
                         [](const ::testing::TestParamInfo<Body>& info) {
                           std::string name = info.param.name;
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace cairn::engine::compiler
