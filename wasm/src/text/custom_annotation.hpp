#pragma once
/// `(@custom "name" (before func)? "…"*)` (spec: Appendix > Custom Annotations).

#include <string>
#include <vector>

#include "binary/section_order.hpp"
#include "text/context.hpp"

namespace cairn::wasm::text {

/// A custom section and its place between the known sections.
struct PlacedSection {
  std::string name;
  Context::Range payload;  ///< in `Context::code`
  /// The places in the order of the binary: before the n-th section (from 1) is 2n, after it 2n +
  /// 1; in the end the name section that is made from identifiers, and `(after last)`.
  uint32_t place = 0;
  uint32_t number = 0;  ///< in order of appearance; set by `place_sections`
};

inline constexpr uint32_t place_first = 0;
inline constexpr uint32_t place_names = 2 * static_cast<uint32_t>(section_order.size()) + 2;
inline constexpr uint32_t place_last = place_names + 1;
/// Directly before a section.
uint32_t place_before(SectionId id);

/// The word for a section in a placement.
std::string_view placement_word(SectionId id);

/// Parses the annotation at the current token.
Result<PlacedSection> parse_custom_annotation(Context& context);

/// Sorts sections by their places, keeping the order of those that share one, and appends them to
/// the module. Their payloads are set when the bytes are complete; `offset` is where they begin.
void place_sections(std::vector<PlacedSection>& sections, Module& module);

}  // namespace cairn::wasm::text
