// A server that is killed at any moment under load, and one whose disk is full: what was
// acknowledged is there, what was asked for twice was done once, and the log is good.
//
// CAIRN_CRASH_ROUNDS says how often (20); 2,000 take a quarter of an hour.

#include <cairn/base/seeds_testing.hpp>

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <random>
#include <thread>

#include "actor_server.hpp"
#include "adder.hpp"

namespace cairn::functional {
namespace {

constexpr int clients = 4;

int rounds() {
  const char* const text = std::getenv("CAIRN_CRASH_ROUNDS");
  int count = 20;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), count);
  return count;
}

std::string manifest_of_clients() {
  std::string text =
      "data = \"data\"\norigin = \"crash.example\"\n"
      "[components.machine]\npath = \"" +
      machine_component() + "\"\n";
  for (int i = 0; i < clients; ++i)
    text += "[actors.a" + std::to_string(i) + "]\ncomponent = \"machine\"\nargument = \"0\"\n";
  return text;
}

TEST(ServeCrash, WhatWasAcknowledgedIsThereAndNothingIsDoneTwice) {
  if (machine_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  const Folder folder;
  folder.write("cairn.toml", manifest_of_clients());
  std::deque<Adder> adders;
  for (int i = 0; i < clients; ++i) adders.emplace_back("a" + std::to_string(i));
  const uint64_t seed = test_seed();
  SCOPED_TRACE("CAIRN_SEED=" + std::to_string(seed));
  std::minstd_rand random(static_cast<unsigned>(seed));
  std::string key;
  for (int round = 0; round < rounds() && !testing::Test::HasFailure(); ++round) {
    ActorServer server(folder, {"--log", "warning"});
    ASSERT_TRUE(server.is_there()) << "round " << round;
    if (key.empty()) key = server.key();
    EXPECT_EQ(server.key(), key);
    for (const Adder& adder : adders) adder.expect_record(server);
    std::vector<std::thread> threads;
    for (Adder& adder : adders)
      threads.emplace_back([&adder, port = server.port()] { adder.run(port); });
    // Sometimes before the first answer, sometimes after hundreds.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    server.kill();
    for (std::thread& thread : threads) thread.join();
    for (const Adder& adder : adders) EXPECT_EQ(adder.problem(), "") << "round " << round;
    const Outcome verified = cairn(folder, {"verify", "data", "--no-replay"});
    EXPECT_EQ(verified.code, 0) << "round " << round << ": " << verified.err;
  }
  ActorServer server(folder, {"--log", "warning"});
  uint64_t answered = 0;
  for (const Adder& adder : adders) {
    adder.expect_number(server);
    answered += adder.answered();
  }
  EXPECT_GT(answered, 0u);
  server.stop();
  const Outcome verified = cairn(folder, {"verify", "data", "--key", key, "-o", "json"});
  EXPECT_EQ(verified.code, 0) << verified.err;
  RecordProperty("answered", static_cast<int>(answered));
}

/// A file system of that many MiB, as long as it is there.
class SmallDisk {
 public:
  SmallDisk(std::string path, int mib) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    const std::string size = "size=" + std::to_string(mib) + "m";
    mounted_ = mount("none", path_.c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool is_there() const { return mounted_; }

 private:
  std::string path_;
  bool mounted_ = false;
};

TEST(ServeCrash, AFullDiskIsSaidAndNothingIsLost) {
  if (machine_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  const Folder folder;
  // One segment of the log fits, a second does not.
  const SmallDisk disk(folder / "disk", 100);
  if (!disk.is_there()) GTEST_SKIP() << "no file system can be mounted here: " << strerror(errno);
  folder.write("cairn.toml", machine_manifest());
  ActorServer server(folder, {"--data", "disk/data"});
  ASSERT_TRUE(server.is_there());
  int stored = 0;
  HttpReply refused;
  for (; stored < 200; ++stored) {
    // Another state each time: one that stays as it is takes no room.
    refused = server.tell("alice", "big " + std::to_string(1'000'000 + stored));
    if (refused.status != 200) break;
  }
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_GT(stored, 30);
  EXPECT_EQ(refused.field("content-type"), "application/problem+json");
  // What there is can be read, and the server says what is wrong.
  EXPECT_EQ(server.get("/v1/actors/alice/state").body.size(), 1'000'000u + stored - 1);
  EXPECT_EQ(server.get("/livez").status, 200);
  server.kill();
  const Outcome verified = cairn(folder, {"verify", "disk/data", "--no-replay"});
  EXPECT_EQ(verified.code, 0) << verified.err;
}

}  // namespace
}  // namespace cairn::functional
