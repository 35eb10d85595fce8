// A server under load for long, whose actors crash, are upgraded, restarted, spawned and stopped at
// random, and which is killed or ended now and then: what was acknowledged is there, nothing was
// done twice, the log is good, and neither memory nor open files grow.
//
// CAIRN_SOAK_MINUTES says how long (0.1).

#include <gtest/gtest.h>
#include <cairn/base/seeds_testing.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "actor_server.hpp"
#include "adder.hpp"

namespace cairn::functional {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr const char* actors[] = {"a0", "a1", "a2", "r0", "r1"};
/// Between two requests of a client, and between two disturbances.
constexpr auto request_pause = std::chrono::milliseconds(1);
constexpr auto disturbance_pause = std::chrono::milliseconds(40);
/// What a server may have more at the end of a life than in its middle: a new manifest is read
/// then; keys are remembered until there are so many; the index of a segment is in memory until the
/// segment is full. What is forgotten leaves gaps that other threads do not fill.
constexpr uint64_t settling_bytes = uint64_t{4} << 20;
constexpr uint64_t keys_max = 100'000;
constexpr uint64_t key_bytes = 400;
constexpr uint64_t answer_bytes = 64;
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool is_memory_known = false;  // they keep what was freed, and notes of all there is
#else
constexpr bool is_memory_known = true;
#endif
constexpr uint64_t bytes_max = uint64_t{256} << 20;
constexpr uint64_t more_files_max = 8;

Seconds length() {
  const char* const text = std::getenv("CAIRN_SOAK_MINUTES");
  const double minutes = text == nullptr ? 0 : std::strtod(text, nullptr);
  return Seconds(60 * (minutes > 0 ? minutes : 0.1));
}

/// The same component with other bytes: something to upgrade to.
std::string newer(const Folder& folder) {
  std::ifstream file(machine_component(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  // A custom section, of the name "new".
  return folder.write("newer.wasm", bytes + std::string("\0\4\3new", 6));
}

std::string manifest(const Folder& folder) {
  std::string text = "data = \"data\"\norigin = \"soak.example\"\n";
  const auto component = [&](const std::string& name, const std::string& path) {
    text += "[components." + name + "]\npath = \"" + path +
            "\"\nlimits = { memory = \"4MiB\", fuel = 20_000_000, time = \"5s\" }\n";
  };
  component("machine", machine_component());
  component("newer", newer(folder));
  component("resident", resident_machine_component());
  text += "[supervisors.all]\nmax_restarts = 1000\nperiod = \"1s\"\n";
  for (const std::string name : actors) {
    text += "[actors." + name + "]\ncomponent = \"" + (name[0] == 'r' ? "resident" : "machine") +
            "\"\nsupervisor = \"all\"\nargument = \"0\"\n";
  }
  return text;
}

/// What a process takes.
struct Size {
  uint64_t bytes = 0;
  uint64_t files = 0;    ///< but for those of the log, of which each segment has two
  uint64_t answers = 0;  ///< in this life, before
};

/// Between two moments of a life.
uint64_t more_bytes_max(const Size& from, const Size& to) {
  const uint64_t keys = std::min(to.answers, keys_max) - std::min(from.answers, keys_max);
  return settling_bytes + keys * key_bytes + (to.answers - from.answers) * answer_bytes;
}

Size size_of(int pid, const std::string& log) {
  Size size;
  const std::string process = "/proc/" + std::to_string(pid);
  std::ifstream status(process + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) size.bytes = std::stoull(line.substr(8)) << 10;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd", error)) {
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    if (!target.starts_with(log)) ++size.files;
  }
  return size;
}

/// What happens to actors besides messages that are good.
class Disturber {
 public:
  explicit Disturber(unsigned seed) : random_(seed) {}

  /// Until `is_over`.
  void run(const ActorServer& server, const std::atomic<bool>& is_over) {
    while (!is_over) {
      const std::string what = disturb(server);
      const bool has_gone = last_ == 0 || last_ == 503;
      if (!what.empty() && !is_over && !has_gone) {
        problem_ = what + ": " + std::to_string(last_);
        return;
      }
      std::this_thread::sleep_for(disturbance_pause);
    }
  }
  const std::string& problem() const { return problem_; }

 private:
  /// What had another answer than it should; empty: nothing had.
  std::string disturb(const ActorServer& server) {
    const std::string actor = actors[random_() % std::size(actors)];
    const std::string path = "/v1/actors/" + actor;
    switch (random_() % 10) {
      case 0: return expect("bomb", server.tell(actor, "bomb"), {500});
      case 1: return expect("bad", server.tell(actor, "bad"), {422});
      case 2: return expect("take", server.tell(actor, "take 1000000"), {422});
      case 3: return expect("restart", server.ask("POST", path + "/restart"), {202});
      case 4:
      case 5: {
        const std::string to = random_() % 2 == 0 ? "machine" : "newer";
        // A memory means nothing to another component.
        const int status = actor[0] == 'r' ? 501 : 202;
        return expect("upgrade",
                      server.ask("POST", path + "/upgrade", R"({"component":")" + to + R"("})"),
                      {status});
      }
      case 6:
        return expect("spawn",
                      server.ask("POST", "/v1/actors",
                                 R"({"name":"visitor","component":"machine","argument":1})"),
                      {201, 409});
      case 7: return expect("stop", server.ask("DELETE", "/v1/actors/visitor"), {202, 404});
      default: return expect("trap", server.tell(actor, "trap"), {500});
    }
  }

  std::string expect(std::string what, const HttpReply& reply,
                     std::initializer_list<int> statuses) {
    last_ = reply.status;
    return std::ranges::find(statuses, last_) == statuses.end() ? std::move(what) : "";
  }

  std::minstd_rand random_;
  int last_ = 0;
  std::string problem_;
};

/// One after the other, on the same data.
class Soak {
 public:
  Soak() {
    folder_.write("cairn.toml", manifest(folder_));
    for (const char* const name : actors) adders_.emplace_back(name);
  }

  /// From the start of a server until it is killed, or ended in order.
  void live(Seconds length, bool is_killed) {
    ActorServer server(folder_, {"--log", "error"});
    ASSERT_TRUE(server.is_there()) << "life " << lives_;
    if (key_.empty()) key_ = server.key();
    EXPECT_EQ(server.key(), key_);
    for (const Adder& adder : adders_) adder.expect_record(server);
    const uint64_t before = answered();
    std::atomic<bool> is_ending = false;
    std::vector<std::thread> threads;
    for (Adder& adder : adders_) {
      threads.emplace_back([&adder, &is_ending, port = server.port()] {
        adder.run(port, request_pause, &is_ending);
      });
    }
    Disturber disturber(++lives_);
    threads.emplace_back([&] { disturber.run(server, is_ending); });
    // This is what the test is about: time that passes.
    std::this_thread::sleep_for(length / 2);
    const Size middle = size(server, before);
    server.command().signal(SIGHUP);
    std::this_thread::sleep_for(length / 2);
    const Size end = size(server, before);
    is_ending = true;
    if (is_killed) {
      server.kill();
    } else {
      EXPECT_EQ(server.stop(), "");
    }
    for (std::thread& thread : threads) thread.join();
    for (const Adder& adder : adders_) EXPECT_EQ(adder.problem(), "") << "life " << lives_;
    EXPECT_EQ(disturber.problem(), "") << "life " << lives_;
    compare(length, middle, end);
  }

  void finish() {
    ActorServer server(folder_, {"--log", "error"});
    for (const Adder& adder : adders_) adder.expect_number(server);
    EXPECT_GT(answered(), 0u);
    server.stop();
    const Outcome verified = cairn(folder_, {"verify", "data", "--key", key_});
    EXPECT_EQ(verified.code, 0) << verified.err;
    std::cout << verified.out;
  }

 private:
  Size size(ActorServer& server, uint64_t answers_before) const {
    Size size = size_of(server.command().pid(), folder_ / "data/log/");
    size.answers = answered() - answers_before;
    return size;
  }

  uint64_t answered() const {
    uint64_t sum = 0;
    for (const Adder& adder : adders_) sum += adder.answered();
    return sum;
  }

  void compare(Seconds length, Size middle, Size end) {
    const auto describe = [](const Size& size) {
      return std::to_string(size.bytes >> 10) + " KiB and " + std::to_string(size.files) +
             " files after " + std::to_string(size.answers) + " answers";
    };
    std::cout << "life " << lives_ << ": " << static_cast<int>(length.count()) << " s, "
              << describe(middle) << ", " << describe(end) << "\n"
              << std::flush;
    ASSERT_GT(middle.bytes, 0u);
    EXPECT_LE(end.files, middle.files + more_files_max);
    if (!is_memory_known) return;
    EXPECT_LE(end.bytes, middle.bytes + more_bytes_max(middle, end)) << "life " << lives_;
    EXPECT_LE(end.bytes, bytes_max);
  }

  Folder folder_;
  std::deque<Adder> adders_;
  std::string key_;
  unsigned lives_ = 0;
};

TEST(ServeSoak, NothingIsLostAndNothingGrows) {
  if (machine_component().empty()) GTEST_SKIP() << "no C library for WebAssembly";
  Soak soak;
  const uint64_t seed = test_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::minstd_rand random(static_cast<unsigned>(seed));
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(length());
  // Many short lives and a few long ones.
  const double most = std::max(1.5, length().count() / 3);
  for (int life = 0; Clock::now() < until && !testing::Test::HasFailure(); ++life) {
    const double part = std::uniform_real_distribution<>(0, 1)(random);
    const Seconds left = until - Clock::now();
    const Seconds longest(std::max(0.5, left.count()));
    soak.live(std::min(Seconds(std::pow(most, part)), longest), life % 4 != 3);
  }
  soak.finish();
}

}  // namespace
}  // namespace cairn::functional
