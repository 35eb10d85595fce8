#pragma once
/// What `cairn serve` is told to run: components, actors and who supervises them, limits, grants,
/// routes and schedules. Read from TOML (docs/serve.md, platform/manifest.schema.json).

#include <cairn/actor/actor.hpp>
#include <cairn/actor/component_kind.hpp>
#include <cairn/actor/routing.hpp>
#include <cairn/actor/supervision.hpp>
#include <cairn/actor/system.hpp>
#include <cairn/base/result.hpp>
#include <cairn/chain/note.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::platform {

/// How children are supervised. `[components.NAME.supervision]`: those that its actors spawn.
struct SupervisionManifest {
  actor::Strategy strategy = actor::Strategy::one_for_one;
  actor::Intensity intensity = {};
  actor::Backoff backoff = {};
  actor::AutoShutdown auto_shutdown = actor::AutoShutdown::never;
};

/// `[components.NAME]`
struct ComponentManifest {
  std::string name;
  std::string path;  ///< as written; relative to the manifest's folder
  actor::ActorSettings settings = default_settings();
  actor::HandlerLimits handler_limits = {};
  actor::Directive on_trap = actor::Directive::restart;
  actor::Directive on_limit = actor::Directive::restart;
  actor::Directive on_error = actor::Directive::resume;
  actor::Directive on_contract = actor::Directive::resume;
  SupervisionManifest supervision = {};
  std::vector<std::string> env = {};  ///< "NAME=value"

  /// What holds where a manifest says nothing: all of `cairn:actor` is granted; 64 MiB of memory,
  /// a thousand million units of fuel and ten seconds for a message.
  static actor::ActorSettings default_settings();
};

/// `[actors.NAME]`
struct ActorManifest {
  std::string name;
  std::string component;
  actor::Payload argument = {};  ///< what `init` is told: a text as it is, all else as JSON
  std::string supervisor = {};   ///< empty: nobody but the system itself (one_for_one)
  actor::Restart restart = actor::Restart::permanent;
  uint64_t shutdown_ns = 5'000'000'000;
  bool significant = false;
  /// Patterns of topics (`Context::subscribe`) that it hears of, besides those it asks for itself.
  std::vector<std::string> topics = {};
  /// The component whose settings hold where its own was uploaded, and so has none: what it ran by
  /// before. Of upgrades; no manifest says it.
  std::string settings = {};
};

/// Empty: it is not significant, or may be. Null: it has no supervisor. As OTP's.
std::string why_not_significant(const ActorManifest& child, const SupervisionManifest* above);

/// Actors that are alike, behind one name. `[pools.NAME]`
struct PoolManifest {
  std::string name;
  uint32_t size = 1;
  actor::Routing routing = actor::Routing::round_robin;
  /// Each is an actor like those of the manifest, and one of `Manifest::actors`. The topics are the
  /// pool's: each message goes to one member.
  ActorManifest member = {};
  /// Of the members, from 1 on.
  std::string name_of(uint32_t number) const;
};

/// `[supervisors.NAME]`
struct SupervisorManifest : SupervisionManifest {
  std::string name;
  std::string supervisor = {};  ///< its own; empty: none
  /// Under `simple_one_for_one`: that all its children run, which are spawned from outside alone.
  std::string component = {};
};

/// Requests to `path` (exact, or a prefix that ends with "/*") are messages to `actor`. In
/// `[routes]`, as "PATH" = "ACTOR".
struct RouteManifest {
  std::string path;
  std::string actor;
};

/// A message each `every_ns`. `[schedules.NAME]`
struct ScheduleManifest {
  std::string name;
  std::string actor;
  uint64_t every_ns = 0;
  actor::Payload message = {};  ///< a text as it is, all else as JSON
};

/// Which contents the log keeps: those of records that are younger, and those of the last ones. 0:
/// that says nothing; both: all of them. `[retention]`
struct RetentionManifest {
  uint64_t age_ns = 0;
  uint64_t records = 0;
};

struct Manifest {
  std::string listen = "127.0.0.1:8080";
  std::string data = "cairn-data";              ///< the folder; relative to the manifest's folder
  std::string origin = "cairn.local";           ///< names the log and its key, for ever
  std::vector<chain::Verifier> witnesses = {};  ///< whose cosignatures are taken
  /// Names by which browsers may ask, beside addresses and localhost; "*" is any.
  std::vector<std::string> hosts = {};
  bool durable = true;   ///< false: no chain
  uint32_t workers = 0;  ///< of actors; 0: as many as there are processors
  actor::Policy scheduling = actor::Policy::round_robin;
  uint64_t request_timeout_ns = 30'000'000'000;
  std::vector<ComponentManifest> components = {};
  std::vector<SupervisorManifest> supervisors = {};
  std::vector<ActorManifest> actors = {};  ///< members of pools, too
  std::vector<PoolManifest> pools = {};
  std::vector<RouteManifest> routes = {};
  std::vector<ScheduleManifest> schedules = {};
  RetentionManifest retention = {};

  /// Errors, with `path`, line and column: `malformed` (TOML itself); `invalid` with the key, what
  /// was found and what was expected: unknown keys, wrong types, names that are taken or unknown,
  /// circles.
  static Result<Manifest> parse(std::string_view toml, std::string_view path);
  /// The simplest use, `cairn serve counter.wasm`: one component, one actor with its file's name
  /// ("counter"), the route "/" to it.
  static Manifest of_component(std::string_view path);
};

/// Of actors, components, supervisors and schedules: 1 to 255 bytes of UTF-8 without control
/// characters, '/' and ": ", none that begins with '#', nor "." and "..". Error `invalid`.
Result<> check_name(std::string_view name);

}  // namespace cairn::platform
