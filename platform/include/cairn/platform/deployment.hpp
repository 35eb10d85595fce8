#pragma once
/// A running system of actors as a manifest describes it: what the HTTP face, the command line and
/// tests speak to. It has no thread and no socket of its own.
///
///   auto deployment = TRY(Deployment::open(world, manifest));
///   actor::Workers workers(deployment->system());      // or a Simulation
///   chain::Committer committer(*deployment->store(), clock);
///   TRY(deployment->start());                          // spawns what the manifest names
///
/// The data folder holds the log (`log/`, see docs/chain.md), the key that signs it (`key`), the
/// bytes of all components that have run (`components/SHA256.wasm`), the actors' own values
/// (`values/`), and what was spawned and uploaded (`deployment.db`). Who has it open holds `lock`.
/// Without a log there is no such folder, and nothing is kept.

#include <cairn/actor/component_kind.hpp>
#include <cairn/actor/system.hpp>
#include <cairn/base/disk.hpp>
#include <cairn/base/files.hpp>
#include <cairn/base/log.hpp>
#include <cairn/chain/store.hpp>
#include <cairn/engine/engine.hpp>
#include <cairn/platform/manifest.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::platform {

/// Outlives the deployment.
struct DeploymentWorld {
  engine::Engine* engine = nullptr;  ///< counts fuel, deterministic
  Clock* clock = nullptr;
  Random* random = nullptr;
  Disk* disk = nullptr;
  Files* files = nullptr;  ///< of components and metadata
  Log* log = nullptr;
  /// Sends what actors ask over HTTP, as far as they are granted; null: nothing.
  wasi::HttpClient* http = nullptr;
  std::string folder = {};  ///< what relative paths of the manifest are relative to
  /// Values, and what was spawned and uploaded, are gone with the deployment: where the disk is
  /// simulated.
  bool tables_in_memory = false;
  /// Runs what takes long or has to wait, one thing after the other, where it holds nobody up.
  /// Outlives actors and the committer. Null: at once.
  std::function<void(std::function<void()>)> apart = nullptr;
  /// Runs what may take minutes, and nobody waits for. Ends before the deployment does; what has
  /// not begun by then need not be done. Null: at once.
  std::function<void(std::function<void()>)> background = nullptr;
};

/// A message that was handled.
struct Answer {
  actor::Payload reply = {};
  /// The record of it; none without a chain.
  std::optional<actor::Receipt> receipt = {};
  bool is_repeated =
      false;  ///< of an idempotency key that was used before: nothing was handled now
};

/// Why a message was not handled.
struct Refused {
  actor::Refusal refusal = actor::Refusal::no_such_actor;
  std::string why = {};  ///< of a rejection, what its record says: "code: message"
  /// The record of the rejection; none when there is none: it never came to be handled, or there
  /// was no room for a record.
  std::optional<actor::Receipt> receipt = {};
  bool key_was_used = false;  ///< of idempotency, for another message
};

struct MessageOptions {
  actor::Priority priority = actor::Priority::normal;
  uint64_t timeout_ns = 0;  ///< 0: that of the manifest
  uint64_t time_to_live_ns = 0;
  /// The same key at the same actor with the same message: it is handled once, also across a crash,
  /// and the answer is the same. With another message: refused as `rejected`, without a receipt.
  /// Keys are remembered for a day, 100,000 of them, and after a start as far as they are among the
  /// last 100,000 records. A message that was not handled leaves its key free.
  std::string idempotency_key = {};
};

/// How an actor that was spawned from outside is supervised.
struct SpawnOptions {
  std::string supervisor = {};  ///< of the manifest; empty: nobody but the system itself
  actor::Restart restart = actor::Restart::transient;
  uint64_t shutdown_ns = 5'000'000'000;
  bool significant = false;
};

struct ActorStatus {
  std::string name = {};
  std::string id = {};  ///< "7.1"; empty: it is not running
  std::string component = {};
  std::string parent = {};  ///< its supervisor, or the actor that spawned it; empty: the system
  uint32_t queued = 0;
  bool is_running = false;
  uint64_t restarts = 0;  ///< since the system's start
  std::optional<chain::ChainInfo> chain = {};
};

/// Something that happened to an actor: a transition that is durable, an event of its life, or a
/// line of its log.
struct Happening {
  enum class Kind : uint8_t { transition, event, log };
  Kind kind = Kind::event;
  uint64_t at_ns = 0;  ///< since 1970
  std::string actor = {};
  /// "message", "rejection", …, or the event's: "restarting", "ready", …; of a log: its level.
  std::string name = {};
  std::string text = {};
  std::optional<actor::Receipt> receipt = {};
  // Of events, where they have it:
  std::string reason =
      {};  ///< how a run ended (`actor::Exit`), why nobody got a message (`Refusal`)
  std::string other = {};  ///< who decided, sent or answered; empty: nobody of the system
  std::optional<uint64_t> delay_ns = {};  ///< until it starts anew, or goes on
  std::optional<uint64_t> count = {};     ///< failures, of health checks or of children
};

/// A message that was accepted, or tried, and that nobody handled.
struct LostMessage {
  uint64_t at_ns = 0;  ///< since 1970
  std::string actor = {};
  std::string from = {};  ///< empty: from outside
  actor::Refusal reason = actor::Refusal::no_such_actor;
  std::string media_type = {};
  uint64_t bytes = 0;
};

/// What was thrown away.
struct Pruned {
  uint64_t bytes = 0;   ///< of the disk
  uint64_t before = 0;  ///< of records from here on, of the whole log, all contents are kept
};

