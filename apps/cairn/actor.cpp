// `cairn actor`: the actors of a server.

#include "actor.hpp"

#include <array>

#include "tools.hpp"

namespace cairn::cli {
namespace {

constexpr std::array all_tools = {
    Subcommand{"ls", "List the actors", actor_ls_command},
    Subcommand{"request", "Send a message and print the reply", actor_request_command},
    Subcommand{"send", "Send a message and wait for nothing", actor_send_command},
    Subcommand{"publish", "Publish a message to those who subscribe to a topic",
               actor_publish_command},
    Subcommand{"subscribe", "Follow what is published", actor_subscribe_command},
    Subcommand{"state", "Print the state, now or after an earlier record", actor_state_command},
    Subcommand{"chain", "List the records of what an actor did", actor_chain_command},
    Subcommand{"logs", "Follow what happens", actor_logs_command},
    Subcommand{"dead-letters", "List the last messages that nobody handled",
               actor_dead_letters_command},
    Subcommand{"spawn", "Start an actor", actor_spawn_command},
    Subcommand{"stop", "Stop an actor", actor_stop_command},
    Subcommand{"restart", "Start an actor anew, with the state that it has", actor_restart_command},
    Subcommand{"upgrade", "Let another component go on with the state", actor_upgrade_command},
    Subcommand{"fork", "Start an actor with a state that another once had", actor_fork_command},
    Subcommand{"revert", "Go back to an earlier state", actor_revert_command},
    Subcommand{"components", "List the components", actor_components_command},
    Subcommand{"upload", "Upload a component", actor_upload_command},
    Subcommand{"prune", "Throw away contents of old records of all actors", actor_prune_command},
};

}  // namespace

std::span<const Subcommand> actor_tools() { return all_tools; }

int actor_command(Args args) {
  return run_tool("actor", "The actors of a server that `cairn serve` runs.", all_tools, args);
}

}  // namespace cairn::cli
