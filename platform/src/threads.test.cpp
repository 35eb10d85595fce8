// A deployment as a server has it: with threads.

#include <cairn/actor/system.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "deployment_testing.hpp"

namespace cairn::platform::testing {
namespace {

/// Counts what is answered.
class Answers {
 public:
  void add(const Given& given) {
    const std::lock_guard lock(mutex_);
    ++count_;
    if (!given) refused_.push_back(given.error().why);
    changed_.notify_all();
  }
  void wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  const std::vector<std::string>& refused() const { return refused_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t count_ = 0;
  std::vector<std::string> refused_;
};

TEST(DeploymentThreads, EverybodyIsAnsweredWhateverElseHappens) {
  CAIRN_NEEDS_GUEST(machine())
  const actor::testing::TemporaryFolder folder;
  RealClock clock;
  RealRandom random;
  RealFiles files;
  SimulatedDisk disk;
  engine::Engine engine({.fuel = true, .deterministic = true});
  ASSERT_TRUE(files.write_file(folder / "machine.wasm", *machine()).has_value());
  const auto manifest = Manifest::parse("workers = 2\n" + std::string(alice), "cairn.toml");
  ASSERT_TRUE(manifest.has_value());
  auto opened = Deployment::open({.engine = &engine,
                                  .clock = &clock,
                                  .random = &random,
                                  .disk = &disk,
                                  .files = &files,
                                  .folder = folder / ""},
                                 *manifest);
  ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
  Deployment& deployment = **opened;
  {
    const actor::Workers workers(deployment.system());
    const chain::Committer committer(*deployment.store(), clock);
    ASSERT_TRUE(deployment.start().has_value());
    while (!deployment.actor("alice")->is_running) std::this_thread::yield();

    Answers answers;
    constexpr size_t callers = 3;
    constexpr size_t messages = 60;
    std::atomic<size_t> seen = 0;
    const auto watch = deployment.watch("", [&](const Happening&) { ++seen; });
    std::vector<std::thread> threads;
    for (size_t caller = 0; caller < callers; ++caller) {
      threads.emplace_back([&] {
        // All callers send the same, each with a key: it counts once.
        for (size_t at = 0; at < messages; ++at) {
          deployment.request("alice", actor::Payload("add 1"),
                             {.idempotency_key = "k" + std::to_string(at)},
                             [&](const Given& given) { answers.add(given); });
        }
      });
    }
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(deployment.restart("alice").has_value());
      const std::string name = "extra-" + std::to_string(i);
      EXPECT_TRUE(deployment.spawn(name, "machine", actor::Payload("1")).has_value());
      EXPECT_GE(deployment.actors("", 100).size(), 2u);
      if (i % 2 == 0) EXPECT_TRUE(deployment.stop(name, i % 4 == 0).has_value());
      EXPECT_TRUE(deployment.apply(*manifest).has_value());
      deployment.tick();
    }
    for (std::thread& thread : threads) thread.join();
    answers.wait_for(callers * messages);
    EXPECT_EQ(answers.refused(), std::vector<std::string>());
    std::string balance;
    Answers last;
    deployment.request("alice", actor::Payload("get"), {}, [&](const Given& given) {
      if (given) balance = given->reply.text();
      last.add(given);
    });
    last.wait_for(1);
    EXPECT_EQ(balance, std::to_string(100 + messages));
    EXPECT_GT(seen.load(), messages);
    deployment.drain(10 * second);
    while (!deployment.ended()) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace cairn::platform::testing
