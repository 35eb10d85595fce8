#include <cairn/chain/verify.hpp>

#include "store_world.hpp"

namespace cairn::chain {
namespace {

TEST(Store, CheckpointsAreSignedAndCosigned) {
  StoreWorld world;
  SeededRandom random(5);
  const auto witness = crypto::Ed25519Key::make(random);
  const Verifier known = {"witness", SignatureType::cosignature, witness.public_key()};
  world.settings.witnesses = {known};
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  ASSERT_TRUE(world.append(1, message("", "one")).has_value());
  EXPECT_EQ(world.store->checkpoint(), "");
  Result<std::string> text = fail(ErrorKind::usage, "");
  world.store->sign_checkpoint([&](auto note) { text = std::move(note); });
  world.commit();
  ASSERT_TRUE(text.has_value());
  Note note = *Note::parse(*text);
  EXPECT_TRUE(note.verify(world.store->verifier()).has_value());
  const Checkpoint checkpoint = *Checkpoint::parse(note.text);
  EXPECT_EQ(checkpoint, (Checkpoint{"example.com/log", 2, world.store->root()}));

  Result<> taken;
  const auto offer = [&](const std::string& given) {
    world.store->add_cosignatures(given, [&](auto done) { taken = std::move(done); });
    world.commit();
    return taken.has_value();
  };
  EXPECT_FALSE(offer(*text));
  Note forged = note;
  ASSERT_TRUE(forged.cosign("witness", witness, 7).has_value());
  forged.signatures.back().signature[20] ^= 1;
  EXPECT_FALSE(offer(forged.to_string()));
  ASSERT_TRUE(note.cosign("witness", witness, 7).has_value());
  EXPECT_TRUE(offer(note.to_string()));
  world.open();
  EXPECT_EQ(*Note::parse(world.store->checkpoint())->verify(known), 7u);
  EXPECT_TRUE(Note::parse(world.store->checkpoint())->verify(world.store->verifier()).has_value());
  // The log's own signature is on it, but it was never issued.
  Note other = {.text = Checkpoint{"example.com/log", 1, world.store->root()}.to_string()};
  ASSERT_TRUE(other.sign("example.com/log", world.key).has_value());
  ASSERT_TRUE(other.cosign("witness", witness, 7).has_value());
  EXPECT_FALSE(offer(other.to_string()));
  EXPECT_EQ(taken.error().kind, ErrorKind::usage);
}

TEST(Store, WitnessesMayAnswerLate) {
  StoreWorld world;
  SeededRandom random(5);
  std::vector<crypto::Ed25519Key> keys;
  for (const char* name : {"one", "two"}) {
    keys.push_back(crypto::Ed25519Key::make(random));
    world.settings.witnesses.push_back(
        {name, SignatureType::cosignature, keys.back().public_key()});
  }
  world.settings.segment_bytes = 1024;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  std::vector<std::string> issued;
  std::string state;
  const auto grow = [&] {
    const std::string next = std::to_string(issued.size());
    ASSERT_TRUE(world.append(1, message(state, next)).has_value());
    state = next;
    world.store->sign_checkpoint([&](auto note) { issued.push_back(note.value_or("")); });
    world.commit();
  };
  const auto offer = [&](const std::string& text, size_t by) {
    Note note = *Note::parse(text);
    EXPECT_TRUE(note.cosign(world.settings.witnesses[by].name, keys[by], 7).has_value());
    world.store->add_cosignatures(note.to_string(),
                                  [](const auto& done) { EXPECT_TRUE(done.has_value()); });
  };
  const auto cosigned_size = [&] {
    return Checkpoint::parse(Note::parse(world.store->cosigned_checkpoint())->text)->size;
  };
  const auto is_cosigned = [&](size_t by) {
    return Note::parse(world.store->cosigned_checkpoint())
        ->verify(world.settings.witnesses[by])
        .has_value();
  };
  for (int i = 0; i < 10; ++i) grow();
  // One of a newer one, then one of an older one, in one round and behind it.
  offer(issued[6], 0);
  offer(issued[4], 1);
  world.commit();
  EXPECT_EQ(cosigned_size(), 8u);
  offer(issued[3], 1);
  world.commit();
  EXPECT_EQ(cosigned_size(), 8u);
  EXPECT_TRUE(is_cosigned(0));
  EXPECT_FALSE(is_cosigned(1));
  EXPECT_EQ(world.store->checkpoint(), issued.back()) << "it is still the newest";
  // The second one of the same adds to the first.
  offer(issued[6], 1);
  world.commit();
  EXPECT_TRUE(is_cosigned(0));
  EXPECT_TRUE(is_cosigned(1));
  // What is known already is in no log again.
  const uint64_t used = world.disk.used();
  const std::string both = world.store->cosigned_checkpoint();
  for (int i = 0; i < 100; ++i) {
    offer(issued[6], static_cast<size_t>(i % 2));
    world.commit();
  }
  EXPECT_EQ(world.disk.used(), used);
  EXPECT_EQ(world.store->cosigned_checkpoint(), both);

  const std::string cosigned = world.store->cosigned_checkpoint();
  world.open();
  EXPECT_EQ(world.store->cosigned_checkpoint(), cosigned);
  EXPECT_EQ(world.store->checkpoint(), issued.back());
  offer(issued.back(), 1);
  world.commit();
  EXPECT_EQ(cosigned_size(), 11u);
  const auto report =
      verify_log(world.disk, "data",
                 {.signers = {world.store->verifier()}, .witnesses = world.settings.witnesses});
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->signed_records, 11u);
}

TEST(Store, CheckpointsAreForgottenAfterAWhile) {
  StoreWorld world;
  SeededRandom random(5);
  const auto witness = crypto::Ed25519Key::make(random);
  world.settings.witnesses = {{"witness", SignatureType::cosignature, witness.public_key()}};
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  std::vector<std::string> issued;
  std::string state;
  for (size_t i = 0; i <= checkpoints_kept; ++i) {
    const std::string next = std::to_string(i);
    ASSERT_TRUE(world.append(1, message(state, next)).has_value());
    state = next;
    world.store->sign_checkpoint([&](auto note) { issued.push_back(note.value_or("")); });
    world.commit();
  }
  for (const size_t at : {size_t{0}, size_t{1}}) {
    Note note = *Note::parse(issued[at]);
    ASSERT_TRUE(note.cosign("witness", witness, 7).has_value());
    Result<> taken;
    world.store->add_cosignatures(note.to_string(), [&](auto done) { taken = std::move(done); });
    world.commit();
    EXPECT_EQ(taken.has_value(), at == 1);
  }
}

TEST(Store, TheLastCosignedCheckpointStaysBesideNewerOnes) {
  StoreWorld world;
  SeededRandom random(5);
  const auto witness = crypto::Ed25519Key::make(random);
  world.settings.witnesses = {{"witness", SignatureType::cosignature, witness.public_key()}};
  world.settings.segment_bytes = 1024;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  std::string text;
  const auto sign = [&] {
    world.store->sign_checkpoint([&](auto note) { text = note.value_or(""); });
    world.commit();
  };
  const auto cosign = [&] {
    Note note = *Note::parse(text);
    ASSERT_TRUE(note.cosign("witness", witness, 7).has_value());
    text = note.to_string();
    world.store->add_cosignatures(text, [](auto done) { EXPECT_TRUE(done.has_value()); });
    world.commit();
  };
  sign();
  EXPECT_EQ(world.store->cosigned_checkpoint(), "");
  cosign();
  std::string cosigned = text;
  std::string state;
  for (int i = 0; i < 20; ++i) {
    const std::string next = std::to_string(i);
    ASSERT_TRUE(world.append(1, message(state, next)).has_value());
    state = next;
    sign();
    EXPECT_EQ(world.store->checkpoint(), text);
    EXPECT_EQ(world.store->cosigned_checkpoint(), cosigned);
  }
  // Also where it is only known from an index, and where that was lost.
  world.open();
  EXPECT_EQ(world.store->cosigned_checkpoint(), cosigned);
  EXPECT_EQ(world.store->checkpoint(), text);
  world.store.reset();
  for (const std::string& name : *world.disk.list_directory("data")) {
    if (name.ends_with(".idx")) ASSERT_TRUE(world.disk.remove_file("data/" + name).has_value());
  }
  world.open();
  EXPECT_GT(world.store->opening().indexes_rebuilt, 5u);
  EXPECT_EQ(world.store->cosigned_checkpoint(), cosigned);
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  cosign();
  EXPECT_EQ(world.store->cosigned_checkpoint(), text);
  EXPECT_EQ(world.store->checkpoint(), text);
}

TEST(Store, ACosignatureStaysBesideNewRecordsAndOthers) {
  StoreWorld world;
  SeededRandom random(5);
  std::vector<crypto::Ed25519Key> keys;
  for (const char* name : {"one", "two"}) {
    keys.push_back(crypto::Ed25519Key::make(random));
    world.settings.witnesses.push_back(
        {name, SignatureType::cosignature, keys.back().public_key()});
  }
  world.settings.checkpoint_interval_ns = 1'000;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  const auto sign = [&] {
    std::string text;
    world.store->sign_checkpoint([&](auto note) { text = note.value_or(""); });
    EXPECT_TRUE(world.store->commit());
    return text;
  };
  std::string text = sign();
  ASSERT_TRUE(world.append(1, message("", "one")).has_value());
  world.clock.advance(1'000'000);

