#include <cairn/base/disk.hpp>

#include <cairn/base/crc32c.hpp>
#include <cairn/base/simulated_disk.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <set>

namespace cairn {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(testing::TempDir() + "cairn-disk-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TemporaryFolder() {
    for (const char* inside : {"/x/y/lock", "/x/y", "/x"}) std::remove((path_ + inside).c_str());
    EXPECT_EQ(std::remove(path_.c_str()), 0);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Bytes read_all(DiskFile& file) {
  Bytes bytes(*file.size());
  EXPECT_TRUE(file.read_exactly(0, bytes).has_value());
  return bytes;
}

TEST(RealDisk, WhatItKeepsIsItsOwnersAlone) {
  const TemporaryFolder folder;
  RealDisk disk;
  const std::string outer = folder.path() + "/outer", inner = outer + "/data",
                    path = inner + "/key";
  const mode_t mask = umask(022);
  ASSERT_TRUE(disk.make_directories(inner).has_value());
  umask(mask);
  ASSERT_TRUE(disk.open(path, Disk::Open::create).has_value());
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  ASSERT_EQ(stat(inner.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
  ASSERT_EQ(stat(outer.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0755u) << "others may keep something there, too";
  ASSERT_TRUE(disk.remove_file(path).has_value());
  ASSERT_EQ(rmdir(inner.c_str()), 0);
  ASSERT_EQ(rmdir(outer.c_str()), 0);
}

void exercise(Disk& disk, const std::string& folder) {
  ASSERT_TRUE(disk.make_directories(folder).has_value());
  const std::string path = folder + "/a";
  EXPECT_EQ(disk.open(path, Disk::Open::existing).error().kind, ErrorKind::not_found);
  auto file = disk.open(path, Disk::Open::create);
  ASSERT_TRUE(file.has_value()) << file.error().to_string();
  EXPECT_FALSE(disk.open(path, Disk::Open::create).has_value());

  ASSERT_TRUE((*file)->write(0, as_bytes("hello")).has_value());
  ASSERT_TRUE((*file)->write(7, as_bytes("world")).has_value());
  EXPECT_EQ(as_text(read_all(**file)), std::string_view("hello\0\0world", 12));
  ASSERT_TRUE((*file)->reserve(100).has_value());
  ASSERT_TRUE((*file)->reserve(50).has_value());
  EXPECT_EQ(*(*file)->size(), 100u);
  ASSERT_TRUE((*file)->truncate(5).has_value());
  EXPECT_TRUE((*file)->sync().has_value());
  EXPECT_TRUE(disk.sync_directory(folder).has_value());

  Bytes out(4);
  EXPECT_EQ(*(*file)->read(3, out), 2u);
  EXPECT_EQ(*(*file)->read(9, out), 0u);
  const Result<> short_read = (*file)->read_exactly(3, out);
  ASSERT_FALSE(short_read.has_value());
  EXPECT_EQ(short_read.error().kind, ErrorKind::malformed);
  EXPECT_EQ(short_read.error().offset, 5u);

  auto lock = disk.lock(folder + "/lock");
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(disk.lock(folder + "/lock").error().kind, ErrorKind::denied);
  lock->reset();
  EXPECT_TRUE(disk.lock(folder + "/lock").has_value());
  EXPECT_TRUE((*file)->sync().has_value());
  EXPECT_TRUE(disk.remove_file(path).has_value());
  EXPECT_FALSE(disk.remove_file(path).has_value());
  ASSERT_FALSE((*file)->sync().has_value()) << "who will find it?";
  EXPECT_EQ((*file)->sync().error().kind, ErrorKind::not_found);
}

TEST(Disk, RealAndSimulatedDoTheSame) {
  const TemporaryFolder folder;
  RealDisk real;
  exercise(real, folder.path() + "/x/y");
  SimulatedDisk simulated;
  exercise(simulated, "x/y");
}

TEST(SimulatedDisk, ACrashKeepsWhatWasSyncedAndAnyPartOfTheRest) {
  std::set<Bytes> outcomes;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimulatedDisk disk;
    SeededRandom random(seed);
    ASSERT_TRUE(disk.make_directories("d").has_value());
    auto file = disk.open("d/f", Disk::Open::create);
    ASSERT_TRUE(disk.sync_directory("d").has_value());
    ASSERT_TRUE((*file)->write(0, Bytes(1024, 1)).has_value());
    ASSERT_TRUE((*file)->sync().has_value());
    ASSERT_TRUE((*file)->write(512, Bytes(1024, 2)).has_value());
    disk.crash(random);
    EXPECT_FALSE((*file)->size().has_value());
    const Bytes left = *disk.contents("d/f");
    ASSERT_GE(left.size(), 1024u);
    EXPECT_EQ(Bytes(left.begin(), left.begin() + 512), Bytes(512, 1));
    for (size_t at = 512; at < 1024; ++at) ASSERT_TRUE(left[at] == 1 || left[at] == 2);
    for (size_t at = 1024; at < left.size(); ++at) ASSERT_TRUE(left[at] == 0 || left[at] == 2);
    outcomes.insert(left);
  }
  EXPECT_GT(outcomes.size(), 8u);
}

TEST(SimulatedDisk, NamesAreDurableOnceTheirDirectoryIs) {
  bool created_lost = false;
  bool removed_back = false;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SimulatedDisk disk;
    SeededRandom random(seed);
    ASSERT_TRUE(disk.make_directories("d").has_value());
    ASSERT_TRUE(disk.open("d/kept", Disk::Open::create).has_value());
    ASSERT_TRUE(disk.open("d/removed", Disk::Open::create).has_value());
    ASSERT_TRUE(disk.sync_directory("d").has_value());
    ASSERT_TRUE(disk.open("d/new", Disk::Open::create).has_value());
    ASSERT_TRUE(disk.remove_file("d/removed").has_value());
    disk.crash(random);
    EXPECT_TRUE(disk.contents("d/kept").has_value());
    created_lost |= !disk.contents("d/new").has_value();
    removed_back |= disk.contents("d/removed").has_value();
  }
  EXPECT_TRUE(created_lost);
  EXPECT_TRUE(removed_back);
}

TEST(SimulatedDisk, ADirectoryIsDurableWhenMakingItSucceeded) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SimulatedDisk disk;
    SeededRandom random(seed);
    // It is there, but the sync of what it lies in failed.
    disk.set_fault([](uint64_t operation, const std::string&) { return operation == 1 ? EIO : 0; });
    ASSERT_FALSE(disk.make_directories("d").has_value());
    ASSERT_TRUE(disk.open("d/f", Disk::Open::create).has_value());
    ASSERT_TRUE(disk.sync_directory("d").has_value());
    disk.crash(random);
    lost += disk.contents("d/f").has_value() ? 0 : 1;
    EXPECT_EQ(disk.list_directory("d").has_value(), disk.contents("d/f").has_value());
    ASSERT_TRUE(disk.make_directories("d").has_value());
    disk.crash(random);
    EXPECT_TRUE(disk.list_directory("d").has_value());
  }
  EXPECT_GT(lost, 5);
  EXPECT_LT(lost, 35);
}

TEST(SimulatedDisk, AfterAFailedSyncASecondOneLies) {
  bool lost = false;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SimulatedDisk disk;
    SeededRandom random(seed);
    ASSERT_TRUE(disk.make_directories("d").has_value());
    auto file = disk.open("d/f", Disk::Open::create);
    ASSERT_TRUE(disk.sync_directory("d").has_value());
    for (uint64_t skip = 0; skip < seed; ++skip) ASSERT_TRUE((*file)->size().has_value());
    ASSERT_TRUE((*file)->write(0, as_bytes("data")).has_value());
    disk.set_fault([](uint64_t, const std::string&) { return EIO; });
    EXPECT_EQ((*file)->sync().error().kind, ErrorKind::io);
    disk.set_fault(nullptr);
    EXPECT_TRUE((*file)->sync().has_value());
    EXPECT_EQ(as_text(read_all(**file)), "data");
    disk.crash(random);
    lost |= as_text(*disk.contents("d/f")) != "data";
  }
  EXPECT_TRUE(lost);
}

TEST(SimulatedDisk, AFullDiskRefusesAndKeepsCount) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.make_directories("d").has_value());
  auto file = disk.open("d/f", Disk::Open::create);
  disk.set_capacity(1000);
  EXPECT_TRUE((*file)->reserve(900).has_value());
  EXPECT_EQ((*file)->write(900, Bytes(101)).error().kind, ErrorKind::limit);
  EXPECT_TRUE((*file)->write(800, Bytes(200)).has_value());
  EXPECT_EQ(disk.used(), 1000u);
  ASSERT_TRUE(disk.remove_file("d/f").has_value());
  EXPECT_EQ(disk.used(), 0u);
}

TEST(Crc32c, IsThatOfTheStandard) {
  // RFC 3720, appendix B.4.
  EXPECT_EQ(crc32c(Bytes(32, 0)), 0x8a9136aau);
  EXPECT_EQ(crc32c(Bytes(32, 0xff)), 0x62a8ab43u);
  Bytes rising(32);
  for (size_t at = 0; at < rising.size(); ++at) rising[at] = static_cast<uint8_t>(at);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(ByteSpan(rising).subspan(5), crc32c(ByteSpan(rising).first(5))), 0x46dd794eu);
}

}  // namespace
}  // namespace cairn
