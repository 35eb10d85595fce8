#include "verify_world.hpp"

namespace cairn::chain {
namespace {

TEST(Verify, AGoodLogIsGood) {
  Counters counters;
  CounterReplayer replayer;
  for (const uint32_t threads : {1u, 3u}) {
    counters.options.threads = threads;
    counters.options.replayer = &replayer;
    const auto report = counters.verify();
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_EQ(report->origin, "example.com/log");
    EXPECT_EQ(report->records, 25u);
    EXPECT_EQ(report->chains, 2u);
    EXPECT_EQ(report->links, 10u);
    EXPECT_EQ(report->rejections, 1u);
    EXPECT_EQ(report->checkpoints, 1u);
    EXPECT_EQ(report->signatures, 1u);
    EXPECT_EQ(report->signed_records, 16u);
    EXPECT_EQ(report->replayed, 23u);
    EXPECT_EQ(report->not_replayed, 0u);
    EXPECT_EQ(report->contents_missing, 0u);
    EXPECT_EQ(report->root, counters.world.store->root());
  }
}

TEST(Verify, AChangedRecordIsNamed) {
  Counters counters;
  Forgery forgery(counters.world.disk);
  forgery.change(8, [](Record& record) { record.fuel_used = 8; });
  forgery.write();
  // The next of the chain no longer has it as its parent; before, a link to it breaks.
  EXPECT_NE(counters.error().find("record 4 of chain 'bob' (record 9 of the log): record 4 of "
                                  "'alice', which it names as its source, is another one"),
            std::string::npos)
      << counters.error();
}

TEST(Verify, AHistoryThatWasWrittenAnewIsNotThatOfTheCheckpoint) {
  Counters counters;
  counters.options.checkpoints = {counters.checkpoint};
  Forgery forgery(counters.world.disk);
  forgery.rewrite(8, [](Record& record) { record.fuel_used = 8; });
  forgery.write();
  EXPECT_NE(counters.error().find("the first 16 records are not those of the checkpoint"),
            std::string::npos)
      << counters.error();
  counters.options.checkpoints.clear();
  EXPECT_NE(counters.error().find("a checkpoint of 16 records is not of this tree"),
            std::string::npos)
      << counters.error();
  // The log's own checkpoint can be left out, that of others cannot.
  std::erase_if(forgery.frames, [](const LooseFrame& frame) { return !frame.note.empty(); });
  forgery.write();
  EXPECT_NE(counters.error().find("no checkpoint of this log is signed"), std::string::npos)
      << counters.error();
  counters.options.checkpoints = {counters.checkpoint};
  EXPECT_NE(counters.error(), "");
  counters.options = {};
  EXPECT_EQ(counters.error(), "");
}

TEST(Verify, ALogThatWasCutOffLacksWhatACheckpointSays) {
  Counters counters;
  counters.sign();
  counters.options.checkpoints = {counters.checkpoint};
  EXPECT_EQ(counters.error(), "");
  Forgery forgery(counters.world.disk);
  forgery.frames.resize(20);
  forgery.write();
  EXPECT_NE(counters.error().find("the log ends with record 19; a checkpoint is of 25"),
            std::string::npos)
      << counters.error();
}

TEST(Verify, ForeignSignaturesAreRefused) {
  Counters counters;
  SeededRandom random(3);
  counters.options.signers = {
      {"example.com/log", SignatureType::ed25519, crypto::Ed25519Key::make(random).public_key()}};
  EXPECT_NE(counters.error().find("a checkpoint is not signed by a key of this log"),
            std::string::npos)
      << counters.error();
}

TEST(Verify, ContentsAreThoseOfTheRecordsAndMayBeMissing) {
  Counters counters;
  Forgery forgery(counters.world.disk);
  const LooseFrame good = forgery.frames[6];
  forgery.frames[6].contents[0] ^= 1;
  forgery.write();
  EXPECT_NE(counters.error().find("record 3 of chain 'alice' (record 6 of the log): the input has "
                                  "not the digest that the record says"),
            std::string::npos)
      << counters.error();
  forgery.frames[6] = good;
  forgery.frames[6].slots = 0;
  forgery.frames[6].contents.clear();
  forgery.write();
  CounterReplayer replayer;
  counters.options.replayer = &replayer;
  const auto report = counters.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->contents_missing, 3u);
  // Itself, and the next, whose state before is not known.
  EXPECT_EQ(report->not_replayed, 2u);
}

/// A machine without memory is no forger.
TEST(Verify, WhatThisMachineLacksIsNotBlamedOnARecord) {
  class Starved final : public Replayer {
   public:
    bool has_module(const crypto::Sha256&) override { return true; }
    Result<actor::Transition> replay(const actor::Genesis&, const actor::Transition&,
                                     bool) override {
      return fail(kind, "no memory for a call stack");
    }
    ErrorKind kind = ErrorKind::limit;
  };
  Counters counters;
  Starved replayer;
  counters.options.replayer = &replayer;
  EXPECT_EQ(counters.error(),
            "there is too little for running it again: no memory for a call stack");
  replayer.kind = ErrorKind::invalid;
  EXPECT_NE(counters.error().find("record 1 of chain"), std::string::npos) << counters.error();
}

TEST(Verify, RulesOfRecordsHold) {
  const auto forged = [](size_t at, const std::function<void(Record&)>& how) {
    Counters counters;
    Forgery forgery(counters.world.disk);
    std::erase_if(forgery.frames, [](const LooseFrame& frame) { return !frame.note.empty(); });
    forgery.rewrite(at, how);
    forgery.write();
    counters.options.contents = false;
    return counters.error();
  };
  const auto has = [](const std::string& error, std::string_view what) {
    EXPECT_NE(error.find(what), std::string::npos) << error;
  };
  has(forged(6, [](Record& r) { r.sequence = 9; }), "sequence number 9 stands where 3 belongs");
  has(forged(6, [](Record& r) { r.parent[0] ^= 1; }), "the parent is");
  has(forged(6, [](Record& r) { r.chain[0] ^= 1; }), "the chain was never begun");
  has(forged(6, [](Record& r) { r.old_state.content.digest[0] ^= 1; }), "the old state is");
  has(forged(6, [](Record& r) { r.rejection = RejectionCause::trap; }),
      "a record of kind message has a cause of rejection");
  has(forged(24, [](Record& r) { r.rejection.reset(); }),
      "a record of kind rejection lacks a cause of rejection");
  has(forged(24, [](Record& r) { r.new_state = TypedContent{}; }),
      "a record of kind rejection changes the state");
  has(forged(6, [](Record& r) { r.new_state = r.old_state; }),
      "a record names a new state that is the old one");
  has(forged(1, [](Record& r) { r.kind = RecordKind::fork; }),
      "a fork does not say where it is from");
  has(forged(2, [](Record& r) { r.name = "alice"; }), "a second chain of this name");
  has(forged(0, [](Record& r) { r.chain[0] ^= 1; }), "the chain was begun in another log");
}

}  // namespace
}  // namespace cairn::chain
