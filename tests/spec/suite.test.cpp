// The official core suite and the suites of the proposals that Cairn has, in both shells of the
// interpreter.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/base/files.hpp>
#include <cairn/engine/wast.hpp>

#include <algorithm>
#include <set>

namespace cairn {
namespace {

const std::string suite = CAIRN_TESTSUITES "/wasm-core";

/// What is not commented out in the list, as "FOLDER/FILE.wast:LINE".
std::set<std::string> expected_failures(const std::string& folder) {
  RealFiles files;
  const Result<Bytes> bytes = files.read_file(CAIRN_SOURCE_DIR "/tests/spec/expected-failures.txt");
  EXPECT_TRUE(bytes) << "the list of expected failures is missing";
  std::set<std::string> expected;
  if (!bytes) return expected;
  std::string_view rest = as_text(*bytes);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool of_folder =
        line.starts_with(folder + "/") && line.find('/', folder.size() + 1) == std::string::npos;
    if (of_folder) expected.insert(line);
  }
  return expected;
}

struct Case {
  const char* name;
  const char* folder;
  size_t files;  ///< how many scripts it has at the pinned revision
  engine::Dispatch dispatch;
};

class Suite : public testing::TestWithParam<Case> {};

TEST_P(Suite, HoldsEveryAssertion) {
  const std::string folder = GetParam().folder;
  const std::string path = folder == "core" ? suite : suite + "/" + folder;
  RealFiles files;
  const Result<std::vector<std::string>> names = files.list_directory(path);
  if (!names) {
    GTEST_SKIP() << "the official test suite is not at " << suite
                 << " (`./dev setup` fetches it); skipped";
  }
  engine::ScriptOptions options;
  options.settings.dispatch = GetParam().dispatch;
  std::set<std::string> failed;
  size_t scripts = 0;
  uint64_t passed = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".wast")) continue;
    ++scripts;
    const Result<Bytes> bytes = files.read_file(path + "/" + name);
    ASSERT_TRUE(bytes) << bytes.error().to_string();
    options.settings.features = engine::features_for_script(path + "/" + name, wasm::Features());
    const Result<engine::ScriptReport> report =
        engine::run_script(std::string(as_text(*bytes)), options);
    if (!report) {
      ADD_FAILURE() << folder << "/" << name << ": " << report.error().to_string();
      continue;
    }
    passed += report->passed;
    EXPECT_EQ(report->skipped, 0u) << folder << "/" << name;
    for (const auto& failure : report->failures) {
      const std::string place = fmt::format("{}/{}:{}", folder, name, failure.at.line);
      failed.insert(place);
      if (!expected_failures(folder).contains(place)) {
        ADD_FAILURE() << place << ": " << failure.message;
      }
    }
  }
  EXPECT_GE(scripts, GetParam().files);
  for (const std::string& place : expected_failures(folder)) {
    EXPECT_TRUE(failed.contains(place)) << place << " holds now: take it off the list";
  }
  RecordProperty("assertions", fmt::format("{}", passed));
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const engine::Dispatch dispatch :
       {engine::Dispatch::tail_call, engine::Dispatch::switch_loop}) {
    all.push_back({"Core", "core", 257, dispatch});
    all.push_back({"Custom", "custom", 3, dispatch});
    all.push_back({"Legacy", "legacy", 4, dispatch});
    all.push_back({"Threads", "proposals/threads", 4, dispatch});
    all.push_back({"CustomPageSizes", "proposals/custom-page-sizes", 5, dispatch});
    all.push_back({"WideArithmetic", "proposals/wide-arithmetic", 1, dispatch});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Official, Suite, testing::ValuesIn(cases()), [](const testing::TestParamInfo<Case>& info) {
      return std::string(info.param.name) +
             (info.param.dispatch == engine::Dispatch::tail_call ? "TailCalls" : "SwitchLoop");
    });

}  // namespace
}  // namespace cairn
