// Semantic versions (semver.org, 2.0.0).

#include <fmt/format.h>
#include <cairn/component/names.hpp>

#include <limits>

namespace cairn::component {

namespace {

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorKind::invalid, fmt::format("not a version: {}", message));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class VersionReader {
 public:
  explicit VersionReader(std::string_view text) : rest_(text) {}

  Result<SemVer> run() {
    SemVer version;
    if (rest_.empty()) return wrong("empty string");
    version.major = TRY(number());
    TRY(expect('.'));
    version.minor = TRY(number());
    TRY(expect('.'));
    version.patch = TRY(number());
    if (take('-')) version.pre = TRY(identifiers(true));
    if (take('+')) version.build = TRY(identifiers(false));
    if (!rest_.empty()) return unexpected_character();
    return version;
  }

 private:
  std::unexpected<Error> unexpected_character() const {
    if (rest_.empty()) return wrong("unexpected end of input");
    return wrong(fmt::format("unexpected character '{}'", rest_.front()));
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Result<> expect(char c) {
    if (!take(c)) return unexpected_character();
    return {};
  }

  Result<uint64_t> number() {
    if (rest_.empty() || !is_digit(rest_.front())) return unexpected_character();
    if (rest_.front() == '0' && rest_.size() > 1 && is_digit(rest_[1])) {
      return wrong("a number with leading zeros");
    }
    uint64_t value = 0;
    while (!rest_.empty() && is_digit(rest_.front())) {
      const auto digit = static_cast<uint64_t>(rest_.front() - '0');
      if (value > (std::numeric_limits<uint64_t>::max() - digit) / 10) {
        return wrong("a number that is too large");
      }
      value = value * 10 + digit;
      rest_.remove_prefix(1);
    }
    return value;
  }

  /// Segments of letters, digits and hyphens with dots between them.
  Result<std::string> identifiers(bool no_leading_zeros) {
    std::string all;
    do {
      size_t size = 0;
      bool digits_only = true;
      while (size < rest_.size() &&
             (is_digit(rest_[size]) || is_letter(rest_[size]) || rest_[size] == '-')) {
        digits_only &= is_digit(rest_[size++]);
      }
      if (size == 0) return wrong("empty identifier segment");
      if (no_leading_zeros && digits_only && size > 1 && rest_.front() == '0') {
        return wrong("an identifier with leading zeros");
      }
      if (!all.empty()) all += '.';
      all += rest_.substr(0, size);
      rest_.remove_prefix(size);
    } while (take('.'));
    return all;
  }

  std::string_view rest_;
};

std::string_view take_segment(std::string_view& rest) {
  const size_t dot = rest.find('.');
  const std::string_view segment = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return segment;
}

bool is_number(std::string_view segment) {
  return segment.find_first_not_of("0123456789") == std::string_view::npos;
}

int compare_segments(std::string_view a, std::string_view b) {
  const bool a_number = is_number(a), b_number = is_number(b);
  if (a_number != b_number) return a_number ? -1 : 1;
  if (a_number && a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

int compare_pre(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return static_cast<int>(a.empty()) - static_cast<int>(b.empty());
  while (!a.empty() && !b.empty()) {
    if (const int order = compare_segments(take_segment(a), take_segment(b))) return order;
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

}  // namespace

Result<SemVer> parse_semver(std::string_view text) { return VersionReader(text).run(); }

std::string SemVer::to_string() const {
  std::string text = fmt::format("{}.{}.{}", major, minor, patch);
  if (!pre.empty()) text += fmt::format("-{}", pre);
  if (!build.empty()) text += fmt::format("+{}", build);
  return text;
}

int SemVer::compare(const SemVer& other) const {
  const auto order = [](uint64_t a, uint64_t b) { return a < b ? -1 : a > b ? 1 : 0; };
  if (const int o = order(major, other.major)) return o;
  if (const int o = order(minor, other.minor)) return o;
  if (const int o = order(patch, other.patch)) return o;
  return compare_pre(pre, other.pre);
}

std::string SemVer::canonical() const {
  if (major > 0) return fmt::format("{}", major);
  if (minor > 0) return fmt::format("0.{}", minor);
  return fmt::format("0.0.{}", patch);
}

bool SemVer::accepts(const SemVer& other) const {
  if (*this == other) return true;
  if (!pre.empty() || !other.pre.empty()) return false;
  return canonical() == other.canonical() && compare(other) <= 0;
}

}  // namespace cairn::component
