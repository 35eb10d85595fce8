#pragma once
/// Pools of the manifest: who gets the next message of those that are alike.
///
/// From outside a message goes to a member right away, so its record, its key of idempotency and
/// its answer are those of an actor. Actors of the system know the pool's name alone: there, an
/// actor hands on what it is sent.

#include <cairn/actor/system.hpp>
#include <cairn/platform/manifest.hpp>

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "roster.hpp"

namespace cairn::platform {

class Pools {
 public:
  Pools(Roster& roster, actor::System& system) : roster_(roster), system_(system) {}

  /// From now on there are those. Error: the name of a new one is taken; the others are there.
  Result<> set(const std::vector<PoolManifest>& pools);
  /// What its members run. Empty: there is no such pool.
  std::string component_of(std::string_view name) const;
  /// Who of that pool gets the next message, with that key; null: nobody of it runs.
  EntryPtr next_of(std::string_view name, uint64_t key) const;
  /// To whom of that pool the key belongs, whatever the routing is and whether it runs or not.
  std::string owner_of(std::string_view name, uint64_t key) const;
  /// That a pool's member, or a whole pool, does not run: whoever comes again may find it. Empty:
  /// no pool has that name, nor a member.
  std::string idle(std::string_view name) const;
  /// Of the actor that hands on. Empty: it is none.
  std::string name_of(actor::ActorId id) const;

 private:
  struct Pool {
    explicit Pool(const PoolManifest& manifest) : how(manifest), router(manifest.routing) {}
    const PoolManifest how;
    actor::Router router;
    actor::ActorId door = {};  ///< that hands on
  };
  class Door;
  using PoolPtr = std::shared_ptr<Pool>;
  PoolPtr find(std::string_view name) const;
  Result<actor::ActorId> open(const PoolManifest& pool);

  Roster& roster_;
  actor::System& system_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, PoolPtr, std::less<>> pools_;
};

}  // namespace cairn::platform
