#pragma once
/// What a deployment knows of one actor, whether it runs or not.

#include <cairn/actor/component_kind.hpp>
#include <cairn/actor/supervision.hpp>
#include <cairn/base/result.hpp>
#include <cairn/platform/manifest.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ticket.hpp"

namespace cairn::platform {

using Kind = std::shared_ptr<const actor::ComponentKind>;

/// What an actor that runs is told to do between two messages.
struct Order {
  std::string why;
  actor::ActorId to = {};  ///< whoever has the name after it is not meant
  uint64_t number = 0;     ///< among those of its actor
  /// The state that it is to go on with, from an earlier record of its chain.
  std::optional<actor::Transition> fork = {};
  /// Another component, which it has from then on if that starts. Null: the same.
  Kind kind = {};
  std::string component = {};
  std::string settings = {};  ///< `ActorManifest::settings`
};

struct Entry {
  explicit Entry(std::string name_in) : name(std::move(name_in)) {}

  const std::string name;
  std::atomic<uint64_t> id = 0;      ///< of the actor; 0: it does not run
  std::atomic<uint64_t> parent = 0;  ///< of the one with that id
  std::atomic<uint64_t> restarts = 0;
  /// Of the message at hand; of the thread that runs the actor.
  std::shared_ptr<Ticket> handling = {};

  mutable std::mutex mutex;
  // Under it:
  ActorManifest wanted = {};  ///< how it is to run
  bool is_wanted = false;     ///< false: it is a guest's child, or is to stop
  bool is_dynamic = false;    ///< it was spawned from outside, not by the manifest
  bool respawn = false;       ///< once it has stopped
  uint64_t order = 0;         ///< of starts
  Kind kind = {};             ///< that makes its next instance
  std::vector<Order> orders = {};
  uint64_t orders_given = 0;
  /// Who waits until it runs, or until it is known that it does not.
  std::vector<std::function<void(const Result<>&)>> started = {};

  actor::ActorId actor_id() const { return actor::ActorId(id.load(std::memory_order_acquire)); }
  template <class Use>
  auto locked(Use&& use) const {
    const std::lock_guard lock(mutex);
    return use(*this);
  }
  template <class Use>
  auto locked(Use&& use) {
    const std::lock_guard lock(mutex);
    return use(*this);
  }
  /// Those that were given to that actor.
  std::vector<Order> take_orders(actor::ActorId to) {
    const std::lock_guard lock(mutex);
    std::vector<Order> taken, others;
    for (Order& each : orders) (each.to == to ? taken : others).push_back(std::move(each));
    orders = std::move(others);
    return taken;
  }
  void tell_started(const Result<>& how) {
    const auto waiting = locked([](Entry& own) { return std::exchange(own.started, {}); });
    for (const auto& told : waiting) told(how);
  }
  void tell_stopped() {
    tell_started(fail(ErrorKind::usage, "'" + name + "' was stopped before it ran"));
  }
};

using EntryPtr = std::shared_ptr<Entry>;

}  // namespace cairn::platform
