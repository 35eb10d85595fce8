// The official WASI suite for preview 1 (its SPECIFICATION.md says how a test is run and judged).

#include <gtest/gtest.h>

#include <cstdlib>
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

/// How a test is run.
struct Way {
  std::vector<std::string> options;  ///< of `cairn run`
  /// What makes another file of the module first, which is run then: a command without the names of
  /// the two.
  std::vector<std::string> maker = {};
  Setting setting = {};
};

/// Nothing when the test passes, else what was wrong.
std::string failure(const fs::path& wasm, const Way& way) {
  const json spec = specification(wasm);
  const Folder folder;
  const auto& [options, maker, setting] = way;
  const std::string program = maker.empty() ? wasm.string() : folder / "program";
  if (!maker.empty()) {
    std::vector<std::string> args = maker;
    args.insert(args.end(), {wasm.string(), "-o", program});
    const Outcome made = cairn(folder, args);
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
  const Outcome outcome = cairn(folder, args, setting);
  if (outcome.err.find("stay interpreted") != std::string::npos) return outcome.err;
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
  size_t tests;      ///< at the pinned revision; 72 together
  std::string tier;  ///< or `file`: ahead of time, and `cached`: twice, then without the compiler
  bool wrapped = false;
  size_t every = 1;  ///< only the first of so many, unless CAIRN_EVERY_TEST is set
};
void PrintTo(const Part& part, std::ostream* out) { *out << part.folder << ", " << part.tier; }

class WasiSuite : public testing::TestWithParam<Part> {
 protected:
  /// In these ways, one after another.
  std::vector<Way> ways() const {
    const auto& [part, tests, tier, wrapped, every] = GetParam();
    if (tier == "cached") {
      const Way first{{"--cache", folder_ / "cache", "--tier", "compile"}};
      Way second = first;
      second.setting.binary = folder_ / "cairn";
      fs::copy_file(CAIRN_BINARY, second.setting.binary, fs::copy_options::skip_existing);
      folder_.write("cairn-compiler", "#!/bin/sh\nexit 1\n");
      fs::permissions(folder_ / "cairn-compiler", fs::perms::owner_all);
      return {first, second};
    }
    Way way{{"--cache", "off"}};
    if (tier == "file") {
      // Rust's are large: the quick level takes a third of the time.
      way.maker = {"compile", "--level", "quick"};
    } else {
      way.options.insert(way.options.end(), {"--tier", tier});
    }
    // What is called or goes round is compiled at once.
    if (tier == "auto") way.options.insert(way.options.end(), {"--tier-threshold", "1"});
    if (wrapped) way.maker = {"component", "new"};
    return {way};
  }

  const Folder folder_;
};

TEST_P(WasiSuite, Passes) {
  const fs::path tests = fs::path(CAIRN_TESTSUITES) / "wasi" / GetParam().folder / "wasm32-wasip1";
  if (!fs::exists(tests)) {
    GTEST_SKIP() << "the official WASI suite is not at " << tests
                 << " (`./dev setup` fetches it); skipped";
  }
  const bool needs_compiler = GetParam().tier == "file" || GetParam().tier == "cached";
  if (needs_compiler && !has_compiler()) GTEST_SKIP() << "built without the compiler; skipped";
  std::set<fs::path> modules;
  for (const auto& entry : fs::directory_iterator(tests))
    if (entry.path().extension() == ".wasm") modules.insert(entry.path());
  EXPECT_GE(modules.size(), GetParam().tests);
  const size_t every = std::getenv("CAIRN_EVERY_TEST") != nullptr ? 1 : GetParam().every;
  size_t count = 0;
  for (const fs::path& wasm : modules) {
    if (count++ % every != 0) continue;
    const std::string name = GetParam().folder + "/" + wasm.stem().string();
    std::string wrong;
    for (const Way& way : ways())
      if (wrong.empty()) wrong = failure(wasm, way);
    if (expected_failures.contains(name)) {
      EXPECT_NE(wrong, "") << name << " passes now: take it off the list";
    } else {
      EXPECT_EQ(wrong, "") << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Preview1, WasiSuite,
    testing::Values(Part{"rust", 46, "interpret"}, Part{"rust", 46, "auto"},
                    Part{"rust", 46, "baseline"}, Part{"c", 14, "interpret"}, Part{"c", 14, "auto"},
                    Part{"c", 14, "cached"}, Part{"c", 14, "baseline"},
                    Part{"rust", 46, "file", false, 4}, Part{"assemblyscript", 12, "interpret"},
                    Part{"assemblyscript", 12, "auto"}, Part{"assemblyscript", 12, "cached"},
                    Part{"assemblyscript", 12, "baseline"}),
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
