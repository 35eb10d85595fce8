#include "input.hpp"

#include <fmt/format.h>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <algorithm>

#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// An empty path would look as if no file were meant.
std::string shown_path(const std::string& path) { return path.empty() ? "''" : path; }

}  // namespace

bool Input::is_binary() const {
  return bytes.size() >= 4 && load_le<uint32_t>(bytes.data()) == 0x6d736100;
}

bool Input::is_compiled() const { return engine::CompiledFile::is_one(bytes); }

Result<> take_module(Input& input) {
  if (!input.is_compiled()) return check_form(input);
  const auto file = TRY(engine::CompiledFile::read(std::move(input.bytes)));
  input.bytes.assign(file.module().begin(), file.module().end());
  return {};
}

Result<> check_form(const Input& input) {
  if (input.is_binary() || input.is_compiled()) return {};
  const ByteSpan start = ByteSpan(input.bytes).first(std::min<size_t>(input.bytes.size(), 512));
  const auto only_in_binaries = [](uint8_t c) {
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v';
  };
  const bool may_start_text =
      start.empty() || std::string_view("(; \t\n\r").contains(static_cast<char>(start[0]));
  if (may_start_text || std::ranges::none_of(start, only_in_binaries)) return {};
  return fail(
      ErrorKind::malformed,
      fmt::format("this is no WebAssembly: expected a binary (00 61 73 6d …) or text, found "
                  "{:02x}",
                  fmt::join(start.first(std::min<size_t>(start.size(), 8)), " ")));
}

Result<Bytes> read_bytes(const std::string& path, uint64_t size_max) {
  RealFiles files;
  Result<Bytes> bytes = files.read_file(path == "-" ? "/dev/stdin" : path, size_max);
  if (!bytes) bytes.error().path = path == "-" ? "standard input" : shown_path(path);
  return bytes;
}

std::optional<Input> read_input(const std::string& path, uint64_t size_max) {
  Result<Bytes> bytes = read_bytes(path, size_max);
  if (bytes) return Input{path, *std::move(bytes)};
  print_error(bytes.error());
  return std::nullopt;
}

std::optional<wasm::Module> read_module(Input& input, wasm::Features features) {
  const auto read = [&]() -> Result<wasm::Module> {
    TRY(take_module(input));
    if (input.is_binary()) return wasm::decode(std::move(input.bytes), features);
    return wasm::parse_text(input.text(), features);
  };
  Result<wasm::Module> module = read();
  if (module) return *std::move(module);
  print_error(module.error(), input.text(), input.path);
  return std::nullopt;
}

void locate(Error& error, const wasm::SourceMap& source_map) {
  if (!error.at && error.offset) error.at = source_map.find(*error.offset);
}

namespace {

/// How to compile so that the code fits, where it does not because of an option.
void print_compile_hint(const engine::CodeKey& code, const engine::Settings& settings) {
  const bool fits = code.fuel == settings.fuel && code.deterministic == settings.deterministic &&
                    (code.interruption || !settings.interruption) &&
                    (code.index_masks || !settings.index_masks);
  if (fits || settings.tier == engine::Tier::interpret) return;
  print_hint(fmt::format("`cairn compile{}{}{}` makes code for this",
                         settings.fuel ? " --fuel" : "",
                         settings.interruption ? " --interruption" : "",
                         settings.deterministic ? " --deterministic" : ""));
}

Result<engine::Module> load(engine::Engine& engine, Input& input, wasm::SourceMap& source_map) {
  TRY(check_form(input));
  if (input.is_compiled()) {
    const auto file = TRY(engine::CompiledFile::read(std::move(input.bytes)));
    auto module = TRY(engine::load_compiled(engine, file));
    print_compile_hint(file.key(), engine.settings());
    return module;
  }
  if (input.is_binary()) return engine.load(std::move(input.bytes));
  const engine::Settings& settings = engine.settings();
  Result<engine::Module> module = engine.load(
      TRY(wasm::parse_text(input.text(), settings.features, &source_map, settings.limits)));
  if (!module) locate(module.error(), source_map);
  return module;
}

}  // namespace

std::optional<engine::Module> load_module(engine::Engine& engine, Input& input,
                                          wasm::SourceMap& source_map) {
  Result<engine::Module> module = load(engine, input, source_map);
  if (module) return *std::move(module);
  print_error(module.error(), input.text(), input.path);
  return std::nullopt;
}

bool write_output(const std::string& path, ByteSpan bytes) {
  if (path == "-") {
    write(stdout, as_text(bytes));
    return true;
  }
  RealFiles files;
  Result<> written = files.write_file(path, bytes);
  if (written) return true;
  written.error().path = shown_path(path);
  print_error(written.error());
  return false;
}

}  // namespace cairn::cli
