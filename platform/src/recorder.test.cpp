// Who wants a chain that is written for a fork. Nothing runs here: what becomes of whole actors,
// the tests of deployments see.

#include "recorder.hpp"

#include <cairn/base/simulated_disk.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace cairn::platform::testing {
namespace {

constexpr actor::ActorId source = {1, 1}, first = {2, 1}, second = {3, 1};
constexpr actor::ActorId session = {4, 1}, other_session = {5, 1};

class Recording : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = chain::Store::open(
        disk_, clock_, random_, {.folder = "data", .origin = "test.example", .segment_bytes = 4096},
        key_);
    ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
    store_ = *std::move(opened);
    recorder_.emplace(*store_, hub_, clock_, [](const auto&, const auto&, const auto&) {});
    const auto began = open(source, "source");
    commit();
    ASSERT_TRUE(*began && (*began)->has_value());
    actor::Transition init;
    init.kind = actor::TransitionKind::init;
    init.at_ns = 1;
    init.new_state = actor::Payload("state");
    recorder_->append(source, init, [](const Result<actor::Receipt>& receipt) {
      EXPECT_TRUE(receipt.has_value());
    });
    commit();
  }

  /// None, as long as it was not told.
  template <class T>
  using Told = std::shared_ptr<std::optional<Result<T>>>;

  Told<actor::Recovered> open(actor::ActorId actor, const std::string& name) {
    auto told = std::make_shared<std::optional<Result<actor::Recovered>>>();
    actor::Genesis genesis;
    genesis.name = name;
    recorder_->open(actor, genesis, [told](Result<actor::Recovered> how) { *told = how; });
    return told;
  }
  /// Of the source's state, to "kid".
  Told<actor::Receipt> fork(actor::ActorId as) {
    auto told = std::make_shared<std::optional<Result<actor::Receipt>>>();
    actor::Genesis genesis;
    genesis.name = "kid";
    actor::Transition fork;
    fork.kind = actor::TransitionKind::fork;
    fork.at_ns = 2;
    fork.sender = "source";
    fork.cause = 1;
    fork.new_state = actor::Payload("state");
    recorder_->fork(as, genesis, fork, [told](Result<actor::Receipt> how) { *told = how; });
    return told;
  }
  void commit() const {
    while (store_->commit()) {
    }
  }
  /// False: somebody has it open.
  bool may_be_opened(const std::string& name) {
    constexpr actor::ActorId other = {9, 1};
    const auto told = open(other, name);
    commit();
    return *told && (*told)->has_value();
  }

  SimulatedDisk disk_;
  SimulatedClock clock_ = SimulatedClock(1'700'000'000'000'000'000);
  SeededRandom random_ = SeededRandom(1);
  crypto::Ed25519Key key_ = crypto::Ed25519Key({1, 2, 3});
  Hub hub_;
  std::unique_ptr<chain::Store> store_;
  std::optional<Recorder> recorder_;
};

TEST_F(Recording, WhoOpensAChainThatIsForkedWaits) {
  const auto forked = fork(session);
  const auto opened = open(first, "kid");
  commit();
  ASSERT_TRUE(*forked && (*forked)->has_value());
  ASSERT_TRUE(*opened && (*opened)->has_value());
  EXPECT_FALSE((**opened)->is_new);
  EXPECT_EQ((**opened)->state.text(), "state");
  EXPECT_FALSE(may_be_opened("kid"));
  recorder_->close(first);
  EXPECT_TRUE(may_be_opened("kid"));
}

TEST_F(Recording, AForkWaitsForAFork) {
  const auto one = fork(session), two = fork(other_session);
  const auto opened = open(first, "kid");
  commit();
  ASSERT_TRUE(*one && (*one)->has_value());
  ASSERT_TRUE(*two && (*two)->has_value());
  EXPECT_EQ((**one)->sequence + 1, (**two)->sequence);
  ASSERT_TRUE(*opened && (*opened)->has_value());
  EXPECT_EQ((**opened)->at, ***two) << "behind both";
}

TEST_F(Recording, WhoIsClosedWaitsNoLonger) {
  const auto forked = fork(session);
  const auto opened = open(first, "kid");
  recorder_->close(first);
  commit();
  EXPECT_TRUE(*forked && (*forked)->has_value());
  EXPECT_FALSE(*opened);
  EXPECT_TRUE(may_be_opened("kid"));
}

/// Does something where it is copied, which is what the recorder does with it before it asks the
/// store for the chain.
struct WhenCopied {
  std::function<void()> run;
  explicit WhenCopied(std::function<void()> what) : run(std::move(what)) {}
  WhenCopied(const WhenCopied& other) : run(other.run) { run(); }
  WhenCopied(WhenCopied&&) = default;
  WhenCopied& operator=(const WhenCopied&) = delete;
  WhenCopied& operator=(WhenCopied&&) = delete;
  ~WhenCopied() = default;
  void operator()(const Result<actor::Recovered>&) const {}
};

/// Another thread may do so when the fork is over.
TEST_F(Recording, WhoIsClosedWhileOthersAreLetGoWaitsNoLonger) {
  bool is_armed = false;
  const auto forked = fork(session);
  recorder_->open(first, {.name = "kid", .manifest = {}}, WhenCopied([&] {
                    if (std::exchange(is_armed, false)) recorder_->close(second);
                  }));
  const auto opened = open(second, "kid");
  is_armed = true;
  commit();
  EXPECT_TRUE(*forked && (*forked)->has_value());
  EXPECT_FALSE(is_armed);
  EXPECT_FALSE(*opened) << "it asks for the chain when it is gone";
  recorder_->close(first);
  EXPECT_TRUE(may_be_opened("kid"));
}

}  // namespace
}  // namespace cairn::platform::testing
