// The name section (Binary.md, "Name Section").

#include <cairn/component/names.hpp>

#include "codec/component_reader.hpp"
#include "codec/component_writer.hpp"

namespace cairn::component {

using namespace syntax;

namespace {

constexpr uint8_t component_subsection = 0, sort_subsection = 1;

Result<wasm::NameMap> name_map(ComponentReader& in) {
  wasm::NameMap names;
  const uint32_t number = TRY(in.count("names", in.component_limits().definitions));
  for (uint32_t i = 0; i < number; ++i) {
    wasm::NameAssoc entry{.index = TRY(in.u32("an index")), .name = {}};
    const bool in_order = names.empty() || names.back().index < entry.index;
    if (!in_order) return in.malformed("names out of order");
    entry.name = TRY(in.name("a name"));
    names.push_back(std::move(entry));
  }
  return names;
}

Result<ComponentNames> read(ComponentReader& in, const ReadOptions& options) {
  ComponentNames names;
  while (!in.at_end()) {
    const uint8_t id = TRY(in.byte("a subsection"));
    const ByteSpan bytes = TRY(in.byte_list("a subsection"));
    ComponentReader content(bytes, 0, options);
    if (id == component_subsection) {
      names.component = TRY(content.name("a name"));
    } else if (id == sort_subsection) {
      const Sort sort = TRY(content.sort("a sort"));
      if (!names.of(sort).empty()) return content.malformed("a sort is named twice");
      names.of(sort) = TRY(name_map(content));
    } else {
      continue;
    }
    if (!content.at_end()) return content.malformed("bytes left in a subsection");
  }
  return names;
}

}  // namespace

Bytes encode_names(const ComponentNames& names) {
  ComponentWriter out;
  const auto subsection = [&](uint8_t id, const ComponentWriter& content) {
    out.byte(id);
    out.byte_list(content.content());
  };
  if (names.component) {
    ComponentWriter content;
    content.name(*names.component);
    subsection(component_subsection, content);
  }
  for (size_t i = 0; i < names.by_sort.size(); ++i) {
    const wasm::NameMap& map = names.by_sort[i];
    if (map.empty()) continue;
    ComponentWriter content;
    content.sort(static_cast<Sort>(i));
    content.number(map.size());
    for (const wasm::NameAssoc& entry : map) {
      content.number(entry.index);
      content.name(entry.name);
    }
    subsection(sort_subsection, content);
  }
  return out.content();
}

std::optional<ComponentNames> decode_names(ByteSpan payload) {
  const ReadOptions options;
  ComponentReader in(payload, 0, options);
  Result<ComponentNames> names = read(in, options);
  if (!names) return std::nullopt;
  return *std::move(names);
}

ComponentNames names_of(const Component& component) {
  for (const Definition& definition : component.definitions) {
    const auto* custom = std::get_if<Custom>(&definition.what);
    if (!custom || custom->name != name_section) continue;
    if (auto names = decode_names(custom->payload)) return *std::move(names);
  }
  return {};
}

}  // namespace cairn::component
