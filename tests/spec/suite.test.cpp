// The official core suite and the suites of the proposals that Cairn has: in both shells of the
// interpreter, compiled, compiled while it runs, and from the cache.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/base/files.hpp>
#include <cairn/base/process.hpp>
#include <cairn/engine/compiler.hpp>
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

struct Folder {
  const char* name;
  const char* folder;
  size_t files;  ///< how many scripts it has at the pinned revision
};
enum class Mode : uint8_t {
  tail_calls,
  switch_loop,
  compiled,
  automatic,
  cached,
  baseline,  ///< all functions that the baseline compiler knows
  tiered,    ///< from there to better code
};
using Case = std::tuple<Folder, Mode>;

constexpr std::string_view name_of(Mode mode) {
  constexpr std::string_view names[] = {"TailCalls", "SwitchLoop", "Compiled", "Automatic",
                                        "Cached",    "Baseline",   "Tiered"};
  return names[static_cast<size_t>(mode)];
}

class Suite : public testing::TestWithParam<Case> {
 protected:
  /// False: Cairn is built without a compiler.
  bool use(Mode mode, engine::Settings& settings) {
    if (mode == Mode::switch_loop) settings.dispatch = engine::Dispatch::switch_loop;
    if (mode <= Mode::switch_loop) return true;
    if (!files_.exists(compiler_)) return false;
    const bool waits = mode == Mode::automatic || mode == Mode::tiered;
    settings.tier = waits ? engine::Tier::automatic : engine::Tier::compile;
    settings.hot_entries = settings.hot_rounds = settings.hot_compiled = 1;
    settings.tiering_waits = true;
    settings.code_generator = engine::make_process_generator(processes_, compiler_, nullptr);
#ifdef CAIRN_COMPILER
    if (mode == Mode::baseline) settings.code_generator = engine::make_baseline_generator();
    if (mode == Mode::tiered) settings.baseline_generator = engine::make_baseline_generator();
#endif
    if (mode == Mode::cached)
      settings.code_generator = engine::make_caching_generator(cache_, "cache", uint64_t{1} << 30,
                                                               settings.code_generator);
    return true;
  }

  RealFiles files_;

 private:
  const std::string compiler_ = CAIRN_BINARY "-compiler";
  RealProcesses processes_;
  SimulatedFiles cache_;
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
  if (!use(mode, options.settings)) GTEST_SKIP() << "built without the compiler; skipped";
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
      if (!expected_failures(folder).contains(place)) {
        ADD_FAILURE() << place << ": " << failure.message;
      }
    }
  }
  EXPECT_GE(scripts, info.files);
  for (const std::string& place : expected_failures(folder)) {
    EXPECT_TRUE(failed.contains(place)) << place << " holds now: take it off the list";
  }
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
