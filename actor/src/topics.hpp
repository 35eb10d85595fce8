#pragma once
/// Who hears of what: a trie over the words of patterns. Publishing and subscribing are ordered by
/// one lock, so that a subscriber gets exactly what is published after `subscribe` has returned.

#include <cairn/actor/id.hpp>
#include <cairn/actor/topic.hpp>

#include <cairn/base/result.hpp>

#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::actor {

class Topics {
 public:
  explicit Topics(size_t subscriptions_max) : subscriptions_max_(subscriptions_max) {}

  /// False: it was there already. Errors `malformed`, `limit`.
  Result<bool> subscribe(std::string_view pattern, ActorId id);
  bool unsubscribe(std::string_view pattern, ActorId id);

  /// Calls `deliver` with all subscribers, each once, in the order of their ids, while nobody can
  /// join.
  template <class Deliver>
  size_t publish(std::string_view topic, Deliver&& deliver) const {
    std::shared_lock lock(mutex_);
    const std::vector<ActorId>* only = nullptr;
    std::vector<ActorId> several;
    match(topic, only, several);
    const std::vector<ActorId>& all = only != nullptr ? *only : several;
    deliver(std::span<const ActorId>(all));
    return all.size();
  }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> words;  // "*" and ">" among them
    std::vector<ActorId> subscribers;                                 // sorted
  };

  /// Either `only` (one list has them all) or `several`.
  void match(std::string_view topic, const std::vector<ActorId>*& only,
             std::vector<ActorId>& several) const;
  static bool remove(Node& node, std::string_view pattern, ActorId id);

  size_t subscriptions_max_;
  mutable std::shared_mutex mutex_;
  Node root_;
  size_t subscriptions_ = 0;
};

}  // namespace cairn::actor
