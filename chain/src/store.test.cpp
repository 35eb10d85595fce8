#include <cairn/chain/verify.hpp>

#include <algorithm>
#include <atomic>

#include "store_world.hpp"

namespace cairn::chain {
namespace {

TEST(Store, AnActorGoesOnWhereItWas) {
  StoreWorld world;
  world.open();
  const auto fresh = world.begin(1, "alice");
  ASSERT_TRUE(fresh.has_value()) << fresh.error().to_string();
  EXPECT_TRUE(fresh->is_new);
  EXPECT_EQ(fresh->at.sequence, 0u);

  actor::Transition first = message("", "one");
  first.kind = actor::TransitionKind::init;
  ASSERT_TRUE(world.append(1, first).has_value());
  actor::Transition second = message("one", "two");
  second.module = {9};
  second.has_reply = true;
  second.reply = actor::Payload("done");
  second.host_results = {{"random", {1, 2}}};
  second.effects = {{actor::EffectKind::set_value, "key", actor::Payload("value")}};
  const auto receipt = world.append(1, second);
  ASSERT_TRUE(receipt.has_value()) << receipt.error().to_string();
  EXPECT_EQ(receipt->sequence, 2u);

  world.open();
  const auto again = world.begin(7, "alice");
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->at, *receipt);
  EXPECT_EQ(again->state.text(), "two");
  EXPECT_EQ(again->state.media_type(), "text/plain");
  EXPECT_EQ(again->last, actor::TransitionKind::message);
  EXPECT_EQ(again->module, second.module);
  ASSERT_EQ(again->effects.size(), 1u);
  EXPECT_EQ(again->effects[0].payload.text(), "value");

  const auto record = world.store->record("alice", 2);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->hash, receipt->head);
  EXPECT_EQ(record_hash(record->encoded), record->hash);
  EXPECT_EQ(as_text(*record->content(Slot::reply)), "done");
  EXPECT_EQ(as_text(*record->content(Slot::input)), "go");
  EXPECT_EQ(world.store->state("alice", 0)->size(), 0u);
  EXPECT_EQ(world.store->state("alice", 1)->text(), "one");
  EXPECT_EQ(world.store->records("alice", 1, 10)->size(), 2u);
  EXPECT_EQ(world.store->chains("", 10).size(), 1u);
  EXPECT_EQ(world.store->chain("alice")->head, receipt->head);
  EXPECT_EQ(world.store->chain("bob").error().kind, ErrorKind::not_found);
}

TEST(Store, AnOutlineIsARecordWithoutItsContents) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  const std::string large(100'000, 's');
  actor::Transition init = message("", large);
  init.kind = actor::TransitionKind::init;
  init.reason = std::string(3'000, 'r');  // longer than what is read first
  ASSERT_TRUE(world.append(1, init).has_value());
  ASSERT_TRUE(world.append(1, message(large, "two")).has_value());
  for (uint64_t sequence = 0; sequence <= 2; ++sequence) {
    const auto whole = world.store->record("alice", sequence);
    const auto outline = world.store->outline("alice", sequence);
    ASSERT_TRUE(whole.has_value() && outline.has_value()) << sequence;
    EXPECT_EQ(outline->hash, whole->hash);
    EXPECT_EQ(as_text(outline->encoded), as_text(whole->encoded));
    EXPECT_EQ(outline->record.reason, whole->record.reason);
    EXPECT_EQ(world.store->outline(whole->index)->hash, whole->hash);
    if (sequence > 0) {
      EXPECT_TRUE(whole->content(Slot::input).has_value());
      EXPECT_FALSE(outline->content(Slot::input).has_value());
    }
  }
  EXPECT_EQ(world.store->outline("alice", 3).error().kind, ErrorKind::not_found);
}

TEST(Store, AChainHasOneWriter) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  actor::Transition init = message("", "one");
  init.kind = actor::TransitionKind::init;
  ASSERT_TRUE(world.append(1, init).has_value());
  const auto second = world.begin(2, "alice");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::usage);
  EXPECT_EQ(second.error().message, "somebody else (1.1) writes to the chain 'alice'");
  EXPECT_FALSE(world.append(2, message("one", "two")).has_value());
  world.store->close(actor_id(2));
  EXPECT_TRUE(world.append(1, message("one", "two")).has_value());
  EXPECT_TRUE(world.begin(1, "alice").has_value()) << "a restart";
  world.store->close(actor_id(1));
  EXPECT_EQ(world.begin(2, "alice")->state.text(), "two");
  // Two at once, and one that goes before it was told.
  std::vector<bool> opened;
  const auto open = [&](uint32_t number) {
    actor::Genesis genesis;
    genesis.name = "bob";
    world.store->open(actor_id(number), genesis,
                      [&](const auto& recovered) { opened.push_back(recovered.has_value()); });
  };
  open(3);
  open(4);
  world.store->close(actor_id(3));
  open(5);
  world.commit();
  EXPECT_EQ(std::ranges::count(opened, true), 2);
  EXPECT_FALSE(world.append(3, init).has_value());
  EXPECT_FALSE(world.append(4, init).has_value());
  EXPECT_TRUE(world.append(5, init).has_value());
}

