// Components as actors: the way of a message, for both styles of state, from one seed.

#include "guest/component_actor_testing.hpp"

namespace cairn::actor {
namespace {

using testing::Answer;
using testing::machine;
using testing::ms;
using testing::Style;

class ComponentActors : public testing::MachineActors {};

TEST_P(ComponentActors, KeepTheirState) {
  load();
  EXPECT_EQ(kind_->style(),
            GetParam() == Style::resident ? StateStyle::resident : StateStyle::explicit_state);
  const ActorId id = spawn("account", "100");
  EXPECT_EQ(ask(id, "get").text, "100");
  EXPECT_EQ(ask(id, "add 20").text, "120");
  EXPECT_EQ(ask(id, "take 50").text, "70");
  system().send(id, Payload("add 3"));
  EXPECT_EQ(ask(id, "get").text, "73");
  EXPECT_EQ(ask(id, "who").text, "account");
  const Answer empty = ask(id, "nothing");
  EXPECT_EQ(empty.kind, MessageKind::reply);
  EXPECT_EQ(empty.text, "");
}

TEST_P(ComponentActors, EachTransitionIsInTheJournal) {
  load();
  const ActorId id = spawn("account", "100");
  ask(id, "add 20");
  ask(id, "get");
  const auto records = chain("account");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].kind, TransitionKind::init);
  EXPECT_EQ(text(records[0].input), "100");
  EXPECT_EQ(records[1].kind, TransitionKind::message);
  EXPECT_EQ(records[1].message_kind, MessageKind::request);
  EXPECT_EQ(text(records[1].input), "add 20");
  EXPECT_TRUE(records[1].has_reply);
  EXPECT_EQ(text(records[1].reply), "120");
  EXPECT_GT(records[1].fuel_used, 0u);
  EXPECT_EQ(records[1].module, kind_->digest());
  const auto& all = journal_.chains.at("account").transitions;
  for (size_t at = 1; at < all.size(); ++at) {
    EXPECT_TRUE(std::ranges::equal(all[at].old_state.bytes(), all[at - 1].new_state.bytes()));
  }
  if (GetParam() == Style::explicit_state) {
    EXPECT_EQ(text(records[0].new_state), "100");
    EXPECT_EQ(text(records[1].new_state), "120");
    EXPECT_EQ(text(records[2].new_state), "120");
  } else {
    EXPECT_FALSE(std::ranges::equal(records[1].new_state.bytes(), records[1].old_state.bytes()));
  }
  system().stop(id);
  simulation_.run();
  EXPECT_EQ(chain("account").back().kind, TransitionKind::stop);
}

TEST_P(ComponentActors, ContractsSayNo) {
  load();
  const ActorId id = spawn("account", "100");
  const Answer overdrawn = ask(id, "take 101");
  EXPECT_TRUE(overdrawn.is(Refusal::rejected)) << overdrawn.tag;
  EXPECT_EQ(overdrawn.text, "overdrawn: the balance would be below zero");
  const Answer too_much = ask(id, "take 5000");
  EXPECT_TRUE(too_much.is(Refusal::rejected));
  EXPECT_EQ(too_much.text, "too-much: no more than 1000 at once");
  const Answer bad = ask(id, "bad");
  EXPECT_TRUE(bad.is(Refusal::rejected));
  EXPECT_EQ(ask(id, "get").text, "100");
  const auto records = chain("account");
  ASSERT_EQ(records.size(), 5u);
  for (size_t at : {1, 2, 3}) {
    EXPECT_EQ(records[at].kind, TransitionKind::rejection);
    EXPECT_EQ(records[at].rejection, at == 3 ? Rejection::error : Rejection::contract);
    EXPECT_TRUE(std::ranges::equal(records[at].new_state.bytes(), records[at].old_state.bytes()));
    EXPECT_FALSE(records[at].reason.empty());
    EXPECT_FALSE(records[at].has_reply);
  }
}

TEST_P(ComponentActors, TheFirstStateIsCheckedToo) {
  load();
  const ActorId id = spawn("account", "-5");
  EXPECT_FALSE(system().is_alive(id));
  const auto records = chain("account");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].kind, TransitionKind::rejection);
  EXPECT_EQ(records[0].rejection, Rejection::contract);
  // The name can be had again, with a better state.
  const ActorId again = spawn("account", "5");
  EXPECT_EQ(ask(again, "get").text, "5");
}

