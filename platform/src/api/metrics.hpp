#pragma once
/// What is counted of requests, and all of it as text for Prometheus.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::platform {

/// Upper ends of the histogram's buckets, in seconds.
inline constexpr double latency_buckets[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                             0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                             1,      2.5,     5,      10};

/// From any thread.
class Metrics {
 public:
  /// One row for each operation, and one for what is none.
  explicit Metrics(size_t operations);
  void count(size_t operation, uint16_t status, uint64_t duration_ns);

  struct Histogram {
    std::array<uint64_t, std::size(latency_buckets)> at_most = {};  ///< cumulative
    uint64_t count = 0;
    double sum_s = 0;
  };
  Histogram latency(size_t operation) const;
  struct Requests {
    uint16_t status;
    uint64_t count;
  };
  std::vector<Requests> requests(size_t operation) const;

 private:
  static constexpr uint16_t status_first = 100, status_last = 599;
  struct Row {
    std::array<std::atomic<uint64_t>, std::size(latency_buckets) + 1> buckets = {};
    std::atomic<uint64_t> sum_ns = 0;
    std::array<std::atomic<uint64_t>, status_last - status_first + 1> by_status = {};
  };
  std::vector<Row> rows_;
};

/// Lines of the text format, family by family.
class MetricsText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// Of the family that was named last. `labels`: `a="b"` or nothing.
  void sample(double value, std::string_view labels = {}, std::string_view suffix = {});
  std::string take() { return std::move(out_); }

 private:
  std::string out_, name_;
};

}  // namespace cairn::platform
