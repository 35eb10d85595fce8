#include <cairn/base/simulated_disk.hpp>

#include <gtest/gtest.h>

#include <cerrno>

#include "log.hpp"

namespace cairn::chain {
namespace {

constexpr std::string_view folder = "data";

struct World {
  SimulatedDisk disk;
  SeededRandom random = SeededRandom(1);
  LogOpening opening;

  Result<std::unique_ptr<Log>> try_open(uint64_t segment_bytes = 4096) {
    opening = {};
    return Log::open(
        disk, random,
        {.folder = std::string(folder), .origin = "test", .segment_bytes = segment_bytes}, opening);
  }
  std::unique_ptr<Log> open(uint64_t segment_bytes = 4096) {
    auto log = try_open(segment_bytes);
    EXPECT_TRUE(log.has_value()) << log.error().to_string();
    return log ? *std::move(log) : nullptr;
  }
};

Chain* begin(Log& log, std::string_view name) {
  Record record = {.at_ns = 1, .name = name};
  auto chain = log.stage_genesis(record, 0, {});
  EXPECT_TRUE(chain.has_value());
  return *chain;
}

/// A message that brings the state `state`.
Result<> step(Log& log, Chain& chain, const std::string& state) {
  const Bytes bytes(state.begin(), state.end());
  Record record = {.kind = RecordKind::message, .at_ns = 2};
  record.new_state = {"text/plain", Content::of(bytes)};
  return log.stage(chain, record, {{{}, {}, bytes, {}, {}, {}}});
}

void add(Log& log, std::string_view name, const std::string& state) {
  Chain* chain = log.find_chain(name);
  if (chain == nullptr) chain = begin(log, name);
  ASSERT_TRUE(step(log, *chain, state).has_value());
  const Result<> done = log.commit();
  ASSERT_TRUE(done.has_value()) << done.error().to_string();
}

std::string state_of(const Log& log, std::string_view name, uint64_t sequence) {
  const auto stored = log.read(name, sequence);
  EXPECT_TRUE(stored.has_value()) << stored.error().to_string();
  return stored ? std::string(as_text(stored->frame.contents)) : "";
}

TEST(Log, WhatWasWrittenIsThereAfterOpeningAnew) {
  World world;
  auto log = world.open();
  EXPECT_TRUE(world.opening.is_new);
  for (int i = 0; i < 200; ++i) add(*log, "actor" + std::to_string(i % 7), std::to_string(i));
  const Digest root = log->tree().root();
  const Digest head = log->chain("actor3")->head.hash;
  EXPECT_EQ(log->size(), 207u);
  log.reset();

  log = world.open();
  EXPECT_FALSE(world.opening.is_new);
  EXPECT_EQ(world.opening.indexes_rebuilt, 0u);
  EXPECT_EQ(log->tree().root(), root);
  EXPECT_EQ(log->chain("actor3")->head.hash, head);
  EXPECT_GT(world.disk.list_directory(std::string(folder))->size(), 10u);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(state_of(*log, "actor" + std::to_string(i % 7), 1 + static_cast<uint64_t>(i / 7)),
              std::to_string(i));
  }
  EXPECT_EQ(log->read("actor3", 100).error().kind, ErrorKind::not_found);
  EXPECT_EQ(log->read("nobody", 0).error().kind, ErrorKind::not_found);
  EXPECT_EQ(log->names("actor4", 2), (std::vector<std::string>{"actor5", "actor6"}));
  // All nodes prove all records.
  const auto nodes = [&log](uint8_t level, uint64_t index) { return log->node(level, index); };
  for (uint64_t i = 0; i < log->size(); ++i) {
    const auto proof = crypto::prove_inclusion(i, log->size(), nodes);
    ASSERT_TRUE(proof.has_value());
    EXPECT_TRUE(crypto::verify_inclusion(log->read(i)->hash, i, log->size(), *proof, root));
  }
}

TEST(Log, ALostIndexIsMadeAnew) {
  World world;
  auto log = world.open();
  for (int i = 0; i < 600; ++i) add(*log, "a" + std::to_string(i % 3), std::to_string(i));
  const Digest root = log->tree().root();
  log.reset();
  ASSERT_TRUE(world.disk.remove_file("data/000000000001.idx").has_value());
  world.disk.change("data/000000000002.idx", [](Bytes& bytes) { bytes[30] ^= 1; });
  world.disk.change("data/000000000003.idx", [](Bytes& bytes) { bytes.resize(50); });
  log = world.open();
  EXPECT_EQ(world.opening.indexes_rebuilt, 3u);
  EXPECT_EQ(log->tree().root(), root);
  EXPECT_EQ(state_of(*log, "a1", 200), "598");
  log.reset();
  log = world.open();
  EXPECT_EQ(world.opening.indexes_rebuilt, 0u);
}

TEST(Log, AnyByteOfAnIndexThatIsChangedIsFound) {
  World world;
  auto log = world.open();
  for (int i = 0; i < 60; ++i) add(*log, "a" + std::to_string(i % 3), std::to_string(i));
  std::vector<Digest> hashes;
  for (uint64_t i = 0; i < 20; ++i) hashes.push_back(log->read("a1", i)->hash);
  log.reset();
  const std::string path = "data/000000000001.idx";
  const Bytes good = *world.disk.contents(path);
  uint64_t found = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    world.disk.change(path, [&](Bytes& bytes) { bytes = good, bytes[at] ^= 1; });
    log = world.open();
    ASSERT_NE(log, nullptr) << at;
    found += world.opening.indexes_rebuilt;
    const Chain& chain = *log->find_chain("a1");
    bool is_found = world.opening.indexes_rebuilt != 0;
    for (uint64_t i = 0; i < hashes.size(); ++i) {
      const auto hash = log->hash_of(chain, i);
      if (hash) ASSERT_EQ(*hash, hashes[i]) << at;
      if (!hash) ASSERT_EQ(hash.error().path, path);
      is_found = is_found || !hash;
    }
    ASSERT_TRUE(is_found) << at;
    log.reset();
  }
  EXPECT_GT(found, 100u);
}

