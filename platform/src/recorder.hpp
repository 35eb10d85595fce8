#pragma once
/// The journal that actors of a deployment write to: the store, and what others want to know of it.

#include <cairn/actor/journal.hpp>
#include <cairn/chain/store.hpp>

#include <deque>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "entry.hpp"
#include "hub.hpp"
#include "keys.hpp"

namespace cairn::platform {

class Recorder final : public actor::Journal {
 public:
  /// Is called with the records of messages that came with a key; none: it will have no record.
  using Settled = std::function<void(const std::string& actor, const std::string& key,
                                     const std::optional<actor::Receipt>& receipt)>;
  Recorder(chain::Store& store, Hub& hub, Clock& clock, Settled settled)
      : store_(store), hub_(hub), clock_(clock), settled_(std::move(settled)) {}

  /// Whose transitions come from that actor. Before it opens its chain.
  void bind(actor::ActorId actor, EntryPtr entry);

  void open(actor::ActorId actor, actor::Genesis genesis, Opened done) override;
  void append(actor::ActorId actor, actor::Transition transition, Appended done) override;
  void close(actor::ActorId actor) override;

  /// Begins a chain, or goes on with it, by a record that takes a state from somewhere. Nobody else
  /// has the chain open, and nobody has it open afterwards; who opens it meanwhile waits.
  void fork(actor::ActorId session, actor::Genesis genesis, actor::Transition fork, Appended done);

 private:
  /// Wants a chain.
  struct Waiting {
    actor::ActorId actor;
    bool is_fork = false;
    std::function<void()> go;  ///< asks the store for it
  };
  EntryPtr entry_of(actor::ActorId actor) const;
  void begin_fork(actor::ActorId session, actor::Genesis genesis, actor::Transition fork,
                  Appended done);
  void end_fork(const std::string& name);

  chain::Store& store_;
  Hub& hub_;
  Clock& clock_;
  Settled settled_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<uint64_t, EntryPtr> entries_;  ///< by actor
  /// Held while the store is asked for those who waited: it hears that one is closed afterwards. It
  /// may answer at once, that there can be no such chain.
  std::recursive_mutex forks_mutex_;
  std::unordered_map<std::string, std::deque<Waiting>> forks_;  ///< by chain
};

}  // namespace cairn::platform
