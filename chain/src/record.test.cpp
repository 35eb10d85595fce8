#include <cairn/base/random.hpp>
#include <cairn/chain/record.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "contents.hpp"
#include "record_samples.hpp"

namespace cairn::chain {
namespace {

Bytes encoded(const Record& record) {
  Bytes out;
  const Result<> done = record.encode(out);
  EXPECT_TRUE(done.has_value()) << done.error().to_string();
  return out;
}

std::string hex(ByteSpan bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

TEST(Record, AnyRecordIsReadAsItWasWritten) {
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    SeededRandom random(seed);
    const RandomRecord sample(random);
    const Bytes bytes = encoded(sample.record);
    ASSERT_LE(bytes.size(), record_bytes_max);
    const auto read = Record::decode(bytes);
    ASSERT_TRUE(read.has_value()) << "seed " << seed << ": " << read.error().to_string();
    ASSERT_EQ(*read, sample.record) << "seed " << seed;
  }
}

// What is read at all is the only form of what it says.
TEST(Record, WhatIsChangedIsRefusedOrAnotherRecord) {
  size_t refused = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SeededRandom random(seed);
    const RandomRecord sample(random);
    const Bytes bytes = encoded(sample.record);
    for (int turn = 0; turn < 100; ++turn) {
      Bytes changed = bytes;
      switch (random.below(4)) {
        case 0: changed.resize(random.below(changed.size())); break;
        case 1: changed.push_back(static_cast<uint8_t>(random.below(256))); break;
        case 2:
          changed.insert(changed.begin() + static_cast<ptrdiff_t>(random.below(changed.size())),
                         0x80);
          break;
        default:
          changed[random.below(changed.size())] ^= static_cast<uint8_t>(1 + random.below(255));
      }
      const auto read = Record::decode(changed);
      if (!read) {
        ASSERT_LE(read.error().offset.value_or(0), changed.size());
        ++refused;
        continue;
      }
      ASSERT_NE(*read, sample.record);
      ASSERT_EQ(encoded(*read), changed);
    }
  }
  EXPECT_GT(refused, 5'000u);
}

TEST(Record, NumbersLongerThanTheyMustBeAreRefused) {
  const Record genesis = {.name = "a"};
  Bytes bytes = encoded(genesis);
  ASSERT_EQ(bytes.back(), 0);
  bytes.back() = 0x80;
  bytes.push_back(0);
  const auto read = Record::decode(bytes);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message, "not a record: a number is longer than it must be");
  EXPECT_EQ(read.error().offset, bytes.size() - 2);
}

TEST(Record, OtherVersionsAreSaidToBeSuch) {
  Bytes bytes = encoded({.name = "a"});
  bytes[0] = 2;
  const auto read = Record::decode(bytes);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().kind, ErrorKind::unsupported);
}

TEST(Record, TextsHaveALimit) {
  Bytes out;
  const std::string name(name_bytes_max, 'n');
  EXPECT_TRUE((Record{.name = name}.encode(out)).has_value());
  const std::string longer(name_bytes_max + 1, 'n');
  EXPECT_EQ((Record{.name = longer}.encode(out)).error().kind, ErrorKind::limit);
  EXPECT_EQ((Record{}.encode(out)).error().kind, ErrorKind::usage);

  // Not in the middle of a character.
  std::string reason(reason_bytes_max - 1, 'r');
  reason += "\xc3\xa4";
  actor::Transition transition;
  transition.reason = reason;
  const auto prepared = Prepared::of(std::move(transition));
  ASSERT_TRUE(prepared.has_value());
  EXPECT_EQ(prepared->record().reason, std::string(reason_bytes_max - 1, 'r'));
}

TEST(Record, TheHashIsTheLeafOfTheTree) {
  const Bytes bytes = encoded({.name = "a"});
  EXPECT_EQ(record_hash(bytes), crypto::merkle_leaf(bytes));
  EXPECT_NE(record_hash(bytes), Content::of(bytes).digest);
  EXPECT_EQ(Content::of({}), Content{});
}

// The bytes of these records are promised for ever (docs/chain.md).
TEST(Record, GoldenFile) {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR) + "/chain/golden/records-v1.txt");
  ASSERT_TRUE(file.good());
  std::map<std::string, std::string> golden;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name, bytes, hash;
    if (line.starts_with('#') || !(words >> name >> bytes >> hash)) continue;
    golden[name] = bytes + " " + hash;
  }
  for (const auto& [name, record] : golden_records()) {
    const Bytes bytes = encoded(record);
    EXPECT_EQ(hex(bytes) + " " + crypto::to_hex(record_hash(bytes)), golden[name]) << name;
  }
  EXPECT_EQ(golden.size(), golden_records().size());
}

TEST(Contents, ListsAreReadAsTheyWereWritten) {
  const std::vector<actor::HostResult> results = {{"wasi:clocks/now", {1, 2, 3}}, {"", {}}};
  const Bytes encoded_results = encode_host_results(results);
  EXPECT_EQ(*decode_host_results(encoded_results, 2), results);
  EXPECT_FALSE(decode_host_results(encoded_results, 1).has_value());
  EXPECT_FALSE(decode_host_results(encoded_results, 3).has_value());
  EXPECT_FALSE(decode_host_results(encoded_results, UINT64_MAX).has_value());

  std::vector<actor::Effect> effects(2);
  effects[0] = {.to = "bob", .payload = actor::Payload("hi")};
  effects[1] = {.kind = actor::EffectKind::publish,
                .to = "news",
                .payload = actor::Payload(Bytes(100, 7), "image/png")};
  const Bytes encoded_effects = encode_effects(effects);
  const auto read = decode_effects(encoded_effects, 2);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(encode_effects(*read), encoded_effects);
  EXPECT_EQ((*read)[1].to, "news");
  EXPECT_EQ((*read)[1].payload.media_type(), "image/png");
  EXPECT_FALSE(decode_effects(ByteSpan(encoded_effects).first(30), 2).has_value());
}

}  // namespace
}  // namespace cairn::chain
