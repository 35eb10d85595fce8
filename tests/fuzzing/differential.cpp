// cairn-differential: random modules from seeds, run by this engine in all its ways, and by V8
// through `node`; docs/fuzzing.md says how to use it.

#include <cairn/base/random.hpp>
#include <cairn/base/result.hpp>

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "comparison.hpp"

using namespace cairn;
using namespace cairn::fuzzing;

namespace {

struct Options {
  uint64_t first = 1, count = 1000;
  uint32_t seconds = 0;
  std::filesystem::path findings = "findings";
  bool print = false, reduce = false;
  ComparisonOptions ways;
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
  void add(const Case& each, std::string_view report) {
    ++count_;
    fmt::print("seed {}: {}", each.seed, report.substr(0, report.find("(module")));
    std::fflush(stdout);
    std::filesystem::create_directories(folder_);
    const std::string stem = (folder_ / fmt::format("{}", each.seed)).string();
    std::ofstream(stem + ".txt") << report;
    std::ofstream(stem + ".wasm", std::ios::binary) << as_text(each.module.bytes);
  }
  uint64_t count() const { return count_; }

 private:
  std::filesystem::path folder_;
  uint64_t count_ = 0;
};

class Stopwatch {
 public:
  uint64_t seconds() const {
    const auto passed = std::chrono::steady_clock::now() - start_;
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(passed).count());
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class Deadline {
 public:
  explicit Deadline(uint32_t seconds) : seconds_(seconds) {}
  bool passed() const { return seconds_ != 0 && watch_.seconds() >= seconds_; }

 private:
  Stopwatch watch_;
  uint32_t seconds_;
};

/// What sort of difference a report is about, so that reduction does not end at another one: what
/// the second line says behind the way's name, without its values.
std::string sort_of(const std::string& report) {
  const size_t line = report.find("\n  ");
  const size_t name_end = report.find(": ", line == std::string::npos ? 0 : line);
  if (line == std::string::npos || name_end == std::string::npos) return report;
  const std::string text = report.substr(name_end + 2, report.find('\n', name_end) - name_end - 2);
  std::string sort = text.substr(0, text.find(' '));
  if (text.find(" trap ") != std::string::npos) sort += " trap";
  return sort;
}

/// Shrinks the decisions behind a finding for as long as it stays one.
Bytes reduced(Bytes bytes, const std::string& report, const Options& options,
              Comparison& comparison) {
  const uint64_t seed = options.first;
  const std::string sort = sort_of(report);
  const bool in_v8 = report.find("\n  v8: ") != std::string::npos;
  const bool in_compiled = report.find("\n  compiled") != std::string::npos;
  // What crashed is not known.
  const bool crashed = report.find("\n  ") == std::string::npos;
  const Comparison::Only only{.v8 = in_v8,
                              .interpreted = crashed || (!in_v8 && !in_compiled),
                              .compiled = crashed || in_compiled};
  size_t best = comparison.module(seed, bytes).bytes.size();
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t chunk = std::max<size_t>(bytes.size() / 2, 1); chunk != 0; chunk /= 2) {
      std::vector<Bytes> candidates;
      std::vector<Case> cases;
      for (size_t at = 0; at < bytes.size() && cases.size() < 4 * options.ways.batch; at += chunk) {
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
          cases.push_back({seed, std::move(module)});
        }
      }
      const Reports reports = comparison.compare(cases, only);
      for (size_t i = 0; i < reports.size(); ++i) {
        if (!reports[i] || sort_of(*reports[i]) != sort) continue;
        if (cases[i].module.bytes.size() >= best) continue;
        best = cases[i].module.bytes.size();
        bytes = candidates[i];
        smaller = true;
      }
    }
  }
  return bytes;
}

volatile std::sig_atomic_t stopped = 0;

/// Ends with the figures of what was done when it is asked to end.
void stop_politely() {
  struct sigaction action = {};
  action.sa_handler = [](int) { stopped = 1; };
  for (const int signal : {SIGINT, SIGTERM}) CAIRN_ASSERT(sigaction(signal, &action, nullptr) == 0);
}

void search(const Options& options, Comparison& comparison, Findings& findings) {
  const Deadline deadline(options.seconds);
  uint64_t done = 0;
  while (done < options.count && !deadline.passed() && stopped == 0) {
    const uint64_t first = options.first + done;
    std::vector<Case> batch;
    const uint64_t size =
        std::min<uint64_t>(options.ways.batch - first % options.ways.batch, options.count - done);
    for (uint64_t seed = first; seed < first + size; ++seed) {
      batch.push_back({seed, comparison.module(seed, bytes_of(seed))});
    }
    const Reports reports = comparison.compare(batch);
    for (size_t i = 0; i < reports.size(); ++i) {
      if (reports[i]) findings.add(batch[i], *reports[i]);
    }
    if (options.ways.canary && findings.count() != 0) return;
    done += size;
  }
}

int show(const Options& options, Comparison& comparison) {
  Bytes bytes = bytes_of(options.first);
  std::vector<Case> cases{{options.first, comparison.module(options.first, bytes)}};
  std::optional<std::string> report = comparison.compare(cases)[0];
  if (report && options.reduce) {
    bytes = reduced(std::move(bytes), *report, options, comparison);
    cases[0].module = comparison.module(options.first, bytes);
    report = comparison.compare(cases)[0];
  }
  const std::string text = to_wat(cases[0].module);
  if (!report) {
    fmt::print("{}", text);
  } else {
    // A report of a crash has no text.
    fmt::print("{}{}", *report, report->find("(module") == std::string::npos ? text : "");
  }
  return report ? 1 : 0;
}

int run(const Options& options) {
  Comparison comparison(options.ways);
  if (options.print || options.reduce) return show(options, comparison);
  fmt::print("{}\n", comparison.description());
  std::fflush(stdout);
  Findings findings(options.findings);
  const Stopwatch watch;
  stop_politely();
  search(options, comparison, findings);
  const Counts& counts = comparison.counts();
  fmt::print("{} modules, {} of them in V8; {} calls, {} traps, {} exceptions\n", counts.modules,
             comparison.modules_in_v8(), counts.calls, counts.traps, counts.exceptions);
  fmt::print("{} runs, {} of them compiled, {} images; {} s\n", counts.runs, counts.compiled_runs,
             counts.images, watch.seconds());
  fmt::print("{} findings\n", findings.count());
  return (findings.count() != 0) == options.ways.canary ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Runs random modules in several ways that have to agree."};
  app.add_option("--first", options.first, "The first seed")->capture_default_str();
  app.add_option("--count", options.count, "How many seeds")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Stop after that time; 0: when the seeds are done");
  app.add_option("--node", options.ways.node, "Compare with V8: the node command");
  app.add_flag("--compiled,!--no-compiled", options.ways.compiled,
               "Compile, too, if the build can (the default)");
  app.add_option("--batch", options.ways.batch, "Modules for one process")->capture_default_str();
  app.add_option("--findings", options.findings, "Folder for what is found")->capture_default_str();
  app.add_flag("--canary", options.ways.canary,
               "Plant a bug, stop when it is found; fail if it is not");
  app.add_flag("--print", options.print, "Print the first seed's module");
  app.add_flag("--reduce", options.reduce, "Shrink the first seed's module while it differs");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
