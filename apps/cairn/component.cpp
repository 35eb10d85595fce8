// `cairn component`: tools for components and their interfaces.

#include "component.hpp"

#include <array>

#include "tools.hpp"

namespace cairn::cli {
namespace {

constexpr std::array all_tools = {
    Subcommand{"wit", "Print the interfaces of a component, or check and encode WIT",
               component_wit_command},
    Subcommand{"new", "Make a component of a core module", component_new_command},
    Subcommand{"embed", "Put a world into a core module", component_embed_command},
    Subcommand{"compose", "Join components", component_compose_command},
    Subcommand{"targets", "Check that a component fits a world", component_targets_command},
    Subcommand{"inspect", "Show the sections, imports and exports of a component",
               component_inspect_command},
};

}  // namespace

std::span<const Subcommand> component_tools() { return all_tools; }

int component_command(Args args) {
  return run_tool("component", "Tools for components and their interfaces.", all_tools, args);
}

}  // namespace cairn::cli
