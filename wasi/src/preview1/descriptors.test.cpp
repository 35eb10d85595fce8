// What descriptors tell of themselves, and what changes them.

#include <gtest/gtest.h>

#include "preview1/testing.hpp"

namespace cairn::wasi {
namespace {

class GuestDescriptors : public GuestFiles {
 protected:
  void SetUp() override {
    GuestFiles::SetUp();
    ASSERT_EQ(open(3, "file", 0), Errno::success);
    file_ = guest_->load<uint32_t>(4);
  }
  uint64_t bytes() {
    EXPECT_EQ(guest_->call("fd_filestat_get", file_, 1024), Errno::success);
    return guest_->load<uint64_t>(1024 + 32);
  }

  uint32_t file_ = 0;
};

TEST_F(GuestDescriptors, TellWhatTheyAre) {
  EXPECT_EQ(bytes(), 10u);
  EXPECT_EQ(guest_->load<uint8_t>(1024 + 16), static_cast<uint8_t>(FileType::regular_file));
  EXPECT_EQ(guest_->call("fd_filestat_get", 3, 1024), Errno::success);
  EXPECT_EQ(guest_->load<uint8_t>(1024 + 16), static_cast<uint8_t>(FileType::directory));
  EXPECT_EQ(guest_->call("fd_filestat_get", 3, 65'536 - 63), Errno::fault);
}

TEST_F(GuestDescriptors, AppendIsSwitched) {
  const auto flags = [&] {
    EXPECT_EQ(guest_->call("fd_fdstat_get", file_, 1024), Errno::success);
    return guest_->load<uint16_t>(1024 + 2);
  };
  EXPECT_EQ(flags(), 0);
  EXPECT_EQ(guest_->call("fd_fdstat_set_flags", file_, fd_flag::append), Errno::success);
  EXPECT_EQ(flags(), fd_flag::append);
  guest_->put(100, "ab");
  guest_->store<uint32_t>(0, 100);
  guest_->store<uint32_t>(4, 2);
  EXPECT_EQ(guest_->call("fd_write", file_, 0, 1, 8), Errno::success);
  EXPECT_EQ(guest_->call("fd_fdstat_set_flags", file_, 0), Errno::success);
  EXPECT_EQ(flags(), 0);
  EXPECT_EQ(folder_.read("box/file"), "0123456789ab");
  EXPECT_EQ(guest_->call("fd_fdstat_set_flags", file_, 32), Errno::inval);
}

TEST_F(GuestDescriptors, WriteAtOffsetsAndChangeSizes) {
  guest_->put(100, "xy");
  guest_->store<uint32_t>(0, 100);
  guest_->store<uint32_t>(4, 2);
  EXPECT_EQ(guest_->call("fd_pwrite", file_, 0, 1, 4, 8), Errno::success);
  EXPECT_EQ(guest_->load<uint32_t>(8), 2u);
  EXPECT_EQ(folder_.read("box/file"), "0123xy6789");
  EXPECT_EQ(guest_->call("fd_filestat_set_size", file_, 4), Errno::success);
  EXPECT_EQ(folder_.read("box/file"), "0123");
  // Some file systems cannot.
  const Errno allocated = guest_->call("fd_allocate", file_, 0, 20);
  EXPECT_TRUE(allocated == Errno::success || allocated == Errno::notsup);
  EXPECT_EQ(bytes(), allocated == Errno::success ? 20u : 4u);
  EXPECT_EQ(guest_->call("fd_allocate", file_, 0, UINT64_MAX), Errno::inval);
  EXPECT_EQ(guest_->call("fd_allocate", 3, 0, 1), Errno::isdir);
}

TEST_F(GuestDescriptors, AreWrittenThrough) {
  EXPECT_EQ(guest_->call("fd_sync", file_), Errno::success);
  EXPECT_EQ(guest_->call("fd_datasync", file_), Errno::success);
  EXPECT_EQ(guest_->call("fd_sync", 3), Errno::success);
  EXPECT_EQ(guest_->call("fd_sync", 99), Errno::badf);
  ASSERT_EQ(open(4, "file", 0, right::fd_read), Errno::success);
  EXPECT_EQ(guest_->call("fd_datasync", guest_->load<uint32_t>(4)), Errno::notcapable);
}

TEST_F(GuestDescriptors, HaveTimes) {
  constexpr uint32_t set_both = 1 | 4;
  EXPECT_EQ(guest_->call("fd_filestat_set_times", file_, 7'000'000'000, 8'000'000'000, set_both),
            Errno::success);
  EXPECT_EQ(bytes(), 10u);
  EXPECT_EQ(guest_->load<uint64_t>(1024 + 40), 7'000'000'000u);
  EXPECT_EQ(guest_->load<uint64_t>(1024 + 48), 8'000'000'000u);
  EXPECT_EQ(guest_->call("fd_filestat_set_times", file_, 0, 0, 16), Errno::inval);
}

TEST_F(GuestDescriptors, AreRenumberedAndClosed) {
  ASSERT_EQ(open(3, "file", 0), Errno::success);
  const auto other = guest_->load<uint32_t>(4);
  EXPECT_EQ(guest_->call("fd_renumber", file_, other), Errno::success);
  EXPECT_EQ(guest_->call("fd_tell", file_, 8), Errno::badf);
  EXPECT_EQ(guest_->call("fd_tell", other, 8), Errno::success);
  EXPECT_EQ(guest_->call("fd_close", other), Errno::success);
  EXPECT_EQ(guest_->call("fd_close", other), Errno::badf);
}

}  // namespace
}  // namespace cairn::wasi
