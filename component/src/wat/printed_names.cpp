#include "wat/printed_names.hpp"

#include <algorithm>
#include <unordered_set>

namespace cairn::component::text {

using namespace syntax;

namespace {

/// How many definitions of each sort there are.
std::array<uint32_t, sort_count> counts_of(const Component& component) {
  std::array<uint32_t, sort_count> counts{};
  const auto add = [&](Sort sort, uint32_t number = 1) {
    counts[static_cast<size_t>(sort)] += number;
  };
  for (const Definition& definition : component.definitions) {
    const auto& what = definition.what;
    if (std::holds_alternative<CoreModule>(what)) add(Sort::core_module);
    if (std::holds_alternative<CoreInstance>(what)) add(Sort::core_instance);
    if (const auto* type = std::get_if<CoreType>(&what)) {
      const auto* group = std::get_if<CoreRecGroup>(&type->what);
      add(Sort::core_type, group ? static_cast<uint32_t>(group->types.size()) : 1);
    }
    if (std::holds_alternative<NestedComponent>(what)) add(Sort::component);
    if (std::holds_alternative<Instance>(what)) add(Sort::instance);
    if (const auto* alias = std::get_if<Alias>(&what)) add(alias->sort);
    if (std::holds_alternative<Type>(what)) add(Sort::type);
    if (const auto* canon = std::get_if<Canon>(&what)) {
      add(canon->kind == CanonKind::lift ? Sort::func : Sort::core_func);
    }
    if (const auto* start = std::get_if<Start>(&what)) add(Sort::value, start->results);
    if (const auto* import = std::get_if<Import>(&what)) add(import->desc.sort());
    if (const auto* item = std::get_if<Export>(&what)) add(item->item.sort);
    if (std::holds_alternative<Value>(what)) add(Sort::value);
  }
  return counts;
}

/// Whether each name can be an identifier, and none stands for two things or for nothing.
bool are_identifiers(const ComponentNames& names, const Component& component) {
  const auto counts = counts_of(component);
  for (size_t sort = 0; sort < sort_count; ++sort) {
    std::unordered_set<std::string_view> seen;
    for (const wasm::NameAssoc& entry : names.by_sort[sort]) {
      if (entry.name.empty() || entry.index >= counts[sort]) return false;
      if (!seen.insert(entry.name).second) return false;
    }
  }
  return !names.component || !names.component->empty();
}

/// The indices of the components that stand inside, among all of that sort.
std::vector<uint32_t> nested_indices(const Component& component) {
  std::vector<uint32_t> indices;
  uint32_t next = 0;
  for (const Definition& definition : component.definitions) {
    const auto& what = definition.what;
    if (std::holds_alternative<NestedComponent>(what)) indices.push_back(next);
    const auto* alias = std::get_if<Alias>(&what);
    const auto* import = std::get_if<Import>(&what);
    const auto* item = std::get_if<Export>(&what);
    const bool defines = std::holds_alternative<NestedComponent>(what) ||
                         (alias && alias->sort == Sort::component) ||
                         (import && import->desc.sort() == Sort::component) ||
                         (item && item->item.sort == Sort::component);
    if (defines) ++next;
  }
  return indices;
}

}  // namespace

PrintedNames::PrintedNames(const Component& component) { read(component); }

void PrintedNames::turn_off() {
  in_use_ = false;
  section_ = false;
  names_ = {};
  // A component inside that has a name of its own would be given it here, too.
  for (PrintedNames& inner : nested_) {
    if (inner.names_.component) inner.turn_off();
  }
}

void PrintedNames::read(const Component& component) {
  in_use_ = true;
  size_t sections = 0;
  for (const Definition& definition : component.definitions) {
    const auto* custom = std::get_if<Custom>(&definition.what);
    if (custom && custom->name == name_section) ++sections;
    if (const auto* nested = std::get_if<NestedComponent>(&definition.what)) {
      PrintedNames inner;
      inner.read(*nested->component);
      nested_.push_back(std::move(inner));
    }
  }
  if (sections > 0) {
    const auto* last = std::get_if<Custom>(&component.definitions.back().what);
    const bool is_last = sections == 1 && last && last->name == name_section;
    const auto names = is_last ? decode_names(last->payload) : std::nullopt;
    if (!names || names->empty() || encode_names(*names) != last->payload ||
        !are_identifiers(*names, component)) {
      turn_off();
    } else {
      section_ = true;
      names_ = *names;
    }
  }
  // The identifier of a component inside is both its own name and the one that it has here.
  const std::vector<uint32_t> indices = nested_indices(component);
  const auto name_here = [&](size_t place) {
    return wasm::find_name(names_.of(Sort::component), indices[place]);
  };
  for (size_t i = 0; i < nested_.size(); ++i) {
    const std::string* here = name_here(i);
    if (here && nested_[i].names_.component != *here) turn_off();
  }
  for (size_t i = 0; i < nested_.size(); ++i) {
    if (!name_here(i) && nested_[i].names_.component) nested_[i].turn_off();
  }
}

}  // namespace cairn::component::text