TEST_P(ComponentActors, TrapsAndLimitsLeaveTheStateAndARecord) {
  load([](KindSettings& settings) {
    ActorSettings own = granted();
    own.limits.memory_bytes = 4 << 20;
    settings.settings = std::make_shared<const ActorSettings>(own);
  });
  const ActorId id = spawn("account", "100");
  for (const auto& [command, why] :
       {std::pair{"trap", Rejection::trap}, std::pair{"loop", Rejection::limit},
        std::pair{"bomb", Rejection::trap}}) {
    const Answer answer = ask(id, command);
    EXPECT_TRUE(answer.is(Refusal::failed)) << command << " " << answer.tag;
    EXPECT_FALSE(answer.text.empty());
    EXPECT_EQ(chain("account").back().kind, TransitionKind::rejection) << command;
    EXPECT_EQ(chain("account").back().rejection, why) << command;
    EXPECT_EQ(ask(id, "get").text, "100") << command;
  }
}

TEST_P(ComponentActors, WhatIsNotAcceptedIsNotSent) {
  load();
  const ActorId listener = spawn("listener", "0");
  const ActorId id = spawn("account", "100");
  EXPECT_EQ(ask(id, "send listener add 5").kind, MessageKind::reply);
  EXPECT_EQ(ask(listener, "get").text, "5");
  const uint64_t before = chain("listener").size();
  // The guest sends, and then uses up its fuel.
  EXPECT_TRUE(ask(id, "flood 20000").is(Refusal::failed));
  EXPECT_EQ(chain("account").back().rejection, Rejection::limit);
  EXPECT_EQ(chain("listener").size(), before);
  EXPECT_TRUE(chain("account").back().effects.empty());
}

TEST_P(ComponentActors, NothingLeavesBeforeItIsDurable) {
  load();
  const ActorId listener = spawn("listener", "0");
  const ActorId id = spawn("account", "100");
  journal_.defer = true;
  EXPECT_EQ(ask(id, "send listener add 5").kind, MessageKind::signal);
  EXPECT_EQ(chain("listener").size(), 1u);
  // It waits, and holds nobody up.
  journal_.settle();
  simulation_.run();
  EXPECT_EQ(last_->kind, MessageKind::reply);
  journal_.settle();
  simulation_.run();
  journal_.defer = false;
  EXPECT_EQ(ask(listener, "get").text, "5");
  // Who caused it is known, by a record of the sender's chain.
  const Transition record = chain("listener")[1];
  EXPECT_EQ(record.sender, "account");
  ASSERT_GT(record.cause, 0u);
  const Transition& cause = journal_.chains.at("account").transitions.at(record.cause - 1);
  EXPECT_EQ(text(cause.input), "send listener add 5");
  ASSERT_EQ(cause.effects.size(), 1u);
  EXPECT_EQ(cause.effects[0].to, "listener");
}

TEST_P(ComponentActors, ADiskWithoutRoomRefusesMessages) {
  load();
  const ActorId id = spawn("account", "100");
  journal_.broken = ErrorKind::limit;
  EXPECT_TRUE(ask(id, "add 5").is(Refusal::rejected));
  journal_.broken.reset();
  EXPECT_EQ(ask(id, "get").text, "100");
  // One that may have lost something ends the actor.
  journal_.broken = ErrorKind::io;
  EXPECT_EQ(ask(id, "add 5").kind, MessageKind::failure);
  EXPECT_FALSE(system().is_alive(id));
}

