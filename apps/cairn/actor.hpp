#pragma once
/// The tools of `cairn actor`: one function each.

#include "commands.hpp"

namespace cairn::cli {

int actor_ls_command(Args args);
int actor_state_command(Args args);
int actor_chain_command(Args args);
int actor_send_command(Args args);
int actor_request_command(Args args);
int actor_publish_command(Args args);
int actor_subscribe_command(Args args);
int actor_logs_command(Args args);
int actor_dead_letters_command(Args args);
int actor_spawn_command(Args args);
int actor_stop_command(Args args);
int actor_restart_command(Args args);
int actor_upgrade_command(Args args);
int actor_fork_command(Args args);
int actor_revert_command(Args args);
int actor_components_command(Args args);
int actor_upload_command(Args args);
int actor_prune_command(Args args);

}  // namespace cairn::cli
