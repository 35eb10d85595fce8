#pragma once
/// Supervisors as data, with OTP's terms and defaults (supervisor(3)).

#include <cairn/actor/settings.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cairn::actor {

class Actor;

/// Called for each start and restart, on the thread that runs the actor.
using Factory = std::function<Result<std::unique_ptr<Actor>>()>;

/// Who is restarted when one child fails.
enum class Strategy : uint8_t {
  one_for_one,         ///< that child
  one_for_all,         ///< all
  rest_for_one,        ///< that child and those started after it
  simple_one_for_one,  ///< that child; all are made from one template, and none at the start
};
std::string_view to_string(Strategy strategy);

/// Which exits lead to a restart.
enum class Restart : uint8_t {
  permanent,  ///< all
  transient,  ///< failures
  temporary,  ///< none; not even when others' failures stop it
};
std::string_view to_string(Restart restart);

/// When significant children that end of themselves end their supervisor.
enum class AutoShutdown : uint8_t { never, any_significant, all_significant };

/// How long a restart waits.
struct Backoff {
  enum class Kind : uint8_t { immediate, linear, exponential };
  Kind kind = Kind::immediate;
  uint64_t initial_ns = 100'000'000;
  double multiplier = 2;  ///< exponential
  uint64_t max_ns = 30'000'000'000;
  double jitter = 0;  ///< 0.1: up to ten percent more or less
};

/// More than `max_restarts` within `period_ns`: the supervisor gives up, stops its children, and
/// fails itself.
struct Intensity {
  uint32_t max_restarts = 1;
  uint64_t period_ns = 5'000'000'000;
};

inline constexpr size_t actor_name_bytes_max = 4096;

struct ChildSpec {
  /// Registered, unless it is empty. It belongs to one actor from its spawning until it has gone.
  std::string name = {};
  Factory factory = nullptr;
  std::shared_ptr<const ActorSettings> settings = nullptr;  ///< none: the parent's
  Restart restart = Restart::permanent;
  uint64_t shutdown_ns = 5'000'000'000;  ///< then it is killed; 0: it is killed at once
  bool significant = false;
};

struct SupervisorSpec {
  Strategy strategy = Strategy::one_for_one;
  Intensity intensity = {};
  Backoff backoff = {};
  AutoShutdown auto_shutdown = AutoShutdown::never;
  /// In the order of starts; simple_one_for_one: just the template of `Context::spawn_child`.
  std::vector<ChildSpec> children = {};
};

/// An actor that does nothing but start, watch and restart others; it may be the child of another.
Factory supervisor(SupervisorSpec spec);

}  // namespace cairn::actor
