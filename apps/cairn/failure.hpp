#pragma once
/// What went wrong in a guest, for the one who ran it.

#include <cairn/engine/store.hpp>
#include <cairn/wasm/text.hpp>

#include <string>
#include <string_view>

namespace cairn::cli {

/// The trap or exception that ended a call, a trap with the guest's backtrace. `source_map`
/// and `path` give lines where the module came from text.
void print_failure(const Error& error, const engine::Store& store,
                   const wasm::SourceMap& source_map, const std::string& path);

/// Where what does not link is an actor: that is said, too.
void hint_of_actor(const Error& error, std::string_view file);

/// A function's name as its programmer wrote it: C++ names are demangled.
std::string readable_name(const std::string& name);

}  // namespace cairn::cli
