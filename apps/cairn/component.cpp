// `cairn component`: tools for components and their interfaces.

#include "component.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "options.hpp"
#include "terminal.hpp"

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

std::string help_text() {
  std::string text = fmt::format(
      "Tools for components and their interfaces.\n\nUsage: cairn component TOOL [OPTIONS] "
      "[ARGS]\n\n{}\n",
      styled(stdout, Style::bold, "Tools:"));
  for (const Subcommand& tool : all_tools) {
    text += fmt::format("  {}{}  {}\n", styled(stdout, Style::cyan, tool.name),
                        std::string(10 - tool.name.size(), ' '), tool.summary);
  }
  return text + "\n`cairn component TOOL --help` explains one of them.\n";
}

}  // namespace

std::span<const Subcommand> component_tools() { return all_tools; }

int component_command(Args args) {
  const std::string_view first = args.empty() ? "" : args[0];
  if (first == "-h" || first == "--help") {
    write(stdout, help_text());
    return exit_ok;
  }
  if (args.empty()) {
    write(stderr, help_text());
    return exit_usage;
  }
  const auto found = std::ranges::find(all_tools, first, &Subcommand::name);
  if (found != all_tools.end()) return found->main(args.subspan(1));
  print_error(
      fmt::format("component: unknown {} '{}'", first.starts_with('-') ? "option" : "tool", first));
  print_hint("`cairn component --help` lists the tools");
  return exit_usage;
}

}  // namespace cairn::cli
