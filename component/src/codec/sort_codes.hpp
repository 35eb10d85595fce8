#pragma once
/// The binary codes of sorts (Binary.md, `sort` and `core:sort`).

#include <cairn/component/syntax_types.hpp>

#include <array>
#include <optional>

namespace cairn::component {

/// Codes of the core sorts, by `Sort`.
inline constexpr std::array<uint8_t, 8> core_sort_codes = {0x00, 0x01, 0x02, 0x03,
                                                           0x04, 0x10, 0x11, 0x12};

constexpr uint8_t core_code_of(syntax::Sort sort) {
  return core_sort_codes[static_cast<size_t>(sort)];
}
/// Of a sort that is not a core one.
constexpr uint8_t code_of(syntax::Sort sort) {
  return static_cast<uint8_t>(static_cast<uint8_t>(sort) -
                              static_cast<uint8_t>(syntax::Sort::func) + 1);
}
static_assert(code_of(syntax::Sort::instance) == 5);

constexpr std::optional<syntax::Sort> core_sort_of(uint8_t code) {
  for (size_t i = 0; i < core_sort_codes.size(); ++i) {
    if (core_sort_codes[i] == code) return static_cast<syntax::Sort>(i);
  }
  return std::nullopt;
}
constexpr std::optional<syntax::Sort> sort_of(uint8_t code) {
  if (code < 1 || code > 5) return std::nullopt;
  return static_cast<syntax::Sort>(static_cast<uint8_t>(syntax::Sort::func) + code - 1);
}

/// What an outer alias may refer to.
constexpr bool is_outer_sort(syntax::Sort sort) {
  return sort == syntax::Sort::core_module || sort == syntax::Sort::core_type ||
         sort == syntax::Sort::component || sort == syntax::Sort::type;
}

}  // namespace cairn::component
