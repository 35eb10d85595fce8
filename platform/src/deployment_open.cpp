// How a deployment is put together.

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "inside.hpp"
#include "log_key.hpp"
#include "values.hpp"

namespace cairn::platform {

Deployment::Inside::Inside(DeploymentWorld world_in, Manifest manifest_in)
    : world(std::move(world_in)),
      manifest(std::move(manifest_in)),
      data(path_in(world.folder, manifest.data)),
      watched_log(world.log, hub, *world.clock),
      keys(*world.clock),
      request_timeout_ns(manifest.request_timeout_ns) {}

Result<> Deployment::Inside::open() {
  std::string kept;  // without a log, nothing is
  if (manifest.durable) {
    // Two at once would make two keys already.
    TRY(world.disk->make_directories(data));
    held = TRY(world.disk->lock(data + "/lock"));
    kept = data + "/components";
    TRY(world.disk->make_directories(kept));
    TRY(world.disk->make_directories(data + "/log"));
  } else {
    world.tables_in_memory = true;
  }
  // Tables are files of SQLite, which has the real disk.
  if (!world.tables_in_memory) TRY(world.files->make_directories(data + "/values"));
  tables = TRY(Tables::open(TRY(world.tables_in_memory
                                    ? database::Database::open_in_memory()
                                    : database::Database::open(data + "/deployment.db"))));
  if (manifest.durable) TRY(open_store());
  hosting = {
      .tickets = &tickets,
      .entry_in = [this](const EntryPtr& entry, actor::ActorId id,
                         actor::ActorId parent) { return roster->entry_in(entry, id, parent); },
      .started =
          [this](const EntryPtr& entry, actor::ActorId id, actor::ActorId parent) {
            roster->started(entry, id, parent);
            if (recorder != nullptr) recorder->bind(id, entry);
          },
      .upgraded =
          [this](const EntryPtr& entry) {
            // Its worker does not wait for that disk.
            apart([this, entry] { keep_upgrade(entry, true); });
          },
      .unrecorded =
          [this](const EntryPtr& entry, const Ticket& ticket) {
            // Without a journal, the answer itself says that it was handled.
            if (store != nullptr) abandon(entry->name, ticket.key);
          },
      .complain =
          [this](const EntryPtr& entry, const std::string& what) {
            log(LogLevel::error, fmt::format("actor '{}': {}", entry->name, what));
          }};
  if (recorder != nullptr) {
    hosting.fork = [this](const EntryPtr& entry, actor::Transition fork,
                          std::function<void(Result<actor::Receipt>)> done) {
      const Kind kind = entry->locked([](const Entry& own) { return own.kind; });
      // Not as the actor: if it is killed meanwhile, its next instance has the chain open as that.
      recorder->fork(session(), genesis_of(entry->name, *kind), std::move(fork), std::move(done));
    };
  }
  components = std::make_unique<Components>(Components::World{.engine = world.engine,
                                                              .disk = world.disk,
                                                              .files = world.files,
                                                              .folder = kept,
                                                              .base = world.folder,
                                                              .actors = actor_world()});
  TRY(load_components());
  load_uploads();
  roster = std::make_unique<Roster>(manifest.supervisors);
  actor::SystemSettings settings;
  settings.workers =
      manifest.workers != 0 ? manifest.workers : std::max(std::thread::hardware_concurrency(), 1u);
  settings.policy = manifest.scheduling;
  settings.observer = [this](const actor::Event& event) { observe(event); };
  settings.name_of = [this](actor::ActorId id) { return name_of(id); };
  system = std::make_unique<actor::System>(*world.clock, *world.random, std::move(settings));
  pools = std::make_unique<Pools>(*roster, *system);
  roster->set_system(*system, [this](const std::string& what) {
    if (!draining) log(LogLevel::error, what);
  });
  set_schedules();
  show();
  return {};
}

Result<> Deployment::Inside::open_store() {
  const std::string folder = data + "/log";
  const crypto::Ed25519Key key = TRY(open_log_key(*world.disk, *world.random, data, folder));
  store = TRY(chain::Store::open(
      *world.disk, *world.clock, *world.random,
      {.folder = folder, .origin = manifest.origin, .witnesses = manifest.witnesses}, key));
  mark = TRY(LogMark::open(*world.disk, data));
  if (const uint64_t torn = store->opening().torn_bytes; torn != 0) {
    // A crash leaves only what nobody was told of; who cuts the file may take more.
    log(LogLevel::warning,
        fmt::format(
            "{} bytes at the end of the log were part of a record or more, and are gone: it "
            "has {} records now, and had at least {} when they were counted last",
            torn, store->size(), mark->records()));
  }
  TRY(mark->check(store->size()));
  set_mark();
  TRY(keys.load(*store));
  recorder = std::make_unique<Recorder>(
      *store, hub, *world.clock,
      [this](const std::string& actor, const std::string& key_of,
             const std::optional<actor::Receipt>& receipt) { settled(actor, key_of, receipt); });
  system_chain = std::make_unique<SystemChain>(SystemChain::World{
      .store = store.get(),
      .hub = &hub,
      .clock = world.clock,
      .session = session(),
      .complain = [this](const std::string& what) { log(LogLevel::error, what); }});
  return {};
}

void Deployment::Inside::set_mark() {
  const std::lock_guard lock(mark_mutex);
  if (const Result<> done = mark->set(store->size()); !done) {
    log(LogLevel::warning, done.error().to_string());
  }
}

Result<> Deployment::Inside::load_components() {
  for (const ComponentManifest& one : manifest.components) {
    put_component(TRY(components->load(one)));
  }
  return {};
}

void Deployment::Inside::put_component(LoadedComponent component) {
  if (const auto put = tables->put_name(component.kind->digest(), component.manifest.name); !put)
    log(LogLevel::error, put.error().to_string());
  components->put(std::move(component));
}

/// One that does not load is no reason not to start.
void Deployment::Inside::load_uploads() {
  const auto uploads = tables->uploaded();
  if (!uploads) return log(LogLevel::error, uploads.error().to_string());
  for (const Tables::Uploaded& one : *uploads) {
    if (components->find(one.name)) continue;  // by now the manifest names a file
    auto loaded = components->load_uploaded(one.name, one.digest);
    if (!loaded) {
      log(LogLevel::error, loaded.error().to_string());
      continue;
    }
    put_component(*std::move(loaded));
  }
}

actor::ComponentWorld Deployment::Inside::actor_world() {
  return {.clock = world.clock,
          .random = world.random,
          .log = &watched_log,
          .journal = recorder.get(),
          .kinds = [this](std::string_view name) { return components->kind(name); },
          .is_name = [](std::string_view name) { return check_name(name).has_value(); },
          .http = world.http,
          .values = [this](std::string_view actor) { return values_of(actor); },
          .host = [this](const actor::ComponentKind& kind, std::string_view name,
                         const actor::Payload& argument,
                         std::unique_ptr<actor::Actor> inner) -> std::unique_ptr<actor::Actor> {
            return std::make_unique<Hosted>(hosting, roster->entry_for(name),
                                            kind.shared_from_this(), argument, std::move(inner));
          }};
}

std::shared_ptr<wasi::KeyValueBucket> Deployment::Inside::values_of(std::string_view actor) {
  const std::lock_guard lock(values_mutex);
  const auto found = values.find(actor);
  if (found != values.end()) {
    if (auto open = found->second.lock()) return open;
  }
  if (values.size() >= values_looked_at) {
    std::erase_if(values, [](const auto& each) { return each.second.expired(); });
    values_looked_at = std::max<size_t>(2 * values.size(), 64);
  }
  std::shared_ptr<wasi::KeyValueBucket> bucket;
  if (world.tables_in_memory) {
    bucket = values_in_memory.emplace_back(std::make_shared<wasi::MemoryBucket>());
  } else {
    // A name may hold what no file's may.
    const std::string file = crypto::to_hex(crypto::sha256(as_bytes(actor)));
    bucket = std::make_shared<LazyBucket>(*world.files, data + "/values/" + file + ".db");
  }
  values.insert_or_assign(std::string(actor), bucket);
  return bucket;
}

}  // namespace cairn::platform
