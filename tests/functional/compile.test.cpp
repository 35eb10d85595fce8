// `cairn compile`, and what becomes of its files.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "command.hpp"

namespace cairn::functional {
namespace {

const std::string source = R"((module
  (func $fib (export "fib") (param i64) (result i64)
    (if (result i64) (i64.lt_u (local.get 0) (i64.const 2)) (then (local.get 0))
      (else (i64.add (call $fib (i64.sub (local.get 0) (i64.const 1)))
                     (call $fib (i64.sub (local.get 0) (i64.const 2)))))))
  (func $half (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "loop") (loop (br 0)))
  (memory (export "memory") 1))
)";

class Compile : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_compiler()) GTEST_SKIP() << "built without the compiler; skipped";
    folder_.write("m.wat", source);
  }

  void compile(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"compile", "m.wat"});
    const Outcome outcome = cairn(folder_, options);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.out + outcome.err, "");
  }
  Outcome run(const std::vector<std::string>& options, const Setting& setting = {}) {
    std::vector<std::string> args = {"run"};
    args.insert(args.end(), options.begin(), options.end());
    return cairn(folder_, args, setting);
  }

  Folder folder_;
};

/// What perf would read of a run; the file is taken away.
std::string perf_map_of(const Outcome& outcome) {
  const std::string path = "/tmp/perf-" + std::to_string(outcome.pid) + ".map";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  ::unlink(path.c_str());
  return text.str();
}

TEST_F(Compile, WritesWhatRunRuns) {
  compile();
  EXPECT_EQ(run({"--invoke", "fib", "m.cairn", "20"}).out, "6765\n");
  EXPECT_EQ(run({"--tier", "interpret", "--invoke", "fib", "m.cairn", "20"}).out, "6765\n");
  // Nothing is compiled again: an empty cache stays empty.
  folder_.make_directory("cache");
  const Outcome outcome =
      run({"--tier", "compile", "--cache", "cache", "--invoke", "fib", "m.cairn", "20"});
  EXPECT_EQ(outcome.out, "6765\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "cache"));
}

TEST_F(Compile, TrapsAsTheModuleDoes) {
  compile();
  ASSERT_EQ(cairn(folder_, {"parse", "m.wat"}).code, 0);
  const Outcome outcome = run({"--invoke", "div", "m.cairn", "1", "0"});
  EXPECT_EQ(outcome.code, 134);
  std::string expected = run({"--invoke", "div", "m.wasm", "1", "0"}).err;
  expected.replace(expected.find("m.wasm"), 6, "m.cairn");
  EXPECT_EQ(outcome.err, expected);
}

TEST_F(Compile, TakesOptions) {
  const Outcome stats = cairn(folder_, {"compile", "m.wat", "--level", "quick", "--cpu",
                                        "x86-64-v2", "--stats", "-o", "quick.cairn"});
  EXPECT_EQ(stats.code, 0);
  EXPECT_TRUE(stats.err.starts_with("3 of 3 functions, ")) << stats.err;
  EXPECT_EQ(run({"--invoke", "fib", "quick.cairn", "20"}).out, "6765\n");
  // From and to the standard streams; from a compiled module.
  const Outcome streamed = cairn(folder_, {"compile", "-"}, {.input = source});
  EXPECT_TRUE(streamed.out.starts_with("cairnapp")) << streamed.err;
  EXPECT_EQ(cairn(folder_, {"compile", "quick.cairn", "--fuel", "-o", "fuel.cairn"}).code, 0);
  EXPECT_EQ(run({"--fuel", "1000000", "--invoke", "fib", "fuel.cairn", "10"}).out, "55\n");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"m.wat", "--emit", "elf"},
                                                {"m.wat", "--level", "best"},
                                                {"m.wat", "--cpu", "z80"},
                                                {"m.wat", "fib"},
                                                {"quick.cairn"}}) {
    std::vector<std::string> args = {"compile"};
    args.insert(args.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(cairn(folder_, args).code, 2) << wrong.back();
  }
  EXPECT_EQ(cairn(folder_, {"compile", "nowhere.wasm"}).code, 1);
  EXPECT_EQ(cairn(folder_, {"compile", "m.wat", "-o", "no/such/folder"}).code, 1);
}

