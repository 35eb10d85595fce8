// A real process on a real disk, killed at any moment: all receipts that it has told of are there
// when the next one opens the folder.

#include <cairn/chain/store.hpp>
#include <cairn/chain/verify.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace cairn::chain {
namespace {

constexpr uint32_t actor_count = 8;

struct Told {
  uint32_t actor;
  actor::Receipt receipt;
};

Result<std::unique_ptr<Store>> open_store(const std::string& folder) {
  static RealDisk disk;
  static RealClock clock;
  static RealRandom random;
  return Store::open(disk, clock, random,
                     {.folder = folder,
                      .origin = "kill",
                      .segment_bytes = 64 << 10,
                      .checkpoint_interval_ns = 1'000'000},
                     crypto::Ed25519Key({1}));
}

/// Appends to all actors, one message after the other, and tells of each receipt. Does not return.
[[noreturn]] void write_for_ever(const std::string& folder, int tell) {
  auto store = open_store(folder);
  if (!store) _exit(1);
  RealClock clock;
  const Committer committer(**store, clock);
  std::array<uint64_t, actor_count> numbers = {};
  std::function<void(uint32_t)> next = [&](uint32_t actor) {
    actor::Transition transition;
    if (numbers[actor] != 0) transition.old_state = actor::Payload::of(numbers[actor]);
    transition.new_state = actor::Payload::of(++numbers[actor]);
    transition.input = actor::Payload(Bytes(numbers[actor] % 3000, 7));
    (*store)->append({actor, 1}, std::move(transition), [&, actor](const auto& receipt) {
      if (!receipt) _exit(2);
      const Told told = {actor, *receipt};
      if (::write(tell, &told, sizeof(told)) != sizeof(told)) _exit(3);
      next(actor);
    });
  };
  for (uint32_t actor = 0; actor < actor_count; ++actor) {
    actor::Genesis genesis;
    genesis.name = fmt::format("actor-{}", actor);
    (*store)->open({actor, 1}, genesis, [&, actor](const auto& recovered) {
      if (!recovered) _exit(4);
      numbers[actor] = recovered->state.template as<uint64_t>().value_or(0);
      next(actor);
    });
  }
  for (;;) ::pause();
}

TEST(StoreKill, WhatAProcessHasToldOfIsThereAfterItWasKilled) {
  std::string folder = testing::TempDir() + "cairn-kill-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  RealRandom random;
  uint64_t receipts = 0;
  for (int life = 0; life < 40 && !testing::Test::HasFailure(); ++life) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_for_ever(folder, ends[1]);
    }
    ::close(ends[1]);
    std::vector<Told> told;
    Told one;
    const uint64_t enough = 1 + random.below(200);
    bool is_killed = false;
    while (::read(ends[0], &one, sizeof(one)) == sizeof(one)) {
      told.push_back(one);
      if (!is_killed && told.size() >= enough) is_killed = ::kill(child, SIGKILL) == 0;
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);

    const auto store = open_store(folder);
    ASSERT_TRUE(store.has_value()) << store.error().to_string();
    for (const Told& each : told) {
      const auto record =
          (*store)->record(fmt::format("actor-{}", each.actor), each.receipt.sequence);
      ASSERT_TRUE(record.has_value()) << record.error().to_string();
      ASSERT_EQ(record->hash, each.receipt.head);
    }
    receipts += told.size();
    RealDisk disk;
    const auto report = verify_log(disk, folder, {.signers = {(*store)->verifier()}});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    ASSERT_EQ(report->root, (*store)->root());
  }
  EXPECT_GE(receipts, 40u);
  RealDisk disk;
  const auto names = disk.list_directory(folder);
  ASSERT_TRUE(names.has_value());
  for (const std::string& name : *names) EXPECT_TRUE(disk.remove_file(folder + "/" + name));
  EXPECT_EQ(::rmdir(folder.c_str()), 0);
}

}  // namespace
}  // namespace cairn::chain
