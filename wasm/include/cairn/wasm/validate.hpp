#pragma once
/// Validation (spec: Validation, and its appendix Validation Algorithm).

#include <cairn/base/result.hpp>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/module.hpp>
#include <cairn/wasm/type_registry.hpp>

namespace cairn::wasm {

/// What is rare in bodies, so that who runs a module wants to know where it does not occur.
struct BodyUse {
  bool tail_calls = false;
  bool exceptions = false;    ///< a body throws or catches
  bool table_writes = false;  ///< a body changes a table
};

struct ValidModule {
  std::shared_ptr<const TypeRegistry::Handle> types;  ///< the canonical ones
  BodyUse use;
};

/// Validates a whole module in time linear in its size.
/// Errors are `invalid` (or `malformed` when a body cannot be decoded) with the byte offset and, in
/// the message, the function and instruction: what was expected, what was found.
Result<ValidModule> validate(const Module& module, TypeRegistry& registry, Features features = {},
                             const ImplementationLimits& limits = {});

/// Validates all but the bodies of a module that was validated before with these features and
/// limits, and whose bodies use `use`. For who recognises a module by a digest of its bytes.
Result<ValidModule> validate_again(const Module& module, TypeRegistry& registry, Features features,
                                   const ImplementationLimits& limits, BodyUse use);

/// Checks the custom sections whose form a feature defines: branch hints
/// ("metadata.code.branch_hint"). The module must be valid. Not part of `validate`, because a wrong
/// custom section never makes a module wrong. Errors are `malformed` or `invalid`.
Result<> validate_custom_sections(const Module& module, Features features = {});

}  // namespace cairn::wasm
