#pragma once
/// The host module `spectest` that scripts import from (WebAssembly/spec `interpreter/README.md`,
/// "Spectest host module").

#include <cairn/engine/linker.hpp>

namespace cairn::engine {

/// The host module of one engine. The shared memory is a module of its own, so that scripts without
/// multi-memory can have it. What needs a feature that is off is left out.
struct Spectest {
  Module core;
  std::optional<Module> shared;
};
Result<Spectest> make_spectest(Engine& engine);

/// Its instances in a store: names are looked for in one after the other. The functions take their
/// arguments and do nothing.
Result<std::vector<Instance>> instantiate_spectest(Engine& engine, Store& store,
                                                   const Spectest& spectest);

}  // namespace cairn::engine
