// Both kinds of buckets keep the same rules.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cairn/wasi/key_value.hpp>

#include <csignal>
#include <thread>

#include "sandbox/testing.hpp"

namespace cairn::wasi {
namespace {

using Keys = std::vector<std::string>;

std::shared_ptr<KeyValueBucket> on_disk(const std::string& path, const KeyValueLimits& limits) {
  Result<database::Database> database = database::Database::open(path);
  EXPECT_TRUE(database) << database.error().to_string();
  auto bucket = make_disk_bucket(*std::move(database), limits);
  EXPECT_TRUE(bucket) << bucket.error().to_string();
  return *bucket;
}

KeyValueResult<> set(KeyValueBucket& bucket, const std::string& key, Bytes value) {
  std::vector<KeyValueBucket::Change> changes;
  changes.push_back({key, std::move(value)});
  return bucket.change(std::move(changes));
}
KeyValueResult<> erase(KeyValueBucket& bucket, const std::string& key) {
  return bucket.change({{key, std::nullopt}});
}
std::optional<Bytes> get(KeyValueBucket& bucket, const std::string& key) {
  const auto found = bucket.get(key).value();
  return found ? std::optional(found->value) : std::nullopt;
}

class Buckets : public testing::TestWithParam<bool> {
 protected:
  std::shared_ptr<KeyValueBucket> make(const KeyValueLimits& limits = {}) {
    if (GetParam()) return on_disk(folder_ / "bucket", limits);
    return std::make_shared<MemoryBucket>(limits);
  }
  TestFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(, Buckets, testing::Bool(),
                         [](const auto& info) { return info.param ? "OnDisk" : "InMemory"; });

TEST_P(Buckets, KeepValuesUpToTheirLimit) {
  const auto bucket = make({.bytes_max = 10});
  EXPECT_TRUE(set(*bucket, "a", Bytes(4)));
  EXPECT_TRUE(set(*bucket, "b", Bytes(4)));
  EXPECT_EQ(set(*bucket, "c", Bytes()).error().message,
            "the bucket is full: its limit is 10 bytes");
  EXPECT_FALSE(set(*bucket, "a", Bytes(5)));
  EXPECT_EQ(get(*bucket, "a"), Bytes(4)) << "what did not fit has changed nothing";
  EXPECT_TRUE(erase(*bucket, "b"));
  EXPECT_TRUE(erase(*bucket, "b"));
  EXPECT_TRUE(set(*bucket, "a", Bytes(9)));
}

TEST_P(Buckets, BoundKeysAndValues) {
  const auto bucket = make({.key_bytes_max = 3, .value_bytes_max = 5});
  EXPECT_TRUE(set(*bucket, "abc", Bytes(5)));
  EXPECT_EQ(set(*bucket, "abcd", {}).error().message, "the key is too long: the limit is 3 bytes");
  EXPECT_EQ(bucket->replace("a", 0, Bytes(6)).error().message,
            "the value is too long: the limit is 5 bytes");
  EXPECT_FALSE(get(*bucket, "a"));
}

TEST_P(Buckets, SwapWhatIsStillTheSame) {
  const auto bucket = make();
  EXPECT_TRUE(bucket->replace("k", 0, {1}).value());
  EXPECT_FALSE(bucket->replace("k", 0, {2}).value());
  const uint64_t version = bucket->get("k").value()->version;
  EXPECT_TRUE(set(*bucket, "k", {1}));
  EXPECT_FALSE(bucket->replace("k", version, {3}).value()) << "also to the same value and back";
  EXPECT_TRUE(erase(*bucket, "k"));
  EXPECT_FALSE(bucket->replace("k", version, {3}).value()) << "nor one that is gone";
  EXPECT_TRUE(bucket->replace("k", 0, {4}).value());
  EXPECT_NE(bucket->get("k").value()->version, version);
  EXPECT_TRUE(bucket->replace("k", bucket->get("k").value()->version, {5}).value());
}

TEST_P(Buckets, ListKeysInOrder) {
  const auto bucket = make();
  const std::string bytes("a\0\xff", 3);
  for (const std::string& key : {std::string("c"), std::string("a"), std::string("d"),
                                 std::string("b"), std::string(), bytes})
    EXPECT_TRUE(set(*bucket, key, {}));
  EXPECT_EQ(bucket->keys_after(std::nullopt, 4).value(), (Keys{"", "a", bytes, "b"}));
  EXPECT_EQ(bucket->keys_after("b", 4).value(), (Keys{"c", "d"}));
  EXPECT_EQ(bucket->keys_after("aa", 1).value(), Keys{"b"});
  EXPECT_TRUE(bucket->keys_after("d", 3).value().empty());
}

TEST_P(Buckets, ChangeAllOrNothing) {
  const auto bucket = make({.bytes_max = 10});
  EXPECT_TRUE(bucket->change({{"a", Bytes(3)}, {"b", Bytes(3)}, {"a", std::nullopt}}));
  EXPECT_EQ(bucket->keys_after(std::nullopt, 9).value(), Keys{"b"});
  EXPECT_FALSE(bucket->change({{"b", std::nullopt}, {"c", Bytes(4)}, {"d", Bytes(5)}}));
  EXPECT_EQ(bucket->keys_after(std::nullopt, 9).value(), Keys{"b"});
  EXPECT_TRUE(bucket->change({{"b", std::nullopt}, {"c", Bytes(4)}, {"d", Bytes(4)}}));
  EXPECT_FALSE(set(*bucket, "e", {})) << "all bytes were counted";
}

TEST(DiskBucket, KeepsThingsForOthers) {
  const TestFolder folder;
  {
    const auto bucket = on_disk(folder / "bucket", {});
    EXPECT_TRUE(set(*bucket, "key", {1, 2}));
  }
  const auto first = on_disk(folder / "bucket", {});
  const auto second = on_disk(folder / "bucket", {});
  EXPECT_EQ(get(*first, "key"), (Bytes{1, 2}));
  const uint64_t version = first->get("key").value()->version;
  EXPECT_TRUE(set(*second, "key", {3}));
  EXPECT_FALSE(first->replace("key", version, {4}).value());
  EXPECT_EQ(get(*first, "key"), Bytes{3});
}

TEST(DiskBucket, RefusesOtherDatabases) {
  const TestFolder folder;
  auto other = database::Database::open(folder / "other").value();
  EXPECT_TRUE(other.execute("CREATE TABLE t(a)"));
  EXPECT_EQ(make_disk_bucket(std::move(other)).error().message, "it is a database, but no bucket");
  on_disk(folder / "newer", {});
  auto newer = database::Database::open(folder / "newer").value();
  EXPECT_TRUE(newer.execute("PRAGMA user_version = 2"));
  EXPECT_EQ(make_disk_bucket(std::move(newer)).error().kind, ErrorKind::usage);
}

/// Two threads with a connection each, as two processes have, count without losing anything.
TEST(DiskBucket, CountsForAll) {
  const TestFolder folder;
  on_disk(folder / "bucket", {});
  const auto count = [&] {
    const auto bucket = on_disk(folder / "bucket", {});
    for (int i = 0; i < 20;) {
      const auto found = bucket->get("n").value();
      const uint8_t number = found ? found->value[0] : 0;
      const auto replaced =
          bucket->replace("n", found ? found->version : 0, {static_cast<uint8_t>(number + 1)});
      ASSERT_TRUE(replaced) << replaced.error().message;
      i += *replaced ? 1 : 0;
    }
  };
  std::thread other(count);
  count();
  other.join();
  EXPECT_EQ(get(*on_disk(folder / "bucket", {}), "n"), Bytes{40});
}

/// A batch of a process that was killed is there, or it is not; and the bucket still counts right.
TEST(DiskBucket, SurvivesItsProcess) {
  const TestFolder folder;
  on_disk(folder / "bucket", {});
  // Two that open it at the same moment may be in each other's way: first this one, then the other.
  int begin[2] = {}, opened[2] = {};
  ASSERT_TRUE(pipe(begin) == 0 && pipe(opened) == 0);
  char sign = 0;
  const pid_t child = fork();
  if (child == 0) {
    if (read(begin[0], &sign, 1) != 1) _exit(1);
    const auto bucket = on_disk(folder / "bucket", {});
    if (write(opened[1], &sign, 1) != 1) _exit(1);
    for (uint8_t i = 1;; ++i)
      if (!bucket->change({{"a", Bytes(1, i)}, {"b", Bytes(i, i)}, {"c", Bytes(1, i)}})) _exit(1);
  }
  const auto bucket = on_disk(folder / "bucket", {});
  ASSERT_EQ(write(begin[1], &sign, 1), 1);
  ASSERT_EQ(read(opened[0], &sign, 1), 1);
  // Now and then the other one holds it for too long, or has left it to be put in order first.
  const auto value = [&](const char* key) {
    for (;;) {
      if (auto found = get(*bucket, key)) return *std::move(found);
      std::this_thread::yield();
    }
  };
  while (value("a").front() < 10) std::this_thread::yield();
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const uint8_t last = value("a").front();
  EXPECT_GE(last, 10);
  EXPECT_EQ(value("b"), Bytes(last, last));
  EXPECT_EQ(value("c"), Bytes(1, last));
  const auto tight = on_disk(folder / "bucket", {.bytes_max = 5u + last});
  EXPECT_TRUE(set(*tight, "a", {1}));
  EXPECT_FALSE(set(*tight, "a", {1, 2}));
}

}  // namespace
}  // namespace cairn::wasi
