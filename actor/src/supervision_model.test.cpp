// Random trees of supervisors against a model of OTP's supervisor(3): after each exit the same
// actors have stopped and started in the same order. A failure names its seed.

#include "testing.hpp"

#include <cairn/base/seeds_testing.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace cairn::actor {
namespace {

using namespace testing;
using Log = std::vector<std::string>;

constexpr uint64_t period_ns = 1000 * ms;

/// What a tree is made of, for both.
struct Spec {
  std::string name;
  Restart restart = Restart::permanent;
  bool significant = false;
  bool is_supervisor = false;
  Strategy strategy = Strategy::one_for_one;
  uint32_t max_restarts = 0;
  AutoShutdown auto_shutdown = AutoShutdown::never;
  std::vector<Spec> children = {};  ///< of simple_one_for_one: the template
};

Spec random_spec(SeededRandom& random, int depth, int& count) {
  Spec spec = {.name = fmt::format("n{}", count++),
               .restart = static_cast<Restart>(random.below(3)),
               .is_supervisor = depth == 0 || (depth < 3 && random.below(3) == 0)};
  // A permanent one never ends of itself.
  spec.significant = spec.restart != Restart::permanent && random.below(2) == 0;
  if (!spec.is_supervisor) return spec;
  if (depth == 0) spec.restart = Restart::temporary;
  spec.strategy = static_cast<Strategy>(random.below(depth == 0 ? 3 : 4));
  spec.max_restarts = static_cast<uint32_t>(random.below(5));
  spec.auto_shutdown = static_cast<AutoShutdown>(random.below(3));
  const bool is_simple = spec.strategy == Strategy::simple_one_for_one;
  for (uint64_t left = is_simple ? 1 : 1 + random.below(4); left > 0; --left)
    spec.children.push_back(random_spec(random, is_simple ? 3 : depth + 1, count));
  return spec;
}

// ---- The model ---------------------------------------------------------------------------------

enum class Ending : uint8_t { failure, escalation, normal, asked };

struct Node {
  const Spec* spec = nullptr;
  Node* parent = nullptr;
  std::vector<std::unique_ptr<Node>> children = {};
  std::deque<uint64_t> restarts_ns = {};
};

/// Stops and starts one after another, as the rules of supervisor(3) say.
class Model {
 public:
  explicit Model(const Spec& spec) : root_(std::make_unique<Node>(Node{.spec = &spec})) {
    start(*root_);
  }

  Log take() { return std::exchange(log_, {}); }
  /// Those that run, supervisors first.
  std::vector<Node*> nodes() const {
    std::vector<Node*> found;
    if (root_) collect(*root_, found);
    return found;
  }
  void add_child(Node& parent) {
    Node& child = *parent.children.emplace_back(
        std::make_unique<Node>(Node{.spec = &parent.spec->children.front(), .parent = &parent}));
    start(child);
  }
  /// It ends of itself, or because it was asked to.
  void end(Node& node, Ending ending, uint64_t now_ns) {
    stop(node);
    ended(node, ending, now_ns);
  }

 private:
  static void collect(Node& node, std::vector<Node*>& found) {
    found.push_back(&node);
    for (const auto& child : node.children) collect(*child, found);
  }

  void start(Node& node) {
    if (!node.spec->is_supervisor) return log_.push_back("+" + node.spec->name);
    node.restarts_ns.clear();
    if (node.spec->strategy == Strategy::simple_one_for_one) return;
    for (const Spec& spec : node.spec->children) {
      Node& child =
          *node.children.emplace_back(std::make_unique<Node>(Node{.spec = &spec, .parent = &node}));
      start(child);
    }
  }
  void stop(Node& node) {
    for (; !node.children.empty(); node.children.pop_back()) stop(*node.children.back());
    if (!node.spec->is_supervisor) log_.push_back("-" + node.spec->name);
  }
  static size_t place_of(const Node& node) {
    const auto is_it = [&](const auto& child) { return child.get() == &node; };
    return static_cast<size_t>(std::ranges::find_if(node.parent->children, is_it) -
                               node.parent->children.begin());
  }

