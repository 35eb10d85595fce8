#pragma once
/// A deployment of the guest `machine` on a simulated disk, with simulated workers and time.

#include <cairn/actor/simulation.hpp>
#include <cairn/base/simulated_disk.hpp>
#include <cairn/platform/deployment.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "guest/guests_testing.hpp"

namespace cairn::platform::testing {

inline constexpr uint64_t second = 1'000'000'000;

/// Another stack makes another component, which does the same.
inline const Result<Bytes>& machine(int version = 1) {
  static const Result<Bytes> first = actor::testing::build_guest("machine", "actor-with-contracts");
  static const Result<Bytes> second_one =
      actor::testing::build_guest("machine", "actor-with-contracts", {"-Wl,-z,stack-size=16384"});
  static const Result<Bytes> resident =
      actor::testing::build_guest("machine", "resident-actor-with-contracts", {"-DRESIDENT"});
  static const Result<Bytes> harsh =
      actor::testing::build_guest("machine", "actor-with-contracts", {"-DMOST=100", "-DHARSH"});
  return version == 1 ? first : version == 2 ? second_one : version == 3 ? resident : harsh;
}
inline constexpr int resident_machine = 3;
inline constexpr int harsh_machine = 4;  ///< traps on a state above 100

/// One component and one actor, which begins with 100.
inline constexpr std::string_view alice = R"(
[components.machine]
path = "machine.wasm"
limits = { fuel = 50000000 }
[supervisors.bank]
max_restarts = 3
period = "10s"
[actors.alice]
component = "machine"
supervisor = "bank"
argument = "100"
[routes]
"/" = "alice"
)";

using Given = std::expected<Answer, Refused>;

class World {
 public:
  explicit World(uint64_t seed = 1) : random(seed), seed_(seed) { clock.advance(1); }
  ~World() { close(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void write(const std::string& name, const Bytes& bytes) {
    EXPECT_TRUE(files.write_file(folder / name, bytes).has_value());
  }
  Manifest parse(std::string_view toml) {
    auto manifest = Manifest::parse(toml, "cairn.toml");
    EXPECT_TRUE(manifest.has_value()) << manifest.error().to_string();
    return manifest.value_or(Manifest());
  }
  Result<> try_open(std::string_view toml) {
    close();
    deployment = TRY(Deployment::open({.engine = &engine,
                                       .clock = &clock,
                                       .random = &random,
                                       .disk = &disk,
                                       .files = &files,
                                       .log = &log,
                                       .folder = folder / "",
                                       .tables_in_memory = tables_in_memory,
                                       .apart = apart},
                                      parse(toml)));
    workers = std::make_unique<actor::SimulatedWorkers>(deployment->system(), clock, ++seed_);
    return deployment->start();
  }
  void open(std::string_view toml = alice) {
    const Result<> opened = try_open(toml);
    ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
    run();
  }
  /// As the end of a process does it.
  void close() {
    workers.reset();
    deployment.reset();
  }
  /// Until nothing is left to do but to wait for time.
  void run() {
    do {
      workers->run();
    } while (deployment->store() != nullptr && deployment->store()->commit());
  }
  void advance(uint64_t ns) {
    const uint64_t end_ns = clock.monotonic_ns() + ns;
    run();
    while (clock.monotonic_ns() < end_ns) {
      workers->advance_to_alarm(end_ns - clock.monotonic_ns());
      run();
    }
  }

  std::shared_ptr<std::optional<Given>> begin(const std::string& name, std::string_view text,
                                              MessageOptions options = {}) {
    auto given = std::make_shared<std::optional<Given>>();
    deployment->request(name, actor::Payload(text), std::move(options),
                        [given](Given answer) { *given = std::move(answer); });
    return given;
  }
  Given ask(const std::string& name, std::string_view text, MessageOptions options = {}) {
    const auto given = begin(name, text, std::move(options));
    run();
    if (*given) return **given;
    return std::unexpected(Refused{.refusal = actor::Refusal::timed_out, .why = "no answer"});
  }
  /// The same, whatever the answer.
  void tell(const std::string& name, std::string_view text, MessageOptions options = {}) {
    static_cast<void>(ask(name, text, std::move(options)));
  }
  /// The text of the answer, or why there is none.
  std::string said(const std::string& name, std::string_view text, MessageOptions options = {}) {
    const Given given = ask(name, text, std::move(options));
    return given ? std::string(given->reply.text()) : "refused: " + given.error().why;
  }
  /// How many lines of the log have that.
  ptrdiff_t logged(std::string_view what) const {
    return std::ranges::count_if(log.lines(),
                                 [&](const std::string& line) { return line.contains(what); });
  }
  chain::StoredRecord last(const std::string& name) {
    const auto chain = deployment->store()->chain(name);
    EXPECT_TRUE(chain.has_value()) << name;
    auto record = deployment->store()->record(name, chain ? chain->sequence : 0);
    EXPECT_TRUE(record.has_value());
    return record ? *std::move(record) : chain::StoredRecord();
  }

  actor::testing::TemporaryFolder folder;
  SimulatedDisk disk;
  RealFiles files;
  SimulatedClock clock = SimulatedClock(1'700'000'000'000'000'000);
  SeededRandom random;
  MemoryLog log;
  engine::Engine engine{{.fuel = true, .deterministic = true}};
  bool tables_in_memory = false;
  std::function<void(std::function<void()>)> apart = nullptr;
  std::unique_ptr<Deployment> deployment;
  std::unique_ptr<actor::SimulatedWorkers> workers;

 private:
  uint64_t seed_;
};

class Deployments : public ::testing::Test {
 protected:
  void SetUp() override {
    CAIRN_NEEDS_GUEST(machine())
    world.write("machine.wasm", *machine());
  }
  World world;
};

}  // namespace cairn::platform::testing