TEST_F(Compile, SaysWhenItsCodeDoesNotFit) {
  compile();
  const Outcome fuel = run({"--fuel", "1000000", "--invoke", "fib", "m.cairn", "10"});
  EXPECT_EQ(fuel.out, "55\n");
  EXPECT_EQ(fuel.err,
            "cairn: warning: the compiled code is not used: it was made without fuel\n"
            "hint: `cairn compile --fuel` makes code for this\n");
  const Outcome timeout = run({"--timeout", "100ms", "--invoke", "loop", "m.cairn"});
  EXPECT_EQ(timeout.code, 134);
  EXPECT_TRUE(timeout.err.starts_with(
      "cairn: warning: the compiled code is not used: it was made without interruption\n"
      "hint: `cairn compile --interruption` makes code for this\n"))
      << timeout.err;
  EXPECT_NE(run({"--deterministic", "--invoke", "fib", "m.cairn", "10"})
                .err.find("`cairn compile --deterministic`"),
            std::string::npos);
}

TEST_F(Compile, CodeForLimitsKeepsThem) {
  compile({"--fuel", "--interruption", "-o", "limits.cairn"});
  const std::vector<std::string> limits = {"--fuel", "100000000", "--timeout", "200ms", "--invoke"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), limits.begin(), limits.end());
    return run(more);
  };
  EXPECT_EQ(with({"fib", "limits.cairn", "10"}).err, "");
  const Outcome stopped = run({"--fuel", "100000", "--invoke", "loop", "limits.cairn"});
  EXPECT_EQ(stopped.code, 134);
  EXPECT_EQ(stopped.err, "error: all fuel is used up (100000 units)\n");
  compile({"--interruption", "-o", "time.cairn"});
  EXPECT_EQ(run({"--timeout", "100ms", "--invoke", "loop", "time.cairn"}).err,
            "error: the time is over (100 ms)\n");
  const Outcome plain = run({"--invoke", "fib", "time.cairn", "10"});
  EXPECT_EQ(plain.out + plain.err, "55\n") << "it also serves runs without --timeout";
}

TEST_F(Compile, DamagedAndForeignFilesAreErrors) {
  compile();
  const std::string good = folder_.read("m.cairn");
  const auto error_of = [&](const std::string& bytes) {
    folder_.write("bad.cairn", bytes);
    const Outcome outcome = run({"--invoke", "fib", "bad.cairn", "10"});
    EXPECT_EQ(outcome.code, 1) << outcome.out << outcome.err;
    return outcome.err;
  };
  for (size_t size = 8; size < good.size(); size += 61)
    EXPECT_NE(error_of(good.substr(0, size)).find("compiled module"), std::string::npos) << size;
  for (size_t at = 8; at < good.size(); at += 23) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    EXPECT_NE(error_of(damaged).find("compiled module"), std::string::npos) << at;
  }
  EXPECT_NE(error_of(good + "x").find("the file is damaged"), std::string::npos);
  std::string other = good;
  other[8] = 9;
  EXPECT_EQ(
      error_of(other),
      "error: bad.cairn: compiled module of version 9, this Cairn reads version 1: compile it "
      "again (at offset 0x8)\n");
  for (const std::string command : {"inspect", "print", "validate", "compile"})
    EXPECT_EQ(cairn(folder_, {command, "bad.cairn"}).code, command == "compile" ? 2 : 1) << command;
}

TEST_F(Compile, OtherCommandsSeeTheModule) {
  compile({"--fuel"});
  const Outcome shown = cairn(folder_, {"inspect", "m.cairn"});
  EXPECT_EQ(shown.code, 0);
  for (const char* part :
       {"3 of 3 functions, ", " bytes, with fuel\n", "for x86-64 with ", "fib  (i64) -> (i64)"})
    EXPECT_NE(shown.out.find(part), std::string::npos) << part << "\n" << shown.out;
  const auto document = nlohmann::json::parse(cairn(folder_, {"inspect", "--json", "m.cairn"}).out);
  EXPECT_EQ(document["machineCode"]["functions"], 3);
  EXPECT_EQ(document["machineCode"]["settings"], nlohmann::json({"fuel"}));
  ASSERT_EQ(cairn(folder_, {"parse", "m.wat"}).code, 0);
  EXPECT_EQ(cairn(folder_, {"print", "m.cairn"}).out, cairn(folder_, {"print", "m.wasm"}).out);
  EXPECT_EQ(cairn(folder_, {"validate", "m.cairn"}).code, 0);
  EXPECT_EQ(cairn(folder_, {"inspect", "-d", "m.cairn", "half"}).out,
            cairn(folder_, {"inspect", "-d", "m.wasm", "half"}).out);
  EXPECT_EQ(cairn(folder_, {"m.cairn"}).err,
            "error: unknown command 'm.cairn'\nhint: did you mean `cairn run m.cairn`?\n");
}

