#include "sandbox/disk_stream.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cairn/base/simulated_event_loop.hpp>

#include <semaphore>

#include "sandbox/testing.hpp"

namespace cairn::wasi {
namespace {

/// A file in memory on a disk that knows nothing by heart; it can be stopped, and break.
class SlowFile final : public Handle {
 public:
  explicit SlowFile(std::string text = {})
      : Handle(FileType::regular_file), text(std::move(text)) {}
  bool is_slow() const override { return true; }
  bool is_seekable() const override { return true; }
  Outcome<FileStat> stat() override { return FileStat{.size = text.size()}; }
  Outcome<size_t> read_at(ReadBuffers buffers, uint64_t offset) override {
    if (gate) gate->acquire();
    if (error != Errno::success) return fail(error);
    const size_t at = std::min<size_t>(offset, text.size());
    return text.copy(static_cast<char*>(buffers[0].iov_base), buffers[0].iov_len, at);
  }
  Outcome<size_t> write_at(WriteBuffers buffers, uint64_t offset) override {
    if (gate) gate->acquire();
    if (error != Errno::success) return fail(error);
    // By halves, as a file does that is nearly full.
    const size_t size = (buffers[0].iov_len + 1) / 2;
    text.resize(std::max(text.size(), offset + size));
    text.replace(offset, size, static_cast<const char*>(buffers[0].iov_base), size);
    return size;
  }

  std::string text;
  Errno error = Errno::success;
  std::counting_semaphore<>* gate = nullptr;
};

ByteSpan bytes(std::string_view text) { return as_bytes(text); }

class DiskStream : public testing::Test {
 protected:
  /// Waits until the source or sink may have something.
  void wait(auto& stream) {
    bool ready = false;
    const auto ticket = stream->when_ready([&] { ready = true; });
    while (!ready) ASSERT_TRUE(loop_.run_one().value());
  }
  std::string read_all(ByteSource& source, size_t max) {
    std::string text;
    ByteSource* const pointer = &source;
    for (;;) {
      const auto read = source.read(max);
      if (!read || read->ended) return text + (read ? "." : "!");
      EXPECT_LE(read->bytes.size(), max);
      text += as_text(read->bytes);
      if (read->bytes.empty()) wait(pointer);
    }
  }