  /// It has stopped, with all below it.
  void ended(Node& node, Ending ending, uint64_t now_ns) {
    if (node.parent == nullptr) return root_.reset();
    Node& parent = *node.parent;
    if (ending == Ending::escalation) return give_up(node, now_ns);
    const bool again = ending != Ending::asked &&
                       (node.spec->restart == Restart::permanent ||
                        (node.spec->restart == Restart::transient && ending == Ending::failure));
    if (!again) return remove(node, now_ns);
    std::deque<uint64_t>& restarts = parent.restarts_ns;
    restarts.push_back(now_ns);
    while (now_ns - restarts.front() > period_ns) restarts.pop_front();
    if (restarts.size() > parent.spec->max_restarts) return give_up(node, now_ns);
    restart(node);
  }

  void remove(Node& node, uint64_t now_ns) {
    Node& parent = *node.parent;
    const bool significant = node.spec->significant;
    parent.children.erase(parent.children.begin() + static_cast<ptrdiff_t>(place_of(node)));
    if (!significant || parent.spec->auto_shutdown == AutoShutdown::never) return;
    const bool others = std::ranges::any_of(
        parent.children, [](const auto& child) { return child->spec->significant; });
    if (parent.spec->auto_shutdown == AutoShutdown::all_significant && others) return;
    stop(parent);
    ended(parent, Ending::normal, now_ns);
  }

  /// Of the parent.
  void give_up(Node& node, uint64_t now_ns) {
    Node& parent = *node.parent;
    parent.children.erase(parent.children.begin() + static_cast<ptrdiff_t>(place_of(node)));
    stop(parent);
    ended(parent, Ending::failure, now_ns);
  }

  void restart(Node& node) {
    Node& parent = *node.parent;
    size_t first = place_of(node);
    if (parent.spec->strategy == Strategy::one_for_all) first = 0;
    if (parent.spec->strategy == Strategy::one_for_one ||
        parent.spec->strategy == Strategy::simple_one_for_one) {
      return start(node);
    }
    for (size_t at = parent.children.size(); at-- > first;) {
      Node& other = *parent.children[at];
      if (&other == &node) continue;
      stop(other);
      if (other.spec->restart == Restart::temporary)
        parent.children.erase(parent.children.begin() + static_cast<ptrdiff_t>(at));
    }
    // What was stopped before it is not there any more.
    first = std::min(first, place_of(node));
    for (size_t at = first; at < parent.children.size(); ++at) start(*parent.children[at]);
  }

  std::unique_ptr<Node> root_;
  Log log_;
};

// ---- The system --------------------------------------------------------------------------------

class Tree {
 public:
  Tree(uint64_t seed, const Spec& spec)
      : simulation_(seed, {.workers = static_cast<uint32_t>(1 + seed % 3)}) {
    EXPECT_TRUE(simulation_.system().spawn(child_of(spec)));
    simulation_.run();
  }

  Log take() { return std::exchange(log_, {}); }
  System& system() { return simulation_.system(); }
  uint64_t now_ns() { return simulation_.clock().monotonic_ns(); }
  void advance(uint64_t ns) { simulation_.advance(ns); }

  /// The `place`th child that was made of a template, by age.
  ActorId find(const Node& node) {
    if (node.parent == nullptr || node.parent->spec->strategy != Strategy::simple_one_for_one)
      return system().find(node.spec->name);
    const ActorId parent = system().find(node.parent->spec->name);
    std::vector<ActorId> kids;
    for (const ActorInfo& info : system().list())
      if (info.parent == parent) kids.push_back(info.id);
    // They are all alike, so which of them it is makes no difference.
    return kids.empty() ? ActorId() : kids.front();
  }
  void end(ActorId id, Ending ending) {
    if (ending == Ending::asked) {
      system().stop(id);
    } else {
      system().send(id, Payload(ending == Ending::normal       ? "end"
                                : ending == Ending::escalation ? "escalate"
                                                               : "crash"));
    }
    simulation_.run();
  }
  void add_child(ActorId supervisor) {
    system().send(supervisor, Payload("one more"));
    simulation_.run();
  }

