// What `jco`, the peer of the npm world, says of components agrees with us. CAIRN_JCO in the
// environment, or the search path, leads to it; else the tests are skipped.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "command.hpp"

namespace cairn::functional {
namespace {

/// Of the components of WASI's suite; all of them would take minutes.
constexpr const char* names[] = {"cli-env",         "filesystem-io", "http-response",
                                 "monotonic-clock", "random",        "sockets-echo"};

/// What is printed but for the section of names, whose parts may stand in any order, and for the
/// parentheses that close behind it.
std::string without_names(const std::string& text) {
  std::string kept;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (line.find("(@custom \"component-name\"") != std::string_view::npos) continue;
    while (line.ends_with(')')) line.remove_suffix(1);
    kept.append(line).push_back('\n');
  }
  return kept;
}

class Jco : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const char* const given = std::getenv("CAIRN_JCO");
    jco_ = given != nullptr ? given : "jco";
    if (!runs(jco_ + " --version")) GTEST_SKIP() << "there is no jco; skipped";
    component_ = std::string(CAIRN_TESTSUITES) + "/wasi/rust/wasm32-wasip3/" + GetParam() + ".wasm";
    if (!std::filesystem::exists(component_)) GTEST_SKIP() << component_ << " is missing; skipped";
  }
  bool runs(const std::string& command) const {
    const std::string quiet = command + " > " + (folder_ / "log") + " 2>&1";
    // NOLINTNEXTLINE(bugprone-command-processor): the command may have arguments
    return std::system(quiet.c_str()) == 0;
  }
  Folder folder_;
  std::string jco_, component_;
};

TEST_P(Jco, ReadsTheSameWorld) {
  ASSERT_TRUE(runs(jco_ + " wit " + component_ + " -o " + (folder_ / "jco.wit")));
  const std::string theirs = folder_.read("jco.wit");
  const Outcome ours = cairn(folder_, {"component", "wit", component_});
  ASSERT_EQ(ours.code, 0) << ours.err;
  ASSERT_FALSE(theirs.empty());
  // Newer ones leave out the packages that the world refers to.
  EXPECT_EQ(ours.out.substr(0, theirs.size()), theirs);
}

TEST_P(Jco, PrintsTheSameComponent) {
  ASSERT_TRUE(runs(jco_ + " print " + component_ + " -o " + (folder_ / "jco.wat")));
  const Outcome parsed = cairn(folder_, {"parse", folder_ / "jco.wat", "-o", folder_ / "jco.wasm"});
  ASSERT_EQ(parsed.code, 0) << parsed.err;
  EXPECT_EQ(cairn(folder_, {"validate", folder_ / "jco.wasm"}).code, 0);
  const Outcome theirs = cairn(folder_, {"print", folder_ / "jco.wasm"});
  const Outcome ours = cairn(folder_, {"print", component_});
  EXPECT_EQ(ours.code, 0) << ours.err;
  EXPECT_GT(ours.out.size(), 1000u);
  EXPECT_TRUE(without_names(theirs.out) == without_names(ours.out)) << "it is another component";
}

INSTANTIATE_TEST_SUITE_P(Components, Jco, testing::ValuesIn(names), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

}  // namespace
}  // namespace cairn::functional