  SimulatedClock clock_;
  SimulatedEventLoop loop_{clock_};
  std::shared_ptr<SlowFile> file_ = std::make_shared<SlowFile>("0123456789");
};

TEST_F(DiskStream, ReadsToTheEnd) {
  loop_.set_work_ns([] { return 1'000; });
  EXPECT_EQ(read_all(*make_source(loop_, file_, 2), 3), "23456789.");
  EXPECT_EQ(clock_.monotonic_ns(), 4'000u) << "three times three bytes and the end";
  EXPECT_EQ(read_all(*make_source(loop_, file_, 10), 3), ".");
}

TEST_F(DiskStream, GivesNoMoreThanIsAskedFor) {
  const auto source = make_source(loop_, file_, 0);
  EXPECT_TRUE(source->read(8)->bytes.empty());
  EXPECT_FALSE(source->ready());
  wait(source);
  EXPECT_TRUE(source->ready());
  EXPECT_EQ(as_text(source->read(3)->bytes), "012");
  EXPECT_EQ(as_text(source->read(30)->bytes), "34567");
  EXPECT_EQ(read_all(*source, 30), "89.");
}

TEST_F(DiskStream, TellsOfErrors) {
  file_->error = Errno::io;
  const auto source = make_source(loop_, file_, 0);
  EXPECT_TRUE(source->read(8)->bytes.empty());
  wait(source);
  EXPECT_EQ(error_of(source->read(8)), Errno::io);
  const auto sink = make_sink(loop_, file_, 0);
  EXPECT_EQ(sink->write(bytes("x")).value(), 0u);
  wait(sink);
  EXPECT_EQ(error_of(sink->write(bytes("x"))), Errno::io);
}

TEST_F(DiskStream, WritesInOrder) {
  const auto sink = make_sink(loop_, file_, 8);
  EXPECT_EQ(sink->write(bytes("abc")).value(), 0u);
  EXPECT_EQ(sink->write(bytes("abc")).value(), 0u) << "it is on its way";
  EXPECT_FALSE(sink->ready());
  wait(sink);
  EXPECT_EQ(sink->write(bytes("abcdef")).value(), 3u) << "what was given first";
  EXPECT_EQ(sink->write(bytes("def")).value(), 0u);
  wait(sink);
  EXPECT_EQ(sink->write(bytes("def")).value(), 3u);
  EXPECT_EQ(file_->text, "01234567abcdef");
  const auto appender = make_appender(loop_, file_);
  EXPECT_EQ(appender->write(bytes("!")).value(), 0u);
  wait(appender);
  EXPECT_EQ(file_->text, "01234567abcdef!");
}

TEST_F(DiskStream, WritesWhatIsLeft) {
  auto first = make_sink(loop_, file_, 0);
  EXPECT_EQ(first->write(bytes("ab")).value(), 0u);
  first->leave(bytes("abcd"));
  first.reset();
  auto second = make_sink(loop_, file_, 5);
  EXPECT_EQ(second->write(bytes("x")).value(), 0u);
  wait(second);
  second->leave(bytes("xy"));
  second.reset();
  make_appender(loop_, file_)->leave(bytes("!"));
  while (loop_.run_one().value()) {
  }
  EXPECT_EQ(file_->text, "abcd4xy789!");
}

TEST_F(DiskStream, ForgetsWhoDoesNotWait) {
  const auto source = make_source(loop_, file_, 0);
  (void)source->read(1);
  {
    const auto gone = source->when_ready([] { ADD_FAILURE(); });
  }
  int called = 0;
  const auto one = source->when_ready([&] { ++called; });
  const auto two = source->when_ready([&] { ++called; });
  while (loop_.run_one().value()) {
  }
  EXPECT_EQ(called, 2);
}

/// A disk that does not answer and a pipe that nobody writes to keep nobody else waiting.
TEST(SlowWorld, DoesNotStopOthers) {
  RealClock clock;
  const auto loop = make_event_loop(clock);
  const TestFolder folder;
  folder.write("file", "here");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const auto directory = folder.open("");
  const auto pipe = directory->open("pipe", {.read = true}).value();
  std::counting_semaphore<> gate(0);
  const auto stuck = std::make_shared<SlowFile>("stuck");
  stuck->gate = &gate;

  const auto from_disk = make_source(*loop, stuck, 0);
  const auto from_pipe = make_source(*loop, pipe);
  const auto from_file = make_source(*loop, directory->open("file", {.read = true}).value(), 0);
  const auto to_file =
      make_sink(*loop, directory->open("new", {.create = true, .write = true}).value(), 0);
  EXPECT_TRUE(from_disk->read(10)->bytes.empty());
  EXPECT_TRUE(from_pipe->read(10)->bytes.empty());
  bool disk_ready = false, pipe_ready = false, file_ready = false, written = false;
  const auto disk_wait = from_disk->when_ready([&] { disk_ready = true; });
  const auto pipe_wait = from_pipe->when_ready([&] { pipe_ready = true; });

  auto read = from_file->read(10);
  if (read->bytes.empty()) {
    const auto wait = from_file->when_ready([&] { file_ready = true; });
    while (!file_ready) ASSERT_TRUE(loop->run_one().value());
    read = from_file->read(10);
  }
  EXPECT_EQ(as_text(read->bytes), "here");
  EXPECT_EQ(to_file->write(bytes("there")).value(), 0u);
  const auto write_wait = to_file->when_ready([&] { written = true; });
  while (!written) ASSERT_TRUE(loop->run_one().value());
  EXPECT_EQ(folder.read("new"), "there");
  EXPECT_FALSE(disk_ready);
  EXPECT_FALSE(pipe_ready);

  const int writer = open((folder / "pipe").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_EQ(write(writer, "late", 4), 4);
  gate.release();
  while (!disk_ready || !pipe_ready) ASSERT_TRUE(loop->run_one().value());
  EXPECT_EQ(as_text(from_disk->read(10)->bytes), "stuck");
  EXPECT_EQ(as_text(from_pipe->read(10)->bytes), "late");
  close(writer);
}

}  // namespace
}  // namespace cairn::wasi
