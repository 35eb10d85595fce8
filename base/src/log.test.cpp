#include <cairn/base/log.hpp>

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Log, KeepsWhatIsEnabled) {
  MemoryLog log(LogLevel::warning);
  log.log(LogLevel::info, "not {}", "this");
  log.log(LogLevel::warning, "but {}", 1);
  log.log(LogLevel::error, "and this");
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"warning: but 1", "error: and this"}));
}

TEST(Log, StderrGetsOneLine) {
  StderrLog log(LogLevel::info);
  testing::internal::CaptureStderr();
  log.log(LogLevel::debug, "quiet");
  log.log(LogLevel::info, "loud {}", 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "cairn: info: loud 2\n");
}

TEST(Log, NoLogIsSilent) {
  NoLog log;
  EXPECT_FALSE(log.enabled(LogLevel::error));
}

}  // namespace
}  // namespace cairn
