#pragma once
/// Tests of the store: a disk in memory, and the calls as they are most often made.

#include <cairn/base/simulated_disk.hpp>
#include <cairn/chain/store.hpp>

#include <gtest/gtest.h>

namespace cairn::chain {

inline actor::ActorId actor_id(uint32_t number) { return {number, 1}; }

struct StoreWorld {
  SimulatedDisk disk;
  SimulatedClock clock = SimulatedClock(1'700'000'000'000'000'000);
  SeededRandom random;
  crypto::Ed25519Key key = crypto::Ed25519Key({1, 2, 3});
  StoreSettings settings = {.folder = "data",
                            .origin = "example.com/log",
                            .segment_bytes = 4096,
                            .checkpoint_interval_ns = 0};
  std::unique_ptr<Store> store;

  explicit StoreWorld(uint64_t seed = 1) : random(seed) {}

  Result<> try_open() {
    store.reset();
    auto opened = Store::open(disk, clock, random, settings, key);
    if (!opened) return std::unexpected(opened.error());
    store = *std::move(opened);
    return {};
  }
  void open() {
    const Result<> opened = try_open();
    ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
  }
  void commit() {
    while (store->commit()) {
    }
  }

  Result<actor::Recovered> begin(uint32_t number, const std::string& name) {
    Result<actor::Recovered> result = fail(ErrorKind::usage, "not called");
    actor::Genesis genesis;
    genesis.name = name;
    genesis.manifest = {1, 2, 3};
    store->open(actor_id(number), genesis, [&](auto recovered) { result = std::move(recovered); });
    commit();
    return result;
  }
  Result<actor::Receipt> append(uint32_t number, actor::Transition transition) {
    Result<actor::Receipt> result = fail(ErrorKind::usage, "not called");
    store->append(actor_id(number), std::move(transition),
                  [&](auto receipt) { result = std::move(receipt); });
    commit();
    return result;
  }
};

/// A message that was handled.
inline actor::Transition message(std::string_view old_state, std::string_view new_state) {
  actor::Transition transition;
  transition.at_ns = 5;
  transition.input = actor::Payload("go", "text/plain");
  if (!old_state.empty()) transition.old_state = actor::Payload(old_state, "text/plain");
  transition.new_state = actor::Payload(new_state, "text/plain");
  return transition;
}

}  // namespace cairn::chain