  int accepted = 0;
  const auto offer = [&](size_t by) {
    Note note = *Note::parse(text);
    ASSERT_TRUE(note.cosign(world.settings.witnesses[by].name, keys[by], 7).has_value());
    world.store->add_cosignatures(note.to_string(),
                                  [&](const auto& done) { accepted += done.has_value(); });
  };
  const auto is_cosigned = [&](size_t by) {
    const auto note = Note::parse(world.store->checkpoint());
    return note.has_value() && note->verify(world.settings.witnesses[by]).has_value();
  };
  offer(0);
  offer(1);
  // Somebody else writes, and asks for more, in the same round.
  world.store->append(actor_id(1), message("one", "two"), [](const auto&) {});
  std::string next;
  world.store->sign_checkpoint([&](auto note) { next = note.value_or(""); });
  EXPECT_TRUE(world.store->commit());
  EXPECT_EQ(accepted, 2);
  EXPECT_TRUE(is_cosigned(0));
  EXPECT_TRUE(is_cosigned(1));
  EXPECT_EQ(next, "");
  EXPECT_TRUE(world.store->commit());
  EXPECT_EQ(Checkpoint::parse(Note::parse(next)->text)->size, world.store->size());
  // Time alone does not take it away in the round that brought it, but in the next.
  text = next;
  ASSERT_TRUE(world.append(1, message("two", "three")).has_value());
  EXPECT_EQ(world.store->checkpoint(), text);
  world.clock.advance(1'000'000);
  offer(1);
  EXPECT_TRUE(world.store->commit());
  EXPECT_TRUE(is_cosigned(1));
  EXPECT_TRUE(world.store->commit());
  EXPECT_FALSE(is_cosigned(1));
  EXPECT_FALSE(world.store->commit());
}

TEST(Store, WhatWasNotSignedWhenAProcessEndedIsSignedByTheNext) {
  StoreWorld world;
  world.open();
  std::string text;
  world.store->sign_checkpoint([&](auto note) { text = note.value_or(""); });
  world.commit();
  ASSERT_TRUE(Note::parse(text).has_value());
  EXPECT_EQ(Checkpoint::parse(Note::parse(text)->text)->size, 0u);
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  world.settings.checkpoint_interval_ns = 1;
  world.open();
  EXPECT_TRUE(world.store->due_ns().has_value());
  world.clock.advance(10);
  world.commit();
  EXPECT_EQ(Checkpoint::parse(Note::parse(world.store->checkpoint())->text)->size, 1u);
  EXPECT_FALSE(world.store->due_ns().has_value());
  EXPECT_TRUE(verify_log(world.disk, "data", {}).has_value());
}

}  // namespace
}  // namespace cairn::chain
