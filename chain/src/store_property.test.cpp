// Writers that know what they were told, a disk that forgets what it may, and a crash at any
// moment: nothing that was acknowledged is lost, nothing is there that nobody wrote.

#include <cairn/base/seeds_testing.hpp>
#include <cairn/chain/verify.hpp>

#include <cerrno>
#include <deque>

#include "store_world.hpp"

namespace cairn::chain {
namespace {

constexpr uint32_t writer_count = 4;

/// One actor, as it is without a store.
struct Writer {
  struct Step {
    actor::TransitionKind kind;
    std::string state;                      ///< after it
    std::optional<actor::Receipt> receipt;  ///< none: nobody was told
  };
  std::string name;
  std::vector<Step> steps;  ///< acknowledged ones, from the first transition on
  std::optional<Step> pending;
  bool is_open = false;
  bool is_begun = false;  ///< the genesis was acknowledged

  const std::string& state() const {
    static const std::string none;
    return steps.empty() ? none : steps.back().state;
  }
};

class Life {
 public:
  explicit Life(uint64_t seed) : random_(seed), world_(seed) {
    world_.settings.segment_bytes = 1024 << random_.below(4);
    world_.settings.batch_bytes_max = size_t{256} << random_.below(8);
    for (uint32_t i = 0; i < writer_count; ++i) writers_[i].name = "w" + std::to_string(i);
  }

  void go() {
    const uint64_t lives = 1 + random_.below(4);
    for (uint64_t life = 0; life < lives && !testing::Test::HasFailure(); ++life) {
      start();
      if (testing::Test::HasFailure()) return;
      live();
      if (random_.below(4) == 0) world_.disk.set_capacity(UINT64_MAX);
      die();
    }
    world_.disk.set_capacity(UINT64_MAX);
    start();
  }

 private:
  void start() {
    world_.disk.set_fault(nullptr);
    Result<> opened = world_.try_open();
    if (!opened && opened.error().kind == ErrorKind::limit) {
      world_.disk.set_capacity(UINT64_MAX);
      opened = world_.try_open();
    }
    ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
    for (Writer& writer : writers_) check(writer);
    const auto report = verify_log(world_.disk, "data", {});
    ASSERT_TRUE(report.has_value()) << report.error().to_string();
    ASSERT_EQ(report->root, world_.store->root());
    ASSERT_EQ(report->torn_bytes, 0u);
  }

  /// What is there is what was acknowledged, and at most the step that nobody was told of.
  void check(Writer& writer) {
    const auto chain = world_.store->chain(writer.name);
    writer.is_open = false;
    if (!chain) {
      ASSERT_EQ(chain.error().kind, ErrorKind::not_found) << chain.error().to_string();
      ASSERT_FALSE(writer.is_begun) << writer.name << " is lost";
      return;
    }
    writer.is_begun = true;
    ASSERT_GE(chain->sequence, writer.steps.size()) << "acknowledged records are lost";
    if (chain->sequence > writer.steps.size()) {
      ASSERT_TRUE(writer.pending.has_value()) << "a record that nobody wrote";
      ASSERT_EQ(chain->sequence, writer.steps.size() + 1);
      writer.steps.push_back(*writer.pending);
    }
    writer.pending.reset();
    for (uint64_t at = 0; at < writer.steps.size(); ++at) {
      const Writer::Step& step = writer.steps[at];
      const auto state = world_.store->state(writer.name, at + 1);
      if (is_pruned_ && !state && at + 1 < writer.steps.size()) {
        ASSERT_EQ(state.error().kind, ErrorKind::not_found) << state.error().to_string();
      } else {
        ASSERT_TRUE(state.has_value()) << state.error().to_string();
        ASSERT_EQ(state->text(), step.state);
      }
      const auto record = world_.store->record(writer.name, at + 1);
      ASSERT_TRUE(record.has_value());
      ASSERT_EQ(static_cast<int>(record->record.kind), static_cast<int>(step.kind) + 1);
      if (step.receipt) ASSERT_EQ(record->hash, step.receipt->head);
    }
  }

