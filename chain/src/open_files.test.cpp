#include <cairn/base/simulated_disk.hpp>

#include <gtest/gtest.h>

#include <thread>

#include "hooked_disk_testing.hpp"
#include "log.hpp"

namespace cairn::chain {
namespace {

constexpr std::string_view folder = "data";
/// Segments of 1,024 bytes hold a record or two.
constexpr size_t open_files_max = 3;

Result<std::unique_ptr<Log>> open(Disk& disk) {
  SeededRandom random(1);
  LogOpening opening;
  return Log::open(disk, random,
                   {.folder = std::string(folder),
                    .origin = "test",
                    .segment_bytes = 1024,
                    .open_files_max = open_files_max},
                   opening);
}

/// One chain, "a", whose states are "state 1" to "state `count`".
void fill(Log& log, size_t count) {
  Record genesis = {.at_ns = 1, .name = "a"};
  Chain* chain = log.stage_genesis(genesis, 0, {}).value();
  for (size_t at = 1; at <= count; ++at) {
    const std::string text = "state " + std::to_string(at);
    const Bytes state(text.begin(), text.end());
    Record record = {.kind = RecordKind::message, .at_ns = 2};
    record.new_state = {"text/plain", Content::of(state)};
    ASSERT_TRUE(log.stage(*chain, record, {{{}, {}, state, {}, {}, {}}}).has_value());
    const Result<> done = log.commit();
    ASSERT_TRUE(done.has_value()) << done.error().to_string();
  }
}

size_t segments(Disk& disk) {
  size_t count = 0;
  for (const std::string& name : *disk.list_directory(std::string(folder))) {
    if (parse_segment_name(name)) ++count;
  }
  return count;
}

void write(SimulatedDisk& disk, const std::string& path, std::string_view text) {
  const auto file = disk.open(path, Disk::Open::create);
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE((*file)->write(0, as_bytes(text)).has_value());
}

TEST(OpenFiles, ThoseThatWereReadLastStayOpen) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.make_directories("d").has_value());
  for (const char* path : {"d/a", "d/b", "d/c"}) write(disk, path, path);
  HookedDisk hooked(disk);
  std::string opened;
  hooked.hook = [&opened](const std::string& path) { opened += path.back(); };
  OpenFiles files(hooked, 2);
  const auto a = files.add("d/a");
  const auto b = files.add("d/b");
  const auto c = files.add("d/c");
  EXPECT_EQ(opened, "");
  for (DiskFile* file : {a.get(), b.get(), a.get(), c.get(), a.get(), b.get()}) {
    EXPECT_EQ(file->size().value_or(0), 3u);
  }
  EXPECT_EQ(opened, "abcb");
  Bytes bytes(3);
  ASSERT_TRUE(b->read_exactly(0, bytes).has_value());
  EXPECT_EQ(as_text(bytes), "d/b");
  EXPECT_EQ(opened, "abcb");
  EXPECT_EQ(b->write(0, bytes).error().path, "d/b");
  EXPECT_EQ(files.add("d/x")->size().error().kind, ErrorKind::not_found);
}

TEST(OpenFiles, WhatIsKeptOpenMayGoFromTheDisk) {
  SimulatedDisk disk;
  ASSERT_TRUE(disk.make_directories("d").has_value());
  for (const char* path : {"d/a", "d/b", "d/c"}) write(disk, path, path);
  OpenFiles files(disk, 1);
  const auto a = files.add("d/a");
  const auto b = files.add("d/b");
  const auto c = files.add("d/c");
  for (DiskFile* file : {a.get(), b.get()}) EXPECT_TRUE(file->size().has_value());
  ASSERT_TRUE(files.keep_open("d/a").has_value());
  for (const char* path : {"d/a", "d/b"}) ASSERT_TRUE(disk.remove_file(path).has_value());
  EXPECT_TRUE(c->size().has_value());
  EXPECT_EQ(a->size().value_or(0), 3u);
  EXPECT_EQ(b->size().error().kind, ErrorKind::not_found);
  EXPECT_TRUE(files.keep_open("d/unknown").has_value());
}

TEST(OpenFiles, ALogHasManyMoreSegmentsThanThat) {
  SimulatedDisk disk;
  // Beside those that stay open: the last segment, one that is written anew and the index that is
  // written with it, and what is being opened.
  disk.set_open_files_max(open_files_max + 4);
  constexpr size_t count = 100;
  auto log = open(disk).value();
  fill(*log, count);
  EXPECT_GT(segments(disk), 10 * open_files_max);
  const Digest root = log->tree().root();
  for (const bool is_pruned : {false, true}) {
    if (is_pruned) {
      const auto freed = log->prune(log->size());
      ASSERT_TRUE(freed.has_value()) << freed.error().to_string();
      EXPECT_GT(*freed, 0u);
    }
    log.reset();
    auto opened = open(disk);
    ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
    log = *std::move(opened);
    EXPECT_EQ(log->tree().root(), root);
    for (uint64_t at = 0; at <= count; ++at) {
      const auto stored = log->read("a", at);
      ASSERT_TRUE(stored.has_value()) << stored.error().to_string();
      const bool is_there = at != 0 && (!is_pruned || at >= count - 1);
      if (is_there) EXPECT_EQ(as_text(stored->frame.contents), "state " + std::to_string(at));
      EXPECT_EQ(log->hashes(at, 1)->front(), stored->hash);
    }
  }
}

TEST(OpenFiles, AReaderWhoIsAboutToOpenAFileIsNotHurtByItsRemoval) {
  for (const std::string_view ending : {".log", ".idx"}) {
    SimulatedDisk disk;
    HookedDisk hooked(disk);
    auto log = open(hooked).value();
    fill(*log, 20);
    // The others are open then.
    for (uint64_t at = 15; at < 20; ++at) ASSERT_TRUE(log->read(at).has_value());
    const std::string path = "data/000000000001" + std::string(ending);
    uint64_t freed = 0;
    hooked.hook = [&](const std::string& opened) {
      if (opened != path || freed != 0) return;
      freed = 1;  // once
      freed = log->prune(10).value_or(0);
    };
    const auto stored = log->read("a", 2);
    EXPECT_GT(freed, 1u) << ending;
    EXPECT_FALSE(disk.contents(path).has_value());
    ASSERT_TRUE(stored.has_value()) << stored.error().to_string();
    EXPECT_EQ(as_text(stored->frame.contents), "state 2");
    EXPECT_EQ(as_text(log->read("a", 2)->frame.contents), "");
  }
}

TEST(OpenFiles, ManyReadWhileContentsAreThrownAway) {
  SimulatedDisk disk;
  auto log = open(disk).value();
  constexpr uint64_t count = 60;
  fill(*log, count);
  const auto read_all = [&log](uint64_t step) {
    for (uint64_t at = 0; at < 10 * count; ++at) {
      const auto stored = log->read(at * step % (count + 1));
      ASSERT_TRUE(stored.has_value()) << stored.error().to_string();
    }
  };
  std::thread one(read_all, 7);
  std::thread other(read_all, 11);
  for (uint64_t until = 1; until <= count; ++until) {
    const auto freed = log->prune(until);
    EXPECT_TRUE(freed.has_value()) << freed.error().to_string();
  }
  one.join();
  other.join();
}

}  // namespace
}  // namespace cairn::chain
