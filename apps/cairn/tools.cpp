#include "tools.hpp"

#include <fmt/format.h>
#include <cairn/base/spelling.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "terminal.hpp"

namespace cairn::cli {
namespace {

std::string help_text(std::string_view command, std::string_view summary,
                      std::span<const Subcommand> tools) {
  std::string text = fmt::format("{}\n\nUsage: cairn {} TOOL [OPTIONS] [ARGS]\n\n{}\n", summary,
                                 command, styled(stdout, Style::bold, "Tools:"));
  size_t width = 10;
  for (const Subcommand& tool : tools) width = std::max(width, tool.name.size());
  for (const Subcommand& tool : tools) {
    text += fmt::format("  {}{}  {}\n", styled(stdout, Style::cyan, tool.name),
                        std::string(width - tool.name.size(), ' '), tool.summary);
  }
  return text + fmt::format("\n`cairn {} TOOL --help` explains one of them.\n", command);
}

/// What tools of others call the same.
constexpr std::pair<std::string_view, std::string_view> other_words[] = {
    {"list", "ls"},       {"ps", "ls"},        {"get", "ls"},         {"describe", "ls"},
    {"deploy", "upload"}, {"push", "upload"},  {"invoke", "request"}, {"call", "request"},
    {"start", "spawn"},   {"create", "spawn"}, {"events", "logs"},    {"tail", "logs"},
    {"delete", "stop"},   {"kill", "stop"},    {"rm", "stop"},        {"history", "chain"},
    {"update", "upgrade"}};

}  // namespace

std::string_view tool_meant(std::string_view word, std::span<const Subcommand> tools) {
  for (const auto& [other, ours] : other_words)
    if (word == other && std::ranges::find(tools, ours, &Subcommand::name) != tools.end())
      return ours;
  std::vector<std::string_view> names;
  for (const Subcommand& tool : tools) names.push_back(tool.name);
  return most_like(word, names);
}

int run_tool(std::string_view command, std::string_view summary, std::span<const Subcommand> tools,
             Args args) {
  const std::string_view first = args.empty() ? "" : args[0];
  if (first == "-h" || first == "--help") {
    write(stdout, help_text(command, summary, tools));
    return exit_ok;
  }
  if (args.empty()) {
    write(stderr, help_text(command, summary, tools));
    return exit_usage;
  }
  const auto found = std::ranges::find(tools, first, &Subcommand::name);
  if (found != tools.end()) return found->main(args.subspan(1));
  print_error(fmt::format("{}: unknown {} '{}'", command,
                          first.starts_with('-') ? "option" : "tool", first));
  const std::string_view meant = tool_meant(first, tools);
  print_hint(meant.empty() ? fmt::format("`cairn {} --help` lists the tools", command)
                           : fmt::format("did you mean `cairn {} {}`?", command, meant));
  return exit_usage;
}

}  // namespace cairn::cli
