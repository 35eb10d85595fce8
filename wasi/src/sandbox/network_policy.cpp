#include <fmt/format.h>
#include <cairn/wasi/sandbox/network.hpp>

#include <algorithm>
#include <charconv>

namespace cairn::wasi {

namespace {

std::string lower(std::string_view name) {
  std::string text(name);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (text.ends_with('.')) text.pop_back();
  return text;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() < 254 &&
         std::ranges::all_of(
             text,
             [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                      c == '_';
             });
}

/// RFC 3927 and 4291, and the places of the clouds: AWS, Azure, Alibaba, Oracle.
struct Range {
  std::string_view first;
  uint32_t bits;
};
constexpr Range guarded[] = {{"169.254.0.0", 16},  {"168.63.129.16", 32}, {"100.100.100.200", 32},
                             {"192.0.0.192", 32},  {"fe80::", 10},        {"fd00:ec2::", 32},
                             {"fd20:ce::254", 128}};

/// The IPv4 address that one of IPv6 stands for (RFC 4291, RFC 6052).
std::optional<IpAddress> embedded(const IpAddress& address) {
  static const IpAddress nat64 = *IpAddress::parse("64:ff9b::");
  if (!address.is_v4_mapped() && !address.is_within(nat64, 96)) return std::nullopt;
  IpAddress v4;
  std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
  return v4;
}

}  // namespace

bool NetworkPolicy::is_guarded(const IpAddress& address) {
  if (const auto v4 = embedded(address)) return is_guarded(*v4);
  return std::ranges::any_of(guarded, [&](const Range& range) {
    return address.is_within(*IpAddress::parse(range.first), range.bits);
  });
}

bool NetworkPolicy::Rule::covers(const SocketAddress& address) const {
  if (port && *port != address.port) return false;
  if (first) return address.ip.is_within(*first, prefix_bits);
  if (is_guarded(address.ip)) return false;
  return is_any() || std::ranges::find(known, address.ip) != known.end();
}

Result<NetworkPolicy::Rule> NetworkPolicy::parse_rule(std::string_view text) {
  const auto wrong = [&] {
    return cairn::fail(
        ErrorKind::usage,
        fmt::format("'{}' is not like example.org:443, 10.0.0.0/8:*, [::1]:80 or *", text));
  };
  Rule rule;
  if (text == "*") return rule;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  const std::string_view port = text.substr(colon + 1);
  std::string_view host = text.substr(0, colon);
  if (port != "*") {
    rule.port = number<uint16_t>(port);
    if (!rule.port) return wrong();
  }
  if (host == "*") return rule;
  const size_t slash = host.find('/');
  const std::string_view bits = slash == std::string_view::npos ? "" : host.substr(slash + 1);
  if (slash != std::string_view::npos) host = host.substr(0, slash);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  rule.first = IpAddress::parse(host);
  if (rule.first) {
    const uint32_t bits_max = rule.first->family == IpFamily::v4 ? 32 : 128;
    if (bracketed != (bits_max == 128)) return wrong();
    rule.prefix_bits = bits_max;
    if (slash == std::string_view::npos) return rule;
    const auto prefix = number<uint32_t>(bits);
    if (!prefix || *prefix > bits_max) return wrong();
    rule.prefix_bits = *prefix;
    return rule;
  }
  rule.name = lower(host);
  if (bracketed || slash != std::string_view::npos || !is_name(rule.name)) return wrong();
  return rule;
}

Result<NetworkPolicy> NetworkPolicy::parse(const std::vector<std::string>& allow,
                                           const std::vector<std::string>& listen) {
  NetworkPolicy policy;
  for (const std::string& text : allow) policy.allow_.push_back(TRY(parse_rule(text)));
  for (const std::string& text : listen) {
    policy.listen_.push_back(TRY(parse_rule(text)));
    // This name needs nobody to be asked.
    if (policy.listen_.back().name == "localhost")
      policy.listen_.back().known = {*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")};
  }
  return policy;
}

bool NetworkPolicy::may_connect(const SocketAddress& to) const {
  return std::ranges::any_of(allow_, [&](const Rule& rule) { return rule.covers(to); });
}

bool NetworkPolicy::may_listen(const SocketAddress& at) const {
  return std::ranges::any_of(listen_, [&](const Rule& rule) { return rule.covers(at); });
}

bool NetworkPolicy::may_look_up(std::string_view name) const {
  const std::string wanted = lower(name);
  return std::ranges::any_of(
      allow_, [&](const Rule& rule) { return rule.is_any() || rule.name == wanted; });
}

void NetworkPolicy::learn(std::string_view name, const std::vector<IpAddress>& addresses) {
  const std::string learnt = lower(name);
  for (Rule& rule : allow_)
    if (rule.name == learnt && !learnt.empty()) rule.known = addresses;
}

}  // namespace cairn::wasi