TEST(Store, AModuleThatWasRefusedIsNotThatOfTheActor) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  actor::Transition init = message("", "one");
  init.kind = actor::TransitionKind::init;
  init.module = {1};
  ASSERT_TRUE(world.append(1, init).has_value());
  actor::Transition refused = message("one", "one");
  refused.kind = actor::TransitionKind::rejection;
  refused.rejection = actor::Rejection::contract;
  refused.module = {2};
  ASSERT_TRUE(world.append(1, refused).has_value());
  EXPECT_EQ(world.begin(1, "alice")->module, init.module);
  world.open();
  EXPECT_EQ(world.begin(1, "alice")->module, init.module);
  // Also when it is read from an index.
  for (int at = 0; at < 50; ++at) {
    ASSERT_TRUE(world.append(1, refused).has_value());
  }
  world.open();
  EXPECT_EQ(world.begin(1, "alice")->module, init.module);
}

TEST(Store, AnInitThatWasRejectedIsDueAgain) {
  StoreWorld world;
  actor::Transition init = message("", "");
  init.kind = actor::TransitionKind::rejection;
  init.rejection = actor::Rejection::contract;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  for (uint64_t tries = 1; tries <= 40; ++tries) {
    ASSERT_TRUE(world.append(1, init).has_value());
    world.open();
    const auto recovered = world.begin(1, "alice");
    ASSERT_TRUE(recovered.has_value()) << recovered.error().to_string();
    EXPECT_TRUE(recovered->is_new);
    EXPECT_EQ(recovered->at.sequence, tries);
  }
  // Some of them lie in full segments. A first state may be as empty as none.
  EXPECT_GT(world.disk.list_directory("data")->size(), 3u);
  init.kind = actor::TransitionKind::init;
  init.rejection = actor::Rejection::none;
  init.new_state = actor::Payload();
  ASSERT_TRUE(world.append(1, init).has_value());
  world.open();
  EXPECT_FALSE(world.begin(1, "alice")->is_new);
  actor::Transition no = init;
  no.kind = actor::TransitionKind::rejection;
  no.rejection = actor::Rejection::trap;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(world.append(1, no).has_value());
    world.open();
    ASSERT_FALSE(world.begin(1, "alice")->is_new);
  }
}

TEST(Store, ARejectionLeavesTheState) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  ASSERT_TRUE(world.append(1, message("", "one")).has_value());
  actor::Transition no = message("one", "");
  no.kind = actor::TransitionKind::rejection;
  no.rejection = actor::Rejection::contract;
  no.reason = "no";
  ASSERT_TRUE(world.append(1, no).has_value());
  actor::Transition stop;
  stop.kind = actor::TransitionKind::stop;
  ASSERT_TRUE(world.append(1, stop).has_value());
  EXPECT_EQ(world.store->state("alice", 3)->text(), "one");
  // What is no rejection has no cause of one.
  actor::Transition wrong = message("one", "two");
  wrong.rejection = actor::Rejection::trap;
  EXPECT_EQ(world.append(1, wrong).error().kind, ErrorKind::invalid);
  EXPECT_TRUE(world.append(1, message("one", "two")).has_value());
}

TEST(Store, AStateThatIsNotThatOfTheChainIsRefused) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  ASSERT_TRUE(world.append(1, message("", "one")).has_value());
  EXPECT_EQ(world.append(1, message("other", "two")).error().kind, ErrorKind::usage);
  EXPECT_EQ(world.append(2, message("one", "two")).error().kind, ErrorKind::usage);
  world.store->close(actor_id(1));
  EXPECT_EQ(world.append(1, message("one", "two")).error().kind, ErrorKind::usage);
  EXPECT_EQ(world.store->chain("alice")->sequence, 1u);
}

