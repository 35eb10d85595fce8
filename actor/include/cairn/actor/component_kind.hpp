#pragma once
/// Components as actors: `cairn:actor@0.1.0` (actor/wit, docs/actors.md).
///
///   auto kind = TRY(ComponentKind::load(engine, bytes, world, settings));
///   ActorId account = TRY(system.spawn(kind->spec("account-1", Payload("{}", json))));
///
/// The way of a message: message contract → handler → state contract on the new state → journal →
/// reply and effects. Whatever says no, traps or exceeds a limit leaves the state as it was, a
/// record of the rejection, and a clear answer.

#include <cairn/actor/journal.hpp>
#include <cairn/actor/supervision.hpp>

#include <cairn/base/clock.hpp>
#include <cairn/base/log.hpp>
#include <cairn/base/random.hpp>
#include <cairn/component/component.hpp>
#include <cairn/crypto/sha256.hpp>
#include <cairn/wasi/http_client.hpp>
#include <cairn/wasi/key_value.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::actor {

enum class Directive : uint8_t;
class Actor;
class ComponentKind;
class GuestFactory;

/// What component actors find around them; all of it outlives them.
struct ComponentWorld {
  Clock* clock = nullptr;
  Random* random = nullptr;
  Log* log = nullptr;          ///< of what guests log; null: nowhere
  Journal* journal = nullptr;  ///< null: transitions are not kept
  /// What guests may spawn, by the names that they use; null for others.
  std::function<std::shared_ptr<const ComponentKind>(std::string_view kind)> kinds = nullptr;
  /// Which names they may give to it; null: any that an actor may have.
  std::function<bool(std::string_view name)> is_name = nullptr;
  /// Sends what guests ask over HTTP, as far as their grants go; null: everything is denied.
  wasi::HttpClient* http = nullptr;
  /// Where an actor's own values are; null: `key-value` is empty and what is set is lost.
  std::function<std::shared_ptr<wasi::KeyValueBucket>(std::string_view actor)> values = nullptr;
  /// Is handed each actor that is made of the kind, and gives the one that lives in its place;
  /// null: that actor itself.
  std::function<std::unique_ptr<Actor>(const ComponentKind& kind, std::string_view name,
                                       const Payload& argument, std::unique_ptr<Actor> actor)>
      host = nullptr;
};

/// Of one message, contracts included, or of one hook.
struct HandlerLimits {
  size_t state_bytes_max = size_t{16} << 20;
  size_t reply_bytes_max = size_t{16} << 20;
  size_t image_bytes_max = size_t{256} << 20;  ///< of what a memory differs by from a fresh one
  uint32_t handles_max = 1000;                 ///< that a resident actor keeps
  uint32_t effects_max = 10'000;
  size_t effect_bytes_max = size_t{16} << 20;  ///< of all payloads and names together
  size_t log_bytes_max = size_t{64} << 10;     ///< what is over it is left out, and counted
  size_t host_result_bytes_max = size_t{16} << 20;
  uint32_t http_requests_max = 100;
  size_t http_response_bytes_max = size_t{1} << 20;  ///< of a response's body
};

struct KindSettings {
  /// Grants and limits, mailbox and time-outs. `fuel_per_message`, `memory_bytes` and
  /// `message_time_ns` hold for each guest.
  std::shared_ptr<const ActorSettings> settings = nullptr;
  HandlerLimits handler_limits = {};
  Bytes manifest = {};  ///< for the genesis of journals
  /// What `wasi:cli` shows of an environment: "NAME=value", without zeros.
  std::vector<std::string> env = {};
  /// What becomes of an actor after a trap, an exhausted limit, an error of its handler, or a no of
  /// its contracts, if it exports no `error-handler`. `resume`: it goes on with the state before
  /// the message.
  Directive on_trap = {};
  Directive on_limit = {};
  Directive on_error = {};
  Directive on_contract = {};
  /// How what it spawns is supervised; it has no children from the start, and no template.
  SupervisorSpec supervision = {};
  /// Instances of actors with explicit state that each worker keeps for the next message. With 0,
  /// and with a journal, each message has one that is new or cannot be told from a new one, so that
  /// nothing but the message and the state decides what becomes of it.
  uint32_t instances_kept = 16;
  KindSettings();
};

/// How a component keeps its state.
enum class StateStyle : uint8_t {
  explicit_state,  ///< a value that goes from message to message
  resident,        ///< the memory of its instance
};

/// A component that can be an actor, linked: shared by all actors that run it, from any thread.
class ComponentKind : public std::enable_shared_from_this<ComponentKind> {
 public:
  /// The engine must count fuel. Errors: those of loading and linking; `invalid` for a component
  /// that exports no handler, several, or one of another type; `usage` for a grant "net:…" that is
  /// none; `denied` for an import that is not
  /// granted, with its name.
  static Result<std::shared_ptr<const ComponentKind>> load(engine::Engine& engine, ByteSpan bytes,
                                                           ComponentWorld world,
                                                           KindSettings settings);
  ~ComponentKind();

  /// To be spawned. `argument` is what its `init` is told.
  ChildSpec spec(const std::string& name, Payload argument) const;

  StateStyle style() const { return style_; }
  /// Are its messages requests of HTTP, and its replies responses (docs/actors.md)?
  bool serves_http() const;
  const crypto::Sha256& digest() const { return digest_; }
  const ComponentWorld& world() const { return world_; }
  const KindSettings& settings() const { return settings_; }
  /// Whom it may ask over HTTP: its grants "net:HOST:PORT". None: nobody.
  const std::optional<wasi::NetworkPolicy>& network() const { return network_; }
  GuestFactory& guests() const { return *guests_; }

 private:
  ComponentKind(ComponentWorld world, KindSettings settings);
  ComponentWorld world_;
  KindSettings settings_;
  std::optional<wasi::NetworkPolicy> network_;
  StateStyle style_ = StateStyle::explicit_state;
  crypto::Sha256 digest_ = {};
  std::unique_ptr<GuestFactory> guests_;
  std::shared_ptr<const ActorSettings> actor_settings_;
};

/// Runs a transition again, alone: the guest is given what the host answered then. What it makes of
/// it, as a transition with the same input, to be compared with the one that was recorded (by
/// `difference`). `is_first`: no state came before it, so it is `init`, or a rejection of that.
/// Kinds other than these, messages, rejections of messages and snapshots that name a hook have
/// nothing to run: kind `usage`. Kind `invalid`: the guest asks the host for something else than it
/// did. A rejection for a limit is taken at its word, unless the guest ends in another way before:
/// how long it took, and what room there was, is not recorded.
Result<Transition> replay(const ComponentKind& kind, std::string_view name,
                          const Transition& recorded, bool is_first);
/// The first thing in which what was run again is not what was recorded; empty: nothing.
std::string difference(const Transition& recorded, const Transition& again);

}  // namespace cairn::actor
