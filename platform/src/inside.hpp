#pragma once
/// What only the deployment's own files know of it.

#include <cairn/platform/deployment.hpp>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "changes.hpp"
#include "components.hpp"
#include "hosted.hpp"
#include "hub.hpp"
#include "keys.hpp"
#include "log_mark.hpp"
#include "pools.hpp"
#include "recorder.hpp"
#include "roster.hpp"
#include "system_chain.hpp"
#include "tables.hpp"

namespace cairn::platform {

struct Deployment::Inside {
  Inside(DeploymentWorld world_in, Manifest manifest_in);

  // deployment_open.cpp
  Result<> open();
  Result<> open_store();
  /// Notes how far the log has come. An error is a line of the log: the mark is behind then.
  void set_mark();
  Result<> load_components();
  /// In the place of what had the name. That its bytes had it may not get written: a line of the
  /// log.
  void put_component(LoadedComponent component);
  void load_uploads();
  actor::ComponentWorld actor_world();
  std::shared_ptr<wasi::KeyValueBucket> values_of(std::string_view actor);

  // deployment.cpp
  /// Says whom nobody runs any more, because the tables are gone and the log is not.
  void tell_lost() const;

  // deployment_events.cpp
  void observe(const actor::Event& event);
  /// Of what came from outside and reached nobody.
  void tell_refused(std::string_view actor, std::string_view reason, std::string text);
  std::string name_of(actor::ActorId id) const;
  void removed(actor::ActorId id, actor::Exit exit);
  void drop_orders(const EntryPtr& entry, actor::ActorId id);

  // deployment_messages.cpp
  void request(std::string_view actor, actor::Payload message, MessageOptions options, Done done);
  std::unexpected<Refused> nobody(std::string_view actor, bool is_known);
  /// One that nobody waits for.
  std::expected<void, Refused> send(const EntryPtr& entry, actor::Payload message,
                                    const MessageOptions& options);
  /// Of an actor whose name is known. False: `done` was called, or will be, without it.
  bool claim(const EntryPtr& entry, const actor::Payload& message, const std::string& key,
             uint64_t for_ns, Done& done);
  /// Tells those who waited too long for what somebody else has sent with their key.
  void expire_waiting();
  /// `ticket` may be null.
  void answer(const EntryPtr& entry, const Ticket* ticket, uint32_t tag,
              const actor::Message& message, const Done& done);
  std::expected<Answer, Refused> from_record(const std::string& actor,
                                             const actor::Receipt& receipt) const;
  void settled(const std::string& actor, const std::string& key,
               const std::optional<actor::Receipt>& receipt);
  void abandon(const std::string& actor, const std::string& key);

  // deployment_spawn.cpp
  Result<std::string> component_below(const std::string& supervisor, std::string_view asked) const;
  Result<> keep_spawned(const ActorManifest& how, const actor::ComponentKind& kind) const;
  Result<> check_resumed(std::string_view name, const std::string& component,
                         const actor::ComponentKind& kind) const;
  Result<std::string> why_not_resumed(const crypto::Sha256& module, const std::string& component,
                                      const actor::ComponentKind& kind) const;

  // deployment_actors.cpp
  std::unexpected<Error> no_actor(std::string_view name) const;
  Result<> check_new_name(std::string_view name) const;
  /// It is a supervisor's, or a pool's. Under `changing`.
  bool has_other_meaning(std::string_view name) const;
  Result<EntryPtr> known(std::string_view name) const;
  /// Who is known, and was not told to stop.
  Result<EntryPtr> going_on(std::string_view name) const;
  Result<> order(const EntryPtr& entry, Order order);
  /// It is durable, or not: it becomes an actor.
  void finish_revert(const EntryPtr& entry, const Result<actor::Receipt>& receipt);
  Result<> check_not_forking(std::string_view name) const;
  Result<> finish_fork(const ActorManifest& how, const Kind& kind,
                       const Result<actor::Receipt>& receipt);
  Result<actor::Transition> fork_of(std::string_view from, uint64_t at, std::string why) const;
  Result<> check_image(std::string_view name, const actor::ComponentKind& kind,
                       const actor::Transition& fork) const;
  actor::Genesis genesis_of(const std::string& name, const actor::ComponentKind& kind) const;
  actor::ActorId session();
  ActorStatus status_of(const Entry& entry) const;

  // deployment_upgrade.cpp
  /// `after`: null, if it is not known yet.
  Result<> check_upgrade(std::string_view name, const actor::ComponentKind& before,
                         const actor::ComponentKind* after) const;
  Result<> upgrade(const EntryPtr& entry, const std::string& component, ChosenComponent chosen,
                   std::string why);
  /// As somebody is to run it who runs by another one now.
  Result<ChosenComponent> chosen_after(const Entry& entry, std::string_view component);
  /// That it has now, for the next start of the system.
  Result<> keep_component(const Entry& entry);
  /// Of one that runs. The first error is a line of the log, and `tick` tries again.
  void keep_upgrade(const EntryPtr& entry, bool is_first);
  /// That the manifest names for an actor; empty: it names none.
  std::string listed_component(std::string_view name) const;
  /// How the manifest's actor runs: as it was told from outside, as long as the manifest names the
  /// same component for it as it did then.
  struct Told {
    ActorManifest how;
    Kind kind;
  };
  Result<Told> as_told(const ActorManifest& listed);
  /// Of a component, if it was uploaded: what the tables are to say.
  std::optional<crypto::Sha256> upload_of(const std::string& component,
                                          const actor::ComponentKind& kind) const;
  /// What it was told does not count any more. An error is a line of the log.
  void forget_upgrades(const std::string& name);
  /// Those that the last process did not get to write down: what their chains say.
  Result<> settle_upgrades();
  /// The last record that is no rejection.
  Result<chain::StoredRecord> last_done(std::string_view name) const;