TEST_F(Compile, ShowsCode) {
  const Outcome llvm = cairn(folder_, {"compile", "--emit", "llvm", "m.wat", "half"});
  EXPECT_EQ(llvm.code, 0);
  EXPECT_TRUE(llvm.out.starts_with("; f1 is func[1] <half>\n")) << llvm.out.substr(0, 200);
  EXPECT_NE(llvm.out.find("sdiv i32"), std::string::npos);
  EXPECT_EQ(llvm.out.find("define hidden i64"), std::string::npos) << "nothing but that function";
  const Outcome assembly = cairn(folder_, {"compile", "--emit", "asm", "m.wat", "fib", "2"});
  EXPECT_TRUE(assembly.out.starts_with("# f0 is func[0] <fib>\n# f2 is func[2] <loop>\n"))
      << assembly.out.substr(0, 200);
  EXPECT_NE(assembly.out.find("\nf0:"), std::string::npos);
  EXPECT_NE(assembly.out.find("\nf2:"), std::string::npos);
  EXPECT_EQ(assembly.out.find("idiv"), std::string::npos);
  const Outcome all = cairn(folder_, {"compile", "--emit", "asm", "m.wat", "-o", "all.s"});
  EXPECT_EQ(all.out, "");
  for (const char* part : {"\nf0:", "\nf1:", "\nf2:", "idiv"})
    EXPECT_NE(folder_.read("all.s").find(part), std::string::npos) << part;
  EXPECT_EQ(cairn(folder_, {"compile", "--emit", "asm", "m.wat", "nothing"}).err,
            "error: m.wat: there is no function nothing with code\n");
}

TEST_F(Compile, MasksIndicesUnlessToldNotTo) {
  folder_.write("wide.wat", R"((module (memory i64 1)
    (func (export "f") (param i64) (result i32) (i32.load (local.get 0)))))");
  const auto assembly = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"compile", "--emit", "asm", "wide.wat", "f"});
    return cairn(folder_, options).out;
  };
  EXPECT_NE(assembly({}).find("\tsarq\t$63"), std::string::npos) << assembly({});
  EXPECT_EQ(assembly({"--no-index-masks"}).find("\tsarq\t$63"), std::string::npos);
  // Masked code serves everybody, the other only whoever asks for it.
  compile({"--no-index-masks", "-o", "trusted.cairn"});
  EXPECT_EQ(run({"--no-index-masks", "--invoke", "fib", "trusted.cairn", "10"}).err, "");
  compile({"-o", "masked.cairn"});
  EXPECT_EQ(run({"--no-index-masks", "--invoke", "fib", "masked.cairn", "10"}).err, "");
  EXPECT_EQ(run({"--invoke", "fib", "trusted.cairn", "10"}).err,
            "cairn: warning: the compiled code is not used: it was made without index masks\n"
            "hint: `cairn compile` makes code for this\n");
  for (const char* tier : {"baseline", "compile"})
    for (const char* index : {"65532", "65533", "-1"})
      EXPECT_EQ(run({"--tier", tier, "--cache", "off", "--no-index-masks", "--invoke", "f",
                     "wide.wat", index})
                    .code,
                index == std::string_view("65532") ? 0 : 134)
          << tier << " " << index;
}

