#pragma once
/// Wiring the engine to `cairn-compiler` and the cache of compiled code.

#include <cairn/engine/engine.hpp>

#include <string_view>

namespace cairn::cli {

/// Gives the engine its compiler. `cache`: "on", "off" or a folder.
void set_compiler(engine::Settings& settings, std::string_view cache);

}  // namespace cairn::cli
