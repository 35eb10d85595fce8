// `cairn run`: results, exit codes, limits and hostile modules.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "command.hpp"

namespace cairn::functional {
namespace {

const std::string math = R"((module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f64) (result f64 i64) local.get 1 local.get 0)
  (func (export "v") (result v128) (v128.const i64x2 1 2))
  (func (export "null") (result funcref) (ref.null func))
  (func (export "") (result i32) (i32.const -5))
  (func $inner (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func $outer (export "div") (param i32) (result i32) (call $inner (local.get 0)))
  (func (export "loop") (loop (br 0)))
  (func $deep (export "deep") (call $deep))
  (tag $e (param i32))
  (func (export "throw") (throw $e (i32.const 7)))
  (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
)";

/// A program that ends with an exit code.
std::string exits_with(int code) {
  return R"((module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.const )" +
         std::to_string(code) + ")) unreachable))";
}

TEST(Run, CallsFunctionsByTheirTypes) {
  const Folder folder;
  folder.write("m.wat", math);
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "add", "m.wat", "1", "-2"}).out, "-1\n");
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "add", "m.wat", "0xffffffff", "1_000"}).out, "999\n");
  for (const char* const wrong : {"1__0", "_1", "1_", "0x_1"})
    EXPECT_EQ(cairn(folder, {"run", "--invoke", "add", "m.wat", wrong, "1"}).code, 2) << wrong;
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "swap", "m.wat", "-9223372036854775808", "1e3"}).out,
            "1000\n-9223372036854775808\n");
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "swap", "m.wat", "18446744073709551615", "-inf"}).out,
            "-inf\n-1\n");
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "v", "m.wat"}).out,
            "0x00000000000000020000000000000001\n");
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "null", "m.wat"}).out, "null\n");
  EXPECT_EQ(cairn(folder, {"run", "m.wat", "--invoke", "add", "1", "2"}).out, "3\n");
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "", "m.wat"}).out, "-5\n");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"add", "m.wat", "1"},
                                                {"add", "m.wat", "1", "x"},
                                                {"add", "m.wat", "1", "4294967296"},
                                                {"swap", "m.wat", "1.5", "0"}}) {
    std::vector<std::string> args = {"run", "--invoke"};
    args.insert(args.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(cairn(folder, args).code, 2);
  }
  EXPECT_EQ(cairn(folder, {"run", "--invoke", "nothing", "m.wat"}).code, 1);
  EXPECT_EQ(cairn(folder, {"run", "m.wat"}).code, 1);
}

TEST(Run, PassesTheProgramsExitCodeOn) {
  const Folder folder;
  for (const int code : {0, 1, 42, 255}) {
    folder.write("exit.wat", exits_with(code));
    const Outcome outcome = cairn(folder, {"run", "exit.wat"});
    EXPECT_EQ(outcome.code, code);
    EXPECT_EQ(outcome.out + outcome.err, "");
  }
}

TEST(Run, TrapsShowReasonAndBacktrace) {
  const Folder folder;
  folder.write("m.wat", math);
  const Outcome text = cairn(folder, {"run", "--invoke", "div", "m.wat", "0"});
  EXPECT_EQ(text.code, 134);
  EXPECT_EQ(text.err,
            "error: wasm trap: integer divide by zero\n"
            "    at inner (m.wat:7:42)\n"
            "    at outer (m.wat:8:57)\n");
  ASSERT_EQ(cairn(folder, {"parse", "m.wat"}).code, 0);
  const Outcome binary = cairn(folder, {"run", "--invoke", "div", "m.wasm", "0"});
  EXPECT_TRUE(binary.err.find("at inner (m.wasm, offset 0x") != std::string::npos) << binary.err;
  const Outcome thrown = cairn(folder, {"run", "--invoke", "throw", "m.wat"});
  EXPECT_EQ(thrown.code, 134);
  EXPECT_TRUE(thrown.err.starts_with("error: uncaught exception with 7\n")) << thrown.err;
}

/// A line table as compilers write it (DWARF 5): the function is line 12, column 3.
TEST(Run, TrapsShowLinesOfSources) {
  const Folder folder;
  folder.write("lines.wat", R"((module
    (func $f (export "f") unreachable)
    (@custom ".debug_line" (after code)
      "\41\00\00\00\05\00\04\00"                              ;; size, DWARF 5, addresses
      "\26\00\00\00\01\01\01\ff\04\0d\00\01\01\01\01\00\00\00\01\00\00\01"
      "\01\01\08\01/src\00"                                    ;; directories: paths
      "\02\01\08\02\0b\01a.c\00\00"                           ;; files: path, directory
      "\00\05\02\02\00\00\00\04\00\05\03\03\0b\01"          ;; address 2, file, column, line
      "\02\10\00\01\01")))");  // 16 bytes on, the end
  ASSERT_EQ(cairn(folder, {"parse", "lines.wat"}).code, 0);
  const Outcome outcome = cairn(folder, {"run", "--invoke", "f", "lines.wasm"});
  EXPECT_EQ(outcome.code, 134);
  EXPECT_EQ(outcome.err, "error: wasm trap: unreachable\n    at f (/src/a.c:12:3)\n");
}

