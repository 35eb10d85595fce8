#pragma once
/// The system's own chain: what supervisors decided about actors, and what was refused before any
/// actor saw it. Decision 0023; docs/chain.md has the fields.
///
/// Nobody waits for its records. One is on its way at a time; those behind it wait here, and what
/// is too much is counted in one record with its like, so that a flood does not grow the log.

#include <cairn/base/clock.hpp>
#include <cairn/chain/store.hpp>
#include <cairn/platform/deployment.hpp>

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "hub.hpp"

namespace cairn::platform {

/// No actor's: names do not begin like that.
inline constexpr std::string_view system_chain_name = "#system";

class SystemChain {
 public:
  struct World {
    chain::Store* store = nullptr;
    Hub* hub = nullptr;
    Clock* clock = nullptr;
    actor::ActorId session = {};  ///< that writes; of no actor
    std::function<void(const std::string&)> complain = {};
  };
  explicit SystemChain(World world);

  // From any thread, also from those that run actors.

  /// Of a supervisor, or about one that it supervises.
  void decided(Happening happening);
  /// `reason` says why. It is a record at once, if there were few of late.
  void refused(Happening happening);

  /// Lets go what has waited long enough, each sort in its turn. When there is more to let go
  /// (monotonic); UINT64_MAX: there is nothing.
  uint64_t tick();
  /// Lets go all that waits. True: nothing is left that has not become durable.
  bool finish();

 private:
  struct Note {
    actor::TransitionKind kind = actor::TransitionKind::supervision;
    Happening happening;
    uint64_t times = 1;
    uint64_t cause = 0;     ///< how far the chain of its actor was; 0: it had none
    bool was_told = false;  ///< that there was no room for it
  };

  void take(Note note);
  // Under `mutex_`:
  void put(Note note);
  void hold(Note note);
  bool take_token(uint64_t now_ns);
  bool holds_decisions() const;
  void let_go();

  /// The next one; whoever calls has set `is_writing_`.
  void write_next();
  void append(Note note);
  void written(Note note, const Result<actor::Receipt>& receipt);
  /// The log takes nothing more; who uses it says why.
  void give_up(const Error& why);
  actor::Transition transition_of(const Note& note) const;

  const World world_;
  std::mutex mutex_;
  std::deque<Note> waiting_;
  std::map<std::string, Note> held_;  ///< by what they have in common
  std::string let_go_last_;           ///< of these; who comes behind it is next
  bool is_finishing_ = false;         ///< who has no room now will have none
  bool is_writing_ = false;
  bool has_failed_ = false;  ///< the store writes no more, and has said why
  uint64_t tokens_ = 0;
  uint64_t tokens_ns_ = 0;  ///< until then they are counted

  bool is_open_ = false;  ///< of who has set `is_writing_`
};

}  // namespace cairn::platform
