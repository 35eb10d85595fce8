#include <cairn/wasi/sandbox/byte_stream.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cairn/wasi/sandbox/host.hpp>

#include <array>

#include "sandbox/testing.hpp"

namespace cairn::wasi {
namespace {

class ByteStream : public testing::Test {
 protected:
  RealClock clock_;
  std::unique_ptr<EventLoop> loop_ = make_event_loop(clock_);
};

TEST_F(ByteStream, WaitsForPipes) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  auto source = make_source(*loop_, host_stream(ends[0], true));
  auto sink = make_sink(*loop_, host_stream(ends[1], true));
  EXPECT_FALSE(source->ready());
  EXPECT_TRUE(source->read(10)->bytes.empty());
  bool ready = false;
  const auto ticket = source->when_ready([&] { ready = true; });
  const Bytes much(1 << 20, 7);
  size_t written = 0;
  for (size_t put = 1; put > 0; written += put) put = sink->write(ByteSpan(much)).value();
  EXPECT_FALSE(sink->ready()) << "full, and nobody was blocked";
  while (!ready) ASSERT_TRUE(loop_->run_one().value());
  size_t read = 0;
  while (read < written) read += source->read(100'000)->bytes.size();
  sink.reset();
  EXPECT_TRUE(source->read(1)->ended);
}

TEST_F(ByteStream, OutlivesBrokenConnections) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const auto source = make_source(*loop_, host_stream(ends[0], true));
  const auto sink = make_sink(*loop_, host_stream(ends[0]));
  close(ends[1]);
  EXPECT_EQ(error_of(sink->write(as_bytes("x"))), Errno::pipe) << "and no signal has ended us";
  EXPECT_TRUE(source->read(1)->ended);
}

TEST_F(ByteStream, GoesOnWhereItWasInFiles) {
  std::string path = (testing::TempDir() + "byte_stream.XXXXXX");
  const int fd = mkstemp(path.data());
  ASSERT_GE(fd, 0);
  unlink(path.c_str());
  const std::shared_ptr<Handle> file = host_stream(fd, true);
  auto sink = make_sink(*loop_, file, 2, DiskWork::at_once);
  EXPECT_EQ(sink->write(as_bytes("abc")).value(), 3u);
  EXPECT_EQ(sink->write(as_bytes("de")).value(), 2u);
  EXPECT_EQ(make_appender(*loop_, file, DiskWork::at_once)->write(as_bytes("!")).value(), 1u);
  auto source = make_source(*loop_, file, 3, DiskWork::at_once);
  EXPECT_EQ(as_text(source->read(2)->bytes), "bc");
  EXPECT_EQ(as_text(source->read(100)->bytes), "de!");
  EXPECT_TRUE(source->read(100)->ended);
}

TEST_F(ByteStream, EndsWhereNothingIs) {
  EXPECT_TRUE(make_source(*loop_, nullptr)->read(1)->ended);
  EXPECT_EQ(make_sink(*loop_, nullptr)->write(as_bytes("x")).error(), Errno::pipe);
}

}  // namespace
}  // namespace cairn::wasi