TEST(Log, OneProcessAtATime) {
  World world;
  const auto log = world.open();
  EXPECT_EQ(world.try_open().error().kind, ErrorKind::denied);
}

TEST(Log, AnyByteThatIsChangedIsFoundAndNamed) {
  World world;
  auto log = world.open(1 << 16);
  for (int i = 0; i < 12; ++i) add(*log, "a", std::to_string(i));
  log->seal();
  const uint64_t size = log->size();
  log.reset();
  const std::string path = "data/000000000000.log";
  const Bytes good = *world.disk.contents(path);
  const size_t seal = as_text(good).rfind("SEAL");
  for (size_t at = 0; at < seal; ++at) {
    world.disk.change(path, [&](Bytes& bytes) { bytes[at] ^= 0x10; });
    const auto opened = world.try_open(1 << 16);
    ASSERT_FALSE(opened.has_value()) << at;
    ASSERT_EQ(opened.error().path, path) << at << opened.error().to_string();
    ASSERT_TRUE(opened.error().kind == ErrorKind::malformed ||
                (at >= 8 && at < 12 && opened.error().kind == ErrorKind::unsupported))
        << at << opened.error().to_string();
    ASSERT_LE(opened.error().offset.value(), at);
    world.disk.change(path, [&](Bytes& bytes) { bytes = good; });
  }
  // The seal itself holds nothing that was acknowledged.
  for (size_t at = seal; at < seal + seal_bytes; ++at) {
    world.disk.change(path, [&](Bytes& bytes) { bytes = good, bytes[at] ^= 0x10; });
    const auto opened = world.open(1 << 16);
    ASSERT_NE(opened, nullptr);
    ASSERT_EQ(opened->size(), size);
  }
}

