#include "recorder.hpp"

#include <utility>

namespace cairn::platform {

namespace {

/// What came of a message; a hook may follow it.
bool is_of_message(const actor::Transition& transition) {
  return transition.kind == actor::TransitionKind::message ||
         transition.kind == actor::TransitionKind::rejection;
}

/// For those who watch, without the contents.
Happening happening_of(const std::string& name, actor::TransitionKind kind, uint64_t at_ns,
                       std::string reason) {
  return {.kind = Happening::Kind::transition,
          .at_ns = at_ns,
          .actor = name,
          .name = std::string(to_string(kind)),
          .text = std::move(reason),
          .receipt = std::nullopt};
}

}  // namespace

void Recorder::bind(actor::ActorId actor, EntryPtr entry) {
  const std::unique_lock lock(mutex_);
  entries_.insert_or_assign(actor.value(), std::move(entry));
}

EntryPtr Recorder::entry_of(actor::ActorId actor) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(actor.value());
  return found == entries_.end() ? nullptr : found->second;
}

void Recorder::open(actor::ActorId actor, actor::Genesis genesis, Opened done) {
  {
    const std::lock_guard lock(forks_mutex_);
    if (const auto fork = forks_.find(genesis.name); fork != forks_.end()) {
      fork->second.push_back(
          {.actor = actor, .go = [=, this] { store_.open(actor, genesis, done); }});
      return;
    }
  }
  store_.open(actor, std::move(genesis), std::move(done));
}

void Recorder::append(actor::ActorId actor, actor::Transition transition, Appended done) {
  const EntryPtr entry = entry_of(actor);
  if (entry == nullptr) return store_.append(actor, std::move(transition), std::move(done));
  const std::shared_ptr<Ticket> ticket = is_of_message(transition) ? entry->handling : nullptr;
  const bool is_watched = hub_.has_watchers();
  if (ticket != nullptr && !ticket->key.empty() && transition.sender.empty()) {
    transition.sender = source_of_key(ticket->key);
  }
  if (ticket == nullptr && !is_watched) {
    return store_.append(actor, std::move(transition), std::move(done));
  }
  if (ticket != nullptr) ticket->is_appending = true;
  auto finish = [this, entry, ticket, is_watched, kind = transition.kind, at_ns = transition.at_ns,
                 reason = transition.reason,
                 done = std::move(done)](Result<actor::Receipt> receipt) {
    if (receipt) {
      if (ticket != nullptr) {
        ticket->record(*receipt, reason);
        if (!ticket->key.empty()) settled_(entry->name, ticket->key, *receipt);
      }
      if (is_watched) {
        Happening happening = happening_of(entry->name, kind, at_ns, reason);
        happening.receipt = *receipt;
        hub_.tell(happening);
      }
    }
    // After errors other than `limit` nobody knows what will last, and nothing more will until the
    // log is opened again: then it tells.
    if (!receipt && ticket != nullptr && !ticket->key.empty()) {
      settled_(entry->name, ticket->key, std::nullopt);
    }
    done(std::move(receipt));
  };
  store_.append(actor, std::move(transition), std::move(finish));
}

void Recorder::close(actor::ActorId actor) {
  {
    const std::unique_lock lock(mutex_);
    entries_.erase(actor.value());
  }
  {
    const std::lock_guard lock(forks_mutex_);
    for (auto& [name, waiting] : forks_) {
      std::erase_if(waiting, [&](const Waiting& who) { return who.actor == actor; });
    }
  }
  store_.close(actor);
}

void Recorder::fork(actor::ActorId session, actor::Genesis genesis, actor::Transition fork,
                    Appended done) {
  {
    const std::lock_guard lock(forks_mutex_);
    const auto [other, is_first] = forks_.try_emplace(genesis.name);
    if (!is_first) {
      other->second.push_back({.actor = session, .is_fork = true, .go = [=, this] {
                                 begin_fork(session, genesis, fork, done);
                               }});
      return;
    }
  }
  begin_fork(session, std::move(genesis), std::move(fork), std::move(done));
}

void Recorder::begin_fork(actor::ActorId session, actor::Genesis genesis, actor::Transition fork,
                          Appended done) {
  const std::string name = genesis.name;
  auto finish = [this, session, name, done = std::move(done)](Result<actor::Receipt> receipt) {
    store_.close(session);
    end_fork(name);
    done(std::move(receipt));
  };
  store_.open(session, std::move(genesis),
              [this, session, name, fork = std::move(fork),
               finish = std::move(finish)](const Result<actor::Recovered>& opened) mutable {
                if (!opened) return finish(std::unexpected(opened.error()));
                Happening happening =
                    happening_of(name, fork.kind, clock_.realtime_ns(), fork.reason);
                store_.append(session, std::move(fork),
                              [this, happening = std::move(happening),
                               finish = std::move(finish)](Result<actor::Receipt> receipt) mutable {
                                if (receipt) {
                                  happening.receipt = *receipt;
                                  hub_.tell(happening);
                                }
                                finish(std::move(receipt));
                              });
              });
}

void Recorder::end_fork(const std::string& name) {
  const std::lock_guard lock(forks_mutex_);
  std::deque<Waiting>& waiting = forks_.at(name);
  while (!waiting.empty()) {
    const Waiting next = std::move(waiting.front());
    waiting.pop_front();
    next.go();
    if (next.is_fork) return;  // the others wait for that one
  }
  forks_.erase(name);
}

}  // namespace cairn::platform
