// The command line itself: help, errors, and the subcommands that only look at modules.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"

namespace cairn::functional {
namespace {

const std::string adder = R"((module $adder
  (func $add (export "add") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.add)
  (memory (export "memory") 1 2))
)";

const std::vector<std::string> commands = {
    "run",      "compile",    "validate", "parse", "print", "inspect", "component", "wast",
    "features", "completion", "serve",    "actor", "top",   "verify",  "config"};

TEST(Cli, HelpNamesEveryCommand) {
  const Folder folder;
  const Outcome help = cairn(folder, {"--help"});
  EXPECT_EQ(help.code, 0);
  for (const std::string& command : commands) {
    EXPECT_NE(help.out.find("  " + command + " "), std::string::npos) << command;
    const Outcome own = cairn(folder, {command, "--help"});
    EXPECT_EQ(own.code, 0) << command;
    EXPECT_NE(own.out.find("Usage: cairn " + command), std::string::npos) << own.out;
    EXPECT_EQ(cairn(folder, {"help", command}).out, own.out);
  }
}

TEST(Cli, VersionIsOneLine) {
  const Folder folder;
  const Outcome version = cairn(folder, {"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("cairn ")) << version.out;
  EXPECT_EQ(version.out.find('\n'), version.out.size() - 1);
}

TEST(Cli, WrongCommandLinesEndInTwo) {
  const Folder folder;
  EXPECT_EQ(cairn(folder, {}).code, 2);
  const Outcome unknown = cairn(folder, {"vaildate"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.err,
            "error: unknown command 'vaildate'\nhint: did you mean `cairn validate`?\n");
  EXPECT_EQ(cairn(folder, {"app.wasm"}).err,
            "error: unknown command 'app.wasm'\nhint: did you mean `cairn run app.wasm`?\n");
  EXPECT_EQ(cairn(folder, {"--bogus"}).code, 2);
  EXPECT_EQ(cairn(folder, {"run"}).code, 2);
  EXPECT_EQ(cairn(folder, {"run", "--bogus", "x.wasm"}).code, 2);
  EXPECT_EQ(cairn(folder, {"run", "--timeout", "soon", "x.wasm"}).code, 2);
  EXPECT_EQ(cairn(folder, {"run", "--max-memory", "lots", "x.wasm"}).code, 2);
  EXPECT_EQ(cairn(folder, {"run", "--dir", "a::b::rw", "x.wasm"}).code, 2);
  EXPECT_EQ(cairn(folder, {"run", "--dispatch", "jump", "x.wasm"}).code, 2);
  EXPECT_EQ(cairn(folder, {"validate", "--enable", "teleport", "x.wasm"}).code, 2);
  EXPECT_EQ(cairn(folder, {"features", "--feature", "simd=maybe"}).code, 2);
  EXPECT_EQ(cairn(folder, {"completion", "tcsh"}).code, 2);
}

TEST(Cli, MissingFilesEndInOne) {
  const Folder folder;
  for (const std::string command : {"run", "validate", "parse", "print", "inspect", "wast"}) {
    const Outcome outcome = cairn(folder, {command, "nowhere.wasm"});
    EXPECT_EQ(outcome.code, 1) << command;
    EXPECT_NE((outcome.out + outcome.err).find("nowhere.wasm"), std::string::npos) << command;
  }
}

TEST(Cli, ColoursOnlyOnTerminals) {
  const Folder folder;
  EXPECT_EQ(cairn(folder, {"--help"}).out.find('\x1b'), std::string::npos);
  EXPECT_EQ(cairn(folder, {"nothing"}).err.find('\x1b'), std::string::npos);
}

TEST(Cli, ValidatesTextAndBinary) {
  const Folder folder;
  folder.write("good.wat", adder);
  ASSERT_EQ(cairn(folder, {"parse", "good.wat"}).code, 0);
  const Outcome good = cairn(folder, {"validate", "good.wat", "good.wasm"});
  EXPECT_EQ(good.code, 0);
  EXPECT_EQ(good.out + good.err, "");
  folder.write("bad.wat", "(module\n  (func (result i32) i64.const 1))\n");
  const Outcome bad = cairn(folder, {"validate", "bad.wat"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_TRUE(bad.err.starts_with("bad.wat:2:")) << bad.err;
  EXPECT_NE(bad.err.find("type mismatch"), std::string::npos) << bad.err;
  EXPECT_NE(bad.err.find('^'), std::string::npos) << bad.err;
  EXPECT_EQ(cairn(folder, {"validate", "-q", "bad.wat"}).err, "");
}

TEST(Cli, WrongCustomSectionsAreWarnings) {
  const Folder folder;
  // A hint for offset 1 of the function, where no branch is.
  folder.write("m.wat", R"((module (func nop)
    (@custom "metadata.code.branch_hint" (before code) "\01\00\01\01\01\01")))");
  ASSERT_EQ(cairn(folder, {"parse", "m.wat"}).code, 0);
  const Outcome outcome = cairn(folder, {"validate", "m.wasm"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.err.starts_with("warning: m.wasm: ")) << outcome.err;
  EXPECT_EQ(cairn(folder, {"validate", "-q", "m.wasm"}).err, "");
}

TEST(Cli, BinaryErrorsHaveAnOffset) {
  const Folder folder;
  folder.write("cut.wasm", std::string("\0asm\1\0\0\0\1", 9));
  const Outcome outcome = cairn(folder, {"validate", "cut.wasm"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(outcome.err.starts_with("error: cut.wasm: ")) << outcome.err;
  EXPECT_NE(outcome.err.find("offset 0x9"), std::string::npos) << outcome.err;
}

TEST(Cli, ParsesAndPrints) {
  const Folder folder;
  folder.write("a.wat", adder);
  ASSERT_EQ(cairn(folder, {"parse", "a.wat", "-o", "b.wasm"}).code, 0);
  const Outcome printed = cairn(folder, {"print", "b.wasm"});
  EXPECT_EQ(printed.code, 0);
  EXPECT_NE(printed.out.find("(func $add"), std::string::npos) << printed.out;
  folder.write("c.wat", printed.out);
  ASSERT_EQ(cairn(folder, {"parse", "c.wat"}).code, 0);
  EXPECT_EQ(folder.read("b.wasm"), folder.read("c.wasm"));
  const Outcome stripped = cairn(folder, {"parse", "--strip", "a.wat", "-o", "-"});
  EXPECT_EQ(stripped.out.substr(0, 4), std::string("\0asm", 4));
  EXPECT_LT(stripped.out.size(), folder.read("b.wasm").size());
  EXPECT_EQ(cairn(folder, {"print", "-"}, {.input = folder.read("b.wasm")}).out, printed.out);
  EXPECT_EQ(cairn(folder, {"parse", "b.wasm"}).code, 2) << "it would replace its input";
  EXPECT_EQ(cairn(folder, {"print", "b.wasm", "-o", "b.wasm"}).code, 2)
      << "it would replace its input";
}

TEST(Cli, TextErrorsPointAtTheirPlace) {
  const Folder folder;
  folder.write("a.wat", "(module\n  (func (result i32)\n    i32.cost 1))\n");
  const Outcome outcome = cairn(folder, {"parse", "a.wat"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "a.wat:3:5: error: unknown operator 'i32.cost'\n"
            "      i32.cost 1))\n"
            "      ^\n");
}

TEST(Cli, InspectsModules) {
  const Folder folder;
  folder.write("a.wat", adder);
  const Outcome outcome = cairn(folder, {"inspect", "a.wat"});
  EXPECT_EQ(outcome.code, 0);
  for (const char* part : {"Sections", "code", "Exports", "add  (i32, i32) -> (i32)",
                           "memory memory  1…2 pages of 65536 bytes"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
  }
  const Outcome code = cairn(folder, {"inspect", "-d", "a.wat", "add"});
  EXPECT_NE(code.out.find("func[0] <add> (i32, i32) -> (i32)"), std::string::npos) << code.out;
  EXPECT_NE(code.out.find("20 01                       local.get 1"), std::string::npos)
      << code.out;
  EXPECT_EQ(cairn(folder, {"inspect", "-d", "a.wat", "sub"}).code, 1);
  const auto document = nlohmann::json::parse(cairn(folder, {"inspect", "--json", "a.wat"}).out);
  EXPECT_EQ(document["exports"][0]["name"], "add");
  EXPECT_EQ(document["exports"][0]["type"], "(i32, i32) -> (i32)");
  EXPECT_EQ(document["functions"][0]["name"], "add");
}

TEST(Cli, ListsAndSwitchesFeatures) {
  const Folder folder;
  const Outcome all = cairn(folder, {"features"});
  EXPECT_NE(all.out.find("simd                     on "), std::string::npos) << all.out;
  EXPECT_NE(all.out.find("legacy-exceptions        off"), std::string::npos) << all.out;
  const Outcome other =
      cairn(folder, {"features", "--disable", "simd", "--feature", "legacy-exceptions=on"});
  EXPECT_NE(other.out.find("simd                     off"), std::string::npos) << other.out;
  EXPECT_NE(other.out.find("legacy-exceptions        on "), std::string::npos) << other.out;
  folder.write("v.wat", "(module (func (drop (v128.const i64x2 1 2))))");
  EXPECT_EQ(cairn(folder, {"validate", "v.wat"}).code, 0);
  EXPECT_EQ(cairn(folder, {"validate", "--disable", "simd,relaxed-simd", "v.wat"}).code, 1);
}

TEST(Cli, CompletesInEveryShell) {
  const Folder folder;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Outcome outcome = cairn(folder, {"completion", shell});
    EXPECT_EQ(outcome.code, 0);
    for (const std::string& command : commands) {
      EXPECT_NE(outcome.out.find(command), std::string::npos) << shell << " " << command;
    }
  }
}

TEST(Cli, RunsScripts) {
  const Folder folder;
  folder.make_directory("legacy");
  folder.write("good.wast",
               "(module (func (export \"f\") (result i32) i32.const 1))\n"
               "(assert_return (invoke \"f\") (i32.const 1))\n");
  folder.write("bad.wast",
               "(module (func (export \"f\") (result i32) i32.const 1))\n"
               "(assert_return (invoke \"f\") (i32.const 2))\n");
  folder.write("legacy/try.wast",
               "(module (func (export \"f\") try catch_all end))\n"
               "(assert_return (invoke \"f\"))\n");
  const Outcome good = cairn(folder, {"wast", "good.wast", "legacy"});
  EXPECT_EQ(good.code, 0);
  EXPECT_EQ(good.out,
            "good.wast: 1 passed, 0 failed, 0 skipped\n"
            "legacy/try.wast: 1 passed, 0 failed, 0 skipped\n"
            "2 passed, 0 failed, 0 skipped\n");
  const Outcome bad = cairn(folder, {"wast", "--dispatch", "switch", "bad.wast"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_EQ(bad.out,
            "bad.wast:2:1: failed: expected i32:2 (0x2), got i32:1 (0x1)\n"
            "bad.wast: 0 passed, 1 failed, 0 skipped\n"
            "0 passed, 1 failed, 0 skipped\n");
  EXPECT_EQ(cairn(folder, {"wast", "-"}, {.input = folder.read("good.wast")}).out,
            "-: 1 passed, 0 failed, 0 skipped\n1 passed, 0 failed, 0 skipped\n");
  folder.make_directory("empty");
  EXPECT_EQ(cairn(folder, {"wast", "empty", ""}).out,
            "empty: failed: there is no *.wast in this folder\n"
            "empty: 0 passed, 1 failed, 0 skipped\n"
            "'': failed: No such file or directory\n"
            "'': 0 passed, 1 failed, 0 skipped\n"
            "0 passed, 2 failed, 0 skipped\n");
  const Outcome json = cairn(folder, {"wast", "--json", "bad.wast"});
  EXPECT_EQ(json.code, 1);
  EXPECT_EQ(json.err, "0 passed, 1 failed, 0 skipped\n");
  const auto document = nlohmann::json::parse(json.out);
  EXPECT_EQ(document["failed"], 1);
  EXPECT_EQ(document["files"][0]["failures"][0]["line"], 2);
}

}  // namespace
}  // namespace cairn::functional
