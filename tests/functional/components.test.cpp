// Components that others have made. CAIRN_COMPONENTS in the environment names a folder of them, at
// any depth; else the test is skipped. What is not expected to work of them stands in the folder's
// `expected-failures.txt`, as `PATH REASON`.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "command.hpp"

namespace cairn::functional {
namespace {

namespace fs = std::filesystem;

class OtherComponent {
 public:
  OtherComponent(const Folder& folder, std::string file)
      : folder_(folder), file_(std::move(file)) {}

  /// What is wrong with it, or nothing.
  std::string check() {
    if (const std::string problem = said({"component", "inspect", file_}); !problem.empty())
      return problem;
    if (const std::string problem = said({"component", "wit", file_}); !problem.empty())
      return problem;
    const std::string wit = out_;
    const std::string again = folder_.write("world.wit", wit);
    if (const std::string problem = said({"component", "wit", "-d", again}); !problem.empty())
      return problem;
    if (out_ != wit) return "its WIT is read as another one:\n" + out_;
    if (const std::string problem = comes_back(); !problem.empty()) return problem;
    if (wit.find("  export wasi:cli/run@") == std::string::npos) return {};
    folder_.make_directory("root");
    return said({"run", "--timeout", "60s", "--dir", folder_ / "root" + "::/", "--allow-net", "*",
                 "--listen", "*", file_});
  }

 private:
  /// Printed and parsed, it is the same.
  std::string comes_back() {
    if (const std::string problem = said({"print", file_}); !problem.empty()) return problem;
    const std::string text = out_;
    const std::string printed = folder_.write("printed.wat", text);
    const std::string parsed = folder_ / "parsed.wasm";
    if (const std::string problem = said({"parse", printed, "-o", parsed}); !problem.empty())
      return problem;
    if (const std::string problem = said({"print", parsed}); !problem.empty()) return problem;
    return out_ == text ? "" : "what is printed is parsed as another component";
  }
  /// What the command says when it fails.
  std::string said(const std::vector<std::string>& args) {
    const Outcome outcome = cairn(folder_, args);
    out_ = outcome.out;
    if (outcome.code == 0) return {};
    return args[0] + ": exit code " + std::to_string(outcome.code) + "\n" + outcome.err;
  }

  const Folder& folder_;
  std::string file_, out_;
};

TEST(OtherComponents, WorkUnchanged) {
  const char* const given = std::getenv("CAIRN_COMPONENTS");
  if (given == nullptr) GTEST_SKIP() << "CAIRN_COMPONENTS names no folder; skipped";
  const fs::path root = fs::absolute(given);
  std::set<std::string> expected;
  std::ifstream list(root / "expected-failures.txt");
  for (std::string line; std::getline(list, line);) expected.insert(line.substr(0, line.find(' ')));
  size_t count = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".wasm") continue;
    ++count;
    const Folder folder;
    const std::string name = fs::relative(entry.path(), root).string();
    const std::string problem = OtherComponent(folder, entry.path().string()).check();
    EXPECT_EQ(problem.empty(), !expected.contains(name)) << name << ": " << problem;
  }
  EXPECT_GT(count, 0u) << "there is none in " << root;
}

}  // namespace
}  // namespace cairn::functional
