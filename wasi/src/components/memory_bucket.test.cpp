#include <gtest/gtest.h>
#include <cairn/wasi/key_value.hpp>

namespace cairn::wasi {
namespace {

TEST(MemoryBucket, KeepsValuesUpToItsLimit) {
  MemoryBucket bucket(10);
  EXPECT_TRUE(bucket.set("a", Bytes(4)));
  EXPECT_TRUE(bucket.set("b", Bytes(4)));
  EXPECT_FALSE(bucket.set("c", Bytes()));
  EXPECT_FALSE(bucket.set("a", Bytes(5)));
  EXPECT_EQ(bucket.get("a").value()->value.size(), 4u) << "what did not fit has changed nothing";
  EXPECT_TRUE(bucket.erase("b"));
  EXPECT_TRUE(bucket.erase("b"));
  EXPECT_TRUE(bucket.set("a", Bytes(9)));
}

TEST(MemoryBucket, SwapsWhatIsStillTheSame) {
  MemoryBucket bucket(100);
  EXPECT_TRUE(bucket.replace("k", 0, {1}).value());
  EXPECT_FALSE(bucket.replace("k", 0, {2}).value());
  const uint64_t version = bucket.get("k").value()->version;
  EXPECT_TRUE(bucket.set("k", {1}));
  EXPECT_FALSE(bucket.replace("k", version, {3}).value()) << "also to the same value and back";
  EXPECT_TRUE(bucket.replace("k", bucket.get("k").value()->version, {4}).value());
}

TEST(MemoryBucket, ListsKeysInOrder) {
  MemoryBucket bucket(100);
  for (const char* const key : {"c", "a", "d", "b"}) EXPECT_TRUE(bucket.set(key, {}));
  EXPECT_EQ(bucket.keys_after(std::nullopt, 3).value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(bucket.keys_after("c", 3).value(), std::vector<std::string>{"d"});
  EXPECT_TRUE(bucket.keys_after("d", 3).value().empty());
}

}  // namespace
}  // namespace cairn::wasi
