// The work of actor/bench with C++ Actor Framework 0.17 (Debian's libcaf-dev): the same batches,
// the same time-outs, counted when it is delivered. Prints one line of JSON.
//
//   caf WORKLOAD WORKERS

#include <caf/all.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

using caf::actor;
using caf::behavior;
using caf::event_based_actor;
using Clock = std::chrono::steady_clock;

constexpr auto timeout = std::chrono::seconds(1);

/// Lets one thread sleep until the count is what it waits for.
class Count {
 public:
  void add() {
    if (count_.fetch_add(1) + 1 != target_.load()) return;
    std::lock_guard<std::mutex> lock(mutex_);
    changed_.notify_one();
  }
  void wait_for(uint64_t target) {
    std::unique_lock<std::mutex> lock(mutex_);
    target_ = target;
    changed_.wait(lock, [&] { return count_.load() >= target; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<uint64_t> count_{0};
  std::atomic<uint64_t> target_{UINT64_MAX};
};

/// The first batch warms up and does not count.
void measure(uint64_t operations, const std::function<void()>& batch,
             const std::function<void()>& after = nullptr) {
  std::vector<double> times;
  double sum = 0;
  for (int round = 0; round == 0 || ((sum < 0.5e9 || round < 6) && round < 1000); ++round) {
    const auto start = Clock::now();
    batch();
    const double time = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    if (after) after();
    if (round == 0) continue;
    times.push_back(time / static_cast<double>(operations));
    sum += time;
  }
  std::sort(times.begin(), times.end());
  std::printf("{\"p50_ns\": %.3f, \"p99_ns\": %.3f, \"per_s\": %.1f}\n", times[times.size() / 2],
              times[(times.size() - 1) * 99 / 100],
              1e9 * static_cast<double>(operations * times.size()) / sum);
}

// --- lives ---

behavior idle(event_based_actor*, Count* ready) {
  ready->add();
  return {[](uint64_t) {}};
}

std::vector<actor> spawn_idle(caf::actor_system& system, uint64_t count, Count& ready) {
  std::vector<actor> actors;
  actors.reserve(count);
  for (uint64_t at = 0; at < count; ++at) actors.push_back(system.spawn(idle, &ready));
  return actors;
}

void spawn_batch(caf::actor_system& system) {
  constexpr uint64_t batch = 100'000;
  Count ready;
  uint64_t total = 0;
  std::vector<actor> actors;
  measure(
      batch,
      [&] {
        actors = spawn_idle(system, batch, ready);
        ready.wait_for(total += batch);
      },
      [&] {
        for (const actor& each : actors) caf::anon_send_exit(each, caf::exit_reason::kill);
        actors.clear();
        system.await_all_actors_done();
      });
}

/// Constructor, make_behavior, on_exit and destructor stand for the four hooks.
class Brief : public event_based_actor {
 public:
  Brief(caf::actor_config& config, Count* ended) : event_based_actor(config), ended_(ended) {}
  ~Brief() override { ended_->add(); }
  behavior make_behavior() override {
    quit();
    return {[](uint64_t) {}};
  }
  void on_exit() override {}

 private:
  Count* ended_;
};

void full_lifecycle(caf::actor_system& system) {
  constexpr uint64_t batch = 10'000;
  Count ended;
  uint64_t total = 0;
  measure(batch, [&] {
    for (uint64_t at = 0; at < batch; ++at) system.spawn<Brief>(&ended);
    ended.wait_for(total += batch);
  });
}

struct Restarts {
  uint64_t left = 0;
  Count done;
};

behavior crashing(event_based_actor* self, Restarts* restarts) {
  if (restarts->left == 0) {
    restarts->done.add();
  } else {
    --restarts->left;
    self->send(self, uint64_t{1});
  }
  return {[self](uint64_t) { self->quit(caf::sec::runtime_error); }};
}

/// CAF has no supervisors: a parent that monitors its child is one.
behavior parent(event_based_actor* self, Restarts* restarts) {
  auto child = std::make_shared<actor>(self->spawn<caf::monitored>(crashing, restarts));
  self->set_down_handler([self, restarts, child](const caf::down_msg&) {
    *child = self->spawn<caf::monitored>(crashing, restarts);
  });
  return {[self, child](uint64_t number) { self->send(*child, number); }};
}

void restart(caf::actor_system& system) {
  constexpr uint64_t batch = 1000;
  Restarts restarts;
  const actor supervisor = system.spawn(parent, &restarts);
  uint64_t round = 1;
  restarts.done.wait_for(round);
  measure(batch, [&] {
    restarts.left = batch - 1;
    caf::anon_send(supervisor, uint64_t{1});
    restarts.done.wait_for(++round);
  });
}

/// Named by atoms, which are CAF's names.
void lookup(caf::actor_system& system, uint64_t count) {
  constexpr uint64_t lookups = 100'000;
  Count ready;
  const std::vector<actor> actors = spawn_idle(system, count, ready);
  ready.wait_for(count);
  std::vector<caf::atom_value> names;
  for (uint64_t at = 0; at < count; ++at) {
    names.push_back(caf::atom_from_string("a" + std::to_string(at)));
    system.registry().put(names.back(), caf::actor_cast<caf::strong_actor_ptr>(actors[at]));
  }
  const auto look = [&](uint64_t random) {
    uint64_t found = 0;
    for (uint64_t turn = 0; turn < lookups; ++turn) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      found += system.registry().get(names[(random >> 32) * count >> 32]) != nullptr ? 1 : 0;
    }
    if (found != lookups) std::abort();
  };
  uint64_t seed = 1;
  measure(lookups, [&] {
    std::thread first(look, ++seed);
    std::thread second(look, ++seed);
    first.join();
    second.join();
  });
}

void idle_memory(caf::actor_system& system) {
  constexpr uint64_t count = 1'000'000;
  const auto resident_bytes = [] {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    unsigned long all = 0;
    unsigned long resident = 0;
    if (file == nullptr || std::fscanf(file, "%lu %lu", &all, &resident) != 2) std::abort();
    std::fclose(file);
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
  };
  Count ready;
  const double before = resident_bytes();
  const std::vector<actor> actors = spawn_idle(system, count, ready);
  ready.wait_for(count);
  std::printf("{\"bytes_each\": %.1f}\n", (resident_bytes() - before) / count);
}

// --- messages ---

behavior counting(event_based_actor*, Count* handled, uint64_t expected) {
  return {[handled, expected, own = uint64_t{0}](uint64_t) mutable {
    if (++own % expected == 0) handled->add();
  }};
}

behavior source(event_based_actor* self, std::vector<actor> targets) {
  return {[self, targets = std::move(targets)](uint64_t count) {
    size_t next = 0;
    for (; count > 0; --count) {
      if (next == targets.size()) next = 0;
      self->send(targets[next++], count);
    }
  }};
}

void one_to_one(caf::actor_system& system) {
  constexpr uint64_t batch = 100'000;
  Count done;
  const actor sink = system.spawn(counting, &done, batch);
  const actor from = system.spawn(source, std::vector<actor>{sink});
  uint64_t round = 0;
  measure(batch, [&] {
    caf::anon_send(from, batch);
    done.wait_for(++round);
  });
}

void many_to_many(caf::actor_system& system) {
  constexpr uint64_t actors = 100;
  constexpr uint64_t each = 2000;
  Count done;
  std::vector<actor> sinks;
  std::vector<actor> sources;
  for (uint64_t at = 0; at < actors; ++at) sinks.push_back(system.spawn(counting, &done, each));
  for (uint64_t at = 0; at < actors; ++at) sources.push_back(system.spawn(source, sinks));
  uint64_t total = 0;
  measure(actors * each, [&] {
    for (const actor& from : sources) caf::anon_send(from, each);
    done.wait_for(total += actors);
  });
}

behavior echo(event_based_actor*) {
  return {[](uint64_t value) { return value; }};
}

void ask(event_based_actor* self, const actor& to, uint64_t left, Count* done) {
  if (left == 0) return done->add();
  self->request(to, timeout, left).then([=](uint64_t) { ask(self, to, left - 1, done); });
}

behavior asker(event_based_actor* self, actor to, Count* done) {
  return {[=](uint64_t left) { ask(self, to, left, done); }};
}

void ping_pong(caf::actor_system& system) {
  constexpr uint64_t batch = 1000;
  Count done;
  const actor to = system.spawn(echo);
  const actor from = system.spawn(asker, to, &done);
  uint64_t round = 0;
  measure(batch, [&] {
    caf::anon_send(from, batch);
    done.wait_for(++round);
  });
}

behavior publisher(event_based_actor* self, caf::group topic, Count* done) {
  return {[=](uint64_t left) {
    if (left == 0) return done->add();
    self->send(topic, left);
  }};
}

/// Who has handled a publication: counted in groups of ten.
struct Census {
  struct alignas(64) Group {
    std::atomic<uint64_t> count{0};
  };
  static bool is_last(Group& group) {
    if (group.count.fetch_add(1) + 1 < 10) return false;
    group.count = 0;
    return true;
  }
  bool add(uint64_t who) { return is_last(groups[who / 10]) && is_last(all); }
  Group groups[10];
  Group all;
};

behavior subscriber(event_based_actor* self, caf::group topic, actor to, Count* ready,
                    Census* census, uint64_t number) {
  self->join(topic);
  ready->add();
  return {[=](uint64_t left) {
    if (census->add(number)) self->send(to, left - 1);
  }};
}

void publish_to_100(caf::actor_system& system) {
  constexpr uint64_t subscribers = 100;
  constexpr uint64_t batch = 100;
  Count ready;
  Count done;
  Census census;
  const caf::group topic = system.groups().get_local("topic");
  const actor from = system.spawn(publisher, topic, &done);
  std::vector<actor> actors;
  for (uint64_t at = 0; at < subscribers; ++at) {
    actors.push_back(system.spawn(subscriber, topic, from, &ready, &census, at));
  }
  ready.wait_for(subscribers);
  uint64_t round = 0;
  measure(batch, [&] {
    caf::anon_send(from, batch);
    done.wait_for(++round);
  });
}

void run(caf::actor_system& system, const std::string& workload) {
  const std::string lookups = "lookup_";
  if (workload.compare(0, lookups.size(), lookups) == 0) {
    return lookup(system, std::stoull(workload.substr(lookups.size())));
  }
  if (workload == "spawn_batch") return spawn_batch(system);
  if (workload == "full_lifecycle") return full_lifecycle(system);
  if (workload == "restart") return restart(system);
  if (workload == "idle_memory") return idle_memory(system);
  if (workload == "one_to_one") return one_to_one(system);
  if (workload == "many_to_many") return many_to_many(system);
  if (workload == "ping_pong") return ping_pong(system);
  if (workload == "publish_to_100") return publish_to_100(system);
  std::fprintf(stderr, "caf: no workload '%s'\n", workload.c_str());
  std::_Exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  caf::actor_system_config config;
  config.set("scheduler.max-threads", static_cast<int64_t>(std::stoll(argv[2])));
  caf::actor_system system(config);
  run(system, argv[1]);
  std::fflush(stdout);
  std::_Exit(0);  // what still lives need not be stopped
}
