// The official suite as far as loading goes: every component of every script is accepted or refused
// in the phase that the script says, comes back from its encoding and from its printed form, and an
// invalid one is refused with the message that the script expects.
//
// suite-expected-failures.txt lists what is not so, suite-other-words.txt where only the message is
// another one, both with the reason; they may only shrink.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/validate.hpp>
#include <cairn/component/wast.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace cairn::component {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<> validated(const syntax::Component& component) {
  wasm::TypeRegistry core;
  Types types(core);
  TRY(validate(std::make_shared<const syntax::Component>(component), types));
  return {};
}

/// What is not the same after a way to the binary or text form and back, or nothing.
std::string roundtrips(const syntax::Component& component) {
  const Bytes bytes = encode(component);
  const Result<syntax::Component> decoded = decode(bytes);
  if (!decoded) return "its encoding: " + decoded.error().to_string();
  if (*decoded != component) return "decode(encode(c)) differs from c";
  if (encode(*decoded) != bytes) return "encode(decode(encode(c))) differs from encode(c)";
  const Result<std::string> printed = print_text(component);
  if (!printed) {
    // What repeats an attribute is invalid, and cannot be written.
    const bool no_text_form = printed.error().kind == ErrorKind::unsupported;
    return no_text_form ? "" : "its text: " + printed.error().to_string();
  }
  const Result<syntax::Component> parsed = parse_text(*printed);
  if (!parsed) return "its text: " + parsed.error().to_string() + "\n" + *printed;
  if (*parsed != component) return "parse(print(c)) differs from c:\n" + *printed;
  if (*print_text(*parsed) != *printed) return "print(parse(print(c))) differs from print(c)";
  return {};
}

struct Counts {
  size_t scripts = 0, valid = 0, invalid = 0, malformed = 0;
};

/// "FILE:LINE" of each line of a list; reasons stand behind.
std::set<std::string> listed(const char* name) {
  std::set<std::string> entries;
  std::ifstream list(fs::path(CAIRN_SOURCE_DIR) / "component/src" / name);
  for (std::string line; std::getline(list, line);) {
    const std::string entry = line.substr(0, line.find(' '));
    if (!entry.empty() && entry.front() != '#') entries.insert(entry);
  }
  return entries;
}

class SuiteRun {
 public:
  void script(const fs::path& suite, const fs::path& path) {
    const Result<Script> script = parse_script(read(path));
    ASSERT_TRUE(script) << path << ": " << script.error().to_string();
    ++counts.scripts;
    const std::string file = fs::relative(path, suite).string();
    for (const ScriptCommand& command : script->commands) {
      if (!command.component || command.component->is_instance) continue;
      where_ = fmt::format("{}:{}", file, command.at.line);
      const std::string problem = this->command(command);
      if (expected_failures_.contains(where_)) {
        EXPECT_NE(problem, "") << where_ << " works now: take it off the list";
      } else if (!problem.empty()) {
        ADD_FAILURE() << where_ << ": " << problem;
      }
    }
  }

  Counts counts;

 private:
  /// What is wrong, or nothing.
  std::string command(const ScriptCommand& command) {
    switch (command.kind) {
      case ScriptCommand::Kind::assert_malformed: ++counts.malformed; break;
      case ScriptCommand::Kind::assert_invalid: ++counts.invalid; break;
      default: ++counts.valid;
    }
    const Result<syntax::Component> component = read_component(*command.component);
    if (command.kind == ScriptCommand::Kind::assert_malformed) {
      if (component) return "is not malformed";
      return refused(component.error(), ErrorKind::malformed, command.text);
    }
    if (!component) return component.error().to_string();
    if (std::string problem = roundtrips(*component); !problem.empty()) return problem;
    const Result<> valid = validated(*component);
    const Result<> valid_binary = validated(*decode(encode(*component)));
    if (valid.has_value() != valid_binary.has_value()) return "its binary form is another thing";
    if (command.kind == ScriptCommand::Kind::assert_invalid) {
      if (valid) return fmt::format("is valid, but should fail with: {}", command.text);
      return refused(valid.error(), ErrorKind::invalid, command.text);
    }
    if (!valid) return valid.error().to_string();
    return {};
  }

  std::string refused(const Error& error, ErrorKind kind, const std::string& message) const {
    if (error.kind != kind) {
      return fmt::format("{} where {} is expected: {}", to_string(error.kind), to_string(kind),
                         error.to_string());
    }
    if (!error.at && !error.offset) return "an error without a place: " + error.to_string();
    if (error.message.contains(message) != other_words_.contains(where_)) return {};
    return fmt::format("says `{}`, expected `{}`", error.message, message);
  }

  std::string where_;
  std::set<std::string> expected_failures_ = listed("suite-expected-failures.txt"),
                        other_words_ = listed("suite-other-words.txt");
};

TEST(ComponentSuite, LoadsEveryComponentAsItsScriptSays) {
  const fs::path suite = fs::path(CAIRN_TESTSUITES) / "component-model";
  if (!fs::exists(suite)) GTEST_SKIP() << "no suite at " << suite;
  std::vector<fs::path> scripts;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(suite)) {
    if (entry.path().extension() == ".wast") scripts.push_back(entry.path());
  }
  std::ranges::sort(scripts);
  SuiteRun run;
  for (const fs::path& script : scripts) run.script(suite, script);
  EXPECT_GE(run.counts.scripts, 63u);
  EXPECT_GE(run.counts.valid, 287u);
  EXPECT_GE(run.counts.invalid, 380u);
  EXPECT_GE(run.counts.malformed, 75u);
}

// Programs that another toolchain made, for WASI 0.3.
TEST(RealComponents, LoadAndRoundTrip) {
  const fs::path folder = fs::path(CAIRN_TESTSUITES) / "wasi/rust/wasm32-wasip3";
  if (!fs::exists(folder)) GTEST_SKIP() << "no suite at " << folder;
  size_t components = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".wasm") continue;
    const std::string bytes = read(entry.path());
    const Result<syntax::Component> component = decode(as_bytes(bytes));
    ASSERT_TRUE(component) << entry.path() << ": " << component.error().to_string();
    ++components;
    const Result<> valid = validated(*component);
    EXPECT_TRUE(valid) << entry.path() << ": " << valid.error().to_string();
    EXPECT_EQ(roundtrips(*component), "") << entry.path();
  }
  EXPECT_GE(components, 55u);
}

}  // namespace
}  // namespace cairn::component