TEST(Log, ABatchThatWasNeverAcknowledgedIsCutOff) {
  World world;
  auto log = world.open(1 << 16);
  for (int i = 0; i < 5; ++i) add(*log, "a", std::to_string(i));
  log.reset();
  const std::string path = "data/000000000000.log";
  world.disk.change(path, [](Bytes& bytes) {
    size_t end = bytes.size();
    while (bytes[end - 1] == 0) --end;
    bytes[end - 1] ^= 1;
  });
  log = world.open(1 << 16);
  EXPECT_GT(world.opening.torn_bytes, 100u);
  EXPECT_EQ(log->size(), 5u);
  add(*log, "a", "other");
  log.reset();
  log = world.open(1 << 16);
  EXPECT_EQ(world.opening.torn_bytes, 0u);
  EXPECT_EQ(state_of(*log, "a", 5), "other");
}

/// Changes the last byte but the seal's, and expects that this is named.
void expect_damage(World& world, std::unique_ptr<Log> log, uint64_t segment_bytes) {
  log.reset();
  const std::string path = "data/000000000000.log";
  const Bytes good = *world.disk.contents(path);
  world.disk.change(path, [](Bytes& bytes) {
    const size_t seal = as_text(bytes).rfind("SEAL");
    ASSERT_NE(seal, std::string_view::npos);
    bytes[seal - 1] ^= 1;
  });
  const auto opened = world.try_open(segment_bytes);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, ErrorKind::malformed);
  EXPECT_EQ(opened.error().path, path);
  world.disk.change(path, [&](Bytes& bytes) { bytes = good; });
}

TEST(Log, NobodyCanSendWhatLooksLikeTheLog) {
  World world;
  auto log = world.open(1 << 16);
  add(*log, "a", "1");
  const std::string path = "data/000000000000.log";
  const SegmentHeader header = *SegmentHeader::decode(*world.disk.contents(path));
  SegmentHeader known = header;
  known.secret = {};
  EXPECT_NE(known.salt(), header.salt());
  // Even who has seen it: a message that holds seals for where it comes to lie, in a torn batch.
  ASSERT_TRUE(step(*log, *log->find_chain("a"), std::string(2000, 'x')).has_value());
  ASSERT_TRUE(log->commit().has_value());
  log.reset();
  const size_t first = as_text(*world.disk.contents(path)).find("xxxx");
  world.disk.change(path, [&](Bytes& bytes) {
    for (size_t at = first; at < first + 1900; at += seal_bytes) {
      std::ranges::copy(make_seal(header, at, 9), bytes.begin() + static_cast<ptrdiff_t>(at));
    }
  });
  log = world.open(1 << 16);
  ASSERT_NE(log, nullptr);
  EXPECT_GT(world.opening.torn_bytes, 2000u);
  EXPECT_EQ(log->size(), 2u);
}

TEST(Log, WhatWasAcknowledgedStaysSealed) {
  World world;
  auto log = world.open(1 << 16);
  for (int i = 0; i < 5; ++i) add(*log, "a", std::to_string(i));
  log->seal();
  log.reset();
  // The seal is there, of the next batch only something behind it.
  world.disk.change("data/000000000000.log", [](Bytes& bytes) {
    const size_t seal = as_text(bytes).rfind("SEAL");
    bytes[seal + 100] = 7;
  });
  log = world.open(1 << 16);
  EXPECT_GT(world.opening.torn_bytes, 0u);
  expect_damage(world, std::move(log), 1 << 16);

  // The process ended before it said so; who opens says it.
  log = world.open(1 << 16);
  add(*log, "a", "more");
  log.reset();
  expect_damage(world, world.open(1 << 16), 1 << 16);

  // What there was no room for was cut off, and the seal with it.
  log = world.open(1 << 16);
  const uint64_t now = world.disk.operations();
  world.disk.set_fault(
      [now](uint64_t operation, const std::string&) { return operation == now ? ENOSPC : 0; });
  ASSERT_TRUE(step(*log, *log->find_chain("a"), "never").has_value());
  EXPECT_EQ(log->commit().error().kind, ErrorKind::limit);
  world.disk.set_fault(nullptr);
  log->seal();
  expect_damage(world, std::move(log), 1 << 16);

  // So was it of a full segment, for whose index there was no room.
  log = world.open(1 << 16);
  world.disk.set_fault(
      [](uint64_t, const std::string& path) { return path.ends_with(".idx") ? ENOSPC : 0; });
  ASSERT_TRUE(step(*log, *log->find_chain("a"), std::string(1 << 16, 'x')).has_value());
  EXPECT_EQ(log->commit().error().kind, ErrorKind::limit);
  world.disk.set_fault(nullptr);
  log->seal();
  expect_damage(world, std::move(log), 1 << 16);
}

