#pragma once
/// Tools for authors: core modules become components, components are joined and compared.
/// docs/decisions/0012 tells how.

#include <cairn/base/bytes.hpp>
#include <cairn/component/syntax.hpp>
#include <cairn/component/wit_binary.hpp>

#include <span>
#include <string>
#include <vector>

namespace cairn::component::tools {

/// Adds a custom section with the world to a core module, where `make_component` and the tools of
/// others look for it. A module may hold several worlds; they are joined. Errors are those of
/// `wasm::decode`.
Result<Bytes> embed_world(ByteSpan core_module, const wit::Resolve& resolve, wit::WorldId world,
                          wit::StringEncoding strings = wit::StringEncoding::utf8);

/// A core module that implements imports of another one (those from the module `name`) by means of
/// what its own world imports. It has a memory of its own, imported as "env" "memory", and reaches
/// that of the module it serves through functions imported from "bridge"; what it imports from
/// "main" are that module's exports. `_start` of the served module makes it a command: only then
/// are the exports of the adapter's world the component's.
struct Adapter {
  std::string name;
  ByteSpan module;
};

struct MakeOptions {
  std::vector<Adapter> adapters = {};
  /// What the section `producers` says of who made this: "cairn", and this version. Empty: nothing.
  std::string version = {};
};

/// Makes a component of a core module that holds its world (`embed_world`), or that adapters
/// suffice for: imports are lowered, exports lifted, by the names that toolchains give them. Errors
/// are `malformed` (the module), `invalid` (what it imports or exports does not fit its world) and
/// `limit`. The component is valid.
Result<syntax::Component> make_component(ByteSpan core_module, const MakeOptions& options = {});

}  // namespace cairn::component::tools
