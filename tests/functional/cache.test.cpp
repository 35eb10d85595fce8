// The cache of compiled code, and a compiler that fails.

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "command.hpp"

namespace cairn::functional {
namespace {

const std::string source = R"((module
  (func $fib (export "fib") (param i64) (result i64)
    (if (result i64) (i64.lt_u (local.get 0) (i64.const 2)) (then (local.get 0))
      (else (i64.add (call $fib (i64.sub (local.get 0) (i64.const 1)))
                     (call $fib (i64.sub (local.get 0) (i64.const 2))))))))
)";
const std::vector<std::string> run_compiled = {"run",      "--tier", "compile", "--cache", "cache",
                                               "--invoke", "fib",    "m.wat",   "20"};
constexpr const char* stays_interpreted = "functions stay interpreted";

class CodeCache : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_compiler()) GTEST_SKIP() << "built without the compiler; skipped";
    folder_.write("m.wat", source);
  }

  /// The paths of all machine code in the folder `cache`.
  std::vector<std::string> entries() {
    std::vector<std::string> paths;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder_ / "cache"))
      if (each.is_regular_file() && each.path().filename() != "body-use")
        paths.push_back(each.path());
    return paths;
  }

  /// A copy of the command whose compiler is this shell script.
  Setting with_compiler(const std::string& script) {
    const std::string binary = folder_ / "cairn";
    if (!std::filesystem::exists(binary)) std::filesystem::copy_file(CAIRN_BINARY, binary);
    folder_.write("cairn-compiler", "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(folder_ / "cairn-compiler", std::filesystem::perms::owner_all);
    return {.binary = binary};
  }

  Folder folder_;
};

TEST_F(CodeCache, SecondRunsNeedNoCompiler) {
  EXPECT_EQ(cairn(folder_, run_compiled).out, "6765\n");
  EXPECT_EQ(entries().size(), 1u);
  const Setting none = with_compiler("exit 1");
  const Outcome second = cairn(folder_, run_compiled, none);
  EXPECT_EQ(second.out + second.err, "6765\n");
  // Other settings need other code; so does a damaged entry.
  std::vector<std::string> metered = run_compiled;
  metered.insert(metered.begin() + 1, {"--fuel", "10000000"});
  const Outcome other = cairn(folder_, metered, none);
  EXPECT_EQ(other.out, "6765\n");
  EXPECT_NE(other.err.find(stays_interpreted), std::string::npos) << other.err;
  const std::string path = entries().at(0);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  const Outcome damaged = cairn(folder_, run_compiled, none);
  EXPECT_EQ(damaged.out, "6765\n");
  EXPECT_NE(damaged.err.find(stays_interpreted), std::string::npos) << damaged.err;
  EXPECT_EQ(cairn(folder_, run_compiled).out, "6765\n");
  const Outcome replaced = cairn(folder_, run_compiled, none);
  EXPECT_EQ(replaced.out + replaced.err, "6765\n");
}

TEST_F(CodeCache, IsSharedByProcesses) {
  std::vector<std::thread> threads;
  std::vector<Outcome> outcomes(6);
  for (Outcome& outcome : outcomes)
    threads.emplace_back([&] { outcome = cairn(folder_, run_compiled); });
  for (std::thread& thread : threads) thread.join();
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.out + outcome.err, "6765\n");
  EXPECT_EQ(entries().size(), 1u) << "and no drafts are left";
}

TEST_F(CodeCache, MayBeUnusable) {
  folder_.write("cache", "a file where a folder should be");
  const Outcome named = cairn(folder_, run_compiled);
  EXPECT_EQ(named.out, "6765\n");
  EXPECT_EQ(named.err, "warning: nothing is kept in the cache: cache: File exists\n");
  const Outcome by_default =
      cairn(folder_, {"run", "--tier", "compile", "--invoke", "fib", "m.wat", "20"},
            {.env = {"XDG_CACHE_HOME=" + folder_ / "cache"}});
  EXPECT_EQ(by_default.out + by_default.err, "6765\n");
}

TEST_F(CodeCache, CompilersMayFail) {
  for (const std::string script :
       {"exit 1", "kill -SEGV $$", "echo nonsense; sleep 1", "head -c 100 /dev/zero; sleep 1",
        "head -c 4 > /dev/null; exec 0<&-; exit 3"}) {
    for (const std::string tier : {"compile", "auto"}) {
      const Outcome outcome = cairn(folder_,
                                    {"run", "--tier", tier, "--tier-threshold", "5", "--cache",
                                     "off", "--invoke", "fib", "m.wat", "15"},
                                    with_compiler(script));
      EXPECT_EQ(outcome.code, 0) << script;
      EXPECT_EQ(outcome.out, "610\n") << script;
      EXPECT_NE(outcome.err.find(stays_interpreted), std::string::npos) << script << outcome.err;
    }
    const Outcome compiled = cairn(folder_, {"compile", "m.wat"}, with_compiler(script));
    EXPECT_EQ(compiled.code, 1) << script;
    EXPECT_NE(compiled.err.find("error: m.wat: "), std::string::npos) << compiled.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "m.cairn"));
  }
}

}  // namespace
}  // namespace cairn::functional
