#pragma once
/// WIT in components (WIT.md, "Package Format"): packages as components, worlds as component types
/// in core modules, and the world that a component implements.

#include <cairn/base/bytes.hpp>
#include <cairn/component/syntax.hpp>
#include <cairn/component/wit.hpp>
#include <cairn/component/wit_text.hpp>

#include <span>

namespace cairn::component::wit {

/// A package as a component: a type export for each interface and world, and the documentation and
/// gates in a custom section. Errors are `limit`.
syntax::Component encode_package(const Resolve& resolve, PackageId package);

/// The name of the section with documentation and gates. Its payload is a version byte and JSON.
inline constexpr std::string_view package_docs_section = "package-docs";

/// How strings are passed; the values are those of the section "wit-component-encoding".
enum class StringEncoding : uint8_t { utf8 = 0, utf16 = 1, latin1_utf16 = 2 };

/// A world as a component with one type export, which `component-type` sections of core modules
/// hold.
syntax::Component encode_world(const Resolve& resolve, WorldId world, StringEncoding strings);

/// What a component says in WIT.
struct Decoded {
  Resolve resolve;
  PackageId root;
  /// The world that it implements (in a package `root:component`), or that a `component-type`
  /// section names. Missing: the component is a package.
  std::optional<WorldId> world = {};
  StringEncoding strings = StringEncoding::utf8;
};

/// Whether a component is a package: it has no imports, and all its exports are types.
bool is_package(const syntax::Component& component);

/// The package, or the world and its packages, of a component that is decoded already. It need not
/// be valid: what makes no sense is an error, `invalid` or `limit`.
Result<Decoded> decode_component(const syntax::Component& component, const Limits& limits = {});

/// Custom sections of core modules whose names begin so hold worlds (`encode_world`).
inline constexpr std::string_view world_section = "component-type";

/// One world with all that several have, of at least one, and interfaces likewise; in a package
/// `root:root` if there are more. All pass strings in the same way.
Result<Decoded> join_worlds(std::span<const Decoded> parts, const Limits& limits = {});

/// The custom sections of a core module that describe its world, joined to one; nothing where it
/// has none.
Result<std::optional<Decoded>> decode_module(ByteSpan module, const Limits& limits = {});

/// What becomes of an interface that is in both of two sets of packages: that of the first stays,
/// or it has what either has.
enum class InBoth : uint8_t { keep, join };

/// Adds the packages of `from` to `into`; those that are in both are taken from `into`. Returns
/// where the package `which` is now.
Result<PackageId> merge(Resolve& into, const Resolve& from, PackageId which,
                        const Limits& limits = {}, InBoth in_both = InBoth::keep);

}  // namespace cairn::component::wit
