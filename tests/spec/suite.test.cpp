// The official core suite and the suites of the proposals that Cairn has: in both shells of the
// interpreter, compiled, compiled while it runs, and from the cache.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/engine/wast.hpp>

#include <set>

#include "tiers.hpp"

namespace cairn {
namespace {

const std::string suite = CAIRN_TESTSUITES "/wasm-core";
constexpr const char* list = "expected-failures.txt";

using Case = std::tuple<Folder, Mode>;

class Suite : public testing::TestWithParam<Case> {
 protected:
  RealFiles files_;
  Tiers tiers_;
};

TEST_P(Suite, HoldsEveryAssertion) {
  const auto& [info, mode] = GetParam();
  const std::string folder = info.folder;
  const std::string path = folder == "core" ? suite : suite + "/" + folder;
  const Result<std::vector<std::string>> names = files_.list_directory(path);
  if (!names) {
    GTEST_SKIP() << "the official test suite is not at " << suite
                 << " (`./dev setup` fetches it); skipped";
  }
  engine::ScriptOptions options;
  if (!tiers_.use(mode, options.settings)) GTEST_SKIP() << "built without the compiler; skipped";
  const auto expected = expected_failures(list, folder);
  std::set<std::string> failed;
  size_t scripts = 0;
  uint64_t passed = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".wast")) continue;
    ++scripts;
    const Result<Bytes> bytes = files_.read_file(path + "/" + name);
    ASSERT_TRUE(bytes) << bytes.error().to_string();
    options.settings.features = engine::features_for_script(path + "/" + name, wasm::Features());
    const std::string script(as_text(*bytes));
    if (mode == Mode::cached) ASSERT_TRUE(engine::run_script(script, options));
    const Result<engine::ScriptReport> report = engine::run_script(script, options);
    if (!report) {
      ADD_FAILURE() << folder << "/" << name << ": " << report.error().to_string();
      continue;
    }
    passed += report->passed;
    EXPECT_EQ(report->skipped, 0u) << folder << "/" << name;
    for (const auto& failure : report->failures) {
      const std::string place = fmt::format("{}/{}:{}", folder, name, failure.at.line);
      failed.insert(place);
      if (!expected.contains(place)) ADD_FAILURE() << place << ": " << failure.message;
    }
  }
  EXPECT_GE(scripts, info.scripts);
  for (const auto& [place, reason] : expected)
    EXPECT_TRUE(failed.contains(place)) << place << " holds now: take it off the list";
  RecordProperty("assertions", fmt::format("{}", passed));
}

constexpr Folder folders[] = {{"Core", "core", 257},
                              {"Custom", "custom", 3},
                              {"Legacy", "legacy", 4},
                              {"Threads", "proposals/threads", 4},
                              {"CustomPageSizes", "proposals/custom-page-sizes", 5},
                              {"WideArithmetic", "proposals/wide-arithmetic", 1}};

std::string case_name(const testing::TestParamInfo<Case>& info) {
  return std::get<0>(info.param).name + std::string(name_of(std::get<1>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(
    Official, Suite,
    testing::Combine(testing::ValuesIn(folders),
                     testing::Values(Mode::tail_calls, Mode::switch_loop, Mode::compiled,
                                     Mode::automatic, Mode::cached, Mode::baseline, Mode::tiered)),
    case_name);

}  // namespace
}  // namespace cairn
