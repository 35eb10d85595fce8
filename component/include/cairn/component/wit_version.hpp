#pragma once
/// Versions of packages: Semantic Versioning 2.0.

#include <cairn/base/result.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::component::wit {

/// `major.minor.patch[-pre][+build]`. The order is that of the standard; what it leaves open (build
/// metadata) is ordered by its characters, so that equal and equivalent are the same.
struct Version {
  uint64_t major = 0, minor = 0, patch = 0;
  std::string pre = {};    ///< without the hyphen; empty: a release
  std::string build = {};  ///< without the plus

  bool operator==(const Version&) const = default;
  std::strong_ordering operator<=>(const Version& other) const;

  std::string to_string() const;
  /// Up to the first number that is not zero ("1", "0.2", "0.0.3"): versions with the same one are
  /// compatible (Explainer.md, "Canonical Interface Name"). What is behind it is the suffix.
  std::string canonical() const;
  std::string suffix() const { return to_string().substr(canonical().size()); }
};

/// How many characters at the start of `text` look like a version: numbers, letters, dots, hyphens
/// and a plus, without a dot at the end, which belongs to what follows (`@1.0.0.{a, b}`).
size_t version_length(std::string_view text);

/// A whole text as a version, or `malformed` with what is wrong.
Result<Version> parse_version(std::string_view text);

/// Both are of one line, in which later versions only add: the canonical parts are equal. A
/// pre-release is compatible with nothing but itself.
bool compatible(const Version& a, const Version& b);

}  // namespace cairn::component::wit