 private:
  ChildSpec child_of(const Spec& spec, bool is_template = false) {
    return {.name = is_template ? "" : spec.name,
            .factory = spec.is_supervisor ? supervisor_of(spec) : worker(spec.name),
            .restart = spec.restart,
            .significant = spec.significant};
  }

  Factory supervisor_of(const Spec& spec) {
    SupervisorSpec made = {.strategy = spec.strategy,
                           .intensity = {.max_restarts = spec.max_restarts, .period_ns = period_ns},
                           .auto_shutdown = spec.auto_shutdown};
    const bool is_simple = spec.strategy == Strategy::simple_one_for_one;
    for (const Spec& child : spec.children) made.children.push_back(child_of(child, is_simple));
    Hooks hooks;
    hooks.supervision = [made] { return made; };
    hooks.handle = [](Context& context, const Message&) -> Result<Progress> {
      TRY(context.spawn_child());
      return Progress::done;
    };
    return puppet(hooks);
  }

  Factory worker(const std::string& name) {
    Hooks hooks;
    hooks.handle = [](Context& context, const Message& message) -> Result<Progress> {
      if (message.payload.text() != "end")
        return fail(ErrorKind::trap, std::string(message.payload.text()));
      context.stop_self();
      return Progress::done;
    };
    hooks.on_error = [](const Error& error) {
      return error.message == "escalate" ? Directive::escalate : Directive::restart;
    };
    hooks.pre_start = [this, name](Context&) -> Result<Progress> {
      log_.push_back("+" + name);
      return Progress::done;
    };
    hooks.post_stop = [this, name](Context&) -> Result<Progress> {
      log_.push_back("-" + name);
      return Progress::done;
    };
    return puppet(hooks);
  }

  Log log_;
  Simulation simulation_;
};

void compare(uint64_t seed) {
  SeededRandom random(seed * 104'729 + 3);
  int count = 0;
  const Spec spec = random_spec(random, 0, count);
  Tree tree(seed, spec);
  Model model(spec);
  ASSERT_EQ(tree.take(), model.take());
  for (int step = 0; step < 40; ++step) {
    const std::vector<Node*> nodes = model.nodes();
    if (nodes.empty()) break;
    Node& node = *nodes[random.below(nodes.size())];
    const ActorId id = tree.find(node);
    ASSERT_TRUE(id) << node.spec->name << " does not run";
    std::string what = node.spec->name;
    if (node.spec->is_supervisor && node.spec->strategy == Strategy::simple_one_for_one) {
      what = "one more of " + what;
      tree.add_child(id);
      model.add_child(node);
    } else {
      // A supervisor ends when it is asked to.
      const auto ending = static_cast<Ending>(random.below(10) == 0 ? 3 : random.below(3));
      if (node.spec->is_supervisor && (ending != Ending::asked || node.parent == nullptr)) continue;
      what += fmt::format(" ends ({})", static_cast<int>(ending));
      const uint64_t now_ns = tree.now_ns();
      tree.end(id, ending);
      model.end(node, ending, now_ns);
    }
    ASSERT_EQ(tree.take(), model.take()) << "step " << step << ": " << what;
    tree.advance(std::array{uint64_t{0}, 310 * ms, 730 * ms}[random.below(3)]);
    ASSERT_EQ(tree.take(), Log()) << "step " << step << ": nothing happens of itself";
  }
  EXPECT_EQ(static_cast<size_t>(tree.system().live()), model.nodes().size());
}

TEST(SupervisionModel, RandomTreesDoWhatOtpSays) {
  for (const uint64_t seed : test_seeds(10'000)) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    compare(seed);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace cairn::actor
