// The official WASI suite for preview 1 (its SPECIFICATION.md says how a test is run and judged).

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "command.hpp"

namespace cairn::functional {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Tests that do not pass yet, as "rust/name". It may only shrink.
const std::set<std::string> expected_failures = {};

json specification(const fs::path& wasm) {
  fs::path path = wasm;
  path.replace_extension(".json");
  return fs::exists(path) ? json::parse(std::ifstream(path)) : json::object();
}

void make_writable(const fs::path& tree) {
  fs::permissions(tree, fs::perms::owner_all, fs::perm_options::add);
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add);
  }
}

/// Nothing when the test passes, else what was wrong. `wrapped`: as a component for WASI 0.2, which
/// `cairn component new` makes of it.
std::string failure(const fs::path& wasm, const std::vector<std::string>& options, bool wrapped) {
  const json spec = specification(wasm);
  const Folder folder;
  const std::string program = wrapped ? folder / "program.wasm" : wasm.string();
  if (wrapped) {
    const Outcome made = cairn(folder, {"component", "new", wasm.string(), "-o", program});
    if (made.code != 0) return made.err;
  }
  std::vector<std::string> args = {"run"};
  args.insert(args.end(), options.begin(), options.end());
  if (spec.contains("root")) {
    const fs::path root = fs::path(folder.path()) / "root";
    fs::copy(wasm.parent_path() / spec["root"].get<std::string>(), root,
             fs::copy_options::recursive);
    make_writable(root);
    args.insert(args.end(), {"--dir", root.string() + "::/"});
  }
  for (const auto& [name, value] : spec.value("env", json::object()).items()) {
    args.insert(args.end(), {"--env", name + "=" + value.get<std::string>()});
  }
  args.push_back(program);
  for (const json& arg : spec.value("args", json::array())) args.push_back(arg);
  const Outcome outcome = cairn(folder, args);
  const int code = spec.value("exit_code", 0);
  if (outcome.code != code) {
    return "exit code " + std::to_string(outcome.code) + ", not " + std::to_string(code) + "\n" +
           outcome.err;
  }
  for (const auto& [name, actual] : {std::pair{"stdout", outcome.out}, {"stderr", outcome.err}}) {
    if (spec.contains(name) && spec[name] != actual) return std::string(name) + " is " + actual;
  }
  return "";
}

struct Part {
  std::string folder;
  size_t tests;  ///< at the pinned revision; 72 together
  std::string tier;
  bool wrapped = false;
};
void PrintTo(const Part& part, std::ostream* out) { *out << part.folder << ", " << part.tier; }

class WasiSuite : public testing::TestWithParam<Part> {};

TEST_P(WasiSuite, Passes) {
  const fs::path tests = fs::path(CAIRN_TESTSUITES) / "wasi" / GetParam().folder / "wasm32-wasip1";
  if (!fs::exists(tests)) {
    GTEST_SKIP() << "the official WASI suite is not at " << tests
                 << " (`./dev setup` fetches it); skipped";
  }
  const std::string& tier = GetParam().tier;
  std::vector<std::string> options = {"--cache", "off", "--tier", tier};
  // What is called or goes round is compiled at once.
  if (tier == "auto") options.insert(options.end(), {"--tier-threshold", "1"});
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(tests)) {
    if (entry.path().extension() != ".wasm") continue;
    ++count;
    const std::string name = GetParam().folder + "/" + entry.path().stem().string();
    const std::string wrong = failure(entry.path(), options, GetParam().wrapped);
    if (expected_failures.contains(name)) {
      EXPECT_NE(wrong, "") << name << " passes now: take it off the list";
    } else {
      EXPECT_EQ(wrong, "") << name;
    }
  }
  EXPECT_GE(count, GetParam().tests);
}

INSTANTIATE_TEST_SUITE_P(
    Preview1, WasiSuite,
    testing::Values(Part{"rust", 46, "interpret"}, Part{"rust", 46, "auto"},
                    Part{"rust", 46, "baseline"}, Part{"c", 14, "interpret"}, Part{"c", 14, "auto"},
                    Part{"c", 14, "compile"}, Part{"c", 14, "baseline"},
                    Part{"assemblyscript", 12, "interpret"}, Part{"assemblyscript", 12, "auto"},
                    Part{"assemblyscript", 12, "compile"}, Part{"assemblyscript", 12, "baseline"}),
    [](const auto& info) { return info.param.folder + "_" + info.param.tier; });

INSTANTIATE_TEST_SUITE_P(
    Preview1Wrapped, WasiSuite,
    testing::Values(Part{"rust", 46, "interpret", true}, Part{"rust", 46, "baseline", true},
                    Part{"c", 14, "interpret", true}, Part{"c", 14, "baseline", true},
                    Part{"assemblyscript", 12, "interpret", true},
                    Part{"assemblyscript", 12, "baseline", true}),
    [](const auto& info) { return info.param.folder + "_" + info.param.tier; });

}  // namespace
}  // namespace cairn::functional
