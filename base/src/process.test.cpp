#include <cairn/base/process.hpp>

#include <gtest/gtest.h>

namespace cairn {
namespace {

Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

TEST(Process, EchoesWhatIsWritten) {
  RealProcesses processes;
  auto cat = processes.start("/bin/cat", {});
  ASSERT_TRUE(cat);
  ASSERT_TRUE((*cat)->write(bytes_of("hello")));
  Bytes answer(5);
  ASSERT_TRUE((*cat)->read(answer, 10'000));
  EXPECT_EQ(answer, bytes_of("hello"));
}

TEST(Process, SaysWhyItCannotStart) {
  RealProcesses processes;
  const auto missing = processes.start("/nowhere/program", {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
}

TEST(Process, AnEndedOneIsAnError) {
  RealProcesses processes;
  auto gone = processes.start("/bin/true", {});
  ASSERT_TRUE(gone);
  Bytes answer(1);
  EXPECT_FALSE((*gone)->read(answer, 10'000));
  auto silent = processes.start("/bin/cat", {});
  ASSERT_TRUE(silent);
  const auto late = (*silent)->read(answer, 1);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("in time"), std::string::npos);
  (*silent)->kill();
  EXPECT_FALSE((*silent)->read(answer, 10'000));
}

TEST(Process, SimulatedOnesAreFunctions) {
  SimulatedProcesses processes([](ByteSpan written) -> Result<Bytes> {
    if (written.size() > 2) return fail(ErrorKind::io, "crash");
    return Bytes(written.rbegin(), written.rend());
  });
  auto process = *processes.start("", {});
  ASSERT_TRUE(process->write(bytes_of("ab")));
  Bytes answer(2);
  ASSERT_TRUE(process->read(answer, 0));
  EXPECT_EQ(answer, bytes_of("ba"));
  ASSERT_TRUE(process->write(bytes_of("abc")));
  EXPECT_FALSE(process->read(answer, 0));
  EXPECT_FALSE(process->write(bytes_of("a")));
  EXPECT_EQ(processes.started(), 1u);
}

}  // namespace
}  // namespace cairn
