#pragma once
/// Names: the grammar of import and export names (Explainer.md, "Import and Export Definitions"),
/// and the name section (Binary.md, "Name Section").

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/component/features.hpp>
#include <cairn/component/syntax.hpp>
#include <cairn/wasm/names.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::component {

// ---- The name section ------------------------------------------------------------------------

inline constexpr std::string_view name_section = "component-name";

/// The names of what one component defines; each map is in order of increasing index.
struct ComponentNames {
  std::optional<std::string> component;
  std::array<wasm::NameMap, syntax::sort_count> by_sort;  ///< see `of`
  bool operator==(const ComponentNames&) const = default;

  wasm::NameMap& of(syntax::Sort sort) { return by_sort[static_cast<size_t>(sort)]; }
  const wasm::NameMap& of(syntax::Sort sort) const { return by_sort[static_cast<size_t>(sort)]; }
  bool empty() const { return *this == ComponentNames{}; }
};

/// The payload of the name section with these names.
Bytes encode_names(const ComponentNames& names);
/// Reads a name section's payload. Nothing when it is malformed.
std::optional<ComponentNames> decode_names(ByteSpan payload);
/// The names of a component; empty where there is no (readable) name section.
ComponentNames names_of(const syntax::Component& component);

// ---- Names of imports and exports --------------------------------------------------------------

/// A semantic version (semver.org, 2.0.0).
struct SemVer {
  uint64_t major = 0, minor = 0, patch = 0;
  std::string pre, build;  ///< without "-" and "+"
  bool operator==(const SemVer&) const = default;

  /// "1.2.3-rc.1+build".
  std::string to_string() const;
  /// Precedence: less, equal or greater than zero. Build metadata makes no difference.
  int compare(const SemVer& other) const;
  /// Whether an import of this version may be given `other`: the same up to the first number that
  /// is not zero, and not older (Explainer.md, "Canonical Interface Name").
  bool accepts(const SemVer& other) const;
  /// "1", "0.2" or "0.0.1": what interfaces are matched by.
  std::string canonical() const;
};
/// The error says which character is wrong; its kind is `invalid`.
Result<SemVer> parse_semver(std::string_view text);

/// The parts of an import or export name.
struct ParsedName {
  enum class Kind : uint8_t { label, constructor, method, static_, interface };
  Kind kind = Kind::label;
  /// label: the name; the annotated kinds: the label of the resource.
  std::string label;
  std::string member;  ///< method, static
  // interface
  std::string ns, package, interface;  ///< "wasi", "http", "types"; nested ones joined by ":", "/"
  std::string version;                 ///< as written, without "@"
  std::optional<SemVer> semver = {};   ///< of a full version; a canonical version has none

  bool is_interface() const { return kind == Kind::interface; }
};
/// Parses an `externname`. Errors are `invalid` and say what is wrong with the name.
Result<ParsedName> parse_extern_name(std::string_view name, Features features = {});
/// Whether the text is a `label`, a name in kebab case.
bool is_label(std::string_view text);
/// The form in which names must differ to be strongly unique (Explainer.md, "Name Uniqueness").
std::string strongly_unique_form(std::string_view name);

}  // namespace cairn::component
