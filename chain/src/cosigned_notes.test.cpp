#include "cosigned_notes.hpp"

#include "store_world.hpp"

namespace cairn::chain {
namespace {

class Cosigned : public ::testing::Test {
 protected:
  Cosigned() {
    SeededRandom random(5);
    for (const char* const name : {"one", "two", "three"}) {
      keys_.push_back(crypto::Ed25519Key::make(random));
      witnesses_.push_back({name, SignatureType::cosignature, keys_.back().public_key()});
    }
  }
  std::string with(const std::string& text, std::initializer_list<size_t> by) const {
    Note note = *Note::parse(text);
    for (const size_t each : by)
      EXPECT_TRUE(note.cosign(witnesses_[each].name, keys_[each], 7).has_value());
    return note.to_string();
  }
  static uint64_t size_of(const std::string& text) {
    const auto note = Note::parse(text);
    return note ? Checkpoint::parse(note->text)->size : 0;
  }

  std::vector<crypto::Ed25519Key> keys_;
  std::vector<Verifier> witnesses_;
};

TEST_F(Cosigned, TheLargestOfEachNumberIsKept) {
  const crypto::Ed25519Key own({1});
  const auto note = [&](uint64_t size, std::initializer_list<size_t> by) {
    Note made = {.text = Checkpoint{"log", size, {}}.to_string()};
    EXPECT_TRUE(made.sign("log", own).has_value());
    return with(made.to_string(), by);
  };
  CosignedNotes notes;
  const auto sizes = [&] {
    std::vector<uint64_t> found;
    for (const size_t count : {1, 2, 3}) found.push_back(size_of(notes.largest(count)));
    return found;
  };
  using Sizes = std::vector<uint64_t>;
  notes.keep("no note");
  notes.keep(note(9, {}));
  EXPECT_EQ(notes.largest(1), "");
  notes.keep(note(5, {0}));
  EXPECT_EQ(sizes(), (Sizes{5, 0, 0}));
  notes.keep(note(3, {0, 1}));
  EXPECT_EQ(sizes(), (Sizes{5, 3, 0}));
  notes.keep(note(2, {0, 1}));
  EXPECT_EQ(sizes(), (Sizes{5, 3, 0}));
  notes.keep(note(1, {0, 1, 2}));
  EXPECT_EQ(sizes(), (Sizes{5, 3, 1}));
  EXPECT_EQ(notes.all().size(), 3u);
  EXPECT_EQ(notes.all().front(), notes.largest(3));
  notes.keep(note(5, {2}));
  EXPECT_EQ(notes.largest(1), note(5, {2})) << "the later one";
  notes.keep(note(4, {1, 2}));
  EXPECT_EQ(sizes(), (Sizes{5, 4, 1}));
  notes.keep(note(4, {1}));
  EXPECT_EQ(notes.largest(2), note(4, {1, 2}));
  notes.keep(note(6, {0, 1, 2}));
  EXPECT_EQ(sizes(), (Sizes{6, 6, 6}));
  EXPECT_EQ(notes.all().size(), 1u);
}

/// One cosigns newer ones, one is slow: what both have cosigned stays, across starts as well, and
/// may be cosigned by a third.
TEST_F(Cosigned, WhatSoManyWitnessesHaveCosignedStaysBesideNewerOnes) {
  StoreWorld world;
  world.settings.witnesses = witnesses_;
  world.settings.segment_bytes = 1024;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  std::vector<std::string> issued;
  for (int i = 0; i < 20; ++i) {
    const std::string before = i == 0 ? "" : std::to_string(i - 1);
    ASSERT_TRUE(world.append(1, message(before, std::to_string(i))).has_value());
    world.store->sign_checkpoint([&](auto note) { issued.push_back(note.value_or("")); });
    world.commit();
  }
  const auto offer = [&](size_t at, std::initializer_list<size_t> by) {
    world.store->add_cosignatures(with(issued[at], by),
                                  [](const auto& done) { EXPECT_TRUE(done.has_value()); });
    world.commit();
  };
  const auto largest = [&](size_t count) {
    return size_of(world.store->cosigned_checkpoint(count));
  };
  offer(4, {0});
  offer(9, {0});
  offer(4, {1});
  for (const bool has_indexes : {true, true, false}) {
    EXPECT_EQ(largest(1), size_of(issued[9]));
    EXPECT_EQ(largest(2), size_of(issued[4]));
    EXPECT_EQ(world.store->cosigned_checkpoint(3), "");
    world.store.reset();
    for (const std::string& name : *world.disk.list_directory("data")) {
      if (has_indexes || !name.ends_with(".idx")) continue;
      ASSERT_TRUE(world.disk.remove_file("data/" + name).has_value());
    }
    world.open();
    ASSERT_TRUE(world.begin(1, "alice").has_value());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(world.append(1, message("19", "19")).has_value());
  }
  offer(4, {2});
  EXPECT_EQ(largest(3), size_of(issued[4]));
  EXPECT_EQ(largest(1), size_of(issued[9]));
  offer(9, {1});
  EXPECT_EQ(largest(2), size_of(issued[9]));
}

}  // namespace
}  // namespace cairn::chain
