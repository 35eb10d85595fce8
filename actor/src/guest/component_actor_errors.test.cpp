// What becomes of an actor when a message was refused: its manifest says so, or it says so itself.

#include "guest/component_actor_testing.hpp"
#include "guest/wire.hpp"

#include <array>

namespace cairn::actor {
namespace {

using testing::Answer;
using testing::ms;
using testing::Style;

/// Messages that are refused, and for what.
struct Harm {
  std::string_view command;
  Rejection why;
};
constexpr Harm harms[] = {{"take 5000", Rejection::contract},
                          {"take 500", Rejection::contract},
                          {"bad", Rejection::error},
                          {"trap", Rejection::trap},
                          {"loop", Rejection::limit}};
constexpr Directive directives[] = {Directive::stop, Directive::resume, Directive::restart,
                                    Directive::escalate};

class FailingActors : public testing::MachineActors {
 protected:
  /// Another one; a supervisor above it sees what becomes of it.
  ActorId begin() {
    events_.clear();
    name_ = fmt::format("account-{}", ++count_);
    ChildSpec child = kind_->spec(name_, Payload("100"));
    child.restart = Restart::transient;
    SupervisorSpec children;
    children.intensity = {.max_restarts = 100, .period_ns = 1'000 * ms};
    children.children.push_back(std::move(child));
    const auto all = testing::with([](ActorSettings& own) { own.grants = Grants::all(); });
    const Result<ActorId> top = system().spawn(
        {.name = "top of " + name_, .factory = supervisor(children), .settings = all});
    EXPECT_TRUE(top) << top.error().message;
    simulation_.run();
    top_ = top.value_or(ActorId());
    return actor();
  }
  ActorId actor() { return system().find(name_); }
  bool happened(EventKind kind) const { return std::ranges::find(events_, kind) != events_.end(); }
  /// Of the actor, after a message that was refused.
  void expect_directive(Directive directive, std::string_view what) {
    const bool goes_on = directive == Directive::resume || directive == Directive::restart;
    EXPECT_EQ(system().is_alive(actor()), goes_on) << what;
    EXPECT_EQ(happened(EventKind::restarted), directive == Directive::restart) << what;
    EXPECT_EQ(happened(EventKind::escalated), directive == Directive::escalate) << what;
    EXPECT_EQ(system().is_alive(top_), directive != Directive::escalate) << what;
    if (goes_on) EXPECT_EQ(ask(actor(), "get").text, "100") << what;
    EXPECT_EQ(system().counters().late_replies, 0u) << "it is answered once";
  }
  /// The requester is told why, whatever becomes of the actor.
  static void expect_answer(const Answer& answer, const Harm& harm) {
    const bool by_rule = harm.why == Rejection::contract || harm.why == Rejection::error;
    EXPECT_TRUE(answer.is(by_rule ? Refusal::rejected : Refusal::failed)) << harm.command;
    if (harm.why == Rejection::error) EXPECT_EQ(answer.text, "bad: it was asked for");
  }
  void expect_replayed() {
    bool is_first = true;
    for (const Transition& record : journal_.chains.at(name_).transitions) {
      if (record.kind == TransitionKind::restart || record.kind == TransitionKind::stop) continue;
      const Result<Transition> again = replay(*kind_, name_, record, is_first);
      ASSERT_TRUE(again) << again.error().message;
      EXPECT_EQ(difference(record, *again), "") << record.reason;
      is_first = false;
    }
  }

  std::string name_;
  ActorId top_;
  int count_ = 0;
};

TEST_P(FailingActors, DoAsTheirManifestSays) {
  for (const Directive directive : directives) {
    for (const bool with_journal : {true, false}) {
      for (const Harm& harm : harms) {
        // One class of failures, and the others otherwise.
        load(
            [&](KindSettings& settings) {
              settings.settings = std::make_shared<const ActorSettings>([] {
                ActorSettings own = granted();
                own.limits.fuel_per_message = 500'000;
                return own;
              }());
              const auto of = [&](Rejection why) {
                return harm.why == why ? directive : Directive::resume;
              };
              settings.on_contract = of(Rejection::contract);
              settings.on_error = of(Rejection::error);
              settings.on_trap = of(Rejection::trap);
              settings.on_limit = of(Rejection::limit);
            },
            with_journal);
        expect_answer(ask(begin(), harm.command), harm);
        expect_directive(directive, harm.command);
        if (with_journal) expect_replayed();
      }
    }
  }
}

TEST_P(FailingActors, GoOnAfterANoUnlessTheManifestSaysOtherwise) {
  const KindSettings settings;
  EXPECT_EQ(settings.on_contract, Directive::resume);
  EXPECT_EQ(settings.on_error, Directive::resume);
  EXPECT_EQ(settings.on_trap, Directive::restart);
  EXPECT_EQ(settings.on_limit, Directive::restart);
}

TEST_P(FailingActors, AMessageThatNobodyWaitsForIsADeadLetter) {
  load([](KindSettings& settings) { settings.on_contract = Directive::restart; });
  system().send(begin(), Payload("take 500"));
  simulation_.run();
  EXPECT_TRUE(happened(EventKind::restarted));
  EXPECT_TRUE(happened(EventKind::dead_letter));
  EXPECT_EQ(chain(name_).back().kind, TransitionKind::restart);
}

/// However long its code is, there are two parts.
TEST(Failures, AreTakenApartAgain) {
  const wire::Refused refused = {.code = std::string(2 * reason_bytes_max, 'c'), .message = "why"};
  const Payload recorded = wire::to_failure(refused);
  std::array<component::Value, 2> args;
  ASSERT_TRUE(wire::set_failure(args, static_cast<uint32_t>(Rejection::error), recorded));
  EXPECT_EQ(args[1].items()[0].string(), std::string(reason_bytes_max, 'c'));
  EXPECT_EQ(args[1].items()[1].string(), "why");
}

// ---- Those that decide themselves ----

class DecidingActors : public FailingActors {
 protected:
  void load_deciding(bool with_journal = true, uint64_t message_time_ns = 0) {
    load(
        [&](KindSettings& settings) {
          ActorSettings own = granted();
          own.limits.fuel_per_message = 500'000;
          own.limits.message_time_ns = message_time_ns;
          settings.settings = std::make_shared<const ActorSettings>(own);
          // It is asked whatever these say.
          settings.on_trap = settings.on_limit = Directive::stop;
          settings.on_contract = settings.on_error = Directive::stop;
        },
        with_journal);
  }
  std::string value(const std::string& key) {
    const auto found = values_.at(name_)->get(key);
    if (!found || !*found) return "none";
    return std::string(as_text((*found)->value));
  }
  const Transition& decision() {
    const auto& records = journal_.chains.at(name_).transitions;
    const auto found = std::ranges::find(records, "on-error", &Transition::reason);
    EXPECT_NE(found, records.end());
    return found == records.end() ? records.front() : *found;
  }
};

TEST_P(DecidingActors, AreAskedAndRecorded) {
  for (const bool with_journal : {true, false}) {
    load_deciding(with_journal);
    for (const Directive directive : directives) {
      for (const Harm& harm : harms) {
        const ActorId id = begin();
        const std::string what = fmt::format("{} {}", harm.command, static_cast<int>(directive));
        ask(id, fmt::format("set directive {}", static_cast<int>(directive)));
        expect_answer(ask(id, harm.command), harm);
        expect_directive(directive, what);
        const auto cause = static_cast<uint32_t>(harm.why);
        EXPECT_TRUE(value("told").starts_with(fmt::format("{} ", cause - 1))) << value("told");
        if (!with_journal) continue;
        const Transition& record = decision();
        EXPECT_EQ(record.kind, TransitionKind::snapshot);
        EXPECT_EQ(record.message_tag, cause);
        constexpr std::string_view words[] = {"stop", "resume", "restart", "escalate"};
        EXPECT_EQ(record.reply.text(), words[static_cast<size_t>(directive)]) << what;
        ASSERT_EQ(record.effects.size(), 1u);
        expect_replayed();
        // A record of another decision is none of this component.
        Transition lie = record;
        lie.reply = Payload(words[(static_cast<size_t>(directive) + 1) % 4]);
        EXPECT_NE(difference(lie, *replay(*kind_, name_, record, false)), "");
      }
    }
  }
}

TEST_P(DecidingActors, HearWhy) {
  load_deciding();
  const ActorId id = begin();
  ask(id, "bad");
  EXPECT_EQ(value("told"), "3 bad it was asked for");
  EXPECT_EQ(text(decision().input), "bad\nit was asked for");
  ask(id, "take 500");
  EXPECT_EQ(value("told"), "0 overdrawn the balance would be below zero");
}

TEST_P(DecidingActors, MayDoSomethingAboutIt) {
  load_deciding();
  const ActorId id = begin();
  ask(id, "set on-error add 7");
  EXPECT_TRUE(ask(id, "trap").is(Refusal::failed));
  // It is given the state of before, and one that is kept elsewhere it has not.
  EXPECT_EQ(ask(id, "get").text, is_resident() ? "107" : "100");
  EXPECT_EQ(value("told").substr(0, 2), "1 ");
  expect_replayed();
  ask(id, "set on-error send nobody hello");
  ask(id, "bad");
  EXPECT_EQ(journal_.chains.at(name_).transitions.back().effects.size(), 2u);
  expect_replayed();
}

TEST_P(DecidingActors, AreRestartedIfTheyFailInThat) {
  load_deciding();
  for (const char* const command : {"trap", "loop", "take 5000"}) {
    if (std::string_view(command) == "take 5000" && !is_resident()) continue;  // it has no state
    const ActorId id = begin();
    ask(id, fmt::format("set on-error {}", command));
    const Answer answer = ask(id, "bad");
    EXPECT_TRUE(answer.is(Refusal::rejected)) << command << ": " << answer.text;
    EXPECT_EQ(answer.text, "bad: it was asked for");
    expect_directive(Directive::restart, command);
    EXPECT_EQ(value("told"), "none") << "what failed has done nothing";
    for (const Transition& record : journal_.chains.at(name_).transitions) {
      EXPECT_NE(record.reason, "on-error");
    }
  }
}

TEST_P(DecidingActors, HaveAsMuchTimeAsForAMessage) {
  load_deciding(true, 20 * ms);
  const ActorId id = begin();
  EXPECT_TRUE(system().spawn({.name = "quiet", .factory = testing::puppet({})}));
  ask(id, "set on-error ask quiet get");  // which waits for a second
  ask(id, "bad");
  simulation_.advance(19 * ms);
  EXPECT_FALSE(happened(EventKind::restarted));
  simulation_.advance(2 * ms);
  EXPECT_TRUE(happened(EventKind::restarted));
}

TEST_P(DecidingActors, ThatAreKilledMeanwhileEnd) {
  load_deciding();
  const ActorId id = begin();
  EXPECT_TRUE(system().spawn({.name = "quiet", .factory = testing::puppet({})}));
  ask(id, "set on-error ask quiet get");
  ask(id, "bad");
  system().kill(id);
  simulation_.run();
  EXPECT_FALSE(system().is_alive(id));
  EXPECT_EQ(system().counters().late_replies, 0u);
}

TEST_P(DecidingActors, AreNotAskedWhereNothingCouldBeRecorded) {
  load_deciding();
  const ActorId id = begin();
  journal_.broken = ErrorKind::limit;
  EXPECT_TRUE(ask(id, "add 1").is(Refusal::rejected));
  journal_.broken.reset();
  EXPECT_EQ(value("told"), "none");
  EXPECT_EQ(ask(id, "get").text, "100");
}

INSTANTIATE_TEST_SUITE_P(Styles, FailingActors,
                         ::testing::Values(Style::explicit_state, Style::resident),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Styles, DecidingActors,
                         ::testing::Values(Style::deciding, Style::resident_deciding),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace cairn::actor
