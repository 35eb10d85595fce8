#pragma once
/// What a generated module does, as text: one line for each thing that the outside can see. Two
/// ways of running the module agree when their transcripts are equal.

#include <cairn/engine/engine.hpp>
#include <cairn/engine/store.hpp>
#include <cairn/wasm/instruction.hpp>
#include <string>

#include "fuzzing/generator.hpp"

namespace cairn::fuzzing {

struct RunOptions {
  engine::StoreLimits limits;
  /// 0: calls run to their end; else they stop after that much fuel, again and again.
  uint64_t slice = 0;
  /// Interrupt every call at its start and whenever it calls the host, then go on.
  bool interrupt = false;
  /// All NaNs of one width are one value, and traps are named by classes that engines share.
  bool portable = false;
  /// The host function sometimes traps, fails, throws, suspends its caller or calls the guest, all
  /// of which other engines do not do with it.
  bool host_acts = false;
  /// Traps and exceptions tell where they happened.
  bool backtraces = false;
};

struct Transcript {
  std::vector<std::string> lines;
  uint64_t fuel = 0;  ///< used in all; 0 where the engine does not count it

  std::string text() const;
};

/// Instantiates the module and makes the calls; then looks at the exported globals and memories.
/// The lines are
///   instantiate [trap REASON]            log A B                 (a call of the host function)
///   call NAME [VALUE…] [-> VALUE… | trap REASON | exception]
///   global NAME VALUE                    memory NAME PAGES DIGEST
/// and integers and the bits of floats are hexadecimal.
Transcript observe(engine::Engine& engine, const GeneratedModule& generated,
                   const RunOptions& options);

/// Of a memory's contents: over its little-endian 32-bit words that are not zero.
uint32_t digest(ByteSpan bytes);

/// A value as it stands in transcripts: "i32:0000002a", "f64:nan", "null".
std::string to_text(const engine::Value& value, bool portable);

}  // namespace cairn::fuzzing
