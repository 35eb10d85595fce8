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

/// A function, as its distance from this place: known when the command is linked, so that nothing
/// has to be relocated when it starts.
template <class Function>
struct Near {
  int32_t distance;  ///< 0: none
  Function get() const {
    if (distance == 0) return nullptr;
    return reinterpret_cast<Function>(reinterpret_cast<uintptr_t>(this) +
                                      static_cast<intptr_t>(distance));
  }
};

struct Fusion {
  Near<TailHandler> parts[3];  ///< the third may be missing
  Near<TailHandler> tail;
  Near<LoopHandler> loop;
};

/// The handler that runs this sequence, or null. `third` may be null.
Handler find_fusion(const Handler& first, const Handler& second, const Handler& third);

/// Their code is empty; what they are made of are the rows, a part of the table each.
void place_fusions_a();
void place_fusions_b();
void place_fusions_c();
void place_fusions_d();

}  // namespace cairn::engine
