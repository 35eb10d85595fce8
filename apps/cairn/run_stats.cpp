#include "run_stats.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include "terminal.hpp"

namespace cairn::cli {

void print_stats(const RunStats& stats, const engine::Store& store, std::optional<uint64_t> fuel) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](uint64_t ns) { return static_cast<double>(ns) / 1e6; };
  std::string text = fmt::format(
      "read {:.3f} ms, load {:.3f} ms, instantiate {:.3f} ms, run {:.3f} ms\n"
      "peak memory {} KiB, GC heap {} bytes\n",
      ms(stats.read_ns), ms(stats.load_ns), ms(stats.instantiate_ns), ms(stats.run_ns),
      usage.ru_maxrss, store.gc_heap_bytes());
  if (fuel) text += fmt::format("fuel used {}, left {}\n", *fuel - store.fuel(), store.fuel());
  std::fflush(stdout);
  write(stderr, text);
}

}  // namespace cairn::cli
