#pragma once
/// Names of actors. Looked up far more often than changed: a reader locks only a stripe that is
/// mostly its own, a writer locks all of them.

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
  ActorId find(std::string_view name) const;
  /// False: it is taken.
  bool add(std::string_view name, ActorId id);
  /// Only if it is the name of `id`.
  void remove(std::string_view name, ActorId id);
  /// Empty when it has none.
  std::string name_of(ActorId id) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct alignas(64) Stripe {
    mutable SpinMutex mutex;
  };
  class All;

  std::array<Stripe, 8> stripes_;
  std::unordered_map<std::string, ActorId, Hash, std::equal_to<>> ids_;
  std::unordered_map<ActorId, const std::string*> names_;  // into `ids_`
};

}  // namespace cairn::actor
