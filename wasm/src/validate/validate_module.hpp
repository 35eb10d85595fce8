#pragma once
/// Validation with a choice that only tests make.

#include <cairn/wasm/validate.hpp>

namespace cairn::wasm {

/// Whether bodies may take the quick path of simple_path.cpp. It must make no difference.
enum class QuickPath : uint8_t { off, on };

/// As `validate`.
Result<ValidModule> validate_module(const Module& module, TypeRegistry& registry, Features features,
                                    const ImplementationLimits& limits, QuickPath quick_path);

}  // namespace cairn::wasm
