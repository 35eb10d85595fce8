// The official suite of the component model, each script in both shells of the interpreter,
// compiled, compiled while it runs, from the cache, by the baseline compiler, and from that to
// better code.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/component/script.hpp>

#include "tiers.hpp"

namespace cairn {
namespace {

const std::string suite = CAIRN_TESTSUITES "/component-model";

using Case = std::tuple<Folder, Mode>;

class ComponentSuite : public testing::TestWithParam<Case> {
 protected:
  RealFiles files_;
  Tiers tiers_;
};

TEST_P(ComponentSuite, HoldsEveryAssertion) {
  const auto& [folder, mode] = GetParam();
  const std::string path = suite + "/" + folder.folder;
  const Result<std::vector<std::string>> names = files_.list_directory(path);
  if (!names) GTEST_SKIP() << "the official test suite is not at " << suite << "; skipped";
  component::ScriptOptions options;
  if (!tiers_.use(mode, options.settings)) GTEST_SKIP() << "built without the compiler; skipped";
  auto expected = expected_failures("component-expected-failures.txt", folder.folder);
  size_t scripts = 0;
  uint64_t passed = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".wast")) continue;
    ++scripts;
    const Result<Bytes> bytes = files_.read_file(path + "/" + name);
    ASSERT_TRUE(bytes) << bytes.error().to_string();
    const std::string script(as_text(*bytes));
    EXPECT_TRUE(component::is_component_script(script)) << name;
    const Result<engine::ScriptReport> report = component::run_script(script, options);
    if (!report) {
      ADD_FAILURE() << name << ": " << report.error().to_string();
      continue;
    }
    passed += report->passed;
    for (const auto& failure : report->failures) {
      const std::string place = fmt::format("{}/{}:{}", folder.folder, name, failure.at.line);
      if (expected.erase(place) == 0) ADD_FAILURE() << place << ": " << failure.message;
    }
  }
  EXPECT_GE(scripts, folder.scripts);
  for (const auto& [place, reason] : expected)
    ADD_FAILURE() << place << " holds now: take it off the list";
  RecordProperty("assertions", fmt::format("{}", passed));
}

constexpr Folder folders[] = {{"async", "async", 34},           {"binary", "binary", 1},
                              {"linking", "linking", 4},        {"resources", "resources", 3},
                              {"validation", "validation", 13}, {"values", "values", 8}};

std::string case_name(const testing::TestParamInfo<Case>& info) {
  return std::get<0>(info.param).name + std::string(name_of(std::get<1>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(
    Official, ComponentSuite,
    testing::Combine(testing::ValuesIn(folders),
                     testing::Values(Mode::tail_calls, Mode::switch_loop, Mode::compiled,
                                     Mode::automatic, Mode::cached, Mode::baseline, Mode::tiered)),
    case_name);

}  // namespace
}  // namespace cairn
