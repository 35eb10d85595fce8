// The grammar of import and export names (Explainer.md, "Import and Export Definitions").

#include <fmt/format.h>
#include <cairn/component/names.hpp>

#include <algorithm>

namespace cairn::component {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

/// Whether all fragments between hyphens are words or, if allowed, acronyms, and the first does not
/// begin with a digit.
bool is_kebab(std::string_view text, bool acronyms) {
  bool first = true;
  do {
    const size_t hyphen = text.find('-');
    const std::string_view fragment = text.substr(0, hyphen);
    if (fragment.empty() || (first && is_digit(fragment.front()))) return false;
    const bool lower =
        std::ranges::all_of(fragment, [](char c) { return is_lower(c) || is_digit(c); });
    const bool upper =
        std::ranges::all_of(fragment, [](char c) { return is_upper(c) || is_digit(c); });
    if (!lower && !(upper && acronyms)) return false;
    first = false;
    if (hyphen == std::string_view::npos) return true;
    text.remove_prefix(hyphen + 1);
  } while (true);
}

class NameReader {
 public:
  NameReader(std::string_view name, Features features)
      : name_(name), rest_(name), features_(features) {}

  Result<ParsedName> run() {
    if (take("[constructor]")) return resource_member(ParsedName::Kind::constructor);
    if (take("[method]")) return resource_member(ParsedName::Kind::method);
    if (take("[static]")) return resource_member(ParsedName::Kind::static_);
    if (name_.contains(':')) return interface();
    ParsedName parsed;
    parsed.label = TRY(label(rest_));
    return parsed;
  }

 private:
  std::unexpected<Error> wrong(std::string_view why) const {
    return fail(ErrorKind::invalid, fmt::format("`{}` is not a valid extern name: {}", name_, why));
  }

  bool take(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  Result<std::string> label(std::string_view text) const {
    if (!is_kebab(text, true)) return wrong(fmt::format("`{}` is not in kebab case", text));
    return std::string(text);
  }

  Result<ParsedName> resource_member(ParsedName::Kind kind) {
    ParsedName parsed;
    parsed.kind = kind;
    if (kind == ParsedName::Kind::constructor) {
      parsed.label = TRY(label(rest_));
      return parsed;
    }
    const size_t dot = rest_.find('.');
    if (dot == std::string_view::npos) return wrong("failed to find `.` character");
    parsed.label = TRY(label(rest_.substr(0, dot)));
    parsed.member = TRY(label(rest_.substr(dot + 1)));
    return parsed;
  }

  /// Takes what comes before any of `ends`.
  std::string_view take_until(std::string_view ends) {
    const std::string_view part = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(part.size());
    return part;
  }

  Result<std::string_view> words() {
    const std::string_view part = take_until(":/@");
    if (!is_kebab(part, false)) return wrong(fmt::format("`{}` is not in kebab case", part));
    return part;
  }

  Result<ParsedName> interface() {
    const bool nested = features_.has(Feature::nested_names);
    ParsedName parsed;
    parsed.kind = ParsedName::Kind::interface;
    parsed.ns = TRY(words());
    TRY(expect(':', "namespace"));
    parsed.package = TRY(words());
    while (nested && take(":")) {
      parsed.ns += ':' + std::exchange(parsed.package, std::string(TRY(words())));
    }
    TRY(expect('/', "package name"));
    parsed.interface = TRY(label(take_until("/@")));
    while (nested && take("/")) parsed.interface += '/' + TRY(label(take_until("/@")));
    if (take("@")) {
      TRY(version(parsed, rest_));
    } else if (!rest_.empty()) {
      return wrong(fmt::format("trailing characters found: `{}`", rest_));
    }
    return parsed;
  }

  Result<> expect(char c, std::string_view after) {
    if (!take(std::string_view(&c, 1)))
      return wrong(fmt::format("expected `{}` after {}", c, after));
    return {};
  }

  Result<> version(ParsedName& parsed, std::string_view text) const {
    parsed.version = text;
    if (features_.has(Feature::canonical_names) && is_canonical_version(text)) {
      if (auto semver = parse_semver(text)) parsed.semver = *std::move(semver);
      return {};
    }
    Result<SemVer> semver = parse_semver(text);
    if (!semver) return wrong(semver.error().message);
    parsed.semver = *std::move(semver);
    return {};
  }

  /// "1", "0.2", "0.0.3": numbers without leading zeros, up to the first that is not zero.
  static bool is_canonical_version(std::string_view text) {
    if (text == "0.0.0") return true;
    for (const std::string_view zeros : {"0.0.", "0.", ""}) {
      if (!text.starts_with(zeros)) continue;
      const std::string_view number = text.substr(zeros.size());
      return !number.empty() && number.front() != '0' && std::ranges::all_of(number, is_digit);
    }
    return false;
  }

  std::string_view name_;
  std::string_view rest_;
  Features features_;
};

}  // namespace

Result<ParsedName> parse_extern_name(std::string_view name, Features features) {
  return NameReader(name, features).run();
}

bool is_label(std::string_view text) { return is_kebab(text, true); }

std::string strongly_unique_form(std::string_view name) {
  std::string form(name);
  for (char& c : form) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  if (form.starts_with("[constructor]") || !form.starts_with('[')) return form;
  const size_t bracket = form.find(']');
  if (bracket == std::string::npos) return form;
  form.erase(0, bracket + 1);
  const size_t dot = form.find('.');
  if (dot != std::string::npos && form.substr(0, dot) == form.substr(dot + 1)) form.resize(dot);
  return form;
}

}  // namespace cairn::component
