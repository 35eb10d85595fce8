// Many segments, some of them changing, and files that are no segments.

#include <unistd.h>

#include <cstdlib>

#include "hooked_disk_testing.hpp"
#include "verify_world.hpp"

namespace cairn::chain {
namespace {

TEST(Verify, ManySegmentsAreOneLog) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  std::string state;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(world.append(1, message(state, std::to_string(i))).has_value());
    state = std::to_string(i);
  }
  actor::Transition fork;
  fork.kind = actor::TransitionKind::fork;
  fork.sender = "alice";
  fork.cause = 100;
  fork.new_state = *world.store->state("alice", 100);
  ASSERT_TRUE(world.append(1, fork).has_value());
  for (const uint32_t threads : {1u, 2u, 4u}) {
    const auto report = verify_log(world.disk, "data", {.threads = threads});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_GT(report->segments, 10u);
    EXPECT_EQ(report->links, 1u);
    EXPECT_EQ(report->root, world.store->root());
  }
  // Damage is named also while the next segment is being read.
  const std::string path = "data/000000000003.log";
  const Bytes good = *world.disk.contents(path);
  for (const uint32_t threads : {1u, 2u, 4u}) {
    for (const size_t at : {size_t{30}, size_t{600}, good.size() - 1}) {
      world.disk.change(path, [&](Bytes& bytes) { bytes = good, bytes[at] ^= 1; });
      const auto damaged = verify_log(world.disk, "data", {.threads = threads});
      ASSERT_FALSE(damaged.has_value());
      EXPECT_EQ(damaged.error().path, path);
    }
  }
  world.disk.change(path, [&](Bytes& bytes) { bytes = good; });
  // Without one of them nothing that follows is believed.
  world.store.reset();
  ASSERT_TRUE(world.disk.remove_file("data/000000000004.log").has_value());
  const auto broken = verify_log(world.disk, "data", {});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().path, "data/000000000004.log");
  EXPECT_EQ(verify_log(world.disk, "nowhere", {}).error().kind, ErrorKind::not_found);
}

/// Something happens before that file is opened for the first time.
std::function<void(const std::string&)> once(std::string path, std::function<void()> event) {
  return [path = std::move(path), event = std::move(event)](const std::string& opened) mutable {
    if (opened == path && event) std::exchange(event, nullptr)();
  };
}

TEST(Verify, ALogThatGoesOnMeanwhileIsGood) {
  for (const uint32_t threads : {1u, 2u}) {
    StoreWorld world;
    world.open();
    ASSERT_TRUE(world.begin(1, "alice").has_value());
    std::string state;
    const auto go_on = [&] {
      for (int i = 0; i < 60; ++i) {
        const std::string next = state + "x";
        ASSERT_TRUE(world.append(1, message(state, next)).has_value());
        state = next;
      }
    };
    go_on();
    uint64_t before = world.store->size();
    uint64_t pruned = 0;
    HookedDisk disk(world.disk);
    disk.hook = once("data/000000000002.log", [&] {
      go_on();
      pruned = world.store->prune(world.store->size()).value_or(0);
    });
    auto report = verify_log(disk, "data", {.threads = threads});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_GT(pruned, 0u);
    EXPECT_GT(report->records, before);
    // It goes on in new segments.
    std::string last;
    const auto names = world.disk.list_directory("data");
    for (const std::string& name : *names) {
      if (name.ends_with(".log")) last = "data/" + name;
    }
    before = world.store->size();
    HookedDisk growing(world.disk);
    growing.hook = once(last, go_on);
    report = verify_log(growing, "data", {.threads = threads});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_GT(world.store->size(), before);
    EXPECT_GE(report->records, before);
  }
}

TEST(Verify, SizesAreNotBelieved) {
  Counters counters;
  Forgery forgery(counters.world.disk);
  // A state of 1 GiB, and a frame that holds one byte.
  forgery.rewrite(5, [](Record& record) { record.new_state->content.size = 1 << 30; });
  forgery.write();
  counters.options.contents = false;
  EXPECT_NE(counters.error().find("contents of other sizes than the record says"),
            std::string::npos)
      << counters.error();
  const Result<> opened = counters.world.try_open();
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, ErrorKind::malformed);
  EXPECT_EQ(opened.error().path, Forgery::path);

  // A file of 1 TiB that takes no room.
  std::string folder = testing::TempDir() + "cairn-verify-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/000000000000.log";
  RealDisk disk;
  {
    const auto file = disk.open(path, Disk::Open::create);
    ASSERT_TRUE(file.has_value());
    if (!(*file)->truncate(uint64_t{1} << 40)) GTEST_SKIP() << "no sparse files here";
  }
  const auto report = verify_log(disk, folder, {});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().message, "a segment has at most 4 GiB");
  EXPECT_EQ(report.error().path, path);
  EXPECT_TRUE(disk.remove_file(path).has_value());
  EXPECT_EQ(rmdir(folder.c_str()), 0);
}

}  // namespace
}  // namespace cairn::chain
