// The tools for authors of components, as their users see them.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"

namespace cairn::functional {
namespace {

const std::string adder_wit = R"(package my:math@1.0.0;

interface add {
  add: func(a: u32, b: u32) -> u32;
}

world adder {
  export add;
}

world user {
  import add;

  export three: func() -> u32;
}
)";

const std::string adder_module = R"((module
  (func (export "my:math/add@1.0.0#add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))))";

const std::string user_module = R"((module
  (import "my:math/add@1.0.0" "add" (func $add (param i32 i32) (result i32)))
  (func (export "three") (result i32) (call $add (i32.const 1) (i32.const 2)))))";

/// Makes `WORLD.wasm` of a module in text form.
void make(const Folder& folder, const std::string& world, const std::string& module) {
  folder.write("math.wit", adder_wit);
  folder.write(world + ".wat", module);
  const Outcome embedded = cairn(folder, {"component", "embed", "math.wit", world + ".wat",
                                          "--world", world, "-o", world + ".core.wasm"});
  ASSERT_EQ(embedded.code, 0) << embedded.err;
  const Outcome made =
      cairn(folder, {"component", "new", world + ".core.wasm", "-o", world + ".wasm"});
  ASSERT_EQ(made.code, 0) << made.err;
}

TEST(ComponentTools, MakeAndComposeComponents) {
  const Folder folder;
  ASSERT_NO_FATAL_FAILURE(make(folder, "adder", adder_module));
  ASSERT_NO_FATAL_FAILURE(make(folder, "user", user_module));
  EXPECT_NE(cairn(folder, {"component", "wit", "user.wasm"}).out.find("import my:math/add@1.0.0;"),
            std::string::npos);
  folder.write("parts.json",
               R"({"parts": [{"component": "adder.wasm", "name": "a"},
                             {"component": "user.wasm", "with": {"my:math/add@1.0.0": "a"}}]})");
  for (const std::vector<std::string>& parts :
       {std::vector<std::string>{"user.wasm", "--plug", "adder.wasm"}, {"-m", "parts.json"}}) {
    std::vector<std::string> args = {"component", "compose", "-o", "whole.wasm"};
    args.insert(args.end(), parts.begin(), parts.end());
    const Outcome composed = cairn(folder, args);
    ASSERT_EQ(composed.code, 0) << composed.err;
    EXPECT_EQ(cairn(folder, {"component", "wit", "whole.wasm"}).out,
              "package root:component;\n\nworld root {\n  export three: func() -> u32;\n}\n");
  }
  folder.write("broken.json", R"({"parts": [{"name": 3}]})");
  EXPECT_EQ(cairn(folder, {"component", "compose", "-m", "broken.json", "-o", "x.wasm"}).err,
            "error: broken.json: a part needs `component`, a text\n");
  EXPECT_EQ(cairn(folder, {"component", "compose", "-o", "x.wasm"}).code, 2);
}

TEST(ComponentTools, SayWhatDoesNotFit) {
  const Folder folder;
  folder.write("math.wit", adder_wit);
  folder.write("empty.wat", "(module)");
  EXPECT_EQ(cairn(folder, {"component", "new", "empty.wat", "-o", "x.wasm"}).err,
            "error: empty.wat: the module holds no world: a section `component-type` was expected, "
            "as `cairn component embed` makes it\n");
  cairn(folder, {"component", "embed", "math.wit", "empty.wat", "-w", "adder", "-o", "e.wasm"});
  EXPECT_EQ(
      cairn(folder, {"component", "new", "e.wasm", "-o", "x.wasm"}).err,
      "error: e.wasm: the module exports no function `my:math/add@1.0.0#add`, which the world "
      "`adder` needs\n");
  EXPECT_EQ(cairn(folder, {"component", "embed", "math.wit", "empty.wat", "-o", "x.wasm"}).code, 1);
}

TEST(ComponentTools, CompareWithWorlds) {
  const Folder folder;
  ASSERT_NO_FATAL_FAILURE(make(folder, "adder", adder_module));
  const Outcome fits = cairn(
      folder, {"component", "targets", "math.wit", "adder.wasm", "-w", "my:math/adder@1.0.0"});
  EXPECT_EQ(fits.code, 0) << fits.err;
  EXPECT_EQ(fits.out + fits.err, "");
  const Outcome other =
      cairn(folder, {"component", "targets", "math.wit", "adder.wasm", "-w", "user"});
  EXPECT_EQ(other.code, 1);
  EXPECT_NE(other.err.find("does not fit the world `my:math/user@1.0.0`"), std::string::npos)
      << other.err;
}

