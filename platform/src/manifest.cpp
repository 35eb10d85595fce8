#include <cairn/platform/manifest.hpp>

#include <cairn/base/printable.hpp>
#include <cairn/base/utf8.hpp>
#include <cairn/wasi/sandbox/address.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/call.hpp"
#include "manifest_tables.hpp"

namespace cairn::platform {

namespace {

using M = Manifest;

/// What keeps requests from coming to a route; empty: nothing.
std::string_view fault_of_route(std::string_view path) {
  const size_t star = path.find('*');
  if (!path.starts_with('/') ||
      (star != std::string::npos && (star + 1 != path.size() || !path.ends_with("/*")))) {
    return "is no path: it begins with '/', and may end with \"/*\"";
  }
  // As in requests, where all else is percent-encoded.
  const bool is_plain = std::ranges::all_of(path, [](char c) {
    constexpr std::string_view others = "\"#<>?\\^`{|}\x7f";
    return static_cast<unsigned char>(c) > 0x20 && !others.contains(c);
  });
  if (!is_plain || !decode_uri(path)) {
    return "is no path: expected one as in requests, percent-encoded and without '?' and '#'";
  }
  if (path.ends_with("/*")) path.remove_suffix(2);
  if (is_reserved(path)) return "is a path of the server's own interface, and never leads here";
  return {};
}

Result<> read_routes(const Place& place, M& into) {
  if (place.value.kind != TomlValue::Kind::table) return wrong(place, "a table");
  for (const TomlMember& member : place.value.members) {
    RouteManifest route{.path = member.key, .actor = ""};
    TRY(read_text(place.at(member), route.actor));
    if (const std::string_view fault = fault_of_route(route.path); !fault.empty()) {
      return std::unexpected(Error{.kind = ErrorKind::invalid,
                                   .message = fmt::format("routes: '{}' {}", member.key, fault),
                                   .at = member.at});
    }
    into.routes.push_back(std::move(route));
  }
  return {};
}

Result<> read_data(const Place& place, M& into) {
  TRY(read_text(place, into.data));
  if (into.data.empty() || into.data.contains('\0')) return wrong(place, "the path of a folder");
  return {};
}

Result<> read_request_timeout(const Place& place, M& into) {
  TRY(read_time(place, into.request_timeout_ns));
  if (into.request_timeout_ns == 0) return wrong(place, "a time above zero");
  return {};
}

Result<> read_origin(const Place& place, M& into) {
  TRY(read_text(place, into.origin));
  if (!chain::check_key_name(into.origin) || into.origin.size() > 256) {
    return wrong(place, "a name without white space and '+', of at most 256 bytes");
  }
  return {};
}

Result<> read_listen(const Place& place, M& into) {
  TRY(read_text(place, into.listen));
  if (wasi::SocketAddress::parse(into.listen)) return {};
  return wrong(place, "an address, as \"127.0.0.1:8080\" or \"[::1]:8080\"");
}

/// Calls `read` for each item.
template <class Read>
Result<> read_list(const Place& place, Read&& read) {
  if (place.value.kind != TomlValue::Kind::array) return wrong(place, "an array");
  for (const TomlValue& item : place.value.items) TRY(read(Place{place.key, item}));
  return {};
}

Result<> read_witnesses(const Place& place, M& into) {
  if (place.value.kind == TomlValue::Kind::array && place.value.items.size() > chain::witnesses_max)
    return wrong(place, fmt::format("at most {} keys", chain::witnesses_max));
  return read_list(place, [&](const Place& item) -> Result<> {
    std::string text;
    TRY(read_text(item, text));
    auto verifier = chain::Verifier::parse(text);
    if (!verifier || verifier->type != chain::SignatureType::cosignature)
      return wrong(item, "the key of a witness, as NAME+KEYID+KEY (C2SP tlog-cosignature)");
    into.witnesses.push_back(*std::move(verifier));
    return {};
  });
}

Result<> read_hosts(const Place& place, M& into) {
  return read_list(place, [&](const Place& item) -> Result<> {
    std::string host;
    TRY(read_text(item, host));
    const bool is_name = !host.empty() && std::ranges::all_of(host, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
    if (!is_name && host != "*") return wrong(item, "a host's name in lower case, or \"*\"");
    into.hosts.push_back(std::move(host));
    return {};
  });
}

constexpr std::array<Choice<actor::Policy>, 3> policies = {
    {{"round_robin", actor::Policy::round_robin},
     {"priority", actor::Policy::priority},
     {"cooperative", actor::Policy::cooperative}}};

constexpr auto retention_keys = std::to_array<Key<M>>({
    {"age",
     [](const Place& p, M& m) -> Result<> {
       TRY(read_time(p, m.retention.age_ns));
       if (m.retention.age_ns == 0) return wrong(p, "a time above zero");
       return {};
     }},
    {"records", [](const Place& p, M& m) { return read_count_as(p, 1, m.retention.records); }},
});

constexpr auto root_keys = std::to_array<Key<M>>({
    {"listen", &read_listen},
    {"data", &read_data},
    {"origin", &read_origin},
    {"witnesses", &read_witnesses},
    {"hosts", &read_hosts},
    {"durable", [](const Place& p, M& m) { return read_boolean(p, m.durable); }},
    {"workers",
     [](const Place& p, M& m) -> Result<> {
       constexpr uint64_t workers_max = 256;
       uint64_t count = 0;
       TRY(read_count(p, 0, workers_max, count));
       m.workers = static_cast<uint32_t>(count);
       return {};
     }},
    {"scheduling", [](const Place& p, M& m) { return read_choice(p, policies, m.scheduling); }},
    {"request_timeout", &read_request_timeout},
    {"components",
     [](const Place& p, M& m) { return read_named(p, &read_component, m.components); }},
    {"supervisors",
     [](const Place& p, M& m) { return read_named(p, &read_supervisor, m.supervisors); }},
    {"actors", [](const Place& p, M& m) { return read_named(p, &read_actor, m.actors); }},
    {"pools", [](const Place& p, M& m) { return read_named(p, &read_pool, m.pools); }},
    {"routes", &read_routes},
    {"retention", [](const Place& p, M& m) { return read_keys<M>(p, retention_keys, m); }},
    {"schedules", [](const Place& p, M& m) { return read_named(p, &read_schedule, m.schedules); }},
});

/// What names refer to.
class References {
 public:
  References(const M& manifest, const TomlValue& root) : manifest_(manifest), root_(root) {}

  Result<> check() const {
    std::vector<std::string_view> components;
    std::vector<std::string_view> supervisors;
    std::vector<std::string_view> actors;
    for (const auto& one : manifest_.components) components.push_back(one.name);
    for (const auto& one : manifest_.supervisors) supervisors.push_back(one.name);
    for (const auto& one : manifest_.actors) actors.push_back(one.name);
    for (const auto& one : manifest_.supervisors) {
      TRY(refers("supervisors", one.name, "supervisor", one.supervisor, supervisors));
      TRY(check_circle(one));
      if (!one.component.empty())
        TRY(refers("supervisors", one.name, "component", one.component, components));
    }
    for (const auto& one : manifest_.actors) {
      if (std::ranges::find(supervisors, one.name) != supervisors.end()) {
        return at("actors", one.name, "",
                  fmt::format("actors.{}: there is a supervisor of that name", one.name));
      }
      TRY(refers("actors", one.name, "component", one.component, components));
      TRY(refers("actors", one.name, "supervisor", one.supervisor, supervisors));
      TRY(check_above("actors", one));
    }
    for (const PoolManifest& one : manifest_.pools) {
      TRY(check_pool(one, actors, supervisors));
      TRY(refers("pools", one.name, "component", one.member.component, components));
      TRY(refers("pools", one.name, "supervisor", one.member.supervisor, supervisors));
      ActorManifest member = one.member;
      member.name = one.name;
      TRY(check_above("pools", member));
    }
    for (const auto& one : manifest_.pools) actors.push_back(one.name);
    for (const auto& one : manifest_.routes) {
      TRY(refers("routes", one.path, "", one.actor, actors));
    }
    for (const auto& one : manifest_.schedules) {
      TRY(refers("schedules", one.name, "actor", one.actor, actors));
    }
    return {};
  }

 private:
  std::unexpected<Error> at(std::string_view table, std::string_view name, std::string_view key,
                            std::string message) const {
    const TomlValue* value = root_.find(table);
    if (value != nullptr) value = value->find(name);
    if (value != nullptr && !key.empty() && value->find(key) != nullptr) value = value->find(key);
    return std::unexpected(Error{.kind = ErrorKind::invalid,
                                 .message = std::move(message),
                                 .at = value == nullptr ? SourceLocation{1, 1} : value->at});
  }

  /// Who has children of one component has none of the manifest.
  Result<> check_above(std::string_view table, const ActorManifest& child) const {
    const auto& all = manifest_.supervisors;
    const auto found = std::ranges::find(all, child.supervisor, &SupervisorManifest::name);
    const SupervisorManifest* const above = found == all.end() ? nullptr : &*found;
    if (const std::string why = why_not_significant(child, above); !why.empty()) {
      return at(table, child.name, "significant",
                fmt::format("{}.{}.significant: {}", table, child.name, why));
    }
    if (above == nullptr || above->component.empty()) return {};
    return at(table, child.name, "supervisor",
              fmt::format("{}.{}.supervisor: the children of '{}' (simple_one_for_one) are spawned "
                          "while it runs",
                          table, child.name, child.supervisor));
  }

  /// Its name, and those of its members, are nobody else's.
  Result<> check_pool(const PoolManifest& pool, std::span<const std::string_view> actors,
                      std::span<const std::string_view> supervisors) const {
    const auto is_taken = [&](const std::string& name) {
      return std::ranges::find(actors, name) != actors.end() ||
             std::ranges::find(supervisors, name) != supervisors.end() ||
             std::ranges::any_of(manifest_.pools, [&](const PoolManifest& other) {
               return &other != &pool && is_in(name, other);
             });
    };
    std::string name = pool.name;
    for (uint32_t number = 0; number <= pool.size; ++number) {
      if (number != 0) name = pool.name_of(number);
      if (is_taken(name)) {
        return at("pools", pool.name, "",
                  fmt::format("pools.{}: there is an actor, a pool or a supervisor '{}'", pool.name,
                              name));
      }
      if (Result<> good = check_name(name); !good) {
        return at("pools", pool.name, "", "pools: " + good.error().message);
      }
    }
    return {};
  }

  static bool is_in(const std::string& name, const PoolManifest& pool) {
    if (name == pool.name) return true;
    for (uint32_t number = 1; number <= pool.size && name.size() > pool.name.size(); ++number) {
      if (name == pool.name_of(number)) return true;
    }
    return false;
  }

  Result<> refers(std::string_view table, std::string_view name, std::string_view key,
                  const std::string& to, std::span<const std::string_view> known) const {
    if (to.empty() && key == "supervisor") return {};
    if (std::ranges::find(known, to) != known.end()) return {};
    const std::string_view like = most_like(to, known);
    return at(table, name, key,
              fmt::format("{}.{}{}{}: there is no '{}'{}", table, name, key.empty() ? "" : ".", key,
                          to, like.empty() ? "" : fmt::format("; did you mean '{}'?", like)));
  }

  Result<> check_circle(const SupervisorManifest& from) const {
    std::set<std::string_view> seen;
    const SupervisorManifest* now = &from;
    while (now != nullptr) {
      if (!seen.insert(now->name).second) {
        return at(
            "supervisors", from.name, "supervisor",
            fmt::format("supervisors.{}.supervisor: it supervises itself, by others", from.name));
      }
      const auto next =
          std::ranges::find(manifest_.supervisors, now->supervisor, &SupervisorManifest::name);
      now = next == manifest_.supervisors.end() ? nullptr : &*next;
    }
    return {};
  }

  const M& manifest_;
  const TomlValue& root_;
};

Result<M> parse_manifest(std::string_view text) {
  const TomlValue root = TRY(parse_toml(text));
  M manifest;
  TRY(read_keys<M>({"", root}, root_keys, manifest));
  TRY(References(manifest, root).check());
  for (const PoolManifest& pool : manifest.pools) {
    for (uint32_t number = 1; number <= pool.size; ++number) {
      ActorManifest& member = manifest.actors.emplace_back(pool.member);
      member.name = pool.name_of(number);
      member.topics.clear();
    }
  }
  return manifest;
}

}  // namespace

KeyNames manifest_keys() {
  KeyNames names;
  add_keys<M>(names, "", root_keys);
  add_keys<M>(names, "retention", retention_keys);
  add_component_keys(names);
  add_actor_keys(names);
  return names;
}

std::string why_not_significant(const ActorManifest& child, const SupervisionManifest* above) {
  if (!child.significant) return {};
  if (above == nullptr || above->auto_shutdown == actor::AutoShutdown::never) {
    return "found true, expected a supervisor whose auto_shutdown is not \"never\"";
  }
  if (child.restart != actor::Restart::permanent) return {};
  return "found true, expected restart = \"transient\" or \"temporary\": a permanent child never "
         "ends by itself";
}

Result<> check_name(std::string_view name) {
  constexpr size_t bytes_max = 255;
  const bool is_plain = std::ranges::none_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/'; });
  // In logs, a name ends there.
  const bool has_end = name.contains(": ");
  // Browsers and proxies take these out of paths.
  const bool is_step = name == "." || name == "..";
  if (!name.empty() && name.size() <= bytes_max && is_plain && !has_end && !is_step &&
      !name.starts_with('#') && is_utf8(name)) {
    return {};
  }
  constexpr size_t shown_max = 64;
  std::string_view begin = name.substr(0, shown_max);
  if (is_utf8(name)) begin = begin.substr(0, utf8_valid_prefix(as_bytes(begin)));
  return fail(ErrorKind::invalid,
              fmt::format("'{}{}' is no name: 1 to {} bytes of UTF-8 without '/', ': ' and "
                          "control characters, no '#' in front, and neither '.' nor '..'",
                          printable(begin), begin.size() == name.size() ? "" : "…", bytes_max));
}

Result<Manifest> Manifest::parse(std::string_view toml, std::string_view path) {
  Result<Manifest> manifest = parse_manifest(toml);
  if (!manifest) manifest.error().path = path;
  return manifest;
}

Manifest Manifest::of_component(std::string_view path) {
  std::string_view file = path.substr(path.rfind('/') + 1);
  file = file.substr(0, file.rfind('.'));
  const std::string name = check_name(file) ? std::string(file) : "main";
  Manifest manifest;
  manifest.components.push_back({.name = name, .path = std::string(path)});
  manifest.actors.push_back({.name = name, .component = name});
  manifest.routes.push_back({.path = "/", .actor = name});
  return manifest;
}

}  // namespace cairn::platform
