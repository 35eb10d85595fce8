#pragma once
/// Tools for authors: core modules become components, components are joined and compared.
/// docs/decisions/0012 tells how.

#include <cairn/base/bytes.hpp>
#include <cairn/component/limits.hpp>
#include <cairn/component/syntax.hpp>
#include <cairn/component/wit_binary.hpp>

#include <memory>
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

/// Whether a component may run wherever the world is given: it imports no more than the world and
/// exports all that it exports (Explainer.md, subtyping of components). Compatible versions of an
/// interface count as one. The error is `invalid` and says what differs.
Result<> check_target(const syntax::Component& component, const wit::Resolve& resolve,
                      wit::WorldId world);

/// An import of a part that a certain other part is to give.
struct Wish {
  std::string import, part;
};

/// One component of several that become one.
struct Part {
  std::string name;  ///< in errors and wishes
  std::shared_ptr<const syntax::Component> component;
  std::vector<Wish> with = {};
};

/// Joins components: each is given what those before it export, the nearest one first, and what
/// none of them exports is an import of the whole. A part may stand between another and the
/// outside: it imports what it exports. The exports are those of the last part. Errors are
/// `invalid`. The component is valid.
Result<syntax::Component> compose(std::span<const Part> parts);

/// A section of a component in binary form, with the components and modules inside.
struct ComponentSection {
  std::string kind;     ///< "core module", "alias", "custom `producers`"
  uint64_t offset = 0;  ///< of the contents
  uint64_t size = 0;    ///< of the contents
  uint32_t count = 0;   ///< of definitions; 0 where the section is one
  std::vector<ComponentSection> inside = {};
};
/// The sections of a component that `decode` accepts; otherwise as far as they go.
std::vector<ComponentSection> list_sections(ByteSpan component);

/// One entry of the section `producers`: "language", "C11", "".
struct Producer {
  std::string field, name, version;
};
/// What the payload says; empty where it is malformed.
std::vector<Producer> read_producers(ByteSpan payload);

/// A file of bindings.
struct SourceFile {
  std::string name;
  std::string text;
};
/// Guest bindings of a world in C, for clang and wasi-libc: a header and a source file. Errors:
/// `unsupported` for streams, futures, maps and error contexts; `limit`.
Result<std::vector<SourceFile>> bind_c(const wit::Resolve& resolve, wit::WorldId world);
/// The same in C++23, with strings, vectors, variants, `std::expected` and handles that are dropped
/// by themselves: two headers and a source file. Without exceptions.
Result<std::vector<SourceFile>> bind_cpp(const wit::Resolve& resolve, wit::WorldId world);

}  // namespace cairn::component::tools