TEST(Log, MissingAndExchangedSegmentsAreNamed) {
  World world;
  auto log = world.open();
  for (int i = 0; i < 100; ++i) add(*log, "a", std::to_string(i));
  log.reset();
  const Bytes second = *world.disk.contents("data/000000000002.log");
  const Bytes third = *world.disk.contents("data/000000000003.log");
  world.disk.change("data/000000000002.log", [&](Bytes& bytes) { bytes = third; });
  EXPECT_EQ(world.try_open().error().path, "data/000000000002.log");
  world.disk.change("data/000000000002.log",
                    [&](Bytes& bytes) { bytes = second, bytes.resize(700); });
  auto error = world.try_open().error();
  EXPECT_EQ(error.path, "data/000000000002.log");
  EXPECT_EQ(error.message, "the segment is cut off");
  ASSERT_TRUE(world.disk.remove_file("data/000000000002.log").has_value());
  error = world.try_open().error();
  EXPECT_EQ(error.path, "data/000000000002.log");
  EXPECT_EQ(error.message, "this segment of the log is missing");
}

TEST(Log, AFullDiskRefusesAndIsFineAgain) {
  World world;
  auto log = world.open();
  add(*log, "a", "first");
  const uint64_t used = world.disk.used();
  world.disk.set_capacity(used + 3000);
  int accepted = 0;
  ErrorKind kind = ErrorKind::usage;
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(step(*log, *log->find_chain("a"), std::to_string(i)).has_value());
    if (const Result<> done = log->commit(); !done) {
      kind = done.error().kind;
    } else {
      ++accepted;
    }
  }
  EXPECT_EQ(kind, ErrorKind::limit);
  EXPECT_GT(accepted, 3);
  EXPECT_LT(accepted, 100);
  EXPECT_EQ(log->chain("a")->head.sequence, 1 + static_cast<uint64_t>(accepted));
  world.disk.set_capacity(UINT64_MAX);
  add(*log, "a", "last");
  log.reset();
  log = world.open();
  EXPECT_EQ(state_of(*log, "a", 2 + static_cast<uint64_t>(accepted)), "last");
}

TEST(Log, AFailedSyncIsFinal) {
  World world;
  auto log = world.open();
  add(*log, "a", "1");
  ASSERT_TRUE(step(*log, *log->find_chain("a"), "2").has_value());
  // The write, then the sync.
  const uint64_t now = world.disk.operations();
  world.disk.set_fault(
      [now](uint64_t operation, const std::string&) { return operation == now + 1 ? EIO : 0; });
  EXPECT_EQ(log->commit().error().kind, ErrorKind::io);
  world.disk.set_fault(nullptr);
  ASSERT_TRUE(step(*log, *log->find_chain("a"), "2").has_value());
  EXPECT_EQ(log->commit().error().kind, ErrorKind::io);
  EXPECT_EQ(log->chain("a")->head.sequence, 1u);
}

/// Who asks for something that is there must not hear that there is no such thing, or that it is
/// not for them.
TEST(Log, AnErrorThatIsFinalIsTheDisks) {
  for (const int error : {ENOENT, EACCES, ENOSPC}) {
    World world;
    auto log = world.open();
    add(*log, "a", "1");
    ASSERT_TRUE(step(*log, *log->find_chain("a"), "2").has_value());
    const uint64_t now = world.disk.operations();
    world.disk.set_fault(
        [=](uint64_t operation, const std::string&) { return operation == now + 1 ? error : 0; });
    EXPECT_EQ(log->commit().error().kind, ErrorKind::io) << error;
    EXPECT_EQ(log->commit().error().kind, ErrorKind::io) << error;
  }
}

}  // namespace
}  // namespace cairn::chain
