// What WASI shows actors, live and when it is run again.

#include "guest/guests_testing.hpp"
#include "testing.hpp"

#include <cairn/component/text.hpp>

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace cairn::actor {
namespace {

using testing::ms;

/// How the guest was written.
enum class Teller : uint8_t { explicit_state, resident, wasi3 };

const Result<Bytes>& teller(Teller which) {
  static const Result<Bytes> explicit_one = testing::build_guest_with_wasi("teller", "teller");
  static const Result<Bytes> resident_one =
      testing::build_guest_with_wasi("teller", "resident-teller", {"-DRESIDENT"});
  static const Result<Bytes> newer_one =
      testing::build_guest_with_wasi("teller", "teller3", {"-DWASI3"});
  return which == Teller::resident ? resident_one
         : which == Teller::wasi3  ? newer_one
                                   : explicit_one;
}

class WasiOfActors : public ::testing::TestWithParam<Teller> {
 protected:
  const Result<Bytes>& bytes() const { return teller(GetParam()); }
  void SetUp() override { CAIRN_NEEDS_GUEST(bytes()) }

  static KindSettings settings(std::vector<std::string> grants = {"cairn:actor", "wasi:cli",
                                                                  "wasi:clocks", "wasi:random"}) {
    KindSettings settings;
    ActorSettings own;
    own.grants = Grants(std::move(grants));
    own.limits.fuel_per_message = 10'000'000;
    settings.settings = std::make_shared<const ActorSettings>(own);
    settings.on_trap = settings.on_limit = Directive::resume;
    settings.env = {"COLOUR=green", "SHAPE=round=flat"};
    return settings;
  }
  void start() {
    const auto kind = ComponentKind::load(engine_, *bytes(),
                                          {.clock = &simulation_.clock(),
                                           .random = &simulation_.random(),
                                           .log = &log_,
                                           .journal = &journal_},
                                          settings());
    ASSERT_TRUE(kind) << kind.error().message;
    id_ = *simulation_.system().spawn((*kind)->spec("teller", Payload("0")));
    simulation_.run();
  }
  std::string ask(std::string_view what) {
    auto answer = std::make_shared<std::string>("nothing");
    simulation_.system().request(id_, Payload(what), 1000 * ms, [answer](const Message& message) {
      *answer = message.payload.text();
    });
    simulation_.run();
    return *answer;
  }
  const std::vector<Transition>& records() { return journal_.chains.at("teller").transitions; }
  /// An auditor has neither a clock nor random numbers nor that environment.
  std::shared_ptr<const ComponentKind> auditor() {
    KindSettings own = settings();
    own.env.clear();
    return ComponentKind::load(engine_, *bytes(), {}, own).value_or(nullptr);
  }
  void expect_replays() {
    const auto kind = auditor();
    ASSERT_NE(kind, nullptr);
    for (const Transition& record : records()) {
      const auto made = replay(*kind, "teller", record, record.kind == TransitionKind::init);
      ASSERT_TRUE(made) << record.input.text() << ": " << made.error().message;
      EXPECT_EQ(difference(record, *made), "") << record.input.text();
    }
  }
  /// Has it streams and pollables?
  bool has_streams() const { return GetParam() != Teller::wasi3; }

  engine::Engine engine_{{.fuel = true, .deterministic = true}};
  MemoryLog log_;
  testing::MemoryJournal journal_;
  Simulation simulation_{1};
  ActorId id_;
};

TEST_P(WasiOfActors, RandomBytesFollowFromARecordedSeed) {
  start();
  const std::string first = ask("random");
  EXPECT_EQ(first.size(), 80u);
  EXPECT_NE(first.substr(0, 16), first.substr(64)) << "what follows the first block";
  EXPECT_NE(ask("random"), first);
  EXPECT_NE(ask("number"), ask("number"));
  EXPECT_NE(ask("seed"), ask("seed"));
  ASSERT_EQ(records().back().host_results.size(), 1u);
  EXPECT_EQ(records().back().host_results[0].name, "wasi:random#seed");
  EXPECT_EQ(records().back().host_results[0].bytes.size(), 32u);
  expect_replays();

  // Another seed, other bytes.
  const auto kind = auditor();
  Transition forged = records().back();
  forged.host_results[0].bytes[3] ^= 1;
  EXPECT_EQ(
      difference(forged, *replay(*kind, "teller", forged, false)),
      GetParam() == Teller::resident ? "the new state is another one" : "the reply is another one");
  forged.host_results[0].bytes.pop_back();
  EXPECT_EQ(replay(*kind, "teller", forged, false).error().message, "a recorded seed that is none");
  forged.host_results.clear();
  EXPECT_EQ(replay(*kind, "teller", forged, false).error().message,
            "it asks the host for 'wasi:random#seed', where it had ended before");
}

/// docs/chain.md says how; whoever replays without Cairn has to come to the same.
TEST_P(WasiOfActors, TheFirstBlockIsTheDigestOfTheSeedAndZero) {
  start();
  std::string expected;
  const std::string text = ask("random");
  const Bytes seed = records().back().host_results.at(0).bytes;
  for (const uint8_t byte : crypto::sha256({seed, Bytes(8)})) {
    expected += {static_cast<char>('a' + byte % 16), static_cast<char>('a' + byte / 16)};
  }
  EXPECT_EQ(text.substr(0, 64), expected);
}

TEST_P(WasiOfActors, TimeIsThatOfTheBeginning) {
  start();
  simulation_.advance(5 * ms);
  const std::string time = ask("time");
  EXPECT_EQ(time, std::to_string(records().back().at_ns));
  EXPECT_TRUE(records().back().host_results.empty());
  if (has_streams()) {
    EXPECT_EQ(ask("ticks"), std::to_string(records().back().at_ns));
  }
  expect_replays();
}

TEST_P(WasiOfActors, SleepingTakesNoTime) {
  if (!has_streams()) GTEST_SKIP() << "it has no pollables";
  start();
  const uint64_t before = simulation_.clock().monotonic_ns();
  EXPECT_EQ(ask("sleep"), "3000001000");
  EXPECT_LT(simulation_.clock().monotonic_ns() - before, 1 * ms);
  EXPECT_EQ(ask("ticks"), std::to_string(records().back().at_ns)) << "what it slept is forgotten";
  EXPECT_EQ(ask("forever"), "it waits for what never comes");
  EXPECT_EQ(records().back().rejection, Rejection::trap);
  expect_replays();
}

TEST_P(WasiOfActors, TheEnvironmentIsThatOfTheManifest) {
  start();
  EXPECT_EQ(ask("env"), "green");
  expect_replays();
  Transition forged = records().back();
  forged.host_results.at(0).bytes = {'A', 0};
  EXPECT_EQ(replay(*auditor(), "teller", forged, false).error().message,
            "a recorded environment that is none");
}

TEST_P(WasiOfActors, WhatIsPrintedIsLogged) {
  if (!has_streams()) GTEST_SKIP() << "it has no streams";
  start();
  EXPECT_EQ(ask("print one\n\ntwo"), "0");
  ASSERT_EQ(log_.lines().size(), 2u);
  EXPECT_EQ(log_.lines()[0], "info: teller: one");
  EXPECT_EQ(log_.lines()[1], "info: teller: two");
  EXPECT_EQ(ask("print " + std::string(4000, 'x')), "0");
  EXPECT_EQ(ask("print "), "0");
  EXPECT_EQ(log_.lines().size(), 3u);
  expect_replays();
  EXPECT_EQ(log_.lines().size(), 3u) << "once";
}

TEST_P(WasiOfActors, ExitIsATrap) {
  start();
  EXPECT_EQ(ask("exit"), "it called 'exit', which no handler returns from");
  EXPECT_EQ(records().back().rejection, Rejection::trap);
  EXPECT_EQ(ask("env"), "green") << "it goes on with another instance";
  expect_replays();
}

TEST_P(WasiOfActors, IsGrantedByInterfaces) {
  const auto refused = [&](std::vector<std::string> grants) {
    const auto kind = ComponentKind::load(engine_, *bytes(), {}, settings(std::move(grants)));
    return kind ? Error() : kind.error();
  };
  const Error denied = refused({"cairn:actor", "wasi:cli/environment", "wasi:clocks"});
  EXPECT_EQ(denied.kind, ErrorKind::denied);
  EXPECT_TRUE(denied.message.starts_with("the component imports 'wasi:")) << denied.message;
  EXPECT_TRUE(denied.message.ends_with("more grants: \"wasi:cli\", \"wasi:random\""))
      << denied.message;
}

/// Whatever it asks, in whatever order.
TEST_P(WasiOfActors, EverythingRunsAgainTheSameWay) {
  static constexpr auto words =
      std::to_array<std::string_view>({"random", "number", "seed", "time", "ticks", "sleep", "env",
                                       "print some\nlines", "exit", "forever", "nothing"});
  start();
  SeededRandom random(7);
  for (int message = 0; message < 200; ++message) {
    ask(words[random.below(words.size())]);
    simulation_.advance(random.below(3 * ms));
  }
  EXPECT_EQ(records().size(), 201u);
  expect_replays();
}

INSTANTIATE_TEST_SUITE_P(Tellers, WasiOfActors,
                         ::testing::Values(Teller::explicit_state, Teller::resident, Teller::wasi3),
                         [](const auto& info) {
                           return info.param == Teller::resident ? "Resident"
                                  : info.param == Teller::wasi3  ? "Wasi3"
                                                                 : "Explicit";
                         });

/// What cannot be loaded.
std::string error_of(std::string_view text) {
  engine::Engine engine({.fuel = true, .deterministic = true});
  const auto component = component::parse_text(text);
  if (!component) return component.error().message;
  KindSettings settings;
  ActorSettings own;
  own.grants = Grants::all();
  settings.settings = std::make_shared<const ActorSettings>(own);
  const auto kind = ComponentKind::load(engine, component::encode(*component), {}, settings);
  return kind ? "it was loaded" : kind.error().message;
}

TEST(ComponentKinds, DoNotHaveAllOfWasi) {
  EXPECT_EQ(error_of(R"((component (import "wasi:sockets/tcp@0.2.0" (instance))))"),
            "the component imports 'wasi:sockets/tcp@0.2.0', which actors do not have");
}

/// Cases of the host's are indices: a guest that knows more of them than there are is refused.
TEST(ComponentKinds, HaveNoCasesBeyondThoseThereAre) {
  const auto with = [](std::string_view cases) {
    return error_of(fmt::format(R"((component
      (import "cairn:actor/logging@0.1.0" (instance
        (type $cases (enum "trace" "debug" "info" "warn" {}))
        (export "level" (type $level (eq $cases)))
        (export "log" (func (param "level" $level) (param "message" string)))))
      (instance $none)
      (export "cairn:actor/handler@0.1.0" (instance $none))))",
                                cases));
  };
  constexpr std::string_view refused = "`log` is not of the import's type";
  EXPECT_FALSE(with(R"("error")").contains(refused)) << with(R"("error")");
  EXPECT_TRUE(with(R"("error" "worse")").contains(refused)) << with(R"("error" "worse")");
}

/// There is no message yet that it could do anything for.
TEST(ComponentKinds, DoNothingWhileTheyAreMade) {
  const std::string error = error_of(R"((component
    (import "cairn:actor/self@0.1.0" (instance $self (export "stop" (func))))
    (core func $stop (canon lower (func $self "stop")))
    (core module $m (import "h" "stop" (func $stop)) (start $stop))
    (core instance (instantiate $m (with "h" (instance (export "stop" (func $stop))))))
    (instance $none)
    (export "cairn:actor/handler@0.1.0" (instance $none))))");
  EXPECT_NE(error.find("it calls 'stop' while it is made"), std::string::npos) << error;
}

}  // namespace
}  // namespace cairn::actor
