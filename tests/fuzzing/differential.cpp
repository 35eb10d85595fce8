// cairn-differential: random modules from seeds, run by this engine in all its ways, and by V8
// through `node`; docs/fuzzing.md says how to use it.

#include <cairn/base/random.hpp>
#include <cairn/base/result.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <cstdio>
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
  bool canary = false, print = false, reduce = false;
};

/// A seed stands for bytes, and these for decisions.
Bytes bytes_of(uint64_t seed) {
  SeededRandom random(seed);
  Bytes bytes(200 + random.below(4000));
  random.fill(bytes);
  return bytes;
}

class Findings {
 public:
  explicit Findings(const std::filesystem::path& folder) : folder_(folder) {}
  void add(uint64_t seed, const GeneratedModule& generated, std::string_view report) {
    ++count_;
    fmt::print("seed {}: {}", seed, report.substr(0, report.find("(module")));
    std::fflush(stdout);
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

/// Compares whole batches; a report for each module that behaves differently.
class Comparison {
 public:
  virtual ~Comparison() = default;
  virtual GeneratedModule module(uint64_t seed, ByteSpan bytes) const = 0;
  using Reports = std::vector<std::optional<std::string>>;
  virtual Reports compare(uint64_t seed, const std::vector<GeneratedModule>& batch) = 0;
};

GeneratedModule with_canary(const GeneratedModule& module, const Options& options) {
  if (!options.canary) return module;
  return plant_bug(module, wasm::Op::i32_or, wasm::Op::i32_xor);
}

/// The ways of this engine against each other.
class AllWays final : public Comparison {
 public:
  explicit AllWays(const Options& options) : options_(options) {}
  GeneratedModule module(uint64_t seed, ByteSpan bytes) const override {
    Choices choices(bytes);
    return generate(choices, options_for(profile(seed)));
  }
  Reports compare(uint64_t seed, const std::vector<GeneratedModule>& batch) override {
    Reports reports;
    Oracle& oracle = oracles_[static_cast<size_t>(profile(seed))];
    for (const GeneratedModule& module : batch) {
      reports.push_back(oracle.compare(module, with_canary(module, options_), Oracle::all_ways));
    }
    return reports;
  }

 private:
  /// Batches alternate, so that all modules of one have the same.
  Profile profile(uint64_t seed) const { return static_cast<Profile>(seed / options_.batch % 2); }
  const Options& options_;
  Oracle oracles_[2] = {Oracle(Profile::deterministic), Oracle(Profile::portable)};
};

/// This engine against V8.
class AgainstV8 final : public Comparison {
 public:
  explicit AgainstV8(const Options& options)
      : options_(options), node_(options.node), engine_(settings(node_)) {
    fmt::print("{}\n", node_.description());
    run_.portable = true;
  }
  GeneratedModule module(uint64_t, ByteSpan bytes) const override {
    Choices choices(bytes);
    return generate(choices, {.features = node_.features(), .portable = true});
  }
  Reports compare(uint64_t, const std::vector<GeneratedModule>& batch) override {
    Reports reports;
    const std::vector<Transcript> others = node_.run(batch);
    for (size_t i = 0; i < batch.size(); ++i) {
      const GeneratedModule ours = with_canary(batch[i], options_);
      const std::string found = difference(observe(engine_, ours, run_), "cairn", others[i], "v8");
      reports.push_back(found.empty() ? std::nullopt : std::optional(found + to_wat(batch[i])));
    }
    return reports;
  }

 private:
  static engine::Settings settings(const Node& node) {
    engine::Settings settings;
    settings.features = node.features();
    return settings;
  }
  const Options& options_;
  Node node_;
  engine::Engine engine_;
  RunOptions run_;
};

/// Shrinks the decisions behind a finding for as long as it stays one.
Bytes reduced(Bytes bytes, uint64_t seed, const Options& options, Comparison& comparison) {
  size_t best = comparison.module(seed, bytes).bytes.size();
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t chunk = std::max<size_t>(bytes.size() / 2, 1); chunk != 0; chunk /= 2) {
      std::vector<Bytes> candidates;
      std::vector<GeneratedModule> modules;
      for (size_t at = 0; at < bytes.size() && modules.size() < 4 * options.batch; at += chunk) {
        const size_t end = std::min(at + chunk, bytes.size());
        Bytes without(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(at));
        without.insert(without.end(), bytes.begin() + static_cast<ptrdiff_t>(end), bytes.end());
        Bytes zeroed = bytes;
        std::fill(zeroed.begin() + static_cast<ptrdiff_t>(at),
                  zeroed.begin() + static_cast<ptrdiff_t>(end), uint8_t{0});
        for (Bytes& candidate : std::array{std::move(without), std::move(zeroed)}) {
          GeneratedModule module = comparison.module(seed, candidate);
          if (module.bytes.size() >= best) continue;
          candidates.push_back(candidate);
          modules.push_back(std::move(module));
        }
      }
      const Comparison::Reports reports = comparison.compare(seed, modules);
      for (size_t i = 0; i < reports.size(); ++i) {
        if (!reports[i] || modules[i].bytes.size() >= best) continue;
        best = modules[i].bytes.size();
        bytes = candidates[i];
        smaller = true;
      }
    }
  }
  return bytes;
}

/// The number of modules that were run.
uint64_t search(const Options& options, Comparison& comparison, Findings& findings) {
  const Deadline deadline(options.seconds);
  uint64_t done = 0;
  while (done < options.count && !deadline.passed()) {
    const uint64_t first = options.first + done;
    std::vector<GeneratedModule> batch;
    const uint64_t size =
        std::min<uint64_t>(options.batch - first % options.batch, options.count - done);
    for (uint64_t i = 0; i < size; ++i) {
      batch.push_back(comparison.module(first, bytes_of(first + i)));
    }
    const Comparison::Reports reports = comparison.compare(first, batch);
    for (size_t i = 0; i < reports.size(); ++i) {
      if (!reports[i]) continue;
      findings.add(first + i, batch[i], *reports[i]);
      if (options.canary) return done + i + 1;
    }
    done += size;
  }
  return done;
}

int show(const Options& options, Comparison& comparison) {
  Bytes bytes = bytes_of(options.first);
  if (options.reduce) bytes = reduced(std::move(bytes), options.first, options, comparison);
  const std::vector<GeneratedModule> modules{comparison.module(options.first, bytes)};
  const std::optional<std::string> report = comparison.compare(options.first, modules)[0];
  fmt::print("{}", report ? *report : to_wat(modules[0]));
  return report ? 1 : 0;
}

int run(const Options& options) {
  std::unique_ptr<Comparison> comparison;
  if (options.node.empty())
    comparison = std::make_unique<AllWays>(options);
  else
    comparison = std::make_unique<AgainstV8>(options);
  if (options.print || options.reduce) return show(options, *comparison);
  Findings findings(options.findings);
  const uint64_t done = search(options, *comparison, findings);
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
  app.add_flag("--print", options.print, "Print the first seed's module");
  app.add_flag("--reduce", options.reduce, "Shrink the first seed's module while it differs");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
