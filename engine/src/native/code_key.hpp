#pragma once
/// What machine code depends on besides what it was made from: the cache and compiled files name
/// it, so that no code is used where it means something else.

#include <cairn/engine/compiler.hpp>
#include <optional>
#include <string>

#include "native/byte_reader.hpp"
#include "runtime/store_data.hpp"

namespace cairn::engine {

CodeKey code_key_of(const EngineState& engine);

void append_code_key(Bytes& out, const CodeKey& key);
/// What `append_code_key` wrote.
Result<CodeKey> read_code_key(ByteReader& in);

/// Why code made for `code` cannot serve an engine of `engine`, for people; nothing when it can.
std::optional<std::string> why_unfit(const CodeKey& code, const CodeKey& engine);

/// The module in the binary format; lies in the module or in `made`.
ByteSpan binary_of(const wasm::Module& module, Bytes& made);

}  // namespace cairn::engine
