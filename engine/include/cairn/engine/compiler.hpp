#pragma once
/// Compiled code for an engine: `Settings::code_generator`.

#include <cairn/base/files.hpp>
#include <cairn/base/log.hpp>
#include <cairn/base/process.hpp>
#include <memory>
#include <string>

namespace cairn::engine {

class CodeGenerator;

/// Compiles in a process of the program `cairn-compiler` at `path`, which is started when it is
/// first needed, and again when it has died. What it says goes to `log` (null: nowhere).
/// `processes` outlives the generator.
std::shared_ptr<CodeGenerator> make_process_generator(Processes& processes, std::string path,
                                                      std::shared_ptr<Log> log);

/// Keeps what `generator` makes in a folder, for this and other processes, up to about `bytes_max`;
/// what was not used for longest goes first. A disk that fails, an entry that is torn or foreign
/// costs its use only. `files` outlives the generator.
std::shared_ptr<CodeGenerator> make_caching_generator(Files& files, std::string folder,
                                                      uint64_t bytes_max,
                                                      std::shared_ptr<CodeGenerator> generator);

}  // namespace cairn::engine
