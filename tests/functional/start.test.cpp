// What the command costs before a program runs.

#include <gtest/gtest.h>

#include <fstream>

#include "command.hpp"
#include "conversation.hpp"

namespace cairn::functional {
namespace {

// Says that it runs, and waits for input.
const std::string waiting = R"((module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "!")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))
)";

/// The most memory that a process has had at once, in KiB.
size_t peak_kib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      size_t kib = 0;
      status >> kib;
      return kib;
    }
  return 0;
}

// Most of it is pages of the command's own file: what runs at the start lies together there
// (apps/start-order.txt), and tables of libraries that need relocation count as well.
TEST(Start, TakesLittleMemory) {
#ifndef CAIRN_IS_STATIC
  GTEST_SKIP() << "a build for development";
#endif
  const Folder folder;
  folder.write("waiting.wat", waiting);
  Conversation talk(folder.path(), {"run", "waiting.wat"});
  ASSERT_EQ(talk.read(1, 1), "!");
  const size_t peak = peak_kib(talk.pid());
  EXPECT_GT(peak, 0);
  EXPECT_LE(peak, 6 * 1024);
}

}  // namespace
}  // namespace cairn::functional