TEST(Store, TheHeadOfTheSenderIsInTheRecord) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  ASSERT_TRUE(world.begin(2, "bob").has_value());
  std::string state;
  std::vector<Digest> heads;
  for (int i = 0; i < 40; ++i) {
    const std::string next = std::to_string(i);
    heads.push_back(world.append(1, message(state, next))->head);
    state = next;
  }
  state.clear();
  for (const uint64_t cause : {1u, 20u, 40u, 41u, 0u}) {
    actor::Transition got = message(state, std::to_string(cause));
    state = std::to_string(cause);
    got.sender = "alice";
    got.cause = cause;
    const auto receipt = world.append(2, got);
    const auto record = world.store->record("bob", receipt->sequence);
    ASSERT_EQ(record->record.source->cause, cause);
    const bool is_known = cause >= 1 && cause <= 40;
    EXPECT_EQ(record->record.source->head.has_value(), is_known);
    if (is_known) EXPECT_EQ(record->record.source->head, heads[cause - 1]);
  }
}

TEST(Store, AForkTakesTheStateOfTheRecordThatItNames) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  ASSERT_TRUE(world.begin(2, "copy").has_value());
  ASSERT_TRUE(world.append(1, message("", "one")).has_value());
  ASSERT_TRUE(world.append(1, message("one", "two")).has_value());
  actor::Transition fork;
  fork.kind = actor::TransitionKind::fork;
  fork.sender = "alice";
  fork.cause = 1;
  fork.new_state = *world.store->state("alice", 1);
  EXPECT_TRUE(world.append(2, fork).has_value());
  // Back to where it was.
  fork.old_state = actor::Payload("two", "text/plain");
  EXPECT_TRUE(world.append(1, fork).has_value());
  EXPECT_EQ(world.store->state("alice", 3)->text(), "one");
  fork.new_state = actor::Payload("forged", "text/plain");
  EXPECT_EQ(world.append(2, fork).error().kind, ErrorKind::usage);
}

TEST(Store, ManyWaitForOneSync) {
  StoreWorld world;
  world.open();
  for (uint32_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(world.begin(i, "a" + std::to_string(i)).has_value());
  }
  world.settings.segment_bytes = 1 << 20;
  const uint64_t before = world.disk.operations();
  int done = 0;
  for (uint32_t i = 0; i < 50; ++i) {
    world.store->append(actor_id(i), message("", "x"),
                        [&](auto receipt) { done += receipt.has_value(); });
  }
  EXPECT_EQ(done, 0);
  EXPECT_TRUE(world.store->commit());
  EXPECT_EQ(done, 50);
  // At most a new segment and its index besides the batch.
  EXPECT_LE(world.disk.operations() - before, 20u);
  EXPECT_FALSE(world.store->commit());
}

TEST(Store, TilesGiveTheSameProofs) {
  StoreWorld world;
  world.settings.segment_bytes = 1 << 15;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  std::string state;
  for (int i = 0; i < 700; ++i) {
    ASSERT_TRUE(world.append(1, message(state, std::to_string(i))).has_value());
    state = std::to_string(i);
  }
  const uint64_t size = world.store->size();
  for (const Tile& tile : tiles_of(size)) {
    EXPECT_EQ(*world.store->tile(tile), *tile_bytes(tile, world.store->nodes()));
  }
  const auto nodes =
      nodes_of_tiles(size, [&](const Tile& tile) { return world.store->tile(tile); });
  EXPECT_EQ(*crypto::merkle_root(size, nodes), world.store->root());
  const auto bundle = world.store->tile({.level = std::nullopt, .index = 1});
  const auto entries = entries_of(*bundle);
  ASSERT_EQ(entries->size(), 256u);
  EXPECT_EQ(record_hash((*entries)[3]), world.store->record(259)->hash);
  EXPECT_FALSE(world.store->tile({.level = 0, .index = 2, .width = 200}).has_value());
  EXPECT_FALSE(world.store->tile({.level = 0, .index = (uint64_t{1} << 56) - 1}).has_value());
}

