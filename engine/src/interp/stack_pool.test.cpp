#include "interp/stack_pool.hpp"

#include <gtest/gtest.h>

#include "interp/execution_data.hpp"

namespace cairn::engine {
namespace {

constexpr uint64_t slot_count = (uint64_t{1} << 20) + 3;
constexpr uint64_t frame_count = 20'001;
constexpr uint64_t kept_bytes = 256 << 10;  // of each of both
constexpr uint64_t kept_slots = kept_bytes / sizeof(uint64_t);
constexpr uint64_t kept_frames = kept_bytes / sizeof(Frame);

/// As calls do that go so deep.
void use(const Stacks& stacks, uint64_t slots, uint64_t frames) {
  for (uint64_t at = 0; at < slots; ++at) stacks.slots[at] = at + 1;
  for (uint64_t at = 0; at < frames; ++at) stacks.frames[at].fp = stacks.slots + at;
}

TEST(StackPool, WhatWasUsedStaysUpToALimit) {
  StackPool pool;
  const Stacks stacks = pool.take(slot_count, frame_count);
  ASSERT_NE(stacks.slots, nullptr);
  use(stacks, kept_slots, kept_frames);
  pool.give_back(stacks);
  const Stacks again = pool.take(slot_count, frame_count);
  ASSERT_EQ(again.slots, stacks.slots);
  EXPECT_EQ(again.slots[kept_slots - 1], kept_slots);
  EXPECT_EQ(again.frames[kept_frames - 1].fp, again.slots + kept_frames - 1);

  use(again, slot_count, frame_count);
  pool.give_back(again);
  const Stacks trimmed = pool.take(slot_count, frame_count);
  ASSERT_EQ(trimmed.slots, stacks.slots);
  EXPECT_EQ(trimmed.slots[kept_slots - 1], kept_slots);
  EXPECT_EQ(trimmed.frames[kept_frames - 1].fp, trimmed.slots + kept_frames - 1);
  // The last page of the slots is shared with the first frames.
  EXPECT_EQ(trimmed.slots[kept_slots + 1024], 0u);
  EXPECT_EQ(trimmed.slots[slot_count - 1024], 0u);
  EXPECT_EQ(trimmed.frames[kept_frames + 512].fp, nullptr);
  EXPECT_EQ(trimmed.frames[frame_count - 512].fp, nullptr);
  pool.give_back(trimmed);
}

TEST(StackPool, SmallOnesAreKeptWhole) {
  StackPool pool;
  const Stacks stacks = pool.take(1000, 10);
  ASSERT_NE(stacks.slots, nullptr);
  use(stacks, 1000, 10);
  pool.give_back(stacks);
  const Stacks again = pool.take(1000, 10);
  ASSERT_EQ(again.slots, stacks.slots);
  EXPECT_EQ(again.slots[999], 1000u);
  EXPECT_EQ(again.frames[9].fp, again.slots + 9);
  pool.give_back(again);
}

}  // namespace
}  // namespace cairn::engine
