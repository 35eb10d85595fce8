// The scheduler's choices make no difference to what scripts may see: those of the official suite
// under many schedules. And choosing takes no longer when many threads wait.

#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>
#include <cairn/component/script.hpp>

#include <chrono>
#include <fstream>
#include <sstream>

#include "runtime/waiting_tasks.hpp"

namespace cairn::component {
namespace {

struct Script {
  const char* name;
  uint64_t seeds;
  uint64_t passed_min;
  /// What holds only if threads that become ready in two instances go on in the order of their
  /// calls, which the text leaves open, and what holds always.
  std::string_view in_order = {}, always = {};
};
void PrintTo(const Script& script, std::ostream* out) { *out << script.name; }

class Schedules : public testing::TestWithParam<Script> {};

TEST_P(Schedules, MakeNoDifference) {
  const Script& script = GetParam();
  const std::string path = CAIRN_TESTSUITES "/component-model/async/" + std::string(script.name);
  std::ifstream file(path + ".wast");
  if (!file) GTEST_SKIP() << "the official suite is not there";
  std::stringstream text;
  text << file.rdbuf();
  const std::string strict = text.str();
  std::string open = strict;
  if (!script.in_order.empty()) {
    const size_t at = open.find(script.in_order);
    ASSERT_NE(at, std::string::npos);
    open.replace(at, script.in_order.size(), script.always);
  }
  for (uint64_t seed = 0; seed < script.seeds; ++seed) {
    ScriptOptions options;
    options.seed = seed * 0x9e3779b97f4a7c15;
    const Result<engine::ScriptReport> report = run_script(seed == 0 ? strict : open, options);
    ASSERT_TRUE(report) << report.error().to_string();
    ASSERT_EQ(report->failed, 0u) << "seed " << seed << ": " << report->failures.front().message
                                  << " at line " << report->failures.front().at.line;
    EXPECT_GE(report->passed, script.passed_min);
  }
}

/// Four calls of a function that counts: the last two wait in two instances, and either may go
/// first.
constexpr std::string_view returns_index =
    "(i32.ne (local.get $index) (i32.load (i32.mul (local.get $index) (i32.const 4))))";
constexpr std::string_view returns_any =
    "(i32.gt_u (i32.sub (i32.load (i32.mul (local.get $index) (i32.const 4))) (i32.const 2)) "
    "(i32.const 3))";

INSTANTIATE_TEST_SUITE_P(
    Suite, Schedules,
    testing::Values(Script{"big-interleaving-test", 40, 20},
                    Script{"async-calls-sync", 200, 1, returns_index, returns_any},
                    Script{"cancel-subtask", 50, 1}, Script{"cancellable", 50, 1},
                    Script{"drop-subtask", 50, 1}, Script{"sync-barges-in", 50, 1},
                    Script{"wait-during-callback", 50, 1}, Script{"partial-stream-copies", 50, 1}),
    [](const auto& info) {
      std::string name = info.param.name;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST(Scheduler, DoesNotSearchThroughThoseThatWait) {
  constexpr uint32_t count = 10'000;
  engine::Engine engine;
  Store store(engine);
  ComponentLinker linker(engine);
  std::vector<std::shared_ptr<HostCompletion>> calls;
  linker.root().func("later", HostFunction([&](HostCall& call) -> Result<std::optional<Value>> {
                       calls.push_back(call.suspend());
                       return std::nullopt;
                     }));
  const auto component = Component::load_text(engine, waiting_tasks);
  ASSERT_TRUE(component) << component.error().to_string();
  const auto instance = linker.instantiate(store, *component);
  ASSERT_TRUE(instance) << instance.error().to_string();
  const auto spawn = TypedFunc<void(uint32_t, uint32_t)>::of(instance->func("spawn")).value();
  const auto done = TypedFunc<uint32_t()>::of(instance->func("done")).value();
  ASSERT_TRUE(spawn(store, 0, count));
  ASSERT_EQ(calls.size(), count);
  EXPECT_FALSE(store.tick().value()) << "all of them wait";
  const auto start = std::chrono::steady_clock::now();
  uint32_t ticks = 0;
  for (const auto& call : calls) {  // one after another, each with all the others waiting
    call->complete(std::optional(Value::number(uint64_t{1})));
    for (; store.tick().value(); ++ticks) {
    }
  }
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(done(store).value(), count);
  EXPECT_GE(ticks, count);
  // Each look at each thread, 10,000 times 10,000, would take far longer.
  EXPECT_LT(took, std::chrono::seconds(2));
}

}  // namespace
}  // namespace cairn::component