TEST(ComponentTools, InspectComponents) {
  const Folder folder;
  ASSERT_NO_FATAL_FAILURE(make(folder, "adder", adder_module));
  const Outcome text = cairn(folder, {"component", "inspect", "adder.wasm"});
  EXPECT_NE(text.out.find("  instance  my:math/add@1.0.0\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("processed-by cairn "), std::string::npos) << text.out;
  const auto document =
      nlohmann::json::parse(cairn(folder, {"component", "inspect", "adder.wasm", "--json"}).out);
  EXPECT_EQ(document["bytes"], folder.read("adder.wasm").size());
  EXPECT_EQ(document["exports"][0]["name"], "my:math/add@1.0.0");
  EXPECT_EQ(document["sections"][0]["kind"], "core module");
  EXPECT_EQ(cairn(folder, {"component", "inspect", "adder.core.wasm"}).code, 1);
}

TEST(NewProject, WritesWhatBuilds) {
  const Folder folder;
  for (const std::string name : {"c", "cpp", "c-async", "c-library", "cpp-library", "js"}) {
    const Outcome outcome = cairn(folder, {"new", "--template", name, "My_App 1-" + name});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const std::string makefile = folder.read("My_App 1-" + name + "/Makefile");
    EXPECT_NE(makefile.find("my-app-1-" + name + ".wasm:"), std::string::npos) << makefile;
    EXPECT_EQ(makefile.find('@' + std::string("NAME@")), std::string::npos);
  }
  EXPECT_NE(folder.read("My_App 1-js/build.mjs").find("\"my-app-1-js\""), std::string::npos);
  const Outcome again = cairn(folder, {"new", "My_App 1-c"});
  EXPECT_EQ(again.code, 1);
  EXPECT_EQ(again.err, "error: My_App 1-c: there is something already\n");
  EXPECT_EQ(cairn(folder, {"new", "-t", "cobol", "x"}).code, 2);
  const Outcome world = cairn(folder, {"component", "wit", "My_App 1-c-library/wit"});
  EXPECT_EQ(world.code, 0) << world.err;
}

TEST(NewProject, BuildsWithOneCommand) {
  const Folder folder;
  folder.write("probe.c", "#include <stdlib.h>\nint f(void) { return abs(1); }\n");
  const Outcome probe =
      cairn(folder, {"--target=wasm32-wasi", "-mexec-model=reactor", "-o", "probe.wasm", "probe.c"},
            {.binary = CAIRN_GUEST_CC});
  if (probe.code != 0) GTEST_SKIP() << "clang has no C library for WebAssembly";
  struct Case {
    std::string name, compiler;
    std::vector<std::string> options, args;
    std::string says;
  };
  const std::vector<std::string> greet = {"--invoke", "greet(\"you\")"};
  for (const Case& each : {Case{"c", CAIRN_GUEST_CC, {}, {"you"}, "Hello from app, you!\n"},
                           Case{"cpp", CAIRN_GUEST_CXX, {}, {"you"}, "Hello from app, you!\n"},
                           Case{"c-async", CAIRN_GUEST_CC, {}, {}, "Hello from app!\n"},
                           Case{"c-library", CAIRN_GUEST_CC, greet, {}, "\"Hello, you\"\n"},
                           Case{"cpp-library", CAIRN_GUEST_CXX, greet, {}, "\"Hello, you\"\n"}}) {
    folder.make_directory(each.name);
    const std::string project = each.name + "/app";
    ASSERT_EQ(cairn(folder, {"new", "--template", each.name, project}).code, 0);
    const Outcome built =
        cairn(folder,
              {"-s", "-C", project, std::string("CAIRN=") + CAIRN_BINARY, "CLANG=" + each.compiler},
              {.binary = "/usr/bin/make"});
    ASSERT_EQ(built.code, 0) << each.name << built.err;
    EXPECT_EQ(built.err, "") << each.name;
    std::vector<std::string> args = {"run"};
    args.insert(args.end(), each.options.begin(), each.options.end());
    args.push_back(project + "/app.wasm");
    args.insert(args.end(), each.args.begin(), each.args.end());
    const Outcome ran = cairn(folder, args);
    EXPECT_EQ(ran.code, 0) << each.name << ran.err;
    EXPECT_EQ(ran.out, each.says) << each.name;
  }
}

}  // namespace
}  // namespace cairn::functional
