// A log from what is served of it.

#include "verify_world.hpp"

namespace cairn::chain {
namespace {

struct Served {
  Counters counters;
  /// Changes a bundle on its way.
  std::function<void(Bytes&)> forge = nullptr;
  uint32_t fetched = 0;

  Served() { counters.sign(); }
  Result<VerifyReport> verify() {
    return verify_tiles(
        counters.checkpoint,
        [this](const Tile& tile) -> Result<Bytes> {
          ++fetched;
          Bytes bytes = TRY(counters.world.store->tile(tile));
          if (forge) forge(bytes);
          return bytes;
        },
        counters.options);
  }
  std::string error() {
    const auto report = verify();
    return report ? "" : report.error().to_string();
  }
};

/// A bundle with one record written anew.
void rewrite(Bytes& bundle, size_t which, const std::function<void(Record&)>& how) {
  const Bytes before = bundle;
  bundle.clear();
  const auto entries = *entries_of(before);
  for (size_t at = 0; at < entries.size(); ++at) {
    Bytes encoded(entries[at].begin(), entries[at].end());
    if (at == which) {
      Record record = *Record::decode(entries[at]);
      how(record);
      encoded.clear();
      ASSERT_TRUE(record.encode(encoded).has_value());
    }
    ASSERT_TRUE(append_entry(bundle, encoded).has_value());
  }
}

TEST(VerifyTiles, AGoodLogIsGood) {
  Served served;
  const auto report = served.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->origin, "example.com/log");
  EXPECT_EQ(report->records, 25u);
  EXPECT_EQ(report->chains, 2u);
  EXPECT_EQ(report->links, 10u);
  EXPECT_EQ(report->rejections, 1u);
  EXPECT_EQ(report->checkpoints, 1u);
  EXPECT_EQ(report->signed_records, 25u);
  EXPECT_EQ(report->root, served.counters.world.store->root());
  EXPECT_EQ(served.fetched, 1u);
}

TEST(VerifyTiles, ManyBundlesAreReadOneAfterTheOther) {
  Served served;
  for (int i = 10; i < 600; ++i)
    ASSERT_TRUE(served.counters.world.append(1, Counters::add(i)).has_value());
  served.counters.sign();
  const auto report = served.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->records, 615u);
  EXPECT_EQ(served.fetched, 3u);
}

TEST(VerifyTiles, EveryForgedRecordIsNamed) {
  for (size_t which = 0; which < 25; ++which) {
    Served served;
    served.forge = [&](Bytes& bundle) { rewrite(bundle, which, [](Record& r) { r.at_ns ^= 1; }); };
    EXPECT_NE(served.error(), "") << which;
  }
  Served served;
  served.forge = [](Bytes& bundle) { rewrite(bundle, 8, [](Record& r) { r.fuel_used ^= 1; }); };
  EXPECT_NE(served.error().find("record 4 of chain 'bob' (record 9 of the log)"), std::string::npos)
      << served.error();
  // The very last has nothing behind it but the root.
  served.forge = [](Bytes& bundle) { rewrite(bundle, 24, [](Record& r) { r.fuel_used ^= 1; }); };
  EXPECT_NE(served.error().find("the first 25 records are not those of the checkpoint"),
            std::string::npos)
      << served.error();
}

/// Only the record that a fork names says which state it had.
TEST(VerifyTiles, AForkHasTheStateOfTheRecordThatItNames) {
  Served served;
  StoreWorld& world = served.counters.world;
  ASSERT_TRUE(world.begin(2, "carol").has_value());
  actor::Transition fork;
  fork.kind = actor::TransitionKind::fork;
  fork.sender = "alice";
  fork.cause = 5;
  fork.new_state = actor::Payload("4", "text/plain");
  ASSERT_TRUE(world.append(2, fork).has_value());
  served.counters.sign();
  const auto report = served.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->links, 11u);
  EXPECT_EQ(served.fetched, 2u);

  served.forge = [](Bytes& bundle) {
    rewrite(bundle, 26, [](Record& record) { record.new_state->content.digest[0] ^= 1; });
  };
  Bytes forged = *world.store->tile({std::nullopt, 0, 27});
  served.forge(forged);
  crypto::MerkleFrontier tree;
  for (const ByteSpan entry : *entries_of(forged)) tree.append(record_hash(entry));
  Note note = {
      .text = Checkpoint{.origin = "example.com/log", .size = 27, .root = tree.root()}.to_string()};
  ASSERT_TRUE(note.sign("example.com/log", world.key).has_value());
  served.counters.checkpoint = note.to_string();
  EXPECT_NE(served.error().find("record 1 of chain 'carol' (record 26 of the log): the state of "
                                "the fork is not that of the record which it names"),
            std::string::npos)
      << served.error();

  // A server that answers the second time with a record that would fit.
  int fetched = 0;
  served.forge = [&, forge = served.forge](Bytes& bundle) {
    forge(bundle);
    if (++fetched % 2 == 1) return;
    rewrite(bundle, 10, [](Record& record) { record.new_state->content.digest[0] ^= 1; });
  };
  EXPECT_NE(served.error().find("record 10 of the log is another one than before"),
            std::string::npos)
      << served.error();
}

