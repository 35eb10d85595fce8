#pragma once
/// Canonical types: one id for every type that is equal under iso-recursive equivalence, across all
/// modules that share the registry (spec: Types > Rolling and Unrolling, Type Equivalence).
/// Canonical ids make type equality an integer comparison and subtyping a constant-time look-up in
/// a table of supertypes. Thread-safe; `get` takes no lock.

#include <cairn/base/result.hpp>
#include <cairn/wasm/module.hpp>
#include <memory>
#include <vector>

namespace cairn::wasm {

using TypeId = uint32_t;

/// A canonical type: every index inside is a `TypeId`.
struct CanonicalType {
  SubType type;
  std::vector<TypeId> supertypes;  ///< from the root down to and including this type
};

class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  /// Holds the canonical types of one module alive; index i is the module's type i.
  class Handle;

  /// Canonicalises all types of a module. Checks what the spec's type validation demands: indices
  /// in range and declared before use (or in the same group), at most one supertype, not final,
  /// structurally matching, depth. Errors are `invalid`.
  Result<std::shared_ptr<const Handle>> add(const Module& module);

  /// The canonical id of one function type made of abstract types or canonical ids (host
  /// functions).
  std::shared_ptr<const Handle> add_func(const FuncType& type);

  const CanonicalType& get(TypeId id) const;

  // Subtyping on canonical types (spec: Matching).
  bool is_subtype(TypeId a, TypeId b) const;
  bool matches(HeapType a, HeapType b) const;
  bool matches(ValType a, ValType b) const;
  /// The top type of the hierarchy: any, func, extern or exn.
  AbsHeapType top(HeapType type) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

class TypeRegistry::Handle {
 public:
  virtual ~Handle() = default;
  TypeId operator[](uint32_t type_index) const { return ids_[type_index]; }
  uint32_t size() const { return static_cast<uint32_t>(ids_.size()); }
  const TypeId* ids() const { return ids_.data(); }  ///< by type index
  /// Rewrites a type of the module into canonical ids.
  ValType canonical(ValType type) const;
  HeapType canonical(HeapType type) const;

 protected:
  std::vector<TypeId> ids_;
};

}  // namespace cairn::wasm