TEST(Run, DeepRecursionIsATrap) {
  const Folder folder;
  folder.write("m.wat", math);
  for (const std::string depth : {"100", "20000", "1000000"}) {
    const Outcome outcome =
        cairn(folder, {"run", "--call-depth", depth, "--invoke", "deep", "m.wat"});
    EXPECT_EQ(outcome.code, 134) << depth;
    // AddressSanitizer may say before it that a stack is larger than it cares to clean.
    EXPECT_NE(outcome.err.find("error: wasm trap: call stack exhausted\n"), std::string::npos)
        << outcome.err;
  }
}

TEST(Run, FuelIsExact) {
  const Folder folder;
  folder.write("m.wat", math);
  const Outcome none = cairn(folder, {"run", "--fuel", "100000", "--invoke", "loop", "m.wat"});
  EXPECT_EQ(none.code, 134);
  EXPECT_EQ(none.err, "error: all fuel is used up (100000 units)\n");
  const std::vector<std::string> enough = {"run", "--fuel", "100", "--stats", "--invoke",
                                           "add", "m.wat",  "1",   "2"};
  const Outcome first = cairn(folder, enough);
  EXPECT_EQ(first.code, 0);
  const size_t at = first.err.find("fuel used ");
  ASSERT_NE(at, std::string::npos) << first.err;
  const Outcome second = cairn(folder, enough);
  EXPECT_EQ(second.err.substr(second.err.find("fuel used ")), first.err.substr(at));
}

TEST(Run, TimeoutsEndLoopsAndWaits) {
  const Folder folder;
  folder.write("m.wat", math);
  folder.write("read.wat", R"((module
    (import "wasi_snapshot_preview1" "poll_oneoff"
      (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (i32.store (i32.const 16) (i32.const 1))                     ;; the monotonic clock,
      (i64.store (i32.const 24) (i64.const 3600000000000))         ;; in an hour
      (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))))))");
  // Four gigabytes of randomness take many seconds.
  folder.write("random.wat", R"((module
    (import "wasi_snapshot_preview1" "random_get" (func $get (param i32 i32) (result i32)))
    (memory (export "memory") 65536)
    (func (export "_start") (drop (call $get (i32.const 0) (i32.const -1))))))");
  const auto start = std::chrono::steady_clock::now();
  for (const std::vector<std::string>& what :
       {std::vector<std::string>{"--invoke", "loop", "m.wat"}, {"read.wat"}, {"random.wat"}}) {
    std::vector<std::string> args = {"run", "--timeout", "100ms"};
    args.insert(args.end(), what.begin(), what.end());
    const Outcome outcome = cairn(folder, args);
    EXPECT_EQ(outcome.code, 134);
    EXPECT_EQ(outcome.err, "error: the time is over (100 ms)\n");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(cairn(folder, {"run", "--timeout", "1h", "--invoke", "add", "m.wat", "1", "2"}).out,
            "3\n");
}

/// A pipe that nobody reads takes some of it only.
TEST(Run, TimeoutsEndWritesThatNobodyReads) {
  const Folder folder;
  folder.write("write.wat", R"((module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 32)
    (data (i32.const 4) "\00\00\10\00")  ;; a megabyte at 0
    (func (export "_start")
      (loop (br_if 0 (i32.eqz
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))))");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const int reader = open((folder / "pipe").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  const Outcome outcome =
      cairn(folder, {"run", "--timeout", "200ms", "write.wat"}, {.output = folder / "pipe"});
  close(reader);
  EXPECT_EQ(outcome.code, 134);
  EXPECT_EQ(outcome.err, "error: the time is over (200 ms)\n");
}

/// What is opened later must not take the number of a stream that was closed.
TEST(Run, ClosedStreamsStayClosed) {
  const Folder folder;
  folder.make_directory("box");
  // Opens "file" beneath descriptor 3, says something to standard output and exits with the error.
  folder.write("write.wat", R"((module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\04\00\00\00")
    (data (i32.const 16) "file")
    (func (export "_start")
      (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 1)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 8)))
      (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))");
  const std::vector<std::string> args = {"run", "--dir", "box::/", "write.wat"};
  constexpr int badf = 8;
  EXPECT_EQ(cairn(folder, args).code, 0);
  EXPECT_EQ(cairn(folder, args, {.closed = {1}}).code, badf);
  EXPECT_EQ(cairn(folder, args, {.closed = {0, 1, 2}}).code, badf);
  EXPECT_EQ(folder.read("box/file"), "");
}

