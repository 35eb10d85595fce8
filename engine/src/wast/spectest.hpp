#pragma once
/// The host module `spectest` that scripts import from (WebAssembly/spec `interpreter/README.md`,
/// "Spectest host module").

#include <cairn/engine/linker.hpp>

namespace cairn::engine {

/// Makes the module once for an engine. What needs a feature that is off is left out.
Result<Module> make_spectest_module(Engine& engine);

/// An instance of that module in `store`; its functions take their arguments and do nothing.
Result<Instance> instantiate_spectest(Engine& engine, Store& store, const Module& spectest);

}  // namespace cairn::engine
