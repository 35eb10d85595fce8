#pragma once
/// Moments as the two versions write them.

#include <cairn/component/typed.hpp>

#include <cstdint>
#include <optional>

namespace cairn::wasi {

inline constexpr uint64_t ns_per_s = 1'000'000'000;

/// `wall-clock.datetime` of 0.2
struct Datetime {
  uint64_t seconds = 0;
  uint32_t nanoseconds = 0;

  static Datetime of_ns(uint64_t ns) {
    return {ns / ns_per_s, static_cast<uint32_t>(ns % ns_per_s)};
  }
  /// Nothing for what is no time, or lies beyond 2554.
  std::optional<uint64_t> to_ns() const {
    if (nanoseconds >= ns_per_s || seconds >= UINT64_MAX / ns_per_s) return std::nullopt;
    return seconds * ns_per_s + nanoseconds;
  }
};

/// `system-clock.instant` of 0.3
struct Instant {
  int64_t seconds = 0;
  uint32_t nanoseconds = 0;

  static Instant of_ns(uint64_t ns) {
    return {static_cast<int64_t>(ns / ns_per_s), static_cast<uint32_t>(ns % ns_per_s)};
  }
  /// The same; nothing also before 1970.
  std::optional<uint64_t> to_ns() const {
    if (seconds < 0) return std::nullopt;
    return Datetime{static_cast<uint64_t>(seconds), nanoseconds}.to_ns();
  }
};

}  // namespace cairn::wasi

template <>
struct cairn::component::Described<cairn::wasi::Datetime> {
  using T = cairn::wasi::Datetime;
  static constexpr auto fields =
      std::tuple{Field{"seconds", &T::seconds}, Field{"nanoseconds", &T::nanoseconds}};
};
template <>
struct cairn::component::Described<cairn::wasi::Instant> {
  using T = cairn::wasi::Instant;
  static constexpr auto fields =
      std::tuple{Field{"seconds", &T::seconds}, Field{"nanoseconds", &T::nanoseconds}};
};