TEST(Run, MemoryIsLimited) {
  const Folder folder;
  folder.write("m.wat", math);
  const auto grow = [&](const std::string& limit, const std::string& pages) {
    return cairn(folder, {"run", "--max-memory", limit, "--invoke", "grow", "m.wat", pages}).out;
  };
  EXPECT_EQ(grow("128KiB", "1"), "1\n");
  EXPECT_EQ(grow("128KiB", "2"), "-1\n");
  EXPECT_EQ(grow("131071", "1"), "-1\n");
  const Outcome none =
      cairn(folder, {"run", "--max-memory", "1KiB", "--invoke", "grow", "m.wat", "0"});
  EXPECT_EQ(none.code, 1);
  EXPECT_EQ(none.err,
            "error: m.wat: a memory of 1 pages does not fit into the 1024 bytes that are left\n");
}

TEST(Run, ObjectsAndTablesAreLimitedLikeMemory) {
  const Folder folder;
  folder.write("m.wat", R"((module
    (type $list (struct (field (ref null $list))))
    (table $t 0 funcref)
    (func (export "list") (local $all (ref null $list))
      (loop (local.set $all (struct.new $list (local.get $all))) (br 0)))
    (func (export "grow") (param i32) (result i32)
      (table.grow $t (ref.null func) (local.get 0)))))");
  const auto run = [&](const std::vector<std::string>& what) {
    std::vector<std::string> args = {"run", "--max-memory", "1MiB", "--stats", "--invoke"};
    args.insert(args.end(), what.begin(), what.end());
    return cairn(folder, args);
  };
  const Outcome list = run({"list", "m.wat"});
  EXPECT_EQ(list.code, 134);
  EXPECT_TRUE(list.err.starts_with("error: wasm trap: out of memory\n")) << list.err;
  const size_t at = list.err.find("GC heap ");
  ASSERT_NE(at, std::string::npos) << list.err;
  EXPECT_LE(std::stoull(list.err.substr(at + 8)), uint64_t{1} << 20) << list.err;
  EXPECT_EQ(run({"grow", "m.wat", "131072"}).out, "0\n");
  EXPECT_EQ(run({"grow", "m.wat", "131073"}).out, "-1\n");
}

TEST(Run, GivesArgumentsAndEnvironment) {
  const Folder folder;
  // Writes its arguments and variables, each ended by NUL.
  folder.write("echo.wat", R"((module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $as (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $ag (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $es (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $eg (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func $put (param $size i32)
      (i32.store (i32.const 16) (i32.const 4096))
      (i32.store (i32.const 20) (local.get $size))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
    (func (export "_start")
      (drop (call $as (i32.const 0) (i32.const 4)))
      (drop (call $ag (i32.const 1024) (i32.const 4096)))
      (call $put (i32.load (i32.const 4)))
      (drop (call $es (i32.const 0) (i32.const 4)))
      (drop (call $eg (i32.const 1024) (i32.const 4096)))
      (call $put (i32.load (i32.const 4))))))");
  const auto nul = [](std::string text) {
    for (char& c : text) c = c == '|' ? '\0' : c;
    return text;
  };
  EXPECT_EQ(cairn(folder, {"run", "echo.wat", "one", "--fuel", "", "-x"}).out,
            nul("echo.wat|one|--fuel||-x|"));
  EXPECT_EQ(
      cairn(folder,
            {"run", "--argv0", "me", "--arg", "a", "--env", "X=1", "--env", "Y", "echo.wat", "b"},
            {.env = {"Y=2", "Z=3"}})
          .out,
      nul("me|a|b|X=1|Y=2|"));
  EXPECT_EQ(cairn(folder, {"run", "--env", "MISSING", "echo.wat"}).code, 2);
}

TEST(Run, ImportsThatNobodyOffersAreNamed) {
  const Folder folder;
  folder.write("m.wat", "(module (import \"env\" \"secret\" (func)) (func (export \"_start\")))");
  const Outcome outcome = cairn(folder, {"run", "m.wat"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("env"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("secret"), std::string::npos) << outcome.err;
}

TEST(Run, HostileModulesAreErrors) {
  const Folder folder;
  const std::string header("\0asm\1\0\0\0", 8);
  const std::vector<std::string> hostile = {
      "",
      std::string("\0", 1),
      header + "\x01\xff\xff\xff\xff\x0f",  // a section larger than the file
      header + std::string("\x01\x06\xff\xff\xff\xff\x0f\x60", 8),  // 2³² types
      header + std::string("\x03\x02\x01\x00", 4),                  // a function without code
      std::string(100'000, '('),
      "(module " + std::string(100'000, '(') + ")",
      "(module (func " + std::string(1'000, '\xff') + "))",
      "(module (memory 1 1) (data (i32.const 65536) \"x\") (func (export \"_start\")))",
  };
  for (const std::string& module : hostile) {
    folder.write("h.wasm", module);
    const Outcome outcome = cairn(folder, {"run", "--timeout", "20s", "h.wasm"});
    EXPECT_TRUE(outcome.code == 1 || outcome.code == 134)
        << outcome.code << " for " << module.substr(0, 40);
    EXPECT_NE(outcome.err, "");
    EXPECT_LT(outcome.err.size(), 4'000u);
  }
}

}  // namespace
}  // namespace cairn::functional