TEST(Store, ContentsAreThrownAwayAndProofsStay) {
  StoreWorld world;
  world.open();
  ASSERT_TRUE(world.begin(1, "alice").has_value());
  ASSERT_TRUE(world.begin(2, "idle").has_value());
  actor::Transition once = message("", "for long");
  once.effects = {{actor::EffectKind::set_value, "key", actor::Payload("value")}};
  ASSERT_TRUE(world.append(2, once).has_value());
  std::string state;
  for (int i = 0; i < 200; ++i) {
    const std::string next = std::string(50, 'x') + std::to_string(i);
    ASSERT_TRUE(world.append(1, message(state, next)).has_value());
    state = next;
  }
  const Digest root = world.store->root();
  const uint64_t used = world.disk.used();
  const auto freed = world.store->prune(150);
  ASSERT_TRUE(freed.has_value()) << freed.error().to_string();
  EXPECT_GT(*freed, 5'000u);
  EXPECT_LE(world.disk.used(), used - *freed);
  EXPECT_EQ(*world.store->prune(150), 0u);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(world.store->root(), root);
    EXPECT_EQ(world.store->state("alice", 20).error().kind, ErrorKind::not_found);
    EXPECT_FALSE(world.store->record("alice", 20)->content(Slot::input).has_value());
    EXPECT_EQ(world.store->state("alice", 200)->text(), state);
    EXPECT_EQ(world.store->state("alice", 160)->text(), std::string(50, 'x') + "159");
    EXPECT_EQ(world.begin(2, "idle")->state.text(), "for long");
    EXPECT_EQ(world.begin(2, "idle")->effects.size(), 1u);
    EXPECT_EQ(as_text(*world.store->record("idle", 0)->content(Slot::manifest)), "\1\2\3");
    for (const uint64_t index : {0u, 30u, 190u}) {
      const auto proof = crypto::prove_inclusion(index, world.store->size(), world.store->nodes());
      EXPECT_TRUE(crypto::verify_inclusion(record_hash(world.store->record(index)->encoded), index,
                                           world.store->size(), *proof, root));
    }
    const auto report = verify_log(world.disk, "data", {});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    EXPECT_GT(report->contents_missing, 100u);
    world.open();
    EXPECT_EQ(world.store->opening().indexes_rebuilt, 0u);
  }
  // More of it, later; and nothing where it is told to stop.
  EXPECT_EQ(*world.store->prune(world.store->size(), [] { return false; }), 0u);
  EXPECT_GT(*world.store->prune(world.store->size()), 1'000u);
  EXPECT_EQ(world.begin(1, "alice")->state.text(), state);
  // A damaged one is named: nothing else is there.
  const std::string path = "data/000000000000.1.log";
  world.store.reset();
  const Bytes good = *world.disk.contents(path);
  world.disk.change(path, [](Bytes& bytes) { bytes[60] ^= 1; });
  const auto damaged = world.try_open();
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error().path, path) << damaged.error().to_string();
  world.disk.change(path, [&](Bytes& bytes) { bytes = good; });
  // The next generation is made anew from the segment, too.
  ASSERT_TRUE(world.disk.remove_file("data/000000000000.1.idx").has_value());
  world.open();
  EXPECT_EQ(world.store->opening().indexes_rebuilt, 1u);
  EXPECT_EQ(world.store->root(), root);
}

TEST(Store, AThreadCommits) {
  StoreWorld world;
  RealClock clock;
  world.settings.checkpoint_interval_ns = 1'000'000;
  world.open();
  std::atomic<int> done = 0;
  {
    Committer committer(*world.store, clock);
    for (uint32_t i = 0; i < 4; ++i) {
      actor::Genesis genesis;
      genesis.name = std::to_string(i);
      world.store->open(actor_id(i), genesis,
                        [&](auto recovered) { done += recovered.has_value(); });
    }
    while (done < 4) clock.sleep_until(clock.monotonic_ns() + 100'000);
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int turn = 0; turn < 100; ++turn) {
          std::atomic<bool> is_durable = false;
          actor::Transition transition = message("", "");
          transition.new_state = actor::Payload();
          world.store->append(actor_id(i), transition, [&](auto receipt) {
            done += receipt.has_value();
            is_durable = true;
            is_durable.notify_one();
          });
          is_durable.wait(false);
          EXPECT_TRUE(world.store->state(std::to_string(i), 1).has_value());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(done, 404);
  EXPECT_EQ(world.store->size(), 404u);
}

}  // namespace
}  // namespace cairn::chain
