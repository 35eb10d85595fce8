#include <cairn/base/units.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string>

namespace cairn {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

std::optional<uint64_t> parse_with_units(std::string_view text, std::span<const Unit> units,
                                         double factor_without) {
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string unit(end, text.data() + text.size());
  for (char& c : unit) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  double factor = factor_without;
  if (!unit.empty()) {
    const auto found = std::ranges::find(units, std::string_view(unit), &Unit::name);
    if (found == units.end()) return std::nullopt;
    factor = found->factor;
  }
  const double value = std::round(number * factor);
  if (value >= 0x1p63) return std::nullopt;
  return static_cast<uint64_t>(value);
}

}  // namespace

std::optional<uint64_t> parse_duration_ns(std::string_view text) {
  static constexpr Unit units[] = {{"ns", 1},   {"us", 1e3},   {"ms", 1e6},  {"s", 1e9},
                                   {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}};
  return parse_with_units(text, units, 1e9);
}

std::optional<uint64_t> parse_size(std::string_view text) {
  static constexpr Unit units[] = {{"b", 1},       {"k", 0x1p10},  {"kb", 0x1p10},  {"kib", 0x1p10},
                                   {"m", 0x1p20},  {"mb", 0x1p20}, {"mib", 0x1p20}, {"g", 0x1p30},
                                   {"gb", 0x1p30}, {"gib", 0x1p30}};
  return parse_with_units(text, units, 1);
}

}  // namespace cairn
