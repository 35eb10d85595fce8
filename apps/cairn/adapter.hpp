#pragma once
/// The adapter from WASI preview 1 to WASI 0.2 that is built into the command (wasi/adapter).

#include <cairn/base/bytes.hpp>

namespace cairn::cli {

/// A core module with its world in it, see `component::tools::Adapter`.
Bytes preview1_adapter();

}  // namespace cairn::cli
