#pragma once
/// Runs again what chains say that components did.

#include <cairn/actor/component_kind.hpp>
#include <cairn/base/clock.hpp>
#include <cairn/base/random.hpp>
#include <cairn/chain/replay.hpp>
#include <cairn/engine/engine.hpp>

#include <map>
#include <memory>
#include <tuple>

namespace cairn::cli {

/// For one thread.
class ComponentReplayer final : public chain::Replayer {
 public:
  /// The engine counts fuel and is deterministic; it outlives the replayer.
  explicit ComponentReplayer(engine::Engine& engine) : engine_(engine) {}

  void add(Bytes component);
  size_t size() const { return components_.size(); }

  bool has_module(const crypto::Sha256& module) override { return components_.contains(module); }
  Result<actor::Transition> replay(const actor::Genesis& genesis, const actor::Transition& recorded,
                                   bool is_first) override;

 private:
  using Kind = std::shared_ptr<const actor::ComponentKind>;
  /// With the limits of memory and messages that a chain names.
  Result<Kind> kind(const actor::Genesis& genesis, const crypto::Sha256& module, uint64_t fuel);

  engine::Engine& engine_;
  RealClock clock_;
  RealRandom random_;
  std::map<crypto::Sha256, Bytes> components_;
  std::map<std::tuple<crypto::Sha256, uint64_t, uint64_t, uint64_t>, Kind> kinds_;
};

}  // namespace cairn::cli
