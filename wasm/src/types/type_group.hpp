#pragma once
/// Recursive groups in the form in which equal ones are equal word for word.

#include <cairn/wasm/type_registry.hpp>

#include <functional>
#include <span>

namespace cairn::wasm {

/// A recursive group that some module uses. Groups only refer to older groups, so counting
/// references frees them all.
struct TypeGroup {
  std::vector<uint32_t> key;
  std::vector<TypeId> ids;       ///< its types, in order
  std::vector<TypeGroup*> uses;  ///< the groups it refers to; each holds one reference
  uint64_t references = 0;       ///< of handles and of other groups
};

/// Rewrites an index inside a type.
using IndexMap = std::function<uint32_t(uint32_t)>;

/// Calls `visit` for every type index inside a type, supertypes first.
void for_each_index(const SubType& type, const std::function<void(uint32_t)>& visit);
SubType with_indices(const SubType& type, const IndexMap& map);
ValType with_index(ValType type, const IndexMap& map);

/// Appends the words of a type, its indices rewritten by `map`.
void append_key(std::vector<uint32_t>& key, const SubType& type, const IndexMap& map);

struct KeyHash {
  size_t operator()(std::span<const uint32_t> key) const;
};
struct KeyEqual {
  bool operator()(std::span<const uint32_t> a, std::span<const uint32_t> b) const;
};

}  // namespace cairn::wasm
