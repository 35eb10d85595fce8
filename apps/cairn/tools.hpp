#pragma once
/// Subcommands that have subcommands: `cairn component wit`, `cairn actor ls`.

#include "commands.hpp"

namespace cairn::cli {

std::span<const Subcommand> component_tools();
std::span<const Subcommand> actor_tools();
std::span<const Subcommand> config_tools();

/// The one that somebody may have meant who wrote `word`: it looks alike, or is called so
/// elsewhere. Empty: none.
std::string_view tool_meant(std::string_view word, std::span<const Subcommand> tools);

/// Finds the tool that is named first and hands the rest on; prints what there is, or that there
/// is none of that name.
int run_tool(std::string_view command, std::string_view summary, std::span<const Subcommand> tools,
             Args args);

}  // namespace cairn::cli
