#pragma once
/// Modules as files: read, told apart by content, loaded, and their errors shown.

#include <cairn/base/bytes.hpp>
#include <cairn/base/files.hpp>
#include <cairn/engine/engine.hpp>
#include <cairn/wasm/module.hpp>
#include <cairn/wasm/text.hpp>

#include <string>

namespace cairn::cli {

/// A file that was read. `path` is "-" for standard input.
struct Input {
  std::string path;
  Bytes bytes;
  /// Binary modules start with "\0asm"; anything else is text.
  bool is_binary() const;
  /// A module with its machine code, as `cairn compile` writes it.
  bool is_compiled() const;
  std::string_view text() const { return as_text(bytes); }
};

/// Is it one of the forms at all? Texts start with a parenthesis, a comment or a space, and have no
/// bytes that only binaries have.
Result<> check_form(const Input& input);

/// Leaves of a compiled module the module alone, and checks the form.
Result<> take_module(Input& input);

/// Reads a file, or standard input for "-".
Result<Bytes> read_bytes(const std::string& path, uint64_t size_max);

/// As `read_bytes`; prints the error and returns nothing when that fails.
std::optional<Input> read_input(const std::string& path, uint64_t size_max);

/// Decodes or parses without validation; prints the error. `input.bytes` may be moved away.
std::optional<wasm::Module> read_module(Input& input, wasm::Features features);

/// Gives an error in a module that came from text its line and column.
void locate(Error& error, const wasm::SourceMap& source_map);

/// Loads and validates for an engine, a compiled module with its code; prints the error.
/// `input.bytes` may be moved away. Of a text, `source_map` learns the lines.
std::optional<engine::Module> load_module(engine::Engine& engine, Input& input,
                                          wasm::SourceMap& source_map);

/// Writes to a file, or to standard output for "-". Prints the error of a file.
bool write_output(const std::string& path, ByteSpan bytes);

}  // namespace cairn::cli
