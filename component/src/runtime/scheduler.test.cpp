// The official suite's test of interleavings, under many schedules: what the scheduler chooses
// makes no difference to what the script may see.

#include <gtest/gtest.h>
#include <cairn/component/script.hpp>

#include <fstream>
#include <sstream>

namespace cairn::component {
namespace {

TEST(Scheduler, RandomInterleavingsFromSeeds) {
  std::ifstream file(CAIRN_TESTSUITES "/component-model/async/big-interleaving-test.wast");
  if (!file) GTEST_SKIP() << "the official suite is not there";
  std::stringstream text;
  text << file.rdbuf();
  for (uint64_t seed = 0; seed < 40; ++seed) {
    ScriptOptions options;
    options.seed = seed * 0x9e3779b97f4a7c15;
    const Result<engine::ScriptReport> report = run_script(text.str(), options);
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report->failed, 0u) << "seed " << seed << ": " << report->failures.front().message
                                  << " at line " << report->failures.front().at.line;
    EXPECT_GT(report->passed, 20u);
  }
}

}  // namespace
}  // namespace cairn::component
