#pragma once
/// Superinstructions: two or three instructions in a row that one handler runs.
///
/// A fused handler runs the bodies of its parts one after another; the compiler keeps what the
/// first leaves in the accumulator in a register, and the dispatches between them are gone. The
/// words of the instructions stay as they are: only the first handler word changes. So a jump to
/// the second part still works, and a trap, an interruption or a lack of fuel in it stops at its
/// own place.
///
/// A part that may stop or jump, and is not the last, has a body that says whether the next
/// instruction follows (`bool run`). Which sequences have a handler is data (`fusions_*.def`),
/// taken from profiles of the kernels in `bench/` and of large public programs.

#include "interp/handlers.hpp"

namespace cairn::engine {

template <class First, class... Rest>
struct Fused {
  CAIRN_BODY void run(Regs& r) {
    if constexpr (std::is_same_v<decltype(First::run(r)), bool>) {
      if (!First::run(r)) return;
    } else {
      First::run(r);
    }
    if constexpr (sizeof...(Rest) > 0) Fused<Rest...>::run(r);
  }
};

struct Fusion {
  Handler parts[3];  ///< the third may be missing
  Handler fused;
};

/// The handler that runs this sequence, or null. `third` may be null.
const Handler* find_fusion(const Handler& first, const Handler& second, const Handler& third);

/// The tables, a translation unit each.
std::span<const Fusion> fusions_a();
std::span<const Fusion> fusions_b();
std::span<const Fusion> fusions_c();
std::span<const Fusion> fusions_d();

}  // namespace cairn::engine
