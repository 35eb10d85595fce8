#pragma once
/// Runs again what chains say that components did.

#include <cairn/actor/component_kind.hpp>
#include <cairn/base/clock.hpp>
#include <cairn/base/random.hpp>
#include <cairn/chain/replay.hpp>
#include <cairn/engine/engine.hpp>

#include <map>
#include <memory>
#include <set>
#include <tuple>

namespace cairn::platform {

/// For one thread.
class ComponentReplayer final : public chain::Replayer {
 public:
  /// All outlive the replayer. The engine counts fuel and is deterministic; what guests are told
  /// of clock and random is what was recorded.
  ComponentReplayer(engine::Engine& engine, Clock& clock, Random& random)
      : engine_(engine), clock_(clock), random_(random) {}

  /// Its digest, which is its name in records.
  crypto::Sha256 add(Bytes component);
  /// Whether a record was seen that names it.
  bool is_named(const crypto::Sha256& module) const { return named_.contains(module); }

  bool has_module(const crypto::Sha256& module) override {
    named_.insert(module);
    return components_.contains(module);
  }
  Result<actor::Transition> replay(const actor::Genesis& genesis, const actor::Transition& recorded,
                                   bool is_first) override;

 private:
  using Kind = std::shared_ptr<const actor::ComponentKind>;
  /// With the limits of memory and messages that a chain names.
  Result<Kind> kind(const actor::Genesis& genesis, const crypto::Sha256& module, uint64_t fuel);

  engine::Engine& engine_;
  Clock& clock_;
  Random& random_;
  std::map<crypto::Sha256, Bytes> components_;
  std::set<crypto::Sha256> named_;
  std::map<std::tuple<crypto::Sha256, uint64_t, uint64_t, uint64_t>, Kind> kinds_;
};

}  // namespace cairn::platform
