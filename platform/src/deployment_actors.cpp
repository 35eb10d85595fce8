// Who runs: spawned, stopped, started anew, by another component, from an earlier state.

#include <fmt/format.h>

#include <algorithm>

#include "inside.hpp"

namespace cairn::platform {

namespace {

std::unexpected<Error> without_chain() {
  return fail(ErrorKind::unsupported,
              "there are no chains: that is what durable = false says, or --no-chain");
}

}  // namespace

std::unexpected<Error> Deployment::Inside::no_actor(std::string_view name) const {
  const std::lock_guard lock(shown_mutex);
  const auto pool = std::ranges::find(shown->pools, name, &PoolManifest::name);
  if (pool == shown->pools.end())
    return fail(ErrorKind::not_found, fmt::format("there is no actor '{}'", name));
  return fail(ErrorKind::not_found,
              fmt::format("'{}' is a pool, whose members are the actors {} to {}", name,
                          pool->name_of(1), pool->name_of(pool->size)));
}

/// Of somebody who is to be spawned.
Result<> Deployment::Inside::check_new_name(std::string_view name) const {
  TRY(check_name(name));
  if (draining) return fail(ErrorKind::usage, "the system stops");
  if (roster->find(name) != nullptr || forking.contains(std::string(name))) {
    return fail(ErrorKind::usage, fmt::format("there is an actor '{}'", name));
  }
  if (!has_other_meaning(name)) return {};
  return fail(ErrorKind::usage, fmt::format("there is a supervisor or a pool '{}'", name));
}

/// Its chain has another writer for a moment.
Result<> Deployment::Inside::check_not_forking(std::string_view name) const {
  if (!forking.contains(std::string(name))) return {};
  return fail(ErrorKind::usage, fmt::format("'{}' is being forked or reverted", name));
}

bool Deployment::Inside::has_other_meaning(std::string_view name) const {
  return roster->is_supervisor(name) ||
         std::ranges::any_of(manifest.pools,
                             [&](const PoolManifest& pool) { return pool.name == name; });
}

Result<EntryPtr> Deployment::Inside::known(std::string_view name) const {
  EntryPtr entry = roster->find(name);
  // Without a kind it is about to be spawned.
  if (entry == nullptr || entry->locked([](const Entry& own) { return own.kind == nullptr; })) {
    return no_actor(name);
  }
  return entry;
}

/// Who is told to do something before it stops would end before it comes to that.
Result<EntryPtr> Deployment::Inside::going_on(std::string_view name) const {
  EntryPtr entry = TRY(known(name));
  const bool is_stopping = entry->actor_id() && entry->locked([](const Entry& own) {
    return !own.is_wanted && !own.wanted.name.empty();
  });
  if (is_stopping) return fail(ErrorKind::usage, fmt::format("'{}' has not stopped yet", name));
  return entry;
}

actor::ActorId Deployment::Inside::session() {
  // Of no actor: places of actors are fewer.
  return {UINT32_MAX - 1, sessions.fetch_add(1) + 1};
}

actor::Genesis Deployment::Inside::genesis_of(const std::string& name,
                                              const actor::ComponentKind& kind) const {
  const actor::ActorLimits& limits = kind.settings().settings->limits;
  return {.name = name,
          .module = kind.digest(),
          .manifest = kind.settings().manifest,
          .fuel = limits.fuel_per_message,
          .memory = limits.memory_bytes,
          .payload = limits.payload_bytes};
}

/// Tells an actor that runs what to do before its next message.
Result<> Deployment::Inside::order(const EntryPtr& entry, Order order) {
  const actor::ActorId to = order.to = entry->actor_id();
  const uint64_t number = entry->locked([&](Entry& own) {
    order.number = ++own.orders_given;
    own.orders.push_back(std::move(order));
    return own.orders_given;
  });
  const actor::Sent sent = system->send(
      to, actor::Payload(), {.priority = actor::Priority::critical, .tag = control_tag});
  if (sent == actor::Sent::accepted) return {};
  const size_t taken_back = entry->locked([&](Entry& own) {
    return std::erase_if(own.orders, [&](const Order& each) { return each.number == number; });
  });
  if (sent == actor::Sent::refused) return no_actor(entry->name);
  if (taken_back == 0) return {};  // an order before it has taken it along
  return fail(ErrorKind::limit, fmt::format("the mailbox of '{}' is full", entry->name));
}

/// The record that takes over a state.
Result<actor::Transition> Deployment::Inside::fork_of(std::string_view from, uint64_t at,
                                                      std::string why) const {
  const chain::StoredRecord record = TRY(store->record(from, at));
  if (record.record.kind == chain::RecordKind::genesis) {
    return fail(ErrorKind::invalid, fmt::format("record 0 of '{}' has no state", from));
  }
  actor::Transition fork;
  fork.kind = actor::TransitionKind::fork;
  fork.at_ns = world.clock->realtime_ns();
  fork.sender = from;
  fork.cause = at;
  fork.new_state = TRY(store->state(from, at));
  fork.module = record.record.module;
  fork.reason = std::move(why);
  return fork;
}

/// Of a resident actor, the state is an image of its memory.
Result<> Deployment::Inside::check_image(std::string_view name, const actor::ComponentKind& kind,
                                         const actor::Transition& fork) const {
  if (kind.style() == actor::StateStyle::explicit_state || kind.digest() == fork.module) return {};
  return fail(
      ErrorKind::unsupported,
      fmt::format("record {} of '{}' holds the memory of another component than it runs now",
                  fork.cause, name));
}

Result<> Deployment::stop(std::string_view name, bool at_once) {
  Inside& in = *inside_;
  const std::lock_guard lock(in.changing);
  const EntryPtr entry = TRY(in.known(name));
  auto [is_dynamic, timeout_ns] = entry->locked(
      [](const Entry& own) { return std::pair(own.is_dynamic, own.wanted.shutdown_ns); });
  if (is_dynamic) TRY(in.tables->remove(entry->name));
  const actor::ActorId id = entry->actor_id();
  in.roster->unwant(entry);
  entry->tell_stopped();
  if (!id) return {};
  if (at_once) {
    in.system->kill(id);
  } else {
    in.system->stop(id, timeout_ns);
  }
  return {};
}

Result<> Deployment::restart(std::string_view name) {
  Inside& in = *inside_;
  const std::lock_guard lock(in.changing);
  EntryPtr entry = in.roster->find(name);
  TRY(in.check_not_forking(name));
  if (entry != nullptr && entry->actor_id()) {
    return in.order(TRY(in.going_on(name)), {.why = "somebody asked for it"});
  }
  if (entry == nullptr) {
    // One of the manifest that was stopped.
    const auto& actors = in.manifest.actors;
    const auto how = std::ranges::find(actors, name, &ActorManifest::name);
    if (how == actors.end()) return in.no_actor(name);
    if (in.draining) return fail(ErrorKind::usage, "the system stops");
    Inside::Told told = TRY(in.as_told(*how));
    in.roster->want(in.roster->entry_for(name), std::move(told.how), std::move(told.kind), false);
    return {};
  }
  if (!entry->locked([](const Entry& own) { return own.is_wanted; })) {
    return fail(ErrorKind::usage,
                fmt::format("'{}' is the child of another actor, which starts it", name));
  }
  in.roster->wake(entry);
  return {};
}

Result<> Deployment::Inside::finish_fork(const ActorManifest& how, const Kind& kind,
                                         const Result<actor::Receipt>& receipt) {
  const std::lock_guard lock(changing);
  forking.erase(how.name);
  if (!receipt) return std::unexpected(receipt.error());
  TRY(keep_spawned(how, *kind));
  // It is there at the next start.
  if (!draining) roster->want(roster->entry_for(how.name), how, kind, true);
  return {};
}

Result<> Deployment::fork(std::string_view from, uint64_t at, std::string_view name,
                          std::function<void(const Result<>&)> done) {
  Inside& in = *inside_;
  if (in.store == nullptr) return without_chain();
  const std::lock_guard lock(in.changing);
  TRY(in.check_new_name(name));
  if (in.store->chain(name)) {
    return fail(ErrorKind::usage, fmt::format("there is a chain of the name '{}' already", name));
  }
  const EntryPtr source = TRY(in.known(from));
  actor::Transition fork =
      TRY(in.fork_of(from, at, fmt::format("forked from record {} of '{}'", at, from)));
  auto [kind, how] =
      source->locked([](const Entry& own) { return std::pair(own.kind, own.wanted); });
  TRY(in.check_image(from, *kind, fork));
  how.name = name;
  const KindNames names = in.components->names_of(*kind);
  how.component = names.component;
  how.settings = names.settings == names.component ? std::string() : names.settings;
  if (!in.components->find(how.component)) {
    return fail(ErrorKind::not_found,
                fmt::format("the component of '{}' has no name any more", from));
  }
  how.supervisor.clear();
  how.restart = actor::Restart::transient;
  how.significant = false;
  how.topics.clear();
  actor::Genesis genesis = in.genesis_of(how.name, *kind);
  genesis.module = fork.module;
  in.forking.insert(how.name);
  in.recorder->fork(
      in.session(), std::move(genesis), std::move(fork),
      [&in, kind = kind, how = how, done = std::move(done)](const Result<actor::Receipt>& receipt) {
        in.apart([&in, kind, how, done, receipt] {
          const Result<> finished = in.finish_fork(how, kind, receipt);
          if (!finished) {
            in.log(LogLevel::error,
                   fmt::format("'{}' was not forked: {}", how.name, finished.error().message));
          }
          if (done) done(finished);
        });
      });
  return {};
}

Result<> Deployment::revert(std::string_view name, uint64_t at) {
  Inside& in = *inside_;
  if (in.store == nullptr) return without_chain();
  const std::lock_guard lock(in.changing);
  const EntryPtr entry = TRY(in.going_on(name));
  TRY(in.check_not_forking(name));
  const std::string why = fmt::format("reverted to record {}", at);
  actor::Transition fork = TRY(in.fork_of(name, at, why));
  TRY(in.check_image(name, *entry->locked([](const Entry& own) { return own.kind; }), fork));
  if (entry->actor_id()) return in.order(entry, {.why = why, .fork = std::move(fork)});
  // Nobody has its chain open, and nobody shall until that is written.
  const Kind kind = entry->locked([](const Entry& own) { return own.kind; });
  in.forking.insert(entry->name);
  in.recorder->fork(in.session(), in.genesis_of(entry->name, *kind), std::move(fork),
                    [&in, entry](const Result<actor::Receipt>& receipt) {
                      in.apart([&in, entry, receipt] { in.finish_revert(entry, receipt); });
                    });
  return {};
}

void Deployment::Inside::finish_revert(const EntryPtr& entry,
                                       const Result<actor::Receipt>& receipt) {
  const std::lock_guard lock(changing);
  forking.erase(entry->name);
  if (receipt) return roster->wake(entry);
  log(LogLevel::error,
      fmt::format("'{}' was not reverted: {}", entry->name, receipt.error().message));
}

// --- what there is ---

ActorStatus Deployment::Inside::status_of(const Entry& entry) const {
  ActorStatus status = {.name = entry.name, .restarts = entry.restarts};
  const actor::ActorId id = entry.actor_id();
  Kind kind;
  entry.locked([&](const Entry& own) {
    status.component = own.wanted.component;
    status.parent = own.wanted.supervisor;
    kind = own.kind;
  });
  if (status.component.empty() && kind != nullptr)
    status.component = components->names_of(*kind).component;
  if (const auto info = system->info(id); id && info) {
    status.id = actor::to_string(id);
    status.is_running = true;
    status.queued = info->queued;
    status.parent = roster->name_of(info->parent);
  }
  if (store != nullptr) {
    if (auto chain = store->chain(entry.name)) status.chain = *std::move(chain);
  }
  return status;
}

std::vector<ActorStatus> Deployment::actors(std::string_view after, size_t count) const {
  std::vector<ActorStatus> list;
  for (const EntryPtr& entry : inside_->roster->entries(after, count)) {
    list.push_back(inside_->status_of(*entry));
  }
  return list;
}

Result<ActorStatus> Deployment::actor(std::string_view name) const {
  if (const EntryPtr entry = inside_->roster->find(name)) return inside_->status_of(*entry);
  if (inside_->store == nullptr || name == system_chain_name) return inside_->no_actor(name);
  auto chain = inside_->store->chain(name);
  if (!chain) return inside_->no_actor(name);
  return ActorStatus{.name = std::string(name), .chain = *std::move(chain)};
}

bool Deployment::serves_http(std::string_view name) const {
  Kind kind;
  if (const std::string component = inside_->pools->component_of(name); !component.empty()) {
    kind = inside_->components->kind(component);
  } else if (const EntryPtr entry = inside_->roster->find(name)) {
    kind = entry->locked([](const Entry& own) { return own.kind; });
  }
  return kind != nullptr && kind->serves_http();
}

Result<actor::Payload> Deployment::state(std::string_view name, std::optional<uint64_t> at) const {
  if (inside_->store == nullptr) return without_chain();
  if (name == system_chain_name) return inside_->no_actor(name);
  if (!at) at = TRY(inside_->store->chain(name)).sequence;
  if (*at == 0)
    return fail(ErrorKind::not_found, fmt::format("record 0 of '{}' has no state", name));
  return inside_->store->state(name, *at);
}

Result<Deployment::ComponentStatus> Deployment::upload(std::string_view name, Bytes bytes) {
  Inside& in = *inside_;
  TRY(check_name(name));
  const auto check_owner = [&]() -> Result<> {
    const auto before = in.components->find(name);
    if (!before || before->is_uploaded) return {};
    return fail(ErrorKind::denied,
                fmt::format("component '{}' is the file that the manifest names", name));
  };
  TRY(check_owner());
  LoadedComponent loaded = TRY(in.components->load_uploaded(std::string(name), bytes));
  if (!in.manifest.durable) loaded.source = std::make_shared<const Bytes>(std::move(bytes));
  const std::lock_guard lock(in.changing);
  TRY(check_owner());
  ComponentStatus status = Components::status_of(loaded);
  TRY(in.tables->put(Tables::Uploaded{status.name, status.digest}));
  in.put_component(std::move(loaded));
  return status;
}

std::vector<Deployment::ComponentStatus> Deployment::components() const {
  return inside_->components->list();
}

}  // namespace cairn::platform
