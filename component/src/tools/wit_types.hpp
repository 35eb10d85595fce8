#pragma once
/// WIT types as checked types, for what the canonical ABI has to say about them: sizes, alignments,
/// core signatures, and whether values point into memory.

#include <cairn/component/types.hpp>
#include <cairn/component/wit.hpp>

#include <map>

namespace cairn::component::tools {

class WitTypes {
 public:
  explicit WitTypes(const wit::Resolve& resolve) : resolve_(resolve) {}

  /// Errors are `limit` and `invalid`, as those of `Types::add`.
  Result<ValType> type(const wit::Type& type);
  Result<const ValTypeInfo*> info(const wit::Type& type);
  Result<FuncType> function(const wit::Function& function);
  Result<wasm::FuncType> core_type(const wit::Function& function, CanonDirection direction,
                                   const FlattenOptions& options = {});
  const Types& types() const { return types_; }

 private:
  Result<ValType> define(wit::TypeId id);
  Result<std::optional<ValType>> type(const std::optional<wit::Type>& type);
  ResourceRef resource(wit::TypeId id);

  const wit::Resolve& resolve_;
  wasm::TypeRegistry registry_;
  Types types_{registry_};
  std::map<wit::TypeId, ValType> known_;
  std::map<wit::TypeId, ResourceRef> resources_;
};

/// Whether lifting or lowering these values needs a memory, and `realloc` at the receiver.
bool has_pointer(const Types& types, const FuncType& type, bool params, bool result);

}  // namespace cairn::component::tools
