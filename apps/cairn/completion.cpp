// `cairn completion`: scripts that teach a shell our commands and options.

#include <fmt/format.h>

#include "commands.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

// The options of a command are taken from its own help text, so they cannot fall behind.

constexpr std::string_view bash_script = R"sh(# cairn completion for bash: source it, or put it into
# ~/.local/share/bash-completion/completions/cairn
_cairn() {
  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]:-} tools= tool=
  case $command in
@CASES@  esac
  [[ -n $tools ]] && tool=${COMP_WORDS[2]:-}
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "@COMMANDS@ help --help --version" -- "$word")
    return
  fi
  if [[ $command == completion ]]; then
    mapfile -t COMPREPLY < <(compgen -W "bash zsh fish" -- "$word")
  elif [[ -n $tools ]] && ((COMP_CWORD == 2)); then
    mapfile -t COMPREPLY < <(compgen -W "$tools --help" -- "$word")
  elif [[ $command == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W "@COMMANDS@" -- "$word")
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(cairn "$command" $tool --help 2> /dev/null |
      grep -oE -- '--[a-z][a-z0-9-]*' | sort -u)" -- "$word")
  else
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -F _cairn cairn
)sh";

constexpr std::string_view zsh_head = R"sh(#compdef cairn
# cairn completion for zsh: put it into a folder of $fpath as _cairn
_cairn() {
  local -a commands options tools tool
  commands=(
)sh";
constexpr std::string_view zsh_tail = R"sh(  )
  case $words[2] in
@CASES@  esac
  if ((CURRENT == 2)); then
    _describe -t commands command commands
  elif [[ $words[2] == completion ]]; then
    compadd bash zsh fish
  elif [[ $words[2] == help ]]; then
    _describe -t commands command commands
  elif (($#tools)) && ((CURRENT == 3)); then
    compadd -- $tools
  elif [[ $words[CURRENT] == -* ]]; then
    (($#tools)) && tool=($words[3])
    options=(${(f)"$(cairn $words[2] $tool --help 2> /dev/null | grep -oE -- '--[a-z][a-z0-9-]*' | sort -u)"})
    compadd -- $options
  else
    _files
  fi
}
_cairn "$@"
)sh";

constexpr std::string_view fish_head = R"sh(# cairn completion for fish: put it into
# ~/.config/fish/completions/cairn.fish
function __cairn_options
  set -l words (commandline -opc)
  set -l tool
  contains -- "$words[2]" @WITH_TOOLS@; and set tool $words[3]
  cairn $words[2] $tool --help 2> /dev/null | string match -ar -- '--[a-z][a-z0-9-]*' | sort -u
end
)sh";
constexpr std::string_view fish_tail =
    R"sh(complete -c cairn -n 'not __fish_use_subcommand' -a '(__cairn_options)'
complete -c cairn -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'
)sh";

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  size_t begin = 0;
  for (size_t at; (at = text.find(from, begin)) != std::string_view::npos;
       begin = at + from.size()) {
    out += text.substr(begin, at - begin);
    out += to;
  }
  return out += text.substr(begin);
}

std::string names_of(std::span<const Subcommand> commands) {
  std::string names;
  for (const Subcommand& command : commands)
    names += (names.empty() ? "" : " ") + std::string(command.name);
  return names;
}

/// A line for each command that has tools: `{0}` is its name, `{1}` theirs.
std::string for_tools(fmt::format_string<std::string_view&, std::string&> line) {
  std::string text;
  for (const Subcommand& command : subcommands()) {
    if (command.tools == nullptr) continue;
    std::string_view name = command.name;
    std::string tools = names_of(command.tools());
    text += fmt::format(line, name, tools);
  }
  return text;
}

std::string bash() {
  const std::string script = replace_all(bash_script, "@COMMANDS@", names_of(subcommands()));
  return replace_all(script, "@CASES@", for_tools("    {}) tools=\"{}\" ;;\n"));
}

std::string zsh() {
  std::string script(zsh_head);
  for (const Subcommand& command : subcommands()) {
    script += fmt::format("    '{}:{}'\n", command.name, command.summary);
  }
  return script + replace_all(zsh_tail, "@CASES@", for_tools("    {}) tools=({}) ;;\n"));
}

std::string fish() {
  std::string with_tools;
  for (const Subcommand& command : subcommands())
    if (command.tools != nullptr) with_tools += std::string(command.name) + " ";
  with_tools.pop_back();
  std::string script = replace_all(fish_head, "@WITH_TOOLS@", with_tools);
  for (const Subcommand& command : subcommands()) {
    script += fmt::format("complete -c cairn -n __fish_use_subcommand -f -a {} -d '{}'\n",
                          command.name, command.summary);
  }
  script += for_tools("complete -c cairn -n '__fish_seen_subcommand_from {}' -a '{}'\n");
  return script + std::string(fish_tail);
}

}  // namespace

int completion_command(Args args) {
  Parser parser("completion", "SHELL", "Print the completion script for a shell.");
  std::string shell;
  parser->add_option("SHELL", shell, "bash, zsh or fish")->required()->type_name("");
  parser.footer("Example: source <(cairn completion bash)");
  if (const auto code = parser.parse(args)) return *code;
  if (shell != "bash" && shell != "zsh" && shell != "fish") {
    return usage_error("completion", fmt::format("'{}' is not bash, zsh or fish", shell));
  }
  write(stdout, shell == "bash" ? bash() : (shell == "zsh" ? zsh() : fish()));
  return exit_ok;
}

}  // namespace cairn::cli
