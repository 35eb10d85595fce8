#pragma once
/// The table of preview-1 functions.

#include <array>
#include <span>
#include <string_view>

#include "preview1/call.hpp"

namespace cairn::wasi {

/// At most this many parameters: path_open's.
inline constexpr size_t params_max = 9;

struct Function {
  std::string_view name;
  engine::HostCallback callback;  ///< its `env` is a `Preview1State`
  /// The function itself with its arguments in `slots`; null for proc_exit, which never returns.
  Outcome<> (*invoke)(Call& call, const uint64_t* slots);
  std::array<wasm::ValType, params_max> params;
  uint8_t param_count;
};

/// All of them, sorted by name.
std::span<const Function> functions();

}  // namespace cairn::wasi
