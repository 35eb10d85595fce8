#pragma once
/// The tools of `cairn component`: one function each.

#include <span>

#include "commands.hpp"

namespace cairn::cli {

std::span<const Subcommand> component_tools();

int component_wit_command(Args args);

}  // namespace cairn::cli
