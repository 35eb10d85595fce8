#include "replayer.hpp"

namespace cairn::cli {

void ComponentReplayer::add(Bytes component) {
  const crypto::Sha256 digest = crypto::sha256(component);
  components_.emplace(digest, std::move(component));
}

Result<actor::Transition> ComponentReplayer::replay(const actor::Genesis& genesis,
                                                    const actor::Transition& recorded,
                                                    bool is_first) {
  const Kind by = TRY(kind(genesis, recorded.module));
  return actor::replay(*by, genesis.name, recorded, is_first);
}

Result<ComponentReplayer::Kind> ComponentReplayer::kind(const actor::Genesis& genesis,
                                                        const crypto::Sha256& module) {
  Kind& made = kinds_[{module, genesis.fuel, genesis.memory, genesis.payload}];
  if (made != nullptr) return made;
  actor::ActorSettings settings;
  settings.limits.fuel_per_message = genesis.fuel;
  settings.limits.memory_bytes = genesis.memory;
  // What was granted is known by what was done: nothing reaches anybody here.
  settings.grants = actor::Grants::all();
  actor::KindSettings kind;
  kind.settings = std::make_shared<const actor::ActorSettings>(std::move(settings));
  // As with a journal: each message has a new instance, to the unit of fuel.
  kind.instances_kept = 0;
  made = TRY(actor::ComponentKind::load(engine_, components_.at(module),
                                        {.clock = &clock_, .random = &random_}, std::move(kind)));
  return made;
}

}  // namespace cairn::cli
