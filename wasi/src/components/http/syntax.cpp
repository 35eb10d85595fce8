#include "components/http/syntax.hpp"

#include <cairn/base/utf8.hpp>
#include <cairn/wasi/sandbox/address.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace cairn::wasi {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::array<bool, 256> make_set(std::string_view others) {
  std::array<bool, 256> set{};
  for (int c = '0'; c <= '9'; ++c) set[static_cast<size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) set[static_cast<size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) set[static_cast<size_t>(c)] = true;
  for (const char c : others) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr std::array<bool, 256> token_set = make_set("!#$%&'*+-.^_`|~");
constexpr std::array<bool, 256> host_set = make_set("-._~!$&'()*+,;=%");

bool all_in(std::string_view text, const std::array<bool, 256>& set) {
  return std::ranges::all_of(text, [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

/// Are all "%" followed by two digits?
bool is_percent_encoded(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') continue;
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
  }
  return true;
}

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && all_in(text, token_set); }

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_alpha(text.front()) && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

/// Guests are given it as a string, so it has to be one.
bool is_path_with_query(std::string_view text) {
  return is_utf8(text) && std::ranges::all_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != 0x7f && c != '#' && c != '"' && c != '<' && c != '>' &&
                  c != '\\' && c != '^' && c != '`' && c != '{' && c != '}' && c != '|';
         });
}

std::optional<Authority> parse_authority(std::string_view text) {
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    const std::string_view user = text.substr(0, at);
    const auto allowed = [](char c) { return c == ':' || host_set[static_cast<unsigned char>(c)]; };
    if (!std::ranges::all_of(user, allowed) || !is_percent_encoded(user)) return std::nullopt;
    text = text.substr(at + 1);
  }
  Authority authority;
  authority.host_and_port = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::parse(text.substr(1, end - 1));
    if (!address || address->family != IpFamily::v6) return std::nullopt;
    authority.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    authority.host = text.substr(0, colon);
    rest = text.substr(colon);
    if (authority.host.empty() || !all_in(authority.host, host_set) ||
        !is_percent_encoded(authority.host))
      return std::nullopt;
  }
  if (rest.empty()) return authority;
  uint16_t port = 0;
  const auto [end, status] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), port);
  if (rest.front() != ':' || status != std::errc{} || end != rest.data() + rest.size())
    return std::nullopt;
  authority.port = port;
  return authority;
}

std::optional<uint64_t> parse_length(std::string_view text) {
  uint64_t length = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || status != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return length;
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool list_has(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (equal_names(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace cairn::wasi
