#pragma once
/// Wiring the engine to `cairn-compiler` and the cache of compiled code.

#include <cairn/engine/engine.hpp>

#include <string>
#include <string_view>

namespace cairn::cli {

/// The path of `cairn-compiler`. Errors: this build has none, or it is not where it should be.
Result<std::string> find_compiler();

/// Gives the engine its compiler, where there is one. `cache`: "on", "off" or a folder.
void set_compiler(engine::Settings& settings, std::string_view cache);

/// Lets an engine without a compiler run machine code that is in a file.
void allow_compiled_code(engine::Settings& settings);

}  // namespace cairn::cli
