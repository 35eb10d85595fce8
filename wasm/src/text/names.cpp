#include <cairn/base/leb128.hpp>
#include <cairn/base/utf8.hpp>
#include <cairn/wasm/names.hpp>

#include <algorithm>

namespace cairn::wasm {

namespace {

enum class Subsection : uint8_t {
  module = 0,
  function = 1,
  local = 2,
  label = 3,
  type = 4,
  table = 5,
  memory = 6,
  global = 7,
  elem = 8,
  data = 9,
  field = 10,
  tag = 11,
};

struct DirectPart {
  Subsection id;
  NameMap ModuleNames::* map;
};
struct IndirectPart {
  Subsection id;
  IndirectNameMap ModuleNames::* map;
};
constexpr DirectPart direct_parts[] = {
    {Subsection::function, &ModuleNames::functions}, {Subsection::type, &ModuleNames::types},
    {Subsection::table, &ModuleNames::tables},       {Subsection::memory, &ModuleNames::memories},
    {Subsection::global, &ModuleNames::globals},     {Subsection::elem, &ModuleNames::elems},
    {Subsection::data, &ModuleNames::datas},         {Subsection::tag, &ModuleNames::tags},
};
constexpr IndirectPart indirect_parts[] = {
    {Subsection::local, &ModuleNames::locals},
    {Subsection::label, &ModuleNames::labels},
    {Subsection::field, &ModuleNames::fields},
};

void append_name(Bytes& out, const std::string& name) {
  append_unsigned_leb(out, name.size());
  append(out, as_bytes(name));
}

void append_map(Bytes& out, const NameMap& map) {
  append_unsigned_leb(out, map.size());
  for (const NameAssoc& assoc : map) {
    append_unsigned_leb(out, assoc.index);
    append_name(out, assoc.name);
  }
}

void append_indirect_map(Bytes& out, const IndirectNameMap& map) {
  append_unsigned_leb(out, map.size());
  for (const IndirectNameAssoc& assoc : map) {
    append_unsigned_leb(out, assoc.index);
    append_map(out, assoc.names);
  }
}

/// Reads a payload; every reader returns false where the bytes are malformed.
class Reader {
 public:
  explicit Reader(ByteSpan bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  bool byte(uint8_t& out) {
    if (at_ == end_) return false;
    out = *at_++;
    return true;
  }
  bool u32(uint32_t& out) { return read_u32(at_, end_, out) == LebStatus::ok; }
  bool span(ByteSpan& out) {
    uint32_t size = 0;
    if (!u32(size) || size > static_cast<size_t>(end_ - at_)) return false;
    out = {at_, size};
    at_ += size;
    return true;
  }
  bool name(std::string& out) {
    ByteSpan bytes;
    if (!span(bytes) || !is_utf8(bytes)) return false;
    out = as_text(bytes);
    return true;
  }
  bool map(NameMap& out) {
    return list(out, [&](NameAssoc& assoc) { return name(assoc.name); });
  }
  bool indirect_map(IndirectNameMap& out) {
    return list(out, [&](IndirectNameAssoc& assoc) { return map(assoc.names); });
  }

 private:
  template <class Assoc>
  bool list(std::vector<Assoc>& out, auto read_rest) {
    uint32_t count = 0;
    if (!out.empty() || !u32(count)) return false;
    out.reserve(std::min<size_t>(count, static_cast<size_t>(end_ - at_) / 2));
    for (uint32_t i = 0; i < count; ++i) {
      Assoc assoc;
      if (!u32(assoc.index) || !read_rest(assoc)) return false;
      if (i > 0 && out.back().index >= assoc.index) return false;
      out.push_back(std::move(assoc));
    }
    return true;
  }

  const uint8_t* at_;
  const uint8_t* end_;
};

bool read_subsection(uint8_t id, ByteSpan content, ModuleNames& names) {
  Reader in(content);
  bool good = true, known = false;
  if (static_cast<Subsection>(id) == Subsection::module) {
    known = true;
    good = !names.module && in.name(names.module.emplace());
  }
  for (const DirectPart& part : direct_parts) {
    if (static_cast<Subsection>(id) != part.id) continue;
    known = true;
    good = in.map(names.*part.map);
  }
  for (const IndirectPart& part : indirect_parts) {
    if (static_cast<Subsection>(id) != part.id) continue;
    known = true;
    good = in.indirect_map(names.*part.map);
  }
  return good && (!known || in.at_end());
}

template <class Map>
auto* find_index(const Map& map, uint32_t index) {
  const auto at = std::ranges::lower_bound(map, index, {}, [](const auto& a) { return a.index; });
  return at != map.end() && at->index == index ? &*at : nullptr;
}

}  // namespace

const std::string* find_name(const NameMap& names, uint32_t index) {
  const NameAssoc* assoc = find_index(names, index);
  return assoc ? &assoc->name : nullptr;
}

const NameMap* find_names(const IndirectNameMap& names, uint32_t index) {
  const IndirectNameAssoc* assoc = find_index(names, index);
  return assoc ? &assoc->names : nullptr;
}

Bytes encode_names(const ModuleNames& names) {
  // Subsections stand in order of their ids, and only where they have something to say.
  Bytes contents[static_cast<size_t>(Subsection::tag) + 1];
  const auto content = [&](Subsection id) -> Bytes& { return contents[static_cast<size_t>(id)]; };
  if (names.module) append_name(content(Subsection::module), *names.module);
  for (const DirectPart& part : direct_parts) {
    if (!(names.*part.map).empty()) append_map(content(part.id), names.*part.map);
  }
  for (const IndirectPart& part : indirect_parts) {
    if (!(names.*part.map).empty()) append_indirect_map(content(part.id), names.*part.map);
  }
  Bytes out;
  for (size_t id = 0; id < std::size(contents); ++id) {
    if (contents[id].empty()) continue;
    out.push_back(static_cast<uint8_t>(id));
    append_unsigned_leb(out, contents[id].size());
    append(out, contents[id]);
  }
  return out;
}

std::optional<ModuleNames> decode_names(ByteSpan payload) {
  ModuleNames names;
  Reader in(payload);
  while (!in.at_end()) {
    uint8_t id = 0;
    ByteSpan content;
    if (!in.byte(id) || !in.span(content) || !read_subsection(id, content, names)) {
      return std::nullopt;
    }
  }
  return names;
}

ModuleNames names_of(const Module& module) {
  for (const CustomSection& section : module.customs) {
    if (section.name == "name") return decode_names(section.payload).value_or(ModuleNames{});
  }
  return {};
}

}  // namespace cairn::wasm
