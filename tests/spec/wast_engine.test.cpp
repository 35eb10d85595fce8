// The WAST engine must find what is wrong: each script here has an assertion that does not hold, or
// shows a directive that the official suite uses seldom.

#include <gtest/gtest.h>
#include <cairn/engine/wast.hpp>

namespace cairn::engine {
namespace {

ScriptReport run(std::string source, const ScriptOptions& options = {}) {
  Result<ScriptReport> report = run_script(std::move(source), options);
  EXPECT_TRUE(report) << report.error().to_string();
  return report ? *report : ScriptReport{};
}

void expect_failure(std::string source, std::string_view message) {
  const ScriptReport report = run(std::move(source));
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.passed, 0u);
  EXPECT_NE(report.failures[0].message.find(message), std::string::npos)
      << report.failures[0].message;
}

TEST(WastEngine, FindsWrongResults) {
  expect_failure(R"((module (func (export "f") (result i32) i32.const 1))
                    (assert_return (invoke "f") (i32.const 2)))",
                 "expected i32:2 (0x2), got i32:1 (0x1)");
  expect_failure(R"((module (func (export "f") (result i32) i32.const 1))
                    (assert_return (invoke "f")))",
                 "expected no result");
}

TEST(WastEngine, TellsKindsOfNanApart) {
  expect_failure(R"((module (func (export "f") (result f32) f32.const nan:0x600000))
                    (assert_return (invoke "f") (f32.const nan:canonical)))",
                 "nan:canonical");
  const ScriptReport report = run(R"(
      (module (func (export "f") (result f32) f32.const -nan:0x600000)
              (func (export "g") (result f64) f64.const -nan))
      (assert_return (invoke "f") (f32.const nan:arithmetic))
      (assert_return (invoke "g") (f64.const nan:canonical)))");
  EXPECT_EQ(report.passed, 2u);
  EXPECT_EQ(report.failed, 0u);
}

TEST(WastEngine, FindsMissingTrapsAndWrongReasons) {
  expect_failure(R"((module (func (export "f")))
                    (assert_trap (invoke "f") "unreachable"))",
                 "expected trap \"unreachable\", got no result");
  expect_failure(R"((module (func (export "f") unreachable))
                    (assert_trap (invoke "f") "integer overflow"))",
                 "expected trap \"integer overflow\", got trap: unreachable");
}

TEST(WastEngine, HoldsModulesToThePhase) {
  expect_failure(R"w((assert_malformed (module quote "(func i32.add)") "unknown operator"))w",
                 "expected a malformed module");
  expect_failure(R"w((assert_invalid (module quote "(func i32.ad)") "type mismatch"))w",
                 "expected an invalid module");
  expect_failure(R"((assert_invalid (module (func)) "type mismatch"))", "one that is accepted");
  expect_failure(R"((assert_unlinkable (module (func unreachable) (start 0)) "unknown import"))",
                 "expected a module that does not link");
}

TEST(WastEngine, FindsMissingExceptions) {
  expect_failure(R"((module (func (export "f") unreachable))
                    (assert_exception (invoke "f")))",
                 "expected an exception");
}

TEST(WastEngine, CountsModulesAndActionsOnlyWhenTheyFail) {
  const ScriptReport good = run(R"((module $m (func (export "f"))) (invoke $m "f") (invoke "f"))");
  EXPECT_EQ(good.passed, 0u);
  EXPECT_EQ(good.failed, 0u);
  const ScriptReport bad = run(R"((module (func (export "f") unreachable))
                                  (invoke "f") (invoke "g") (invoke $x "f"))");
  EXPECT_EQ(bad.failed, 3u);
}

TEST(WastEngine, AModuleThatFailsLeavesNoInstanceBehind) {
  const ScriptReport report = run(R"(
      (module (func (export "f")))
      (module (import "nowhere" "x" (func)))
      (assert_return (invoke "f")))");
  EXPECT_EQ(report.failed, 2u);
}

TEST(WastEngine, RegistersAndInstantiatesDefinitions) {
  const ScriptReport report = run(R"(
      (module definition $d (global (export "g") (mut i32) (i32.const 1))
        (func (export "set") (param i32) (global.set 0 (local.get 0))))
      (module instance $a $d)
      (module instance $b $d)
      (register "a" $a)
      (module (import "a" "set" (func (param i32))) (export "set" (func 0)))
      (assert_return (invoke "set" (i32.const 7)))
      (assert_return (get $a "g") (i32.const 7))
      (assert_return (get $b "g") (i32.const 1)))");
  EXPECT_EQ(report.passed, 3u);
  EXPECT_EQ(report.failed, 0u);
}

TEST(WastEngine, RunsThreadsOnSharedMemory) {
  const ScriptReport report = run(R"(
      (module $m (memory (export "shared") 1 1 shared))
      (thread $t1 (shared (module $m))
        (register "mem" $m)
        (module (memory (import "mem" "shared") 1 1 shared)
          (func (export "run") (i32.atomic.store (i32.const 0) (i32.const 42))))
        (assert_return (invoke "run")))
      (wait $t1)
      (register "mem" $m)
      (module (memory (import "mem" "shared") 1 1 shared)
        (func (export "get") (result i32) (i32.atomic.load (i32.const 0))))
      (assert_return (invoke "get") (i32.const 42)))");
  EXPECT_EQ(report.passed, 2u);
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.message;
}

TEST(WastEngine, SkipsWhatNeedsAFeatureThatIsOff) {
  ScriptOptions options;
  options.settings.features = wasm::Features().with(wasm::Feature::simd, false);
  const ScriptReport report = run(R"w(
      (module (func (export "f") (result v128) (v128.const i32x4 1 2 3 4)))
      (assert_return (invoke "f") (v128.const i32x4 1 2 3 4))
      (assert_malformed (module quote "(func x)") "unknown operator"))w",
                                  options);
  EXPECT_EQ(report.failed, 0u);
  EXPECT_EQ(report.skipped, 1u);
  EXPECT_EQ(report.passed, 1u);
}

TEST(WastEngine, AScriptThatDoesNotParseIsAnError) {
  EXPECT_FALSE(run_script("(module", {}));
  EXPECT_FALSE(run_script("(assert_nothing)", {}));
}

}  // namespace
}  // namespace cairn::engine
