#pragma once
/// Executions that serve one call after another: their stacks stay, and a fiber that has returned
/// needs no new beginning.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cairn::engine {

struct EngineState;
struct ExecutionData;
struct StoreData;

/// What a store keeps for its next calls: as many as have been alive at once, up to a limit, and to
/// another one for all stores of the engine together. They keep what they have touched of their
/// stacks.
class ExecutionPool {
 public:
  ExecutionPool() = default;
  ExecutionPool(const ExecutionPool&) = delete;
  ExecutionPool& operator=(const ExecutionPool&) = delete;

  /// An execution of this store that stands before its start, with no function yet. Null when the
  /// system has no memory for its stacks.
  ExecutionData* take(StoreData& store);
  /// Nothing refers to it any more, wherever it stands.
  void give_back(ExecutionData* ex);
  /// The same for one whose call has returned, or has never begun.
  void give_back_returned(ExecutionData* ex);
  /// Before the store ends.
  void clear(EngineState& engine);

 private:
  static constexpr size_t kept_max = 16;
  ExecutionData* make_another(StoreData& store);
  static void drop(ExecutionData* ex);
  ExecutionData* idle_ = nullptr;  ///< the first; others follow
  size_t kept_ = 0;                ///< idle or not
};

}  // namespace cairn::engine
