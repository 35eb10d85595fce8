#pragma once
/// What is where in installed code, by names.

#include <cairn/engine/compiler.hpp>

#include "runtime/module_state.hpp"

namespace cairn::engine {

class CodeImage;

InstalledCode describe(const CodeImage& image, const ModuleState& module);

}  // namespace cairn::engine
