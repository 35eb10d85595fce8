// Whatever actors live through, an auditor who has nothing but the component and the chain comes to
// the same. A failure names its seed.

#include "guest/component_actor_testing.hpp"

#include <cairn/base/seeds_testing.hpp>

#include <array>

namespace cairn::actor {
namespace {

using testing::ms;
using testing::Style;

class ReplayedActors : public testing::MachineActors {
 protected:
  static constexpr uint32_t actors = 3;

  /// One random life of a few supervised actors that talk to each other.
  void live(uint64_t seed) {
    SeededRandom random(seed * 7919 + 3);
    journal_.chains.clear();
    values_.clear();
    journal_.defer = random.below(2) == 0;
    load([&](KindSettings& settings) {
      settings.handler_limits.handles_max = 8;
      with_limits([&](ActorSettings& own) {
        own.limits.fuel_per_message = 500'000;
        own.limits.message_time_ns = random.below(2) * 20 * ms;
        own.limits.timers = 5;
        own.health = {.interval_ns = 5 * ms, .threshold = 3};
      })(settings);
    });
    Simulation simulation(seed);
    SupervisorSpec children;
    children.intensity = {.max_restarts = 1000, .period_ns = ms};
    for (uint32_t at = 0; at < actors; ++at) {
      children.children.push_back(kind_->spec(fmt::format("a{}", at), Payload("100")));
    }
    const auto all = testing::with([](ActorSettings& own) { own.grants = Grants::all(); });
    ASSERT_TRUE(simulation.system().spawn(
        {.name = "top", .factory = supervisor(children), .settings = all}));
    settle(simulation);
    for (int round = 0; round < 60; ++round) {
      const ActorId to = simulation.system().find(fmt::format("a{}", random.below(actors)));
      const Payload command(random_command(random));
      if (random.below(2) == 0) {
        simulation.system().send(to, command);
      } else {
        simulation.system().request(to, command, 1000 * ms, [](const Message&) {});
      }
      if (random.below(30) == 0) simulation.system().kill(to);
      if (random.below(3) == 0) simulation.advance(random.below(30 * ms));
      if (random.below(3) != 0) settle(simulation);
    }
    settle(simulation);
    simulation.system().shutdown();
    for (int round = 0; round < 10; ++round) {
      settle(simulation);
      simulation.advance(2'000 * ms);
    }
    EXPECT_EQ(simulation.system().live(), 0u);
  }

  void settle(Simulation& simulation) {
    do {
      simulation.run();
    } while (journal_.settle());
  }

  std::string random_command(SeededRandom& random) {
    const bool is_special = random.below(3) == 0;
    if (is_special && GetParam() == Style::with_handles) return random_command_for_handles(random);
    if (is_special && decides()) return random_command_for_decisions(random);
    static constexpr auto commands =
        std::to_array<std::string_view>({"add {0}",
                                         "take {0}",
                                         "take 5000",
                                         "bad",
                                         "trap",
                                         "loop",
                                         "flood {0}",
                                         "get",
                                         "asked",
                                         "ask a{1} get",
                                         "ask a{1} ask a{2} get",
                                         "ask a{1} trap",
                                         "ask a{1} loop",
                                         "set k {0}",
                                         "value k",
                                         "remove k",
                                         "now",
                                         "who",
                                         "parent",
                                         "from",
                                         "spin {0}",
                                         "send a{1} add {0}",
                                         "send a{1} take {0}",
                                         "publish t.x count",
                                         "send-with a{1} 3 {0}000000 add {0}",
                                         "publish-with t.x 0 0 count",
                                         "ask-with a{1} 2 0 get",
                                         "spawn-with d{1} machine {2} 1",
                                         "subscribe t.*",
                                         "unsubscribe t.*",
                                         "timer {1} {0}000 {2}000000",
                                         "cancel {1}",
                                         "timers {1}",
                                         "timers 6",
                                         "monitor a{1}",
                                         "monitors {1}",
                                         "subscriptions {1}",
                                         "spawn c{1} machine {0}",
                                         "spawn c{1} nothing {0}",
                                         "end-child c{1}",
                                         "end-child a{1}",
                                         "log x",
                                         "much {0}",
                                         "media {0}",
                                         "set post-start send a{1} add 1",
                                         "set pre-start timer 3 1000000 0",
                                         "set on-restart add {0}",
                                         "set health-check count",
                                         "set health-check take 50",
                                         "set health-check trap",
                                         "set health-check ask a{1} get",
                                         "set pre-stop send a{1} count",
                                         "set post-stop publish t.y count",
                                         "remove health-check",
                                         "stop"});
    return command_of(commands, random);
  }
  static std::string random_command_for_handles(SeededRandom& random) {
    static constexpr auto commands = std::to_array<std::string_view>(
        {"wait {1} {0}000000", "wait {0} {2}000000000", "ready {1}", "sleep {1}", "forget {1}",
         "forget {0}", "print x", "close", "check", "allowed", "churn", "watch", "ready 199",
         "leak 1", "leak {0}", "fields", "fields-briefly", "set pre-start wait {1} 1000000",
         "set health-check forget {1}"});
    return command_of(commands, random);
  }
  static std::string random_command_for_decisions(SeededRandom& random) {
    static constexpr auto commands = std::to_array<std::string_view>(
        {"bad", "take 5000", "set directive 1", "set directive 2", "set on-error add {0}",
         "set on-error take 5000", "set on-error trap", "set on-error send a{1} add 1",
         "set on-error ask a{1} get", "remove on-error"});
    return command_of(commands, random);
  }
  bool decides() const {
    return GetParam() == Style::deciding || GetParam() == Style::resident_deciding;
  }
  static std::string command_of(std::span<const std::string_view> commands, SeededRandom& random) {
    return fmt::format(fmt::runtime(commands[random.below(commands.size())]), 1 + random.below(200),
                       random.below(actors), random.below(actors));
  }

  /// Without a clock, a journal, or anything that the actors had.
  std::shared_ptr<const ComponentKind> auditor() {
    KindSettings settings = kind_->settings();
    settings.instances_kept = 16;  // which it shall not use
    return ComponentKind::load(engine_, *testing::machine(GetParam()), {}, settings)
        .value_or(nullptr);
  }

  std::array<uint64_t, 9> replayed_ = {};    ///< by TransitionKind
  uint64_t cannot_keep_ = 0, too_many_ = 0;  ///< of the rejections
  uint64_t resumed_ = 0, restarted_ = 0;     ///< of the decisions
  std::map<std::string, uint64_t> answers_;  ///< of the host, by the function

  void check() {
    const auto kind = auditor();
    ASSERT_NE(kind, nullptr);
    for (const auto& [name, chain] : journal_.chains) {
      bool is_first = true;
      for (const Transition& record : chain.transitions) {
        if (record.kind == TransitionKind::restart || record.kind == TransitionKind::stop) continue;
        const Result<Transition> made = replay(*kind, name, record, is_first);
        const std::string what = fmt::format("{} {} '{}' {}", name, to_string(record.kind),
                                             record.input.text(), record.reason);
        ASSERT_TRUE(made) << what << ": " << made.error().message;
        ASSERT_EQ(difference(record, *made), "") << what;
        is_first = is_first && record.kind == TransitionKind::rejection;
        ++replayed_[static_cast<size_t>(record.kind)];
        for (const HostResult& result : record.host_results) ++answers_[result.name];
        if (record.reason == "on-error")
          ++(record.reply.text() == "resume" ? resumed_ : restarted_);
        cannot_keep_ += record.reason.contains("no image can hold") ? 1 : 0;
        too_many_ += record.reason.contains("handles; the limit is 8") ? 1 : 0;
      }
    }
  }
};

TEST_P(ReplayedActors, EachTransitionOfARandomLifeRunsAgainTheSameWay) {
  for (const uint64_t seed : test_seeds(40)) {
    if (HasFailure()) return;
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    live(seed);
    check();
  }
  if (test_seeds(40).size() == 1) return;  // one life does not show everything
  for (const auto kind : {TransitionKind::init, TransitionKind::message, TransitionKind::rejection,
                          TransitionKind::snapshot}) {
    EXPECT_GT(replayed_[static_cast<size_t>(kind)], 100u) << to_string(kind);
  }
  // Those of WASI have tests of their own.
  for (const char* const name :
       {"messaging#request", "key-value#get", "children#spawn", "children#stop", "self#parent"}) {
    EXPECT_GT(answers_[std::string("cairn:actor/") + name], 10u) << name;
  }
  if (GetParam() == Style::with_handles) {
    EXPECT_GT(cannot_keep_, 10u);
    EXPECT_GT(too_many_, 10u);
  }
  if (decides()) {
    EXPECT_GT(resumed_, 100u);
    EXPECT_GT(restarted_, 20u);
  }
}

INSTANTIATE_TEST_SUITE_P(Styles, ReplayedActors,
                         ::testing::Values(Style::explicit_state, Style::resident,
                                           Style::with_handles, Style::deciding,
                                           Style::resident_deciding),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace cairn::actor
