#include <gtest/gtest.h>
#include <cairn/engine/memory_provider.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

namespace cairn::engine {
namespace {

constexpr uint64_t page = 64 << 10;

wasm::MemoryType memory32() { return {.limits = {.min = 1, .max = {}}}; }
wasm::MemoryType memory64() {
  return {.address = wasm::AddrType::i64, .limits = {.min = 1, .max = {}}};
}
wasm::MemoryType shared32() { return {.limits = {.min = 1, .max = 4}, .shared = true}; }

bool is_zero(const MemoryBlock& block) {
  return std::all_of(block.base, block.base + block.size, [](uint8_t byte) { return byte == 0; });
}

struct Maker {
  const char* name;
  std::function<std::unique_ptr<MemoryProvider>()> make;
};

void PrintTo(const Maker& maker, std::ostream* out) { *out << maker.name; }

class AnyProvider : public ::testing::TestWithParam<Maker> {};

TEST_P(AnyProvider, GivesZeroedMemoriesThatGrow) {
  const auto provider = GetParam().make();
  for (const wasm::MemoryType& type : {memory32(), memory64(), shared32()}) {
    for (int round = 0; round < 3; ++round) {
      auto block = provider->allocate(type, page, 4 * page);
      ASSERT_TRUE(block) << block.error().to_string();
      EXPECT_EQ(block->size, page);
      EXPECT_TRUE(is_zero(*block));
      std::fill_n(block->base, block->size, 0xAB);
      ASSERT_TRUE(provider->grow(*block, 3 * page));
      EXPECT_EQ(block->size, 3 * page);
      EXPECT_EQ(block->base[page - 1], 0xAB);
      EXPECT_TRUE(std::all_of(block->base + page, block->base + 3 * page,
                              [](uint8_t byte) { return byte == 0; }));
      std::fill_n(block->base, block->size, 0xCD);
      block->image = unknown_image;
      provider->release(*block);
    }
  }
}

TEST_P(AnyProvider, GivesMemoriesOfNoBytes) {
  const auto provider = GetParam().make();
  for (const wasm::MemoryType& type : {memory32(), memory64()}) {
    auto block = provider->allocate(type, 0, 4 * page);
    ASSERT_TRUE(block);
    EXPECT_NE(block->base, nullptr);
    ASSERT_TRUE(provider->grow(*block, page));
    EXPECT_TRUE(is_zero(*block));
    provider->release(*block);
  }
}

TEST_P(AnyProvider, NeverMovesSharedMemories) {
  const auto provider = GetParam().make();
  auto block = provider->allocate(shared32(), page, 4 * page);
  ASSERT_TRUE(block);
  const uint8_t* base = block->base;
  ASSERT_TRUE(provider->grow(*block, 4 * page));
  EXPECT_EQ(block->base, base);
  provider->release(*block);
}

INSTANTIATE_TEST_SUITE_P(
    All, AnyProvider,
    ::testing::Values(Maker{"on_demand", [] { return make_on_demand_provider(); }},
                      Maker{"pooled", [] { return make_pooled_provider(4); }},
                      Maker{"budget", [] { return make_budget_provider(64 * page); }}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(OnDemandProvider, GuardsOnlyWhatCanBeGuarded) {
  const auto provider = make_on_demand_provider();
  auto guarded = provider->allocate(memory32(), page, 4 * page);
  auto wide = provider->allocate(memory64(), page, 4 * page);
  wasm::MemoryType bytes = memory32();
  bytes.page_size_log2 = 0;
  auto small = provider->allocate(bytes, 5, 100);
  ASSERT_TRUE(guarded && wide && small);
  EXPECT_TRUE(guarded->guarded);
  EXPECT_GE(guarded->reserved, (uint64_t{4} << 30) + guard_size);
  EXPECT_FALSE(wide->guarded);
  EXPECT_FALSE(small->guarded);
  provider->release(*guarded);
  provider->release(*wide);
  provider->release(*small);
}

TEST(PooledProvider, HandsAnUntouchedImageOutAgain) {
  const auto provider = make_pooled_provider(4);
  constexpr uint64_t image = first_image + 7;
  auto block = provider->allocate_image(memory32(), page, page, image);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->image, zero_image);
  std::fill_n(block->base, 100, 0x11);
  block->image = image;
  provider->release(*block);

  auto again = provider->allocate_image(memory32(), page, page, image);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->image, image);
  EXPECT_EQ(again->base[99], 0x11);
  provider->release(*again);

  auto other = provider->allocate_image(memory32(), page, page, image + 1);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->image, zero_image);
  EXPECT_TRUE(is_zero(*other));
  provider->release(*other);
}

TEST(PooledProvider, CleansReusedSlotsOfEverySize) {
  const auto provider = make_pooled_provider(1);
  const uint64_t sizes[] = {page, 40 * page, 3 * page, 0, 40 * page, page};
  for (const uint64_t size : sizes) {
    for (const uint64_t left_behind : {unknown_image, zero_image, first_image}) {
      auto block = provider->allocate_image(memory32(), size, 100 * page, first_image + 1);
      ASSERT_TRUE(block);
      EXPECT_TRUE(is_zero(*block));
      if (left_behind != zero_image) std::fill_n(block->base, block->size, 0x77);
      block->image = left_behind;
      provider->release(*block);
    }
  }
  auto block = provider->allocate(memory32(), page, 100 * page);
  ASSERT_TRUE(block && provider->grow(*block, 50 * page));
  EXPECT_TRUE(is_zero(*block));
  provider->release(*block);
}

TEST(BudgetProvider, KeepsItsBudget) {
  const auto provider = make_budget_provider(3 * page);
  auto a = provider->allocate(memory32(), page, 4 * page);
  ASSERT_TRUE(a);
  EXPECT_FALSE(a->guarded);
  EXPECT_EQ(provider->allocate(memory32(), 3 * page, 4 * page).error().kind, ErrorKind::limit);
  EXPECT_FALSE(provider->grow(*a, 4 * page));
  EXPECT_TRUE(provider->grow(*a, 3 * page));
  provider->release(*a);
  // Of a shared memory the maximum counts.
  EXPECT_FALSE(provider->allocate(shared32(), page, 4 * page));
  auto b = provider->allocate(memory32(), 3 * page, 3 * page);
  ASSERT_TRUE(b);
  provider->release(*b);
}

/// Memories of one page come from regions of many.
TEST(BudgetProvider, GivesPagesThatAreClean) {
  constexpr uint64_t count = 200;  // more than a region has, and more than are kept as they are
  const auto provider = make_budget_provider(2 * count * page);
  for (int round = 0; round < 3; ++round) {
    std::vector<MemoryBlock> blocks;
    for (uint64_t i = 0; i < count; ++i) {
      auto block = provider->allocate(memory32(), page, 2 * page);
      ASSERT_TRUE(block);
      EXPECT_TRUE(is_zero(*block)) << round << ' ' << i;
      std::memset(block->base, static_cast<int>(i), page);
      blocks.push_back(*block);
    }
    for (uint64_t i = 0; i < count; i += 2) {
      ASSERT_TRUE(provider->grow(blocks[i], 2 * page));
      EXPECT_EQ(blocks[i].base[page - 1], static_cast<uint8_t>(i));
      EXPECT_EQ(blocks[i].base[page], 0);
    }
    for (uint64_t i = 0; i < count; ++i) {
      EXPECT_EQ(blocks[i].base[0], static_cast<uint8_t>(i)) << "nobody else has it";
      provider->release(blocks[i]);
    }
  }
}

TEST(FailingProvider, FailsTheChosenCall) {
  const auto provider = make_failing_provider(make_on_demand_provider(), 3);
  auto block = provider->allocate(memory32(), page, 8 * page);
  ASSERT_TRUE(block);
  EXPECT_TRUE(provider->grow(*block, 2 * page));
  EXPECT_FALSE(provider->grow(*block, 3 * page));
  EXPECT_EQ(block->size, 2 * page);
  EXPECT_TRUE(provider->grow(*block, 3 * page));
  provider->release(*block);
}

}  // namespace
}  // namespace cairn::engine
