#pragma once
/// Why WebAssembly code stopped. An exception that nothing caught is not a trap.

#include <cstdint>
#include <string_view>

namespace cairn::engine {

/// The reason for a trap; `none` says that there was none, so it doubles as a numeric function's
/// success value. From `trap.def`.
enum class Trap : uint8_t {
  none = 0,
#define CAIRN_TRAP(id, message) id,
#include <cairn/engine/trap.def>
};

/// How many reasons there are, `none` not counted: valid values are 0 … trap_count.
inline constexpr uint32_t trap_count = 0
#define CAIRN_TRAP(id, message) +1
#include <cairn/engine/trap.def>
    ;

/// The official suite's words for the reason ("integer divide by zero"); empty for `none`.
constexpr std::string_view message(Trap trap) {
  switch (trap) {
    case Trap::none: return "";
#define CAIRN_TRAP(id, message) \
  case Trap::id: return message;
#include <cairn/engine/trap.def>
  }
  return "";
}

}  // namespace cairn::engine
