#include <cairn/platform/replayer.hpp>

#include <algorithm>
#include <bit>

namespace cairn::platform {

namespace {

/// Logs of before limits were recorded with each restart: a manifest may have raised the limit.
/// What was done within a limit takes as much fuel within a higher one, and how much is compared;
/// it has to end all the same.
uint64_t fuel_for(const actor::Genesis& genesis, const actor::Transition& recorded) {
  constexpr uint64_t fuel_max = uint64_t{1} << 62;
  if (genesis.fuel == 0 || recorded.fuel_used <= genesis.fuel) return genesis.fuel;
  return std::bit_ceil(std::min(recorded.fuel_used, fuel_max) + 1);
}

/// As high as a manifest can set them: they may have been raised since, too, and a rejection by one
/// of them is taken at its word.
constexpr actor::HandlerLimits highest_limits = {.state_bytes_max = size_t{1} << 30,
                                                 .reply_bytes_max = size_t{1} << 30,
                                                 .image_bytes_max = UINT32_MAX,
                                                 .handles_max = UINT32_MAX,
                                                 .effects_max = UINT32_MAX,
                                                 .effect_bytes_max = size_t{1} << 30,
                                                 .host_result_bytes_max = size_t{1} << 30,
                                                 .http_requests_max = UINT32_MAX};

}  // namespace

crypto::Sha256 ComponentReplayer::add(Bytes component) {
  const crypto::Sha256 digest = crypto::sha256(component);
  components_.emplace(digest, std::move(component));
  return digest;
}

Result<actor::Transition> ComponentReplayer::replay(const actor::Genesis& genesis,
                                                    const actor::Transition& recorded,
                                                    bool is_first) {
  const Kind by = TRY(kind(genesis, recorded.module, fuel_for(genesis, recorded)));
  return actor::replay(*by, genesis.name, recorded, is_first);
}

Result<ComponentReplayer::Kind> ComponentReplayer::kind(const actor::Genesis& genesis,
                                                        const crypto::Sha256& module,
                                                        uint64_t fuel) {
  Kind& made = kinds_[{module, fuel, genesis.memory, genesis.payload}];
  if (made != nullptr) return made;
  actor::ActorSettings settings;
  settings.limits.fuel_per_message = fuel;
  settings.limits.memory_bytes = genesis.memory;
  // What was granted is known by what was done: nothing reaches anybody here.
  settings.grants = actor::Grants::all();
  actor::KindSettings kind;
  kind.settings = std::make_shared<const actor::ActorSettings>(std::move(settings));
  kind.handler_limits = highest_limits;
  // As with a journal: each message has a new instance, to the unit of fuel.
  kind.instances_kept = 0;
  made = TRY(actor::ComponentKind::load(engine_, components_.at(module),
                                        {.clock = &clock_, .random = &random_}, std::move(kind)));
  return made;
}

}  // namespace cairn::platform
