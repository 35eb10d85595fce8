// `cairn component`, as its users see it.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"

namespace cairn::functional {
namespace {

const std::string package = R"(package my:app@0.1.0;

/// Greets.
interface greet {
  use my:base/types.{name};

  hello: func(to: name) -> string;
}

world app {
  import my:base/types;

  export greet;
}
)";

/// A folder with a package that needs another one.
void write_package(const Folder& folder) {
  folder.make_directory("wit");
  folder.make_directory("wit/deps");
  folder.write("wit/app.wit", package);
  folder.write("wit/deps/base.wit", "package my:base;\ninterface types { type name = string; }\n");
}

TEST(ComponentCli, ListsItsTools) {
  const Folder folder;
  const Outcome help = cairn(folder, {"component", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("  wit "), std::string::npos) << help.out;
  EXPECT_EQ(cairn(folder, {"component"}).code, 2);
  const Outcome unknown = cairn(folder, {"component", "weather"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.err,
            "error: component: unknown tool 'weather'\nhint: `cairn component --help` lists the "
            "tools\n");
  EXPECT_EQ(cairn(folder, {"component", "wat"}).err,
            "error: component: unknown tool 'wat'\nhint: did you mean `cairn component wit`?\n");
  EXPECT_EQ(cairn(folder, {"component", "wit"}).code, 2);
}

TEST(ComponentCli, PrintsPackages) {
  const Folder folder;
  write_package(folder);
  const Outcome outcome = cairn(folder, {"component", "wit", "wit"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, package);
  const Outcome all = cairn(folder, {"component", "wit", "wit", "-d", "--no-docs"});
  EXPECT_NE(all.out.find("package my:base {\n  interface types {\n    type name = string;"),
            std::string::npos)
      << all.out;
  EXPECT_EQ(all.out.find("Greets"), std::string::npos);
  const auto document =
      nlohmann::json::parse(cairn(folder, {"component", "wit", "wit", "--json"}).out);
  EXPECT_EQ(document["packages"][1]["interfaces"][0]["functions"][0]["params"][0]["type"], "name");
}

TEST(ComponentCli, EncodesPackages) {
  const Folder folder;
  write_package(folder);
  EXPECT_EQ(cairn(folder, {"component", "wit", "wit", "--wasm", "-o", "app.wasm"}).code, 0);
  EXPECT_EQ(cairn(folder, {"component", "wit", "app.wasm"}).out, package);
  EXPECT_EQ(cairn(folder, {"component", "wit", "-"}, {.input = folder.read("app.wasm")}).out,
            package);
  EXPECT_EQ(cairn(folder, {"component", "wit", "wit", "--wasm", "--json"}).code, 2);
}

TEST(ComponentCli, PrintsTheWorldOfComponents) {
  const Folder folder;
  folder.write("a.wat", R"((component
    (import "my:base/types" (instance $t (type $n string) (export "name" (type (eq $n)))))
    (import "log" (func (param "message" string)))))");
  const Outcome outcome = cairn(folder, {"component", "wit", "a.wat"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, R"(package root:component;

world root {
  import my:base/types;

  import log: func(message: string);
}

package my:base {
  interface types {
    type name = string;
  }
}
)");
}

TEST(ComponentCli, ShowsErrorsAtTheirPlace) {
  const Folder folder;
  write_package(folder);
  folder.write("wit/bad.wit", "interface bad {\n  f: func(x: nothing);\n}\n");
  const Outcome outcome = cairn(folder, {"component", "wit", "wit"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "wit/bad.wit:2:14: error: there is no type `nothing` here\n"
            "    f: func(x: nothing);\n"
            "               ^\n");
  EXPECT_EQ(cairn(folder, {"component", "wit", "missing.wit"}).code, 1);
  folder.write("core.wasm", std::string("\0asm\1\0\0\0", 8));
  EXPECT_EQ(cairn(folder, {"component", "wit", "core.wasm"}).err,
            "error: core.wasm: this core module has no world: a section `component-type` was "
            "expected\n");
}

TEST(ComponentCli, KeepsGatedItemsThatAreAskedFor) {
  const Folder folder;
  folder.write("a.wit", "package a:b;\ninterface i {\n  @unstable(feature = x)\n  f: func();\n}\n");
  EXPECT_EQ(cairn(folder, {"component", "wit", "a.wit"}).out.find("f: func"), std::string::npos);
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--features", "x"}, {"--all-features"}}) {
    std::vector<std::string> args = {"component", "wit", "a.wit"};
    args.insert(args.end(), options.begin(), options.end());
    EXPECT_NE(cairn(folder, args).out.find("f: func"), std::string::npos);
  }
}

}  // namespace
}  // namespace cairn::functional
