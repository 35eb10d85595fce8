// The functions of preview 1 at their edges; the official suite (tests/functional) has the rest.

#include <gtest/gtest.h>

#include <thread>

#include "preview1/testing.hpp"

namespace cairn::wasi {
namespace {

constexpr uint32_t size = 65'536;

Preview1Config with_streams(std::shared_ptr<Handle> in, std::shared_ptr<Handle> out) {
  Preview1Config config;
  config.standard_input = std::move(in);
  config.standard_output = std::move(out);
  return config;
}

TEST(Preview1, HasAllFunctionsInOrder) {
  EXPECT_EQ(functions().size(), 46u);
  for (size_t i = 1; i < functions().size(); ++i) {
    EXPECT_LT(functions()[i - 1].name, functions()[i].name);
  }
}

TEST(Preview1, WritesAndReadsThroughBuffers) {
  const auto out = std::make_shared<MemoryStream>();
  TestGuest guest(with_streams(std::make_shared<MemoryStream>("input"), out));
  guest.put(100, "hello ");
  guest.put(200, "world");
  guest.store<uint32_t>(0, 100);
  guest.store<uint32_t>(4, 6);
  guest.store<uint32_t>(8, 200);
  guest.store<uint32_t>(12, 5);
  EXPECT_EQ(guest.call("fd_write", 1, 0, 2, 16), Errno::success);
  EXPECT_EQ(guest.load<uint32_t>(16), 11u);
  EXPECT_EQ(out->output, "hello world");
  EXPECT_EQ(guest.call("fd_read", 0, 0, 2, 16), Errno::success);
  EXPECT_EQ(guest.load<uint32_t>(16), 5u);
  EXPECT_EQ(guest.text(100, 6), "input ");
}

TEST(Preview1, PointersAreChecked) {
  const auto out = std::make_shared<MemoryStream>();
  TestGuest guest(with_streams(std::make_shared<MemoryStream>("in"), out));
  EXPECT_EQ(guest.call("fd_write", 1, size - 4, 1, 0), Errno::fault);
  EXPECT_EQ(guest.call("fd_write", 1, 0xffffffffu, 1, 0), Errno::fault);
  EXPECT_EQ(guest.call("fd_write", 1, 0, 0xffffffffu, 0), Errno::success)
      << "only the first 1024 records are looked at";
  guest.store<uint32_t>(0, size - 1);
  guest.store<uint32_t>(4, 2);
  EXPECT_EQ(guest.call("fd_write", 1, 0, 1, 16), Errno::fault);
  guest.store<uint32_t>(4, 0xffffffffu);
  EXPECT_EQ(guest.call("fd_write", 1, 0, 1, 16), Errno::fault);
  guest.store<uint32_t>(4, 1);
  EXPECT_EQ(guest.call("fd_write", 1, 0, 1, size - 3), Errno::fault);
  EXPECT_EQ(guest.call("random_get", size - 1, 2), Errno::fault);
  EXPECT_EQ(guest.call("random_get", size, 0), Errno::success);
  EXPECT_EQ(guest.call("clock_time_get", 0, 0, size - 7), Errno::fault);
  EXPECT_EQ(guest.call("poll_oneoff", size - 47, 0, 1, 0), Errno::fault);
  EXPECT_EQ(guest.call("poll_oneoff", 0, size - 31, 1, 0), Errno::fault);
}

TEST(Preview1, ClosedStreamsKeepTheirNumbers) {
  TestGuest guest(with_streams(nullptr, std::make_shared<MemoryStream>()));
  EXPECT_EQ(guest.call("fd_fdstat_get", 0, 0), Errno::badf);
  EXPECT_EQ(guest.call("fd_fdstat_get", 1, 0), Errno::success);
  EXPECT_EQ(guest.call("fd_fdstat_get", 2, 0), Errno::badf);
}

TEST(Preview1, UnknownDescriptorsAreBad) {
  TestGuest guest;
  for (const uint64_t fd : {uint64_t{3}, uint64_t{0xffffffff}, uint64_t{0x7fffffff}}) {
    EXPECT_EQ(guest.call("fd_close", fd), Errno::badf);
    EXPECT_EQ(guest.call("fd_read", fd, 0, 0, 0), Errno::badf);
    EXPECT_EQ(guest.call("fd_renumber", fd, 0), Errno::badf);
    EXPECT_EQ(guest.call("sock_shutdown", fd, 1), Errno::badf);
    EXPECT_EQ(guest.call("path_unlink_file", fd, 0, 0), Errno::badf);
    EXPECT_EQ(guest.call("fd_prestat_get", fd, 0), Errno::badf);
  }
}

TEST(Preview1, ArgumentsFillExactlyTheirSizes) {
  Preview1Config config;
  config.args = {"prog", "", "ünï"};
  TestGuest guest(std::move(config));
  ASSERT_EQ(guest.call("args_sizes_get", 0, 4), Errno::success);
  EXPECT_EQ(guest.load<uint32_t>(0), 3u);
  const auto bytes = guest.load<uint32_t>(4);
  EXPECT_EQ(bytes, 5u + 1u + 6u);
  EXPECT_EQ(guest.call("args_get", 16, size - bytes), Errno::success);
  EXPECT_EQ(guest.text(size - bytes, bytes), std::string("prog\0\0ünï\0", 12));
  EXPECT_EQ(guest.call("args_get", 16, size - bytes + 1), Errno::fault);
}

TEST(Preview1, ClocksAreThoseHandedIn) {
  TestGuest guest;
  guest.clock().advance(5);
  EXPECT_EQ(guest.call("clock_time_get", 0, 0, 0), Errno::success);
  EXPECT_EQ(guest.load<uint64_t>(0), 1'000'000'005u);
  EXPECT_EQ(guest.call("clock_time_get", 1, 0, 0), Errno::success);
  EXPECT_EQ(guest.load<uint64_t>(0), 5u);
  EXPECT_EQ(guest.call("clock_time_get", 4, 0, 0), Errno::inval);
  EXPECT_EQ(guest.call("clock_res_get", 1, 0), Errno::success);
  EXPECT_EQ(guest.call("clock_res_get", 9, 0), Errno::inval);
}

/// Writes a clock subscription at `at`.
void subscribe_clock(TestGuest& guest, uint32_t at, uint32_t id, uint64_t ns, uint16_t flags) {
  guest.store<uint64_t>(at, 77);
  guest.store<uint8_t>(at + 8, 0);
  guest.store<uint32_t>(at + 16, id);
  guest.store<uint64_t>(at + 24, ns);
  guest.store<uint16_t>(at + 40, flags);
}

TEST(Preview1, PollWaitsForTheFirstClock) {
  TestGuest guest;
  subscribe_clock(guest, 0, 1, 2'000, 0);
  subscribe_clock(guest, 48, 1, 1'000, 0);
  ASSERT_EQ(guest.call("poll_oneoff", 0, 1024, 2, 2048), Errno::success);
  EXPECT_EQ(guest.load<uint32_t>(2048), 1u);
  EXPECT_EQ(guest.load<uint64_t>(1024), 77u);
  EXPECT_EQ(guest.clock().monotonic_ns(), 1'000u);
  // Absolute times of both clocks; one is over already.
  subscribe_clock(guest, 0, 0, 1'000'005'000, 1);
  subscribe_clock(guest, 48, 1, 500, 1);
  ASSERT_EQ(guest.call("poll_oneoff", 0, 1024, 2, 2048), Errno::success);
  EXPECT_EQ(guest.load<uint32_t>(2048), 1u);
  EXPECT_EQ(guest.clock().monotonic_ns(), 1'000u);
  ASSERT_EQ(guest.call("poll_oneoff", 0, 1024, 1, 2048), Errno::success);
  EXPECT_EQ(guest.clock().monotonic_ns(), 5'000u);
}

TEST(Preview1, PollReportsErrorsInEvents) {
  TestGuest guest;
  guest.store<uint64_t>(0, 5);
  guest.store<uint8_t>(8, 1);
  guest.store<uint32_t>(16, 99);
  ASSERT_EQ(guest.call("poll_oneoff", 0, 1024, 1, 2048), Errno::success);
  EXPECT_EQ(guest.load<uint32_t>(2048), 1u);
  EXPECT_EQ(guest.load<uint16_t>(1032), static_cast<uint16_t>(Errno::badf));
  EXPECT_EQ(guest.call("poll_oneoff", 0, 1024, 0, 2048), Errno::inval);
  guest.store<uint8_t>(8, 3);
  EXPECT_EQ(guest.call("poll_oneoff", 0, 1024, 1, 2048), Errno::inval);
}

TEST(Preview1, SignalsAndYields) {
  TestGuest guest;
  EXPECT_EQ(guest.call("sched_yield"), Errno::success);
  EXPECT_EQ(guest.call("proc_raise", 6), Errno::notsup);
}

TEST(Preview1, InterruptsEndWaiting) {
  TestGuest guest;
  guest.waiter().interrupt();
  subscribe_clock(guest, 0, 1, UINT64_MAX, 0);
  EXPECT_NE(guest.call("poll_oneoff", 0, 1024, 1, 2048), Errno::success);
  EXPECT_TRUE(guest.interrupted);
}

using Preview1Files = GuestFiles;

TEST_F(Preview1Files, PreopensAreFoundByTheirNames) {
  ASSERT_EQ(guest_->call("fd_prestat_get", 3, 0), Errno::success);
  EXPECT_EQ(guest_->load<uint32_t>(4), 5u);
  EXPECT_EQ(guest_->call("fd_prestat_dir_name", 3, 8, 4), Errno::nametoolong);
  ASSERT_EQ(guest_->call("fd_prestat_dir_name", 3, 8, 5), Errno::success);
  EXPECT_EQ(guest_->text(8, 5), "/data");
  EXPECT_EQ(guest_->call("fd_prestat_get", 5, 0), Errno::badf);
}

TEST_F(Preview1Files, RightsOnlyShrink) {
  ASSERT_EQ(open(3, "file", 0, right::fd_read | right::fd_seek), Errno::success);
  const auto fd = guest_->load<uint32_t>(4);
  EXPECT_EQ(guest_->call("fd_write", fd, 0, 0, 8), Errno::notcapable);
  EXPECT_EQ(guest_->call("fd_fdstat_set_rights", fd, right::fd_write, 0), Errno::notcapable);
  EXPECT_EQ(guest_->call("fd_fdstat_set_rights", fd, right::fd_read, 0), Errno::success);
  EXPECT_EQ(guest_->call("fd_seek", fd, 0, 0, 8), Errno::notcapable);
  EXPECT_EQ(guest_->call("fd_fdstat_set_rights", fd, right::fd_read | right::fd_seek, 0),
            Errno::notcapable);
}

TEST_F(Preview1Files, ReadOnlyDirectoriesGiveNothingToWriteWith) {
  EXPECT_EQ(open(4, "file", 0), Errno::notcapable);
  EXPECT_EQ(open(4, "file", 0, right::fd_read), Errno::success);
  EXPECT_EQ(open(4, "file", 8, right::fd_read), Errno::notcapable);
  EXPECT_EQ(open(4, "new", 1, right::fd_read), Errno::notcapable);
  const uint32_t length = guest_->put(512, "new");
  EXPECT_EQ(guest_->call("path_create_directory", 4, 512, length), Errno::notcapable);
}

TEST_F(Preview1Files, DescriptorsAreLimitedAndReused) {
  uint32_t last = 0;
  Errno error = Errno::success;
  for (int i = 0; i < 10 && error == Errno::success; ++i) {
    error = open(3, "file", 0, right::fd_read);
    if (error == Errno::success) last = guest_->load<uint32_t>(4);
  }
  EXPECT_EQ(error, Errno::nfile);
  EXPECT_EQ(last, 7u);
  EXPECT_EQ(guest_->call("fd_close", 6), Errno::success);
  EXPECT_EQ(open(3, "file", 0, right::fd_read), Errno::success);
  EXPECT_EQ(guest_->load<uint32_t>(4), 6u) << "the lowest free number is taken";
}

TEST_F(Preview1Files, PositionsAndOffsets) {
  ASSERT_EQ(open(3, "file", 0), Errno::success);
  const auto fd = guest_->load<uint32_t>(4);
  guest_->store<uint32_t>(0, 1024);
  guest_->store<uint32_t>(4, 3);
  EXPECT_EQ(guest_->call("fd_pread", fd, 0, 1, 7, 8), Errno::success);
  EXPECT_EQ(guest_->text(1024, 3), "789");
  EXPECT_EQ(guest_->call("fd_pread", fd, 0, 1, UINT64_MAX, 8), Errno::inval);
  EXPECT_EQ(guest_->call("fd_seek", fd, static_cast<uint64_t>(-4), 2, 16), Errno::success);
  EXPECT_EQ(guest_->load<uint64_t>(16), 6u);
  EXPECT_EQ(guest_->call("fd_seek", fd, static_cast<uint64_t>(-7), 1, 16), Errno::inval);
  EXPECT_EQ(guest_->call("fd_seek", fd, 0, 3, 16), Errno::inval);
  EXPECT_EQ(guest_->call("fd_tell", fd, 16), Errno::success);
  EXPECT_EQ(guest_->load<uint64_t>(16), 6u);
  EXPECT_EQ(guest_->call("fd_filestat_set_size", fd, UINT64_MAX), Errno::inval);
  EXPECT_EQ(guest_->call("fd_advise", fd, 0, 0, 6), Errno::inval);
}

TEST_F(Preview1Files, SmallBuffersStillListEverything) {
  for (int i = 0; i < 50; ++i) folder_.write("box/entry" + std::to_string(i), "");
  uint64_t cookie = 0;
  int entries = 0;
  for (;;) {
    ASSERT_EQ(guest_->call("fd_readdir", 3, 1024, 64, cookie, 8), Errno::success);
    const auto used = guest_->load<uint32_t>(8);
    if (used < 24 || used < 24 + guest_->load<uint32_t>(1024 + 16)) break;
    cookie = guest_->load<uint64_t>(1024);
    ++entries;
  }
  EXPECT_EQ(entries, 53) << "with \".\", \"..\" and \"file\"";
}

TEST(Preview1Sockets, AcceptReceiveSendAndShutDown) {
  Result<std::shared_ptr<Handle>> listener = listen_tcp("127.0.0.1:0");
  ASSERT_TRUE(listener) << listener.error().to_string();
  const Result<std::string> address = local_address(**listener);
  ASSERT_TRUE(address);
  const Result<std::shared_ptr<Handle>> client = connect_tcp(*address);
  ASSERT_TRUE(client) << client.error().to_string();
  Preview1Config config;
  config.sockets.push_back(*listener);
  TestGuest guest(std::move(config));
  EXPECT_EQ(guest.call("sock_accept", 3, 1, 0), Errno::inval);
  ASSERT_EQ(guest.call("sock_accept", 3, 0, 0), Errno::success);
  const auto fd = guest.load<uint32_t>(0);
  std::string ping = "ping";
  const iovec halves[] = {{ping.data(), 2}, {ping.data() + 2, 2}};
  EXPECT_EQ((*client)->write({&halves[0], 1}).value_or(0), 2u);
  guest.store<uint32_t>(16, 1024);
  guest.store<uint32_t>(20, 4);
  EXPECT_EQ(guest.call("sock_recv", fd, 16, 1, 1, 24, 28), Errno::success) << "peeks";
  std::thread peer([&] { EXPECT_EQ((*client)->write({&halves[1], 1}).value_or(0), 2u); });
  EXPECT_EQ(guest.call("sock_recv", fd, 16, 1, 2, 24, 28), Errno::success) << "waits for all";
  peer.join();
  EXPECT_EQ(guest.load<uint32_t>(24), 4u);
  EXPECT_EQ(guest.text(1024, 4), "ping");
  EXPECT_EQ(guest.call("sock_send", fd, 16, 1, 1, 24), Errno::inval);
  EXPECT_EQ(guest.call("sock_send", fd, 16, 1, 0, 24), Errno::success);
  EXPECT_EQ(guest.call("sock_shutdown", fd, 0), Errno::inval);
  EXPECT_EQ(guest.call("sock_shutdown", fd, 2), Errno::success);
  EXPECT_EQ(guest.call("sock_accept", fd, 0, 0), Errno::notcapable);
  std::string pong(8, '\0');
  const iovec in{pong.data(), pong.size()};
  EXPECT_EQ((*client)->read({&in, 1}).value_or(0), 4u);
  EXPECT_EQ(pong.substr(0, 4), "ping");
  EXPECT_EQ(guest.call("fd_seek", fd, 0, 0, 0), Errno::spipe);
}

TEST(Preview1Sockets, AddressesAreNumeric) {
  for (const std::string address : {"", "example.org:80", "127.0.0.1", "127.0.0.1:http",
                                    "127.0.0.1:70000", "[::1:80", "256.0.0.1:1"}) {
    const auto listener = listen_tcp(address);
    ASSERT_FALSE(listener) << address;
    EXPECT_EQ(listener.error().kind, ErrorKind::usage) << address;
  }
}

}  // namespace
}  // namespace cairn::wasi
