#pragma once
/// Who is to run, under whom, and who runs. What is wanted is said here; the supervisors
/// (keeper.hpp) make it so, one name after another, when they are nudged.
///
/// Invariants: an entry is found by its name as long as it is wanted or runs. A supervisor that
/// starts begins with all that is wanted under it; names that are marked later come by messages.

#include <cairn/actor/system.hpp>
#include <cairn/platform/manifest.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "entry.hpp"

namespace cairn::platform {

class Roster {
 public:
  explicit Roster(std::vector<SupervisorManifest> supervisors);

  /// Before anything else. `complain` is for people.
  void set_system(actor::System& system, std::function<void(const std::string&)> complain) {
    system_ = &system;
    complain_ = std::move(complain);
  }
  /// Starts the supervisor of all, which starts the others.
  Result<> start();

  // What is wanted.

  /// Null: there is none.
  EntryPtr find(std::string_view name) const;
  /// That one, or a new one that is not wanted.
  EntryPtr entry_for(std::string_view name);
  /// In the order of their names.
  std::vector<EntryPtr> entries(std::string_view after, size_t count) const;
  /// From now on it is to run like that. It is started unless it runs.
  void want(const EntryPtr& entry, ActorManifest how, Kind kind, bool is_dynamic);
  /// It is not to run any more. Whoever calls stops it.
  void unwant(const EntryPtr& entry);
  /// Starts it, and its supervisors, as far as they do not run.
  void wake(const EntryPtr& entry);
  void set_supervisors(std::vector<SupervisorManifest> supervisors,
                       const std::vector<std::string>& changed);
  bool is_supervisor(std::string_view name) const;

  // What runs.

  /// That of an actor which was made for `entry` by its name, before it is `started`. It is another
  /// one for a guest's child while somebody else is to have the name: that is found by its id
  /// alone.
  EntryPtr entry_in(const EntryPtr& entry, actor::ActorId id, actor::ActorId parent) const;
  void started(const EntryPtr& entry, actor::ActorId id, actor::ActorId parent);
  EntryPtr entry_of(actor::ActorId id) const;
  /// Its id is over. Null: it was nobody's.
  EntryPtr removed(actor::ActorId id);
  /// Also of supervisors. Empty: of nobody that is known.
  std::string name_of(actor::ActorId id) const;

  // For supervisors; that of all has no name.

  void keeper_started(const std::string& name, actor::ActorId id);
  /// How it supervises, and whom from the start.
  actor::SupervisorSpec supervision(const std::string& name);
  /// Whose children are to be looked at; empties the list. `has_changed`: it is to start anew.
  std::vector<std::string> take_marked(const std::string& name, bool& has_changed);
  /// That child will be tried again. Who waits for it is told each time, people the first time.
  void not_spawned(const std::string& child, const Error& why, bool is_first);
  /// All that are wanted right under it.
  std::vector<std::string> children_of(const std::string& name) const;
  /// None: it is not wanted there.
  std::optional<actor::ChildSpec> child(const std::string& name, const std::string& supervisor);

 private:
  struct KeeperState {
    actor::ActorId id = {};
    std::vector<std::string> marked = {};
    bool has_changed = false;
  };
  const SupervisorManifest* supervisor_named(std::string_view name) const;
  void mark(const std::string& supervisor, const std::string& child);
  bool runs_elsewhere(const std::string& child, const std::string& supervisor) const;
  void erase(const EntryPtr& entry);
  actor::ChildSpec spec_of(const EntryPtr& entry) const;
  actor::ChildSpec spec_of(const SupervisorManifest& supervisor);

  actor::System* system_ = nullptr;
  std::function<void(const std::string&)> complain_;
  mutable std::shared_mutex mutex_;
  std::vector<SupervisorManifest> supervisors_;
  std::map<std::string, EntryPtr, std::less<>> entries_;
  std::map<std::string, KeeperState, std::less<>> keepers_;
  std::unordered_map<uint64_t, EntryPtr> by_id_;
  std::unordered_map<uint64_t, std::string> keepers_by_id_;
  uint64_t next_order_ = 0;
};

}  // namespace cairn::platform
