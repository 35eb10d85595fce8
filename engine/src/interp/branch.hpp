#pragma once
/// Taking branches: distance, interruption, fuel.

#include "interp/handlers.hpp"

namespace cairn::engine {

/// Pays for the block that ends here. When the fuel does not suffice nothing is taken, the execution
/// stops at this instruction and can be resumed. True: paid.
CAIRN_BODY bool charge(Regs& r, uint32_t cost) {
  r.ex->fuel -= cost;
  if (r.ex->fuel >= 0) [[likely]]
    return true;
  r.ex->fuel += cost;
  leave(r, Exit::out_of_fuel);
  return false;
}

/// Goes `distance` words on. A backward branch looks for an interruption first.
template <bool backward, bool metered>
CAIRN_BODY void jump(Regs& r, uint32_t distance, uint32_t cost) {
  if constexpr (backward) {
    if (r.ex->interrupt->load(std::memory_order_relaxed) != 0) [[unlikely]]
      return leave(r, Exit::interrupted);
  }
  if constexpr (metered) {
    if (!charge(r, cost)) return;
  }
  r.pc += static_cast<int32_t>(distance);
}

}  // namespace cairn::engine