/// May be used from any thread. Callbacks come on any thread and must not block.
class Deployment {
 public:
  /// Opens the log, loads components. Errors name the part of the manifest.
  static Result<std::unique_ptr<Deployment>> open(DeploymentWorld world, Manifest manifest);
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  /// Spawns what the manifest names, and what was spawned by `spawn` in earlier runs and not
  /// stopped.
  Result<> start();
  /// Applies a changed manifest: what is new starts, what is gone stops, components that changed
  /// are upgraded, and supervisors whose settings changed start their children anew. An error:
  /// nothing was changed; `usage` for what needs a new start.
  Result<> apply(Manifest manifest);
  /// No new messages; those that are there are handled; then all stop. `ended()` once that is so.
  void drain(uint64_t timeout_ns);
  bool ended() const;

  // Messages.

  using Done = std::function<void(std::expected<Answer, Refused>)>;
  void request(std::string_view actor, actor::Payload message, MessageOptions options, Done done);
  /// Accepted or not; what became of it is in the chain. Accepted is no promise: until it is
  /// handled it is in memory only. With a key it is a request whose answer nobody waits for, and
  /// may be sent again.
  std::expected<void, Refused> send(std::string_view actor, actor::Payload message,
                                    MessageOptions options);
  /// Who gets a message that is for that name: of a pool, one of its members (none runs: the pool);
  /// else the actor itself. `key`: by which `consistent_hash` chooses; empty: the message's bytes.
  /// By a key of idempotency it is always the same member, whether it runs or not.
  std::string addressee(std::string_view name, const actor::Payload& message, std::string_view key,
                        std::string_view idempotency_key) const;
  /// Priority and time to live alone count.
  size_t publish(std::string_view topic, const actor::Payload& message,
                 const MessageOptions& options = {});

  // Actors. Errors: `not_found`; `usage` for a name that is taken and while the system stops;
  // `invalid` for what is no name or record; `limit` where a mailbox is full; `unsupported` where
  // it would need a chain.

  /// It is on the disk, and lasts until it is stopped, ends well, or does not start. Without an
  /// error `started` is called, from any thread, once it runs, or with what went wrong in its
  /// `init` (`exception`; it is in its chain, too), or when it is stopped before (`usage`).
  /// An empty component: that of its supervisor (`simple_one_for_one`).
  Result<> spawn(std::string_view name, std::string_view component, actor::Payload argument,
                 std::function<void(const Result<>&)> started = nullptr,
                 const SpawnOptions& options = {});
  /// Of the manifest: until the next start, or until `restart`.
  Result<> stop(std::string_view name, bool at_once);
  /// A new instance goes on with the last state, after the message at hand. Who waits in its
  /// mailbox stays there. One that does not run is started.
  Result<> restart(std::string_view name);
  /// From the next message on, another component runs it. Error `unsupported` for resident actors:
  /// their state is the memory of their component. What it may have waiting, and how large a
  /// message may be, stays as it is until it is spawned anew. An actor of the manifest has it until
  /// the manifest names another component for it than it does now, across starts as well.
  Result<> upgrade(std::string_view name, std::string_view component);
  /// A new actor whose first state is that of `from` after its record `at`. Without an error `done`
  /// is called, from any thread, once it is durable or could not be made so.
  Result<> fork(std::string_view from, uint64_t at, std::string_view name,
                std::function<void(const Result<>&)> done = nullptr);
  /// The actor goes on with the state it had after its record `at`; the chain says so and keeps
  /// what came between.
  Result<> revert(std::string_view name, uint64_t at);
  std::vector<ActorStatus> actors(std::string_view after, size_t count) const;
  Result<ActorStatus> actor(std::string_view name) const;
  /// Is that one of a component of `wasi:http`? False as well when there is none.
  bool serves_http(std::string_view name) const;
  /// `not_found` also when it was thrown away. Without `at`: the latest. Of a resident actor the
  /// image of its memory.
  Result<actor::Payload> state(std::string_view name, std::optional<uint64_t> at) const;

  // Components, by name; the latest upload of a name counts for who is spawned or upgraded after
  // it. Kept in the data folder by digest. Error `denied` for a name whose file the manifest names.

  struct ComponentStatus {
    std::string name = {};
    crypto::Sha256 digest = {};
    uint64_t bytes = 0;
    bool is_resident = false;
    /// What keeps an uploaded one from being spawned: imports that are not granted by default. Who
    /// runs by a component that has such grants may be upgraded to it. Empty: nothing.
    std::string denied = {};
  };
  Result<ComponentStatus> upload(std::string_view name, Bytes bytes);
  std::vector<ComponentStatus> components() const;

  /// Throws contents away now, by the rules of `[retention]` (docs/serve.md); if `keeps` says
  /// nothing, all that are not needed. May take long. Errors: `unsupported` without a log, `usage`
  /// where somebody does it already.
  Result<Pruned> prune(const RetentionManifest& keeps);

  // Watching.

  /// What happens from now on, until the ticket goes; an empty name: to all.
  using Watch = std::shared_ptr<void>;
  [[nodiscard]] Watch watch(std::string_view actor, std::function<void(const Happening&)> seen);

  /// The last ones, the newest at the end.
  std::vector<LostMessage> dead_letters() const;
  /// For the operator: an error in the log of the system.
  void complain(std::string_view what) const;
  /// Something from outside that never reached the actor, or that the system would not do: a record
  /// of the system's chain. Not of what `request`, `send` and `spawn` refuse by themselves.
  void tell_refused(std::string_view actor, std::string_view reason, std::string text);

  /// As it is applied just now.
  std::shared_ptr<const Manifest> manifest() const;
  actor::System& system();
  chain::Store* store();  ///< null: not durable
  /// Bound by `tick`: schedules, metadata's own times, and what the log need not keep. When it has
  /// to be called next (monotonic).
  uint64_t tick();

 private:
  struct Inside;
  explicit Deployment(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace cairn::platform
