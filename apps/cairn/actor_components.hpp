#pragma once
/// Components where an actor's is asked for.

#include <string>

#include "api_command.hpp"

namespace cairn::cli {

/// A component by its name; or a file, which is uploaded under the name that it has without
/// ".wasm".
Result<std::string> component_named(const ApiClient& client, const std::string& given);

}  // namespace cairn::cli
