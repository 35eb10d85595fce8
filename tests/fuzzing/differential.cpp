// cairn-differential: random modules from seeds, run by this engine in all its ways, and by V8
// through `node`; docs/fuzzing.md says how to use it.

#include <cairn/base/random.hpp>
#include <cairn/base/result.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "fuzzing/oracle.hpp"
#include "node.hpp"

using namespace cairn;
using namespace cairn::fuzzing;

namespace {

struct Options {
  uint64_t first = 1, count = 1000;
  uint32_t seconds = 0, batch = 200;
  std::string node;
  std::filesystem::path findings = "findings";
  bool canary = false, print = false;
};

/// A seed stands for bytes, and these for decisions.
Bytes bytes_of(uint64_t seed) {
  SeededRandom random(seed);
  Bytes bytes(200 + random.below(4000));
  random.fill(bytes);
  return bytes;
}

GeneratedModule module_of(uint64_t seed, const GeneratorOptions& options) {
  const Bytes bytes = bytes_of(seed);
  Choices choices(bytes);
  return generate(choices, options);
}

class Findings {
 public:
  explicit Findings(const std::filesystem::path& folder) : folder_(folder) {}
  void add(uint64_t seed, const GeneratedModule& generated, std::string_view report) {
    ++count_;
    fmt::print("seed {}: {}", seed, report.substr(0, report.find("(module")));
    std::filesystem::create_directories(folder_);
    const std::string stem = (folder_ / fmt::format("{}", seed)).string();
    std::ofstream(stem + ".txt") << report;
    std::ofstream(stem + ".wasm", std::ios::binary) << as_text(generated.bytes);
  }
  uint64_t count() const { return count_; }

 private:
  std::filesystem::path folder_;
  uint64_t count_ = 0;
};

class Deadline {
 public:
  explicit Deadline(uint32_t seconds)
      : end_(std::chrono::steady_clock::now() + std::chrono::seconds(seconds)),
        limited_(seconds != 0) {}
  bool passed() const { return limited_ && std::chrono::steady_clock::now() >= end_; }

 private:
  std::chrono::steady_clock::time_point end_;
  bool limited_;
};

/// The ways of this engine against each other.
uint64_t compare_ways(const Options& options, Findings& findings) {
  Oracle oracles[] = {Oracle(Profile::deterministic), Oracle(Profile::portable)};
  const Deadline deadline(options.seconds);
  uint64_t done = 0;
  for (; done < options.count && !deadline.passed(); ++done) {
    const uint64_t seed = options.first + done;
    const GeneratedModule generated = module_of(seed, options_for(static_cast<Profile>(seed & 1)));
    const auto report =
        options.canary
            ? oracles[seed & 1].compare(
                  generated, plant_bug(generated, wasm::Op::i64_lt_s, wasm::Op::i64_le_s),
                  Oracle::all_ways)
            : oracles[seed & 1].compare(generated);
    if (report) findings.add(seed, generated, *report);
    if (report && options.canary) return done + 1;
  }
  return done;
}

/// The deterministic run of this engine against V8's.
uint64_t compare_with_v8(const Options& options, Findings& findings) {
  Node node(options.node);
  engine::Settings settings;
  settings.features = node.features();
  engine::Engine engine(settings);
  GeneratorOptions generator{.features = node.features(), .portable = true};
  RunOptions run;
  run.portable = true;
  fmt::print("{}\n", node.description());
  const Deadline deadline(options.seconds);
  uint64_t done = 0;
  while (done < options.count && !deadline.passed()) {
    std::vector<GeneratedModule> batch;
    for (uint64_t i = 0; i < options.batch && done + i < options.count; ++i) {
      batch.push_back(module_of(options.first + done + i, generator));
    }
    const std::vector<Transcript> others = node.run(batch);
    for (size_t i = 0; i < batch.size(); ++i) {
      GeneratedModule ours = batch[i];
      if (options.canary) ours = plant_bug(ours, wasm::Op::i64_lt_s, wasm::Op::i64_le_s);
      const std::string found = difference(observe(engine, ours, run), "cairn", others[i], "v8");
      if (found.empty()) continue;
      findings.add(options.first + done + i, batch[i], found + to_wat(batch[i]));
      if (options.canary) return done + i + 1;
    }
    done += batch.size();
  }
  return done;
}

int run(const Options& options) {
  if (options.print) {
    const Profile profile = options.node.empty() ? static_cast<Profile>(options.first & 1)
                                                 : Profile::portable;
    fmt::print("{}", to_wat(module_of(options.first, options_for(profile))));
    return 0;
  }
  Findings findings(options.findings);
  const uint64_t done = options.node.empty() ? compare_ways(options, findings)
                                             : compare_with_v8(options, findings);
  fmt::print("{} modules, {} findings\n", done, findings.count());
  return (findings.count() != 0) == options.canary ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Runs random modules in several ways that have to agree."};
  app.add_option("--first", options.first, "The first seed")->capture_default_str();
  app.add_option("--count", options.count, "How many seeds")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Stop after that time; 0: when the seeds are done");
  app.add_option("--node", options.node, "Compare with V8: the node command");
  app.add_option("--batch", options.batch, "Modules for one start of node")->capture_default_str();
  app.add_option("--findings", options.findings, "Folder for what is found")->capture_default_str();
  app.add_flag("--canary", options.canary, "Plant a bug, stop when it is found; fail if it is not");
  app.add_flag("--print", options.print, "Print the text of the first seed's module");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