  void live() {
    if (random_.below(5) == 0) world_.disk.set_capacity(world_.disk.used() + random_.below(20'000));
    if (random_.below(2) == 0) {
      // From then on nothing works: the power is failing.
      const uint64_t last = world_.disk.operations() + random_.below(120);
      const int error = random_.below(2) == 0 ? EIO : ENOSPC;
      world_.disk.set_fault([last, error](uint64_t operation, const std::string&) {
        return operation >= last ? error : 0;
      });
    }
    const uint64_t turns = random_.below(150);
    for (uint64_t turn = 0; turn < turns; ++turn) {
      if (random_.below(3) == 0) {
        world_.store->commit();
      } else if (random_.below(60) == 0) {
        is_pruned_ = true;
        const auto freed = world_.store->prune(random_.below(world_.store->size() + 1));
        if (!freed) ASSERT_NE(freed.error().kind, ErrorKind::malformed);
      } else {
        act(static_cast<uint32_t>(random_.below(writer_count)));
      }
    }
  }

  void act(uint32_t number) {
    Writer& writer = writers_[number];
    if (writer.pending || waiting_[number]) return;
    if (!writer.is_open) {
      waiting_[number] = true;
      actor::Genesis genesis;
      genesis.name = writer.name;
      world_.store->open(actor_id(number), genesis, [this, number](auto recovered) {
        waiting_[number] = false;
        if (!recovered) return;
        Writer& opened = writers_[number];
        opened.is_open = opened.is_begun = true;
        EXPECT_EQ(recovered->state.text(), opened.state());
        EXPECT_EQ(recovered->at.sequence, opened.steps.size());
      });
      return;
    }
    actor::Transition transition = make(writer);
    writer.pending = Writer::Step{.kind = transition.kind,
                                  .state = transition.kind == actor::TransitionKind::rejection
                                               ? writer.state()
                                               : std::string(transition.new_state.text()),
                                  .receipt = std::nullopt};
    world_.store->append(actor_id(number), std::move(transition), [this, number](auto receipt) {
      Writer& told = writers_[number];
      if (receipt) {
        told.pending->receipt = *receipt;
        told.steps.push_back(*told.pending);
        EXPECT_EQ(receipt->sequence, told.steps.size());
        told.pending.reset();
      } else if (receipt.error().kind == ErrorKind::limit) {
        told.pending.reset();  // it is certainly not there
      }
    });
  }

  actor::Transition make(const Writer& writer) {
    actor::Transition transition;
    transition.at_ns = random_.next_u64();
    transition.old_state = actor::Payload(writer.state());
    transition.input = actor::Payload(text(), "application/json");
    if (random_.below(4) == 0) {
      transition.kind = actor::TransitionKind::rejection;
      transition.rejection = actor::Rejection::trap;
      transition.reason = "because";
      return transition;
    }
    transition.new_state = actor::Payload(text());
    if (random_.below(2) == 0) {
      transition.has_reply = true;
      transition.reply = actor::Payload(text());
    }
    if (random_.below(3) == 0) {
      const Writer& sender = writers_[random_.below(writer_count)];
      transition.sender = sender.name;
      transition.cause = random_.below(sender.steps.size() + 1);
    }
    return transition;
  }

  std::string text() {
    return std::string(random_.below(random_.below(10) == 0 ? 5000 : 80),
                       static_cast<char>('a' + random_.below(26)));
  }

  void die() {
    world_.store.reset();
    for (bool& waits : waiting_) waits = false;
    // A process that is killed leaves all that it wrote; a machine does not.
    if (random_.below(4) != 0) world_.disk.crash(random_);
  }

  SeededRandom random_;
  StoreWorld world_;
  std::array<Writer, writer_count> writers_;
  std::array<bool, writer_count> waiting_ = {};
  bool is_pruned_ = false;
};

TEST(StoreProperty, NothingAcknowledgedIsLostAndNothingInvented) {
  for (const uint64_t seed : test_seeds(3'000)) {
    Life(seed).go();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace cairn::chain
