// What only running again finds.

#include <cairn/actor/recorded_limits.hpp>

#include "verify_world.hpp"

namespace cairn::chain {
namespace {

TEST(Verify, ReplayLeavesNoRoomForOtherKindsOrNonsense) {
  const auto replayed = [](size_t at, const std::function<void(Record&, LooseFrame&)>& how) {
    Counters counters;
    Forgery forgery(counters.world.disk);
    std::erase_if(forgery.frames, [](const LooseFrame& frame) { return !frame.note.empty(); });
    forgery.rewrite(at, [&](Record& record) { how(record, forgery.frames[at]); });
    forgery.write();
    CounterReplayer replayer;
    counters.options = {.replayer = &replayer};
    return counters.error();
  };
  const auto has = [](const std::string& error, std::string_view what) {
    EXPECT_NE(error.find(what), std::string::npos) << error;
  };
  has(replayed(6, [](Record& r, LooseFrame&) { r.kind = RecordKind::init; }),
      "init stands where there is a state already");
  has(replayed(1, [](Record& r, LooseFrame&) { r.kind = RecordKind::message; }),
      "replay: it is one of kind init, the record says message");
  has(replayed(6, [](Record& r, LooseFrame&) { r.module[0] ^= 1; }),
      "another module than before, and no upgrade to it");
  const Bytes junk = {0xff};
  has(replayed(6,
               [&](Record& r, LooseFrame& frame) {
                 r.host_results = {.count = 1, .content = Content::of(junk)};
                 frame.slots |=
                     static_cast<uint8_t>(1 << static_cast<unsigned>(Slot::host_results));
                 append(frame.contents, junk);
               }),
      "record 6 of the log");
  has(replayed(6,
               [&](Record& r, LooseFrame& frame) {
                 r.effects = {.count = 1, .content = Content::of(junk)};
                 frame.slots |= static_cast<uint8_t>(1 << static_cast<unsigned>(Slot::effects));
                 append(frame.contents, junk);
               }),
      "record 6 of the log");
  // Nobody can run these again: they are counted.
  Counters counters;
  actor::Transition snapshot = Counters::add(10);
  snapshot.kind = actor::TransitionKind::snapshot;
  snapshot.new_state = actor::Payload("1000", "text/plain");
  ASSERT_TRUE(counters.world.append(1, snapshot).has_value());
  CounterReplayer replayer;
  counters.options.replayer = &replayer;
  const auto report = counters.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->not_replayed, 1u);
  EXPECT_EQ(report->signed_records, 16u);
  EXPECT_EQ(report->records, 26u);
}

/// A counter that needs so much memory that it can count only with the limit it has now.
class LimitedReplayer final : public Replayer {
 public:
  bool has_module(const crypto::Sha256& module) override { return counter_.has_module(module); }
  Result<actor::Transition> replay(const actor::Genesis& genesis, const actor::Transition& given,
                                   bool is_first) override {
    memory.push_back(genesis.memory);
    return counter_.replay(genesis, given, is_first);
  }
  std::vector<uint64_t> memory;

 private:
  CounterReplayer counter_;
};

TEST(Verify, ReplayHasTheLimitsOfTheLastInstance) {
  Counters counters;
  const auto restart = [&](const actor::Payload& input) {
    actor::Transition transition;
    transition.kind = actor::TransitionKind::restart;
    transition.input = input;
    ASSERT_TRUE(counters.world.append(1, transition).has_value());
  };
  LimitedReplayer replayer;
  counters.options.replayer = &replayer;
  restart(actor::RecordedLimits{.fuel = 1, .memory = 4711, .payload = 3}.to_payload());
  ASSERT_TRUE(counters.world.append(1, Counters::add(10)).has_value());
  auto report = counters.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(replayer.memory.back(), 4711u);
  EXPECT_EQ(replayer.memory.front(), 0u);
  EXPECT_EQ(report->not_replayed, 0u);
  // One that does not say what they are leaves nothing to compare with.
  restart(actor::Payload("much", actor::limits_type));
  actor::Transition lie = Counters::add(11);
  lie.new_state = actor::Payload("1000", "text/plain");
  ASSERT_TRUE(counters.world.append(1, lie).has_value());
  report = counters.verify();
  ASSERT_TRUE(report.has_value()) << report.error().to_string();
  EXPECT_EQ(report->not_replayed, 1u);
}

TEST(Verify, ReplayFindsWhatNoHashCan) {
  // A log whose writer lies consistently: no digest is wrong.
  Counters counters;
  counters.options.signers.clear();
  actor::Transition lie = Counters::add(10);
  lie.new_state = actor::Payload("1000", "text/plain");
  ASSERT_TRUE(counters.world.append(1, lie).has_value());
  EXPECT_EQ(counters.error(), "");
  CounterReplayer replayer;
  counters.options.replayer = &replayer;
  EXPECT_NE(counters.error().find("record 12 of chain 'bob' (record 25 of the log): replay: the "
                                  "new state is"),
            std::string::npos)
      << counters.error();
}

}  // namespace
}  // namespace cairn::chain
