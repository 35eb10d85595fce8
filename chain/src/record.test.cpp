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

/// One of each kind; those that say how it is done once more.
std::vector<std::pair<std::string, actor::Effect>> golden_effects() {
  using actor::EffectKind;
  std::vector<std::pair<std::string, actor::Effect>> all;
  for (int kind = 0; kind <= static_cast<int>(EffectKind::remove_value); ++kind) {
    const auto of = static_cast<EffectKind>(kind);
    all.emplace_back(to_string(of),
                     actor::Effect{.kind = of, .to = "bob", .payload = actor::Payload("hi")});
  }
  all.emplace_back("send-with", actor::Effect{.to = "bob",
                                              .payload = actor::Payload("{}", actor::json),
                                              .priority = actor::Priority::critical,
                                              .time_to_live_ns = 1'500'000'000});
  all.emplace_back("publish-with", actor::Effect{.kind = EffectKind::publish,
                                                 .to = "news.x",
                                                 .payload = actor::Payload("hi"),
                                                 .priority = actor::Priority::low});
  all.emplace_back("spawn-with", actor::Effect{.kind = EffectKind::spawn,
                                               .to = "account carol",
                                               .payload = actor::Payload("100"),
                                               .restart = actor::Restart::transient,
                                               .significant = true});
  return all;
}

// These bytes, too.
TEST(Contents, GoldenFileOfEffects) {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR) + "/chain/golden/effects-v1.txt");
  ASSERT_TRUE(file.good());
  std::map<std::string, std::string> golden;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name, bytes;
    if (line.starts_with('#') || !(words >> name >> bytes)) continue;
    golden[name] = bytes;
  }
  for (const auto& [name, effect] : golden_effects()) {
    const Bytes bytes = encode_effects({effect});
    EXPECT_EQ(hex(bytes), golden[name]) << name;
    const auto read = decode_effects(bytes, 1);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    const actor::Effect& again = read->front();
    EXPECT_EQ(again.kind, effect.kind);
    EXPECT_EQ(again.priority, effect.priority);
    EXPECT_EQ(again.time_to_live_ns, effect.time_to_live_ns);
    EXPECT_EQ(again.restart, effect.restart);
    EXPECT_EQ(again.significant, effect.significant);
  }
  EXPECT_EQ(golden.size(), golden_effects().size());
}

TEST(Contents, OptionsOfEffectsHaveOneForm) {
  const auto wrong = [](Bytes options, uint8_t kind) {
    Bytes bytes = {kind, 1, 'b', 0, 0};
    append(bytes, options);
    const auto read = decode_effects(bytes, 1);
    return read ? std::string() : read.error().message;
  };
  constexpr uint8_t send = 12, publish = 13, spawn = 14;
  EXPECT_EQ(wrong({3, 0}, send), "");
  EXPECT_EQ(wrong({1, 5}, publish), "");
  EXPECT_EQ(wrong({0, 1}, spawn), "");
  // What says nothing has another number.
  EXPECT_NE(wrong({1, 0}, send), "");
  EXPECT_NE(wrong({1, 0}, publish), "");
  EXPECT_NE(wrong({0, 0}, spawn), "");
  EXPECT_NE(wrong({4, 0}, send), "");
  EXPECT_NE(wrong({3, 0}, spawn), "");
  EXPECT_NE(wrong({1, 2}, spawn), "");
  EXPECT_NE(wrong({1, 0x80, 0}, send), "") << "a number is longer than it must be";
  EXPECT_NE(wrong({1}, send), "");
  EXPECT_NE(wrong({1, 1}, 15), "") << "an unknown kind of effect";
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