  // deployment_prune.cpp
  void prune_if_due(uint64_t now_ns);
  Result<Pruned> prune(const RetentionManifest& keeps);
  Result<uint64_t> first_since(uint64_t at_ns);
  void tell_ahead(uint64_t index, uint64_t at_ns);
  Result<uint64_t> first_kept(const RetentionManifest& keeps);

  // deployment_apply.cpp
  Result<> apply(Manifest next);
  Result<ManifestChanges> check_changes(const Manifest& next) const;
  Result<std::vector<LoadedComponent>> load_all(const Manifest& next) const;
  /// Uploaded components by those that they are in place of, with settings that change.
  using Heirs = std::map<Kind, Kind>;
  Result<Heirs> load_heirs(const Manifest& next, const ManifestChanges& found) const;
  Result<ChosenComponent> chosen_now(const Entry& entry, const std::string& component,
                                     const ManifestChanges& found, const Heirs& heirs);
  Result<> keep_changed(std::vector<LoadedComponent>& loaded, const ManifestChanges& found) const;
  void change_entry(const EntryPtr& entry, const Manifest& before, const ManifestChanges& found,
                    const std::set<std::string>& new_bytes, const Heirs& heirs);
  Result<> check_names(const ManifestChanges& found) const;
  Result<> check_upgrades(const Manifest& next, const ManifestChanges& found,
                          const std::vector<LoadedComponent>& loaded) const;
  void respawn(const EntryPtr& entry);
  Result<> check_resident(const LoadedComponent& before, const LoadedComponent& now) const;
  void set_schedules();
  void show();

  void log(LogLevel level, std::string_view text) const {
    if (world.log != nullptr) world.log->log(level, "{}", text);
  }
  /// Callbacks come on threads that must go on: what has to wait for a lock, or writes, is done
  /// there.
  void apart(std::function<void()> task) {
    ++tasks;
    auto counted = [this, run = std::move(task)] {
      run();
      --tasks;
    };
    if (world.apart) return world.apart(std::move(counted));
    counted();
  }
  uint64_t timeout_ns() const { return request_timeout_ns.load(std::memory_order_relaxed); }

  struct Schedule {
    ScheduleManifest manifest;
    uint64_t next_ns = 0;   ///< monotonic
    uint64_t quiet_ns = 0;  ///< until then a refusal is not said again
  };
  /// That a message of it was refused, at most once a minute.
  void complain(Schedule& schedule, const Refused& refused, uint64_t now_ns) const;

  DeploymentWorld world;
  Manifest manifest;  ///< under `changing`
  mutable std::mutex shown_mutex;
  std::shared_ptr<const Manifest> shown;  ///< the same, for everybody
  std::string data;                       ///< the folder
  std::unique_ptr<Disk::Lock> held;       ///< so that nobody else has it
  Hub hub;
  WatchedLog watched_log;
  Tickets tickets;
  Keys keys;
  std::unique_ptr<chain::Store> store;
  std::mutex mark_mutex;
  std::optional<LogMark> mark;             ///< under `mark_mutex`
  std::atomic<uint64_t> mark_due_ns = 0;   ///< monotonic
  std::atomic<uint64_t> prune_due_ns = 0;  ///< monotonic
  std::atomic<bool> is_pruning = false;
  std::optional<uint64_t> told_ahead;  ///< that record; of whoever prunes
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<SystemChain> system_chain;  ///< null: nothing is recorded
  std::unique_ptr<Tables> tables;
  Hosting hosting;
  std::unique_ptr<Components> components;
  std::unique_ptr<Roster> roster;

  std::atomic<bool> draining = false;
  std::atomic<bool> sign_asked = false;
  std::atomic<bool> is_signed = false;
  std::atomic<uint32_t> sessions = 0;
  std::atomic<uint64_t> request_timeout_ns = 0;
  std::atomic<uint32_t> tasks = 0;  ///< that were put `apart` and are not done
  std::mutex applying;              ///< taken before `changing`
  /// Who spawns, stops, uploads or applies: one after another. Never held while something is
  /// compiled, nor taken where a journal calls back: without `world.apart` it may do so at once.
  std::recursive_mutex changing;
  std::set<std::string> forking;  ///< whose chains are written for a fork; under `changing`
  std::mutex schedules_mutex;
  std::vector<Schedule> schedules;
  std::mutex forgotten_mutex;
  std::vector<std::string> forgotten;  ///< who was spawned and has ended; for `tick`
  std::vector<EntryPtr> unkept;        ///< whose upgrade could not be written; likewise
  std::mutex values_mutex;
  /// Actors that run hold theirs.
  std::map<std::string, std::weak_ptr<wasi::KeyValueBucket>, std::less<>> values;
  size_t values_looked_at = 64;  ///< when there are so many, those of nobody go
  std::vector<std::shared_ptr<wasi::KeyValueBucket>> values_in_memory;
  std::unique_ptr<Pools> pools;
  std::unique_ptr<actor::System> system;  // goes first: actors use all of the above
};

}  // namespace cairn::platform
