#pragma once
/// What a guest has beyond one message, by the names that it uses: so much, and no more. A message
/// that is rejected leaves it as it was.

#include <cairn/actor/settings.hpp>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::actor {

enum class Holding : uint8_t {
  timers,         ///< by their tags
  monitors,       ///< by the addresses of who is monitored
  subscriptions,  ///< by their patterns
};

class Holdings {
 public:
  explicit Holdings(const ActorLimits& limits)
      : limits_{limits.timers, limits.monitors, limits.subscriptions} {}

  /// False: it has as many as it may.
  bool take(Holding what, const std::string& name) {
    auto& names = names_[index(what)];
    if (names.contains(name)) return true;
    const uint32_t limit = limit_of(what);
    if (limit != 0 && names.size() >= limit) return false;
    names.insert(name);
    changes_.push_back({what, true, name});
    return true;
  }
  void drop(Holding what, std::string_view name) {
    auto& names = names_[index(what)];
    const auto at = names.find(name);
    if (at == names.end()) return;
    changes_.push_back({what, false, *at});
    names.erase(at);
  }
  /// What has changed counts.
  void keep() { changes_.clear(); }
  /// What has changed since does not.
  void undo() {
    for (; !changes_.empty(); changes_.pop_back()) {
      Change& change = changes_.back();
      auto& names = names_[index(change.what)];
      if (change.is_new) {
        names.erase(change.name);
      } else {
        names.insert(std::move(change.name));
      }
    }
  }
  uint32_t limit_of(Holding what) const { return limits_[index(what)]; }

 private:
  struct Change {
    Holding what;
    bool is_new;
    std::string name;
  };
  static constexpr size_t index(Holding what) { return static_cast<size_t>(what); }

  std::array<uint32_t, 3> limits_;  ///< 0: none
  std::array<std::set<std::string, std::less<>>, 3> names_;
  std::vector<Change> changes_;
};

}  // namespace cairn::actor
