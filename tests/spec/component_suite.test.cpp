// The official suite of the component model, each script in both shells of the interpreter,
// compiled, compiled while it runs, and from the cache.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/base/files.hpp>
#include <cairn/base/process.hpp>
#include <cairn/component/script.hpp>
#include <cairn/engine/compiler.hpp>

#include <map>

namespace cairn {
namespace {

const std::string suite = CAIRN_TESTSUITES "/component-model";

enum class Mode : uint8_t { tail_calls, switch_loop, compiled, automatic, cached };

constexpr std::string_view name_of(Mode mode) {
  constexpr std::string_view names[] = {"TailCalls", "SwitchLoop", "Compiled", "Automatic",
                                        "Cached"};
  return names[static_cast<size_t>(mode)];
}

struct Folder {
  const char* name;
  size_t scripts;  ///< how many it has at the pinned revision
};
using Case = std::tuple<Folder, Mode>;

/// "folder/file.wast:line reason", by place.
std::map<std::string, std::string> expected_failures(const std::string& folder) {
  RealFiles files;
  const Result<Bytes> bytes =
      files.read_file(CAIRN_SOURCE_DIR "/tests/spec/component-expected-failures.txt");
  EXPECT_TRUE(bytes) << "the list of expected failures is missing";
  std::map<std::string, std::string> expected;
  if (!bytes) return expected;
  std::string_view rest = as_text(*bytes);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t space = std::min(line.find(' '), line.size());
    if (line.starts_with(folder + "/")) expected.emplace(line.substr(0, space), line.substr(space));
  }
  return expected;
}

class ComponentSuite : public testing::TestWithParam<Case> {
 protected:
  /// False: Cairn is built without a compiler.
  bool use(Mode mode, component::ScriptOptions& options) {
    engine::Settings& settings = options.settings;
    if (mode == Mode::switch_loop) settings.dispatch = engine::Dispatch::switch_loop;
    if (mode <= Mode::switch_loop) return true;
    if (!files_.exists(compiler_)) return false;
    settings.tier = mode == Mode::automatic ? engine::Tier::automatic : engine::Tier::compile;
    settings.hot_entries = settings.hot_rounds = 1;
    settings.tiering_waits = true;
    settings.code_generator = engine::make_process_generator(processes_, compiler_, nullptr);
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

TEST_P(ComponentSuite, HoldsEveryAssertion) {
  const auto& [folder, mode] = GetParam();
  const std::string path = suite + "/" + folder.name;
  const Result<std::vector<std::string>> names = files_.list_directory(path);
  if (!names) GTEST_SKIP() << "the official test suite is not at " << suite << "; skipped";
  component::ScriptOptions options;
  if (!use(mode, options)) GTEST_SKIP() << "built without the compiler; skipped";
  auto expected = expected_failures(folder.name);
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
      const std::string place = fmt::format("{}/{}:{}", folder.name, name, failure.at.line);
      if (expected.erase(place) == 0) ADD_FAILURE() << place << ": " << failure.message;
    }
  }
  EXPECT_GE(scripts, folder.scripts);
  for (const auto& [place, reason] : expected)
    ADD_FAILURE() << place << " holds now: take it off the list";
  RecordProperty("assertions", fmt::format("{}", passed));
}

constexpr Folder folders[] = {{"async", 34},    {"binary", 1},      {"linking", 4},
                              {"resources", 3}, {"validation", 13}, {"values", 8}};

std::string case_name(const testing::TestParamInfo<Case>& info) {
  return std::get<0>(info.param).name + std::string(name_of(std::get<1>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(Official, ComponentSuite,
                         testing::Combine(testing::ValuesIn(folders),
                                          testing::Values(Mode::tail_calls, Mode::switch_loop,
                                                          Mode::compiled, Mode::automatic,
                                                          Mode::cached)),
                         case_name);

}  // namespace
}  // namespace cairn
