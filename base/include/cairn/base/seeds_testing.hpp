#pragma once
/// Seeds of property tests. A failure names its seed; `CAIRN_SEED=N` runs that one alone.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <ranges>

namespace cairn {

inline std::optional<uint64_t> given_test_seed() {
  const char* const text = std::getenv("CAIRN_SEED");
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

inline auto test_seeds(uint64_t count) {
  const auto given = given_test_seed();
  return std::views::iota(given.value_or(0), given ? *given + 1 : count);
}

/// Another one each time, of tests that take long. To be said with a failure.
inline uint64_t test_seed() { return given_test_seed().value_or(std::random_device{}()); }

}  // namespace cairn
