#pragma once
/// Names of actors: taken when they are spawned, known from when they have started until they stop,
/// and free when they have gone. Looked up far more often than changed: a reader locks only a
/// stripe that is mostly its own, a writer locks all of them.

#include "name_table.hpp"
#include "spin_mutex.hpp"

#include <cairn/actor/id.hpp>

#include <array>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cairn::actor {

class Names {
 public:
  /// Nobody before `add` and after `hide`.
  ActorId find(std::string_view name) const;
  bool is_taken(std::string_view name) const;
  /// Empty when it has none.
  std::string name_of(ActorId id) const;

  /// False: it is taken.
  bool reserve(std::string_view name);
  // By who has reserved it.

  /// It is known from now on.
  void add(std::string_view name, ActorId id);
  /// It is not known any more, but still taken.
  void hide(std::string_view name);
  void remove(std::string_view name);

 private:
  struct alignas(64) Stripe {
    mutable SpinMutex mutex;
  };
  class All;
  SpinMutex& mine() const;

  std::array<Stripe, 8> stripes_;
  NameTable ids_;                                          // nobody: reserved
  std::unordered_map<ActorId, const std::string*> names_;  // into `ids_`
};

}  // namespace cairn::actor
