#pragma once
/// What `--stats` tells.

#include <cairn/base/clock.hpp>
#include <cairn/engine/store.hpp>

#include <optional>

namespace cairn::cli {

/// Times of the parts of a run.
struct RunStats {
  uint64_t read_ns = 0, load_ns = 0, instantiate_ns = 0, run_ns = 0;
};

/// Adds the time from its making to its end.
class Stopwatch {
 public:
  explicit Stopwatch(uint64_t& total_ns) : total_ns_(total_ns), start_ns_(clock_.monotonic_ns()) {}
  ~Stopwatch() { total_ns_ += clock_.monotonic_ns() - start_ns_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  RealClock clock_;
  uint64_t& total_ns_;
  uint64_t start_ns_;
};

/// To standard error; `fuel` is what the guest was given.
void print_stats(const RunStats& stats, const engine::Store& store, std::optional<uint64_t> fuel);

}  // namespace cairn::cli
