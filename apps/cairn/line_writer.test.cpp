#include "line_writer.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace cairn::cli {
namespace {

class LineWriters : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(ends_.data()), 0); }
  void TearDown() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  /// What is in the pipe, when nobody writes any more.
  std::string rest() {
    close(ends_[1]);
    std::string all;
    std::array<char, 4096> piece;
    for (ssize_t got; (got = read(ends_[0], piece.data(), piece.size())) > 0;)
      all.append(piece.data(), static_cast<size_t>(got));
    ends_[1] = -1;
    return all;
  }

  std::array<int, 2> ends_ = {-1, -1};
};

TEST_F(LineWriters, WriteWhatIsThereBeforeTheyEnd) {
  LineWriter lines(ends_[1]);
  lines.write("one\ntwo\n");
  lines.write("three\n");
  lines.end();
  lines.write("four\n");
  EXPECT_EQ(rest(), "one\ntwo\nthree\n");
}

/// Threads that a process ends with go on to write.
TEST_F(LineWriters, EndWhileSomebodyWritesAndNobodyReads) {
  LineWriter lines(ends_[1]);
  lines.write(std::string(200'000, 'x') + '\n');  // more than a pipe holds
  std::atomic<bool> has_ended = false;
  std::thread other([&] {
    while (!has_ended) lines.write("another line\n");
  });
  lines.end();
  has_ended = true;
  other.join();
}

TEST_F(LineWriters, SayWhatIsLost) {
  LineWriter lines(ends_[1]);
  lines.write("first\n");
  lines.write(std::string(LineWriter::waiting_bytes_max + 1, 'x'));
  lines.end();
  const std::string all = rest();
  EXPECT_TRUE(all.starts_with("first\n")) << all.substr(0, 100);
  EXPECT_TRUE(all.ends_with("cairn: warning: 1 lines were lost: nobody had read those before\n"))
      << all.substr(0, 100);
}

/// A terminal acts on none of it.
TEST_F(LineWriters, AccessLogsHaveALineForEach) {
  LineWriter lines(ends_[1]);
  access_log(lines)({.method = "GET",
                     .target = "/\xc2\x9b"
                               "2J\x7f\ncairn: x\xe2\x80\xae",
                     .status = 200,
                     .response_bytes = 5,
                     .duration_ns = 1'500'000});
  lines.end();
  const std::string line = rest();
  EXPECT_EQ(line.find_first_of("\x7f\xc2\x9b\xe2"), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
  EXPECT_TRUE(line.ends_with(" 200 5 1.500ms\n")) << line;
}

}  // namespace
}  // namespace cairn::cli
