#include <cairn/platform/deployment.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "inside.hpp"

namespace cairn::platform {
namespace {

constexpr uint64_t mark_interval_ns = 10'000'000'000;

}  // namespace

Deployment::Deployment(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Deployment::~Deployment() = default;

Result<std::unique_ptr<Deployment>> Deployment::open(DeploymentWorld world, Manifest manifest) {
  auto inside = std::make_unique<Inside>(std::move(world), std::move(manifest));
  TRY(inside->open());
  return std::unique_ptr<Deployment>(new Deployment(std::move(inside)));
}

Result<> Deployment::start() {
  Inside& in = *inside_;
  const std::lock_guard lock(in.changing);
  TRY(in.settle_upgrades());
  for (const ActorManifest& listed : in.manifest.actors) {
    Result<Inside::Told> told = in.as_told(listed);
    if (!told) {
      in.log(LogLevel::error,
             fmt::format("'{}' does not run: {}", listed.name, told.error().to_string()));
      continue;
    }
    in.roster->want(in.roster->entry_for(listed.name), std::move(told->how), std::move(told->kind),
                    false);
  }
  for (const Tables::Spawned& one : TRY(in.tables->spawned())) {
    const auto chosen = in.components->choose(one.component, one.settings, one.upload);
    if (!chosen) {
      in.log(LogLevel::error, fmt::format("'{}', spawned earlier, does not run: {}", one.name,
                                          chosen.error().to_string()));
      continue;
    }
    Kind kind = chosen->kind;
    const bool is_taken = in.roster->find(one.name) != nullptr || in.has_other_meaning(one.name);
    if (kind == nullptr || is_taken) {
      in.log(LogLevel::error,
             is_taken ? fmt::format("'{}', spawned earlier, has the name of one of the manifest",
                                    one.name)
                      : fmt::format("'{}', spawned earlier, needs component '{}', which is gone",
                                    one.name, one.component));
      continue;
    }
    std::string supervisor = one.supervisor;
    if (!supervisor.empty() && !in.roster->is_supervisor(supervisor)) {
      in.log(LogLevel::error,
             fmt::format("'{}', spawned below supervisor '{}', which is gone: it is below the "
                         "system itself",
                         one.name, std::exchange(supervisor, {})));
    }
    in.roster->want(in.roster->entry_for(one.name),
                    {.name = one.name,
                     .component = one.component,
                     .argument = one.argument,
                     .supervisor = std::move(supervisor),
                     .restart = one.restart,
                     .shutdown_ns = one.shutdown_ns,
                     .significant = one.significant,
                     .settings = one.settings},
                    std::move(kind), true);
  }
  in.tell_lost();
  TRY(in.pools->set(in.manifest.pools));
  return in.roster->start();
}

/// Of who was spawned, the log knows what they did, but not that they are to go on.
void Deployment::Inside::tell_lost() const {
  constexpr size_t named_max = 20;
  if (store == nullptr || world.tables_in_memory || !tables->are_new() || store->size() == 0)
    return;
  std::vector<std::string> names;
  size_t count = 0;
  for (const chain::ChainInfo& chain : store->chains("", SIZE_MAX)) {
    if (chain.name == system_chain_name) continue;
    if (roster->find(chain.name) != nullptr || ++count > named_max) continue;
    names.push_back('\'' + chain.name + '\'');
  }
  if (count == 0) return;
  log(LogLevel::warning,
      fmt::format("{}/deployment.db was lost, and with it who was spawned and what was uploaded: "
                  "nobody runs {}{}. Who of them was neither stopped nor is another actor's child "
                  "goes on with its state when it is spawned again",
                  data, fmt::join(names, ", "),
                  count > names.size() ? fmt::format(" and {} others", count - names.size()) : ""));
}

void Deployment::drain(uint64_t timeout_ns) {
  {
    const std::lock_guard lock(inside_->changing);
    inside_->draining = true;
  }
  // Whoever has not begun by now may never do.
  for (const EntryPtr& entry : inside_->roster->entries("", SIZE_MAX)) entry->tell_stopped();
  inside_->system->shutdown(timeout_ns);
}

/// Once nobody lives, the log says with its signature how far it goes.
bool Deployment::ended() const {
  Inside& in = *inside_;
  if (!in.draining || in.system->live() != 0 || in.tasks != 0) return false;
  if (in.store == nullptr) return true;
  if (!in.system_chain->finish()) return false;
  if (!in.sign_asked.exchange(true)) {
    in.store->sign_checkpoint([&in](const Result<std::string>&) {
      in.set_mark();
      in.is_signed = true;
    });
  }
  return in.is_signed;
}

Deployment::Watch Deployment::watch(std::string_view actor,
                                    std::function<void(const Happening&)> seen) {
  return inside_->hub.watch(actor, std::move(seen));
}

std::shared_ptr<const Manifest> Deployment::manifest() const {
  const std::lock_guard lock(inside_->shown_mutex);
  return inside_->shown;
}
actor::System& Deployment::system() { return *inside_->system; }
chain::Store* Deployment::store() { return inside_->store.get(); }

void Deployment::Inside::complain(Schedule& schedule, const Refused& refused,
                                  uint64_t now_ns) const {
  constexpr uint64_t quiet_ns = uint64_t{60} * 1'000'000'000;
  if (now_ns < schedule.quiet_ns) return;
  schedule.quiet_ns = now_ns + quiet_ns;
  log(LogLevel::warning,
      fmt::format("schedule '{}': its message was refused ({}): {}", schedule.manifest.name,
                  actor::to_string(refused.refusal), refused.why));
}

uint64_t Deployment::tick() {
  Inside& in = *inside_;
  in.expire_waiting();
  std::vector<std::string> forgotten;
  std::vector<EntryPtr> unkept;
  {
    const std::lock_guard lock(in.forgotten_mutex);
    forgotten.swap(in.forgotten);
    unkept.swap(in.unkept);
  }
  for (const EntryPtr& entry : unkept) in.keep_upgrade(entry, false);
  if (!forgotten.empty()) {
    const std::lock_guard changing(in.changing);
    for (const std::string& name : forgotten) {
      if (in.roster->find(name) != nullptr) continue;  // it was spawned again
      if (Result<> done = in.tables->remove(name); !done) {
        in.log(LogLevel::error, done.error().to_string());
      }
    }
  }
  uint64_t next_ns = UINT64_MAX;
  const uint64_t now_ns = in.world.clock->monotonic_ns();
  if (in.store != nullptr && in.mark_due_ns <= now_ns) {
    in.set_mark();
    in.mark_due_ns = now_ns + mark_interval_ns;
  }
  in.prune_if_due(now_ns);
  if (in.system_chain != nullptr) next_ns = in.system_chain->tick();
  const std::lock_guard lock(in.schedules_mutex);
  for (Inside::Schedule& schedule : in.schedules) {
    if (schedule.next_ns <= now_ns) {
      // What was missed is not made up for.
      const uint64_t every_ns = schedule.manifest.every_ns;
      schedule.next_ns += every_ns * ((now_ns - schedule.next_ns) / every_ns + 1);
      const ScheduleManifest& how = schedule.manifest;
      const auto sent = send(addressee(how.actor, how.message, "", ""), how.message, {});
      if (!sent) in.complain(schedule, sent.error(), now_ns);
    }
    next_ns = std::min(next_ns, schedule.next_ns);
  }
  return next_ns;
}

}  // namespace cairn::platform