TEST(VerifyTiles, LackingRecordsAndForeignKeysAreNamed) {
  Served served;
  served.forge = [](Bytes& bundle) {
    const Bytes before = bundle;
    const auto entries = *entries_of(before);
    bundle.resize(bundle.size() - entries.back().size() - 2);
  };
  EXPECT_NE(served.error().find("has 24 records instead of 25"), std::string::npos)
      << served.error();
  served.forge = [](Bytes& bundle) { bundle.pop_back(); };
  EXPECT_NE(served.error().find("ends within a record"), std::string::npos) << served.error();
  served.forge = nullptr;
  SeededRandom random(3);
  served.counters.options.signers[0].key = crypto::Ed25519Key::make(random).public_key();
  EXPECT_NE(served.error().find("not signed by a key of this log"), std::string::npos)
      << served.error();
}

TEST(VerifyTiles, EarlierCheckpointsHaveToFit) {
  Served served;
  const std::string earlier = served.counters.checkpoint;
  ASSERT_TRUE(served.counters.world.append(1, Counters::add(10)).has_value());
  served.counters.sign();
  served.counters.options.checkpoints = {earlier};
  const auto report = served.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->checkpoints, 2u);
  // One of more records than are served.
  served.counters.options.checkpoints = {served.counters.checkpoint};
  served.counters.checkpoint = earlier;
  EXPECT_NE(served.error().find("a checkpoint is of 26"), std::string::npos) << served.error();
}

/// `note` with one more cosignature.
std::string cosigned(const std::string& text, const std::string& by,
                     const crypto::Ed25519Key& key) {
  Note note = *Note::parse(text);
  EXPECT_TRUE(note.cosign(by, key, 7).has_value());
  return note.to_string();
}

TEST(VerifyTiles, AsManyWitnessesAsAreWantedHaveCosigned) {
  Served served;
  SeededRandom random(3);
  const auto first = crypto::Ed25519Key::make(random), second = crypto::Ed25519Key::make(random);
  VerifyOptions& options = served.counters.options;
  options.witnesses = {{"first", SignatureType::cosignature, first.public_key()},
                       {"second", SignatureType::cosignature, second.public_key()}};
  EXPECT_TRUE(served.error().contains("witness first; 0 of 2")) << served.error();
  served.counters.checkpoint = cosigned(served.counters.checkpoint, "first", first);
  EXPECT_TRUE(served.error().contains("witness second; 1 of 2")) << served.error();
  options.witness_quorum = 2;
  EXPECT_TRUE(served.error().contains("witness second; 1 of 2")) << served.error();
  options.witness_quorum = 1;
  EXPECT_EQ(served.error(), "");
  options.witness_quorum = UINT64_MAX;
  served.counters.checkpoint = cosigned(served.counters.checkpoint, "second", second);
  EXPECT_EQ(served.error(), "");
  // In the name of one, by the key of another.
  served.counters.checkpoint = cosigned(served.counters.checkpoint, "third", first);
  options.witnesses.push_back({"third", SignatureType::cosignature, second.public_key()});
  EXPECT_TRUE(served.error().contains("witness third; 2 of 3")) << served.error();
}

TEST(VerifyTiles, WhoCosignedAnEmptyLogHasSeenNothing) {
  Served served;
  SeededRandom random(3);
  const auto key = crypto::Ed25519Key::make(random);
  VerifyOptions& options = served.counters.options;
  options.signers.clear();
  options.witnesses = {{"witness", SignatureType::cosignature, key.public_key()}};
  Note empty{.text = Checkpoint{.origin = "example.com/another"}.to_string()};
  ASSERT_TRUE(empty.cosign("witness", key, 7).has_value());
  options.checkpoints = {empty.to_string()};
  EXPECT_TRUE(served.error().contains("no checkpoint is cosigned by witness")) << served.error();
}

}  // namespace
}  // namespace cairn::chain
