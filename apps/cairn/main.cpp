/// The `cairn` command: finds the subcommand and hands the arguments on.

#include <fcntl.h>
#include <fmt/format.h>
#include <cairn/base/spelling.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "commands.hpp"
#include "terminal.hpp"
#include "tools.hpp"

namespace cairn::cli {
namespace {

constexpr std::array all_subcommands = {
    Subcommand{"run", "Run a WebAssembly program, or one function of a module", run_command},
    Subcommand{"serve", "Serve actors: supervised, durable, every step provable", serve_command},
    Subcommand{"actor", "Speak to the actors of a server", actor_command, actor_tools},
    Subcommand{"top", "Watch the actors of a server", top_command},
    Subcommand{"verify", "Check a log of actors, and run it again", verify_command},
    Subcommand{"config", "Check what `serve` is told to run", config_command, config_tools},
    Subcommand{"serve-http", "Serve a component over HTTP", serve_http_command},
    Subcommand{"compile", "Compile a module ahead of time, or show its machine code",
               compile_command},
    Subcommand{"validate", "Check that modules are valid", validate_command},
    Subcommand{"parse", "Translate a module from the text format to the binary format",
               parse_command},
    Subcommand{"print", "Translate a module from the binary format to the text format",
               print_command},
    Subcommand{"inspect", "Show sections, imports, exports, sizes and code of a module",
               inspect_command},
    Subcommand{"component", "Tools for components and their interfaces (WIT)", component_command,
               component_tools},
    Subcommand{"new", "Start a project that builds with one command", new_command},
    Subcommand{"bindgen", "Write guest bindings of a WIT world", bindgen_command},
    Subcommand{"wast", "Run scripts of the official test suite", wast_command},
    Subcommand{"features", "List the language features, and what is compiled", features_command},
    Subcommand{"completion", "Print the completion script for a shell", completion_command},
};

std::string help_text() {
  std::string text = fmt::format(
      "Cairn runs WebAssembly: sandboxed, metered and repeatable.\n\n"
      "Usage: cairn COMMAND [OPTIONS] [ARGS]\n\n{}\n",
      styled(stdout, Style::bold, "Commands:"));
  for (const Subcommand& command : all_subcommands) {
    text += fmt::format("  {}{}  {}\n", styled(stdout, Style::cyan, command.name),
                        std::string(10 - command.name.size(), ' '), command.summary);
  }
  text += fmt::format(
      "\n{}\n"
      "  -h, --help     Print this help; `cairn COMMAND --help` explains one command\n"
      "  -V, --version  Print the version\n\n"
      "{}\n"
      "  cairn run hello.wasm one two       run a program with two arguments\n"
      "  cairn run --dir . app.wasm         and let it see the current directory\n"
      "  cairn run --invoke add add.wat 1 2 call one function\n"
      "  cairn serve counter.wasm           serve an actor on http://127.0.0.1:8080\n",
      styled(stdout, Style::bold, "Options:"), styled(stdout, Style::bold, "Examples:"));
  return text;
}

const Subcommand* find_subcommand(std::string_view name) {
  const auto found = std::ranges::find(all_subcommands, name, &Subcommand::name);
  return found == all_subcommands.end() ? nullptr : found;
}

int unknown_command(std::string_view name) {
  print_error(fmt::format("unknown command '{}'", name));
  std::vector<std::string_view> names;
  for (const Subcommand& command : all_subcommands) names.push_back(command.name);
  const std::string_view nearest = most_like(name, names);
  // `cairn ps`, `cairn upload`: of actors.
  const std::string_view tool = nearest.empty() ? tool_meant(name, actor_tools()) : "";
  if (name.ends_with(".wasm") || name.ends_with(".wat") || name.ends_with(".cairn")) {
    print_hint(fmt::format("did you mean `cairn run {}`?", name));
  } else if (!nearest.empty()) {
    print_hint(fmt::format("did you mean `cairn {}`?", nearest));
  } else if (!tool.empty()) {
    print_hint(fmt::format("did you mean `cairn actor {}`?", tool));
  } else {
    print_hint("`cairn --help` lists the commands");
  }
  return exit_usage;
}

/// Where we were started with a standard stream closed, a file that we open later would take its
/// number, and a guest that prints would write into it. So something else takes it, on which reads
/// and writes fail as before.
void hold_closed_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is this one.
    if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) return;
  }
}

int dispatch(Args args) {
  if (args.empty()) {
    write(stderr, help_text());
    return exit_usage;
  }
  const std::string_view first = args[0];
  if (first == "-h" || first == "--help" || (first == "help" && args.size() == 1)) {
    write(stdout, help_text());
    return exit_ok;
  }
  if (first == "-V" || first == "--version") {
    write(stdout, "cairn " CAIRN_VERSION "\n");
    return exit_ok;
  }
  if (first == "help") {
    static constexpr const char* help_flag[] = {"--help"};
    const Subcommand* command = find_subcommand(args[1]);
    return command != nullptr ? command->main(help_flag) : unknown_command(args[1]);
  }
  if (first.starts_with('-')) {
    print_error(fmt::format("unknown option '{}'", first));
    print_hint("`cairn --help` lists the commands");
    return exit_usage;
  }
  const Subcommand* command = find_subcommand(first);
  return command != nullptr ? command->main(args.subspan(1)) : unknown_command(first);
}

}  // namespace

std::span<const Subcommand> subcommands() { return all_subcommands; }

}  // namespace cairn::cli

int main(int argc, char** argv) {
  using namespace cairn::cli;
  hold_closed_streams();
  // A file that may not grow is an error like a full disk, and not the end.
  std::signal(SIGXFSZ, SIG_IGN);
  // Libraries throw where the machine has no more memory, threads or descriptors.
  try {
    const int code = dispatch({argv + std::min(argc, 1), argv + argc});
    return finish_output() || code != exit_ok ? code : exit_failure;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "error: the system does not give what is needed: %s\n", failure.what());
    return exit_failure;
  }
}