TEST_P(ComponentActors, TimersTopicsChildrenAndMonitors) {
  load();
  const ActorId id = spawn("account", "0");
  ask(id, "timer 7 50000000 0");
  ask(id, "timer 8 50000000 0");
  ask(id, "cancel 8");
  simulation_.advance(100 * ms);
  EXPECT_EQ(ask(id, "get").text, "7");

  EXPECT_NE(ask(id, "subscribe a..b").text, "");
  ask(id, "subscribe a.*");
  const ActorId other = spawn("other", "0");
  ask(other, "publish a.b count");
  EXPECT_EQ(ask(id, "get").text, "8");

  EXPECT_EQ(ask(id, "spawn child nothing 5").text, "there is no such kind");
  EXPECT_EQ(ask(id, "spawn other machine 5").text, "the name is taken");
  EXPECT_EQ(ask(id, "spawn child machine 5").text, "");
  const ActorId child = system().find("child");
  EXPECT_EQ(ask(child, "parent").text, "account");
  EXPECT_EQ(ask(child, "get").text, "5");
  ask(id, "monitor child");
  ask(id, "end-child child");
  simulation_.run();
  EXPECT_FALSE(system().is_alive(child));
  EXPECT_EQ(ask(id, "get").text, "109");  // 100 and `shutdown`
  ask(id, "stop");
  EXPECT_FALSE(system().is_alive(id));
}

TEST_P(ComponentActors, GiveChildrenNoMoreThanTheyHave) {
  load();
  const ActorId id = spawn("account");
  load([](KindSettings& settings) {
    ActorSettings own = granted();
    own.grants = Grants::all();
    settings.settings = std::make_shared<const ActorSettings>(own);
  });
  EXPECT_EQ(ask(id, "spawn child machine 5").text, "the parent was not granted everything");
  load(with_limits([](ActorSettings& own) { own.limits.fuel_per_message *= 2; }));
  EXPECT_EQ(ask(id, "spawn child machine 5").text,
            "'fuel_per_message' of a child is above that of its parent, 50000000");
  EXPECT_TRUE(journal_.chains.at("account").transitions.back().effects.empty());
  EXPECT_FALSE(system().find("child"));
  load(with_limits([](ActorSettings& own) { own.limits.fuel_per_message /= 2; }));
  EXPECT_EQ(ask(id, "spawn child machine 5").text, "");
  EXPECT_TRUE(system().find("child"));
}

TEST_P(ComponentActors, HaveValuesOfTheirOwn) {
  load();
  const ActorId id = spawn("account", "0");
  EXPECT_EQ(ask(id, "value a").text, "none");
  ask(id, "set a first");
  EXPECT_EQ(ask(id, "value a").text, "first");
  ask(id, "remove a");
  EXPECT_EQ(ask(id, "value a").text, "none");
  EXPECT_EQ(ask(spawn("other"), "value a").text, "none");
}

TEST_P(ComponentActors, ImportsAreGrantedOrDenied) {
  KindSettings settings;
  ActorSettings own;
  own.grants = Grants({"cairn:actor/logging", "cairn:actor/self"});
  settings.settings = std::make_shared<const ActorSettings>(own);
  const auto kind =
      ComponentKind::load(engine_, *machine(GetParam()), {.clock = &simulation_.clock()}, settings);
  ASSERT_FALSE(kind);
  EXPECT_EQ(kind.error().kind, ErrorKind::denied);
  EXPECT_NE(kind.error().message.find("cairn:actor/messaging"), std::string::npos);
}

TEST_P(ComponentActors, LogOneLineAndNotTooMuch) {
  load([](KindSettings& settings) { settings.handler_limits.log_bytes_max = 50; });
  const ActorId id = spawn("account", "0");
  ask(id, "log a\x1b[31m\nb");
  EXPECT_EQ(log_.lines().back(), "warning: account: a [31m b");
  const auto floods = [&] { return std::ranges::count(events_, EventKind::log_flood); };
  ask(id, "logs 10");
  EXPECT_EQ(floods(), 0);
  for (const int time : {1, 2}) {
    const size_t before = log_.lines().size();
    EXPECT_EQ(ask(id, "logs 100000").kind, MessageKind::reply) << "it goes on";
    EXPECT_EQ(log_.lines().size() - before, 11u);
    EXPECT_EQ(log_.lines().back(), "warning: account: logs more than 50 bytes of one message");
    EXPECT_EQ(floods(), time) << "said once";
  }
  const Result<Transition> made = replay(*kind_, "account", last_record("account"), false);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(difference(last_record("account"), *made), "");
}

