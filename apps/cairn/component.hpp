#pragma once
/// The tools of `cairn component`: one function each.

#include <cairn/base/bytes.hpp>

#include <optional>
#include <span>
#include <string>

#include "commands.hpp"

namespace cairn::cli {

int component_wit_command(Args args);
int component_embed_command(Args args);
int component_new_command(Args args);
int component_targets_command(Args args);
int component_inspect_command(Args args);
int component_compose_command(Args args);

/// Reads a core module, in binary or text form, as its bytes; prints the error.
std::optional<Bytes> read_core_module(const std::string& path);

}  // namespace cairn::cli
