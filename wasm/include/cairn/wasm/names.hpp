#pragma once
/// The name section (spec: Appendix > Custom Sections > Name Section), with the subsections of the
/// extended-name-section proposal (labels, tables, memories, globals, segments).

#include <cairn/base/bytes.hpp>
#include <cairn/wasm/module.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::wasm {

struct NameAssoc {
  uint32_t index = 0;
  std::string name;
  bool operator==(const NameAssoc&) const = default;
};
/// Names of one index space, in order of increasing index.
using NameMap = std::vector<NameAssoc>;

struct IndirectNameAssoc {
  uint32_t index = 0;
  NameMap names;
  bool operator==(const IndirectNameAssoc&) const = default;
};
/// Names of the locals of functions, and so on, in order of increasing index.
using IndirectNameMap = std::vector<IndirectNameAssoc>;

struct ModuleNames {
  std::optional<std::string> module;
  NameMap functions, types, tables, memories, globals, elems, datas, tags;
  IndirectNameMap locals;  ///< by function
  IndirectNameMap labels;  ///< by function; label n is its n-th block
  IndirectNameMap fields;  ///< by type
  bool operator==(const ModuleNames&) const = default;
  bool empty() const { return *this == ModuleNames{}; }
};

/// The name in a map, or null.
const std::string* find_name(const NameMap& names, uint32_t index);
/// The names of one function's locals (and so on), or null.
const NameMap* find_names(const IndirectNameMap& names, uint32_t index);

/// The payload of the name section with these names.
Bytes encode_names(const ModuleNames& names);

/// Reads a name section's payload. Unknown subsections are skipped. Nothing when it is malformed:
/// a broken name section does not make a module unusable.
std::optional<ModuleNames> decode_names(ByteSpan payload);

/// The names of a module; empty where there is no (readable) name section.
ModuleNames names_of(const Module& module);

}  // namespace cairn::wasm
