#include <fmt/format.h>
#include <cairn/component/wit_version.hpp>

#include <algorithm>
#include <charconv>

namespace cairn::component::wit {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_identifier_char(char c) { return is_digit(c) || is_letter(c) || c == '-'; }
bool is_number(std::string_view text) { return std::ranges::all_of(text, is_digit); }

/// Takes the part before the next dot off `rest`.
std::string_view take_part(std::string_view& rest) {
  const size_t dot = rest.find('.');
  const std::string_view part = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return part;
}

/// One dot-separated identifier of pre-releases: numbers by value and before words.
std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool a_number = is_number(a), b_number = is_number(b);
  if (a_number != b_number) return b_number <=> a_number;
  if (a_number && a.size() != b.size()) return a.size() <=> b.size();  // no leading zeros
  return a <=> b;
}

std::strong_ordering compare_pre(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // a release comes last
  while (!a.empty() && !b.empty()) {
    const auto order = compare_identifiers(take_part(a), take_part(b));
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

Result<uint64_t> parse_number(std::string_view text, std::string_view what) {
  if (text.empty() || !is_number(text)) {
    return fail(ErrorKind::malformed,
                fmt::format("expected a number as the {} of a version (like 1.2.3), found '{}'",
                            what, text));
  }
  if (text.size() > 1 && text[0] == '0') {
    return fail(ErrorKind::malformed,
                fmt::format("the {} of a version, '{}', begins with a zero", what, text));
  }
  uint64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) {
    return fail(ErrorKind::limit,
                fmt::format("the {} of a version, '{}', does not fit 64 bits", what, text));
  }
  return value;
}

Result<> check_identifiers(std::string_view text, std::string_view what, bool zeros) {
  while (true) {
    const size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || !std::ranges::all_of(part, is_identifier_char)) {
      return fail(ErrorKind::malformed,
                  fmt::format("expected letters, digits or hyphens in the {} of a version, "
                              "found '{}'",
                              what, part));
    }
    if (!zeros && part.size() > 1 && part[0] == '0' && is_number(part)) {
      return fail(
          ErrorKind::malformed,
          fmt::format("a number in the {} of a version, '{}', begins with a zero", what, part));
    }
    if (dot == std::string_view::npos) return {};
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::strong_ordering Version::operator<=>(const Version& other) const {
  if (const auto order = major <=> other.major; order != 0) return order;
  if (const auto order = minor <=> other.minor; order != 0) return order;
  if (const auto order = patch <=> other.patch; order != 0) return order;
  if (const auto order = compare_pre(pre, other.pre); order != 0) return order;
  return build <=> other.build;
}

std::string Version::to_string() const {
  std::string text = fmt::format("{}.{}.{}", major, minor, patch);
  if (!pre.empty()) text += "-" + pre;
  if (!build.empty()) text += "+" + build;
  return text;
}

std::string Version::canonical() const {
  if (major != 0) return fmt::format("{}", major);
  if (minor != 0) return fmt::format("0.{}", minor);
  return fmt::format("0.0.{}", patch);
}

size_t version_length(std::string_view text) {
  size_t end = 0;
  while (end < text.size() &&
         (is_identifier_char(text[end]) || text[end] == '+' || text[end] == '.')) {
    ++end;
  }
  while (end > 0 && text[end - 1] == '.') --end;
  return end;
}

Result<Version> parse_version(std::string_view text) {
  Version version;
  const size_t plus = text.find('+');
  if (plus != std::string_view::npos) {
    version.build = text.substr(plus + 1);
    TRY(check_identifiers(version.build, "build metadata", true));
  }
  text = text.substr(0, plus);
  const size_t hyphen = text.find('-');
  if (hyphen != std::string_view::npos) {
    version.pre = text.substr(hyphen + 1);
    TRY(check_identifiers(version.pre, "pre-release", false));
  }
  text = text.substr(0, hyphen);
  version.major = TRY(parse_number(take_part(text), "major part"));
  version.minor = TRY(parse_number(take_part(text), "minor part"));
  version.patch = TRY(parse_number(text, "patch part"));
  return version;
}

bool compatible(const Version& a, const Version& b) {
  if (!a.pre.empty() || !b.pre.empty()) {
    return a.canonical() == b.canonical() && a.minor == b.minor && a.patch == b.patch &&
           a.pre == b.pre;
  }
  return a.canonical() == b.canonical();
}

}  // namespace cairn::component::wit
