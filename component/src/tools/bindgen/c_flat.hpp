#pragma once
/// Code that takes C values apart into core values and puts them together again (CanonicalABI.md,
/// "Flat Lifting" and "Flat Lowering").

#include <span>

#include "tools/bindgen/c_types.hpp"

namespace cairn::component::tools {

/// "int32_t", "int64_t", "float", "double".
std::string_view c_core_type(wasm::ValType type);

class CFlat {
 public:
  CFlat(const wit::Resolve& resolve, CTypes& types, WitTypes& abi, CodeWriter& code)
      : resolve_(resolve), types_(types), abi_(abi), code_(code) {}

  /// Appends the core values of the value `expression` to `flat`, as expressions; writes what must
  /// happen before.
  Result<> take_apart(const wit::Type& type, const std::string& expression,
                      std::vector<std::string>& flat);
  /// Writes statements that assign to `target` the value whose core values are the next of `flat`.
  Result<> put_together(const wit::Type& type, const std::string& target,
                        std::span<const std::string>& flat);

 private:
  /// One alternative of a variant, an option or a result.
  struct Alternative {
    std::string condition;  ///< "case 2" or "default"
    std::optional<wit::Type> type;
    std::string member;  ///< "val.ok"
  };
  struct Sum {
    std::string tag;  ///< the member that tells
    std::vector<Alternative> alternatives;
  };

  std::optional<Sum> sum_of(const wit::TypeKind& kind) const;
  Result<> take_sum_apart(wit::TypeId id, const Sum& sum, const std::string& expression,
                          std::vector<std::string>& flat);
  Result<> put_sum_together(wit::TypeId id, const Sum& sum, const std::string& target,
                            std::span<const std::string>& flat);
  Result<std::vector<wasm::ValType>> flat_types(const std::optional<wit::Type>& type);

  const wit::Resolve& resolve_;
  CTypes& types_;
  WitTypes& abi_;
  CodeWriter& code_;
};

}  // namespace cairn::component::tools
