// What a guest can reach of the host: only what --dir grants, whatever its paths say.

#include <gtest/gtest.h>

#include <filesystem>

#include "command.hpp"

namespace cairn::functional {
namespace {

// Errors of preview 1.
constexpr int ok = 0, badf = 8, exist = 20, inval = 28, isdir = 31, loop = 32, noent = 44,
              notdir = 54, perm = 63, notcapable = 76;

/// A program that opens the path argv[1] beneath descriptor 3, with the flags argv[2] (a digit:
/// O_CREAT 1, O_DIRECTORY 2, O_EXCL 4, O_TRUNC 8) for reading, or for writing when argv[3] is "w".
/// It exits with the error.
const std::string opener = R"((module
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $length (param $p i32) (result i32) (local $n i32)
    (block (loop
      (br_if 1 (i32.eqz (i32.load8_u (i32.add (local.get $p) (local.get $n)))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br 0)))
    local.get $n)
  (func (export "_start") (local $path i32)
    (drop (call $args (i32.const 0) (i32.const 1024)))
    (local.set $path (i32.load (i32.const 4)))
    (call $exit (call $open (i32.const 3) (i32.const 1)
      (local.get $path) (call $length (local.get $path))
      (i32.sub (i32.load8_u (i32.load (i32.const 8))) (i32.const 48))
      (select (i64.const 64) (i64.const 2)
        (i32.eq (i32.load8_u (i32.load (i32.const 12))) (i32.const 119)))
      (i64.const 0) (i32.const 0) (i32.const 512)))))
)";

class Sandbox : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("open.wat", opener);
    folder_.write("secret", "not yours");
    folder_.make_directory("box/inner");
    folder_.write("box/file", "yours");
    folder_.write("box/inner/file", "yours too");
    folder_.symlink("inner/file", "box/link");
    folder_.symlink("../secret", "box/escape");
    folder_.symlink(folder_ / "secret", "box/absolute");
    folder_.symlink("..", "box/up");
    folder_.symlink("../file", "box/inner/back");
    folder_.symlink("loop", "box/loop");
  }

  int open(const std::string& path, const std::string& flags = "0", const std::string& mode = "r",
           const std::string& grant = "box::/") {
    return cairn(folder_, {"run", "--dir", grant, "open.wat", path, flags, mode}).code;
  }

  Folder folder_;
};

TEST_F(Sandbox, GivesWhatWasGranted) {
  EXPECT_EQ(open("file"), ok);
  EXPECT_EQ(open("./inner//./file"), ok);
  EXPECT_EQ(open("inner/../file"), ok);
  EXPECT_EQ(open("link"), ok);
  EXPECT_EQ(open("inner/back"), ok);
  EXPECT_EQ(open("."), ok);
  EXPECT_EQ(open("missing"), noent);
  EXPECT_EQ(open("file/"), notdir);
  EXPECT_EQ(open("file", "2"), notdir);
  EXPECT_EQ(open("inner", "0", "w"), isdir);
  EXPECT_EQ(open(""), noent);
}

TEST_F(Sandbox, NeverLeadsOut) {
  EXPECT_EQ(open("../secret"), perm);
  EXPECT_EQ(open(".."), perm);
  EXPECT_EQ(open("inner/../../secret"), perm);
  EXPECT_EQ(open("inner/../../box/file"), perm);
  EXPECT_EQ(open("/etc/passwd"), perm);
  EXPECT_EQ(open("//"), perm);
  EXPECT_EQ(open("escape"), perm);
  EXPECT_EQ(open("absolute"), perm);
  EXPECT_EQ(open("up/secret"), perm);
  EXPECT_EQ(open("inner/../up"), perm);
  EXPECT_EQ(open("loop"), loop);
  EXPECT_EQ(open("up/created", "1", "w"), perm);
  EXPECT_EQ(open("escape", "8", "w"), perm);
  EXPECT_EQ(folder_.read("secret"), "not yours");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "created"));
}

TEST_F(Sandbox, WithoutAGrantThereIsNothing) {
  EXPECT_EQ(cairn(folder_, {"run", "open.wat", "file", "0", "r"}).code, badf);
}

TEST_F(Sandbox, WritesOnlyWhereItMay) {
  EXPECT_EQ(open("new", "1", "w"), ok);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "box/new"));
  EXPECT_EQ(open("new", "5", "w"), exist);
  EXPECT_EQ(open("file", "0", "r", "box::/::ro"), ok);
  EXPECT_EQ(open("file", "0", "w", "box::/::ro"), notcapable);
  EXPECT_EQ(open("other", "1", "r", "box::/::ro"), notcapable);
  EXPECT_EQ(open("file", "8", "r", "box::/::ro"), notcapable);
  EXPECT_EQ(folder_.read("box/file"), "yours");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "box/other"));
}

TEST_F(Sandbox, RefusesPathsThatAreNone) {
  EXPECT_EQ(open("a\xff"), 25) << "not UTF-8";
  EXPECT_EQ(open(std::string(5'000, 'a')), 37) << "too long";
  EXPECT_EQ(open("new", "3", "w"), inval) << "creating a directory by opening it";
}

TEST_F(Sandbox, MissingDirectoriesAreNamed) {
  const Outcome outcome = cairn(folder_, {"run", "--dir", "nowhere", "open.wat", "x", "0", "r"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("nowhere"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace cairn::functional