TEST_F(Compile, NamesCodeForPerf) {
  const Outcome outcome = run({"--profile", "perfmap", "--tier", "compile", "--cache", "off",
                               "--invoke", "fib", "m.wat", "10"});
  EXPECT_EQ(outcome.out, "55\n");
  std::istringstream map(perf_map_of(outcome));
  std::vector<std::string> names;
  uint64_t end = 0;
  for (std::string line; std::getline(map, line);) {
    std::istringstream words(line);
    uint64_t begin = 0, size = 0;
    std::string name;
    words >> std::hex >> begin >> size >> std::ws;
    std::getline(words, name);
    EXPECT_GE(begin, end) << line;
    EXPECT_GT(size, 0u) << line;
    end = begin + size;
    names.push_back(name);
  }
  for (const char* name : {"fib", "half", "loop", "stub l_l"})
    EXPECT_NE(std::ranges::find(names, name), names.end()) << name;
  EXPECT_EQ(run({"--profile", "gdb", "--tier", "compile", "--cache", "off", "--invoke", "fib",
                 "m.wat", "10"})
                .out,
            "55\n");
  EXPECT_EQ(run({"--profile", "vtune", "m.wat"}).code, 2);
}

/// What GDB itself makes of it, where there is one that may look at processes.
TEST_F(Compile, NamesCodeForDebuggers) {
  const std::string gdb = "/usr/bin/gdb";
  if (!std::filesystem::exists(gdb)) GTEST_SKIP() << "there is no gdb";
  folder_.write("script",
                "set pagination off\nset confirm off\n"
                "break __jit_debug_register_code\nrun\ndelete\nfinish\n"
                "break fib\ncontinue\nbacktrace\nkill\n");
  const Outcome outcome =
      cairn(folder_,
            {"-nx", "-batch", "-x", "script", "--args", CAIRN_BINARY, "run", "--profile", "gdb",
             "--tier", "compile", "--cache", "off", "--invoke", "fib", "m.wat", "10"},
            {.binary = gdb});
  if (outcome.err.find("Operation not permitted") != std::string::npos)
    GTEST_SKIP() << "gdb may not look at processes here";
  const std::string all = outcome.out + outcome.err;
  const size_t inner = outcome.out.find(" in fib ()"), stub = outcome.out.find(" in stub l_l ()"),
               outer = outcome.out.find(" in cairn_native_enter ()");
  ASSERT_NE(inner, std::string::npos) << all;
  EXPECT_LT(inner, stub) << all;
  EXPECT_LT(stub, outer) << all;
  EXPECT_NE(outer, std::string::npos) << all;
}

/// The command alone, as it may be shipped with compiled modules.
TEST_F(Compile, FilesRunWithoutTheCompiler) {
  compile();
  const std::string alone = folder_ / "cairn";
  std::filesystem::copy_file(CAIRN_BINARY, alone);
  const Outcome outcome =
      run({"--profile", "perfmap", "--invoke", "fib", "m.cairn", "20"}, {.binary = alone});
  EXPECT_EQ(outcome.out, "6765\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(perf_map_of(outcome).find(" fib\n"), std::string::npos) << "no machine code has run";
  EXPECT_EQ(run({"--tier", "compile", "--invoke", "fib", "m.wat", "10"}, {.binary = alone}).out,
            "55\n");
  EXPECT_EQ(cairn(folder_, {"compile", "m.wat"}, {.binary = alone}).err,
            "error: there is no compiler: " + alone + "-compiler is missing\n");
  EXPECT_NE(cairn(folder_, {"features"}, {.binary = alone}).out.find("-compiler is missing"),
            std::string::npos);
}

TEST(CompileCommand, SaysWhenThereIsNoCompiler) {
  if (has_compiler()) GTEST_SKIP() << "built with the compiler";
  const Folder folder;
  folder.write("m.wat", source);
  const Outcome outcome = cairn(folder, {"compile", "m.wat"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "error: Cairn was built without its compiler\n");
  EXPECT_NE(cairn(folder, {"features"}).out.find("built without its compiler"), std::string::npos);
  EXPECT_EQ(cairn(folder, {"run", "--tier", "compile", "--invoke", "fib", "m.wat", "10"}).out,
            "55\n");
}

TEST(CompileCommand, FeaturesTellWhatIsCompiled) {
  const Folder folder;
  const std::string out = cairn(folder, {"features"}).out;
  for (const char* part : {"Compiled code\n", "\ncompiler ", "\nprocessor ", "1000000 steps"})
    EXPECT_NE(out.find(part), std::string::npos) << part << "\n" << out;
}

}  // namespace
}  // namespace cairn::functional
