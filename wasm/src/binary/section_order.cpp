#include "binary/section_order.hpp"

#include <algorithm>

namespace cairn::wasm {

namespace {

size_t place_of(SectionId id) {
  if (id == SectionId::custom) return 0;
  return 1 + static_cast<size_t>(std::ranges::find(section_order, id) - section_order.begin());
}

SectionId last_present(const Module& module, SectionId id) {
  for (size_t place = place_of(id); place != 0; --place) {
    if (has_section(module, section_order[place - 1])) return section_order[place - 1];
  }
  return SectionId::custom;
}

}  // namespace

bool has_section(const Module& module, SectionId id) {
  switch (id) {
    case SectionId::custom: return false;
    case SectionId::type: return !module.rec_groups.empty();
    case SectionId::import: return !module.imports.empty();
    case SectionId::function: return !module.functions.empty();
    case SectionId::table: return !module.tables.empty();
    case SectionId::memory: return !module.memories.empty();
    case SectionId::tag: return !module.tags.empty();
    case SectionId::global: return !module.globals.empty();
    case SectionId::export_: return !module.exports.empty();
    case SectionId::start: return module.start.has_value();
    case SectionId::element: return !module.elems.empty();
    case SectionId::data_count: return module.data_count.has_value();
    case SectionId::code: return !module.code.empty();
    case SectionId::data: return !module.datas.empty();
  }
  return false;
}

std::vector<PlacedCustom> placed_customs(const Module& module) {
  std::vector<PlacedCustom> placed;
  placed.reserve(module.customs.size());
  for (const CustomSection& section : module.customs) {
    placed.push_back({last_present(module, section.after), &section});
  }
  // The sections lie in one vector: their addresses keep the order among those of one place.
  std::ranges::sort(placed, {}, [](const PlacedCustom& custom) {
    return std::pair(place_of(custom.after), custom.section);
  });
  return placed;
}

}  // namespace cairn::wasm