TEST_P(ComponentActors, ALoopingOneLetsOthersRun) {
  load([](KindSettings& settings) {
    ActorSettings own = granted();
    own.limits.fuel_per_message = 0;
    settings.settings = std::make_shared<const ActorSettings>(own);
  });
  const ActorId looping = spawn("looping", "0");
  const ActorId good = spawn("good", "0");
  system().send(looping, Payload("loop"));
  Answer answer;
  system().request(good, Payload("add 1"), 10'000 * ms,
                   [&](const Message& message) { answer.text = message.payload.text(); });
  for (int step = 0; step < 100 && answer.text.empty(); ++step) simulation_.step();
  EXPECT_EQ(answer.text, "1");
  system().kill(looping);
  simulation_.run();
  EXPECT_FALSE(system().is_alive(looping));
}

TEST_P(ComponentActors, AMessageMayTakeOnlySoLong) {
  load([](KindSettings& settings) {
    ActorSettings own = granted();
    own.limits.fuel_per_message = 0;
    own.limits.message_time_ns = 20 * ms;
    settings.settings = std::make_shared<const ActorSettings>(own);
  });
  const ActorId id = spawn("account", "3");
  system().send(id, Payload("loop"));
  for (int step = 0; step < 200; ++step) {
    simulation_.step();
    simulation_.clock().sleep_until(simulation_.clock().monotonic_ns() + ms);
  }
  simulation_.run();
  EXPECT_EQ(chain("account").back().rejection, Rejection::limit);
  EXPECT_EQ(ask(id, "get").text, "3");
}

/// A single instruction may cost more than a slice, and than what is left when `realloc` runs.
TEST_P(ComponentActors, LargeStatesAndMessagesGoThrough) {
  load([](KindSettings& settings) {
    ActorSettings own = granted();
    own.limits.payload_bytes = 8 << 20;
    settings.settings = std::make_shared<const ActorSettings>(own);
  });
  const ActorId id = spawn("account", "3");
  const std::string large = "add 2 " + std::string(7 << 20, ' ');
  EXPECT_EQ(ask(id, large).text, "5");
  if (GetParam() == Style::explicit_state) {
    EXPECT_EQ(ask(id, "big 10000000").kind, MessageKind::reply);
    EXPECT_EQ(chain("account").back().new_state.size(), 10'000'000u);
    EXPECT_EQ(ask(id, "add 4").text, "4");
    EXPECT_TRUE(ask(id, "big 17000000").is(Refusal::failed));
    EXPECT_EQ(chain("account").back().rejection, Rejection::limit);
  }
  bool is_first = true;
  for (const Transition& record : chain("account")) {
    const Result<Transition> made = replay(*kind_, "account", record, is_first);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(difference(record, *made), "") << record.input.text().substr(0, 20);
    is_first = false;
  }
}

TEST_P(ComponentActors, OneSeedGivesOneRun) {
  const auto run = [&](uint64_t seed) {
    journal_.chains.clear();
    Simulation simulation(seed);
    load();
    std::vector<ActorId> ids;
    for (int i = 0; i < 4; ++i) {
      ids.push_back(*simulation.system().spawn(kind_->spec(fmt::format("a{}", i), Payload("10"))));
    }
    simulation.run();
    for (int i = 0; i < 40; ++i) {
      const auto whom = static_cast<size_t>(simulation.random().below(4));
      simulation.system().send(
          ids[whom], Payload(fmt::format("send a{} take {}", simulation.random().below(4), i)));
    }
    simulation.run();
    std::string all;
    for (const auto& [name, chain] : journal_.chains) {
      for (const Transition& record : chain.transitions) {
        all += fmt::format("{} {} {} {} {} {}\n", name, to_string(record.kind), record.input.text(),
                           record.sender, record.cause, record.fuel_used);
      }
    }
    return all;
  };
  const std::string first = run(5);
  EXPECT_EQ(run(5), first);
  EXPECT_NE(run(6), first);
}

INSTANTIATE_TEST_SUITE_P(Styles, ComponentActors,
                         ::testing::Values(Style::explicit_state, Style::resident),
                         [](const auto& info) {
                           return info.param == Style::resident ? "Resident" : "Explicit";
                         });

}  // namespace
}  // namespace cairn::actor
