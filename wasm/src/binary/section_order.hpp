#pragma once
/// The order of sections in a binary module, and where custom sections stand in it.

#include <cairn/wasm/module.hpp>

#include <array>
#include <vector>

namespace cairn::wasm {

inline constexpr std::array section_order = {
    SectionId::type,   SectionId::import,  SectionId::function,   SectionId::table,
    SectionId::memory, SectionId::tag,     SectionId::global,     SectionId::export_,
    SectionId::start,  SectionId::element, SectionId::data_count, SectionId::code,
    SectionId::data,
};

/// Whether the module needs that section.
bool has_section(const Module& module, SectionId id);

/// A custom section and the last section before it that the module has (custom: none).
struct PlacedCustom {
  SectionId after;
  const CustomSection* section;
};
/// The custom sections in the order in which a binary has them.
std::vector<PlacedCustom> placed_customs(const Module& module);

}  // namespace cairn::wasm
