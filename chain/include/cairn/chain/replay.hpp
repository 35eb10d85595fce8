#pragma once
/// Running again what a chain says has happened. Whoever can run components implements it.

#include <cairn/actor/journal.hpp>

namespace cairn::chain {

class Replayer {
 public:
  virtual ~Replayer() = default;
  Replayer() = default;
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  /// Whether that module is at hand. Transitions of others are not replayed.
  virtual bool has_module(const crypto::Sha256& module) = 0;
  /// Handles once more what was handled: an init, a message or the rejection of either, or a hook
  /// (a snapshot whose reason is its name), with old state, input and answers of the host. Of what
  /// came of it, contents are missing that were thrown away. `is_first`: no state came before it.
  /// Returns what comes of it now: kind, rejection, new state, reply, effects and fuel, which the
  /// verifier compares. An error says why nothing came; of kind `limit`, that this machine lacks
  /// something, which says nothing of the record.
  virtual Result<actor::Transition> replay(const actor::Genesis& genesis,
                                           const actor::Transition& recorded, bool is_first) = 0;
};

}  // namespace cairn::chain
