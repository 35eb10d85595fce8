#include "input.hpp"

#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <cerrno>

#include "terminal.hpp"

namespace cairn::cli {

bool Input::is_binary() const {
  return bytes.size() >= 4 && load_le<uint32_t>(bytes.data()) == 0x6d736100;
}

std::optional<Input> read_input(const std::string& path, uint64_t size_max) {
  RealFiles files;
  Result<Bytes> bytes = files.read_file(path == "-" ? "/dev/stdin" : path, size_max);
  if (!bytes) {
    Error error = std::move(bytes).error();
    if (path == "-") error.path = "standard input";
    print_error(error);
    return std::nullopt;
  }
  return Input{path, *std::move(bytes)};
}

std::optional<wasm::Module> read_module(Input& input, wasm::Features features) {
  Result<wasm::Module> module = input.is_binary() ? wasm::decode(std::move(input.bytes), features)
                                                  : wasm::parse_text(input.text(), features);
  if (module) return *std::move(module);
  print_error(module.error(), input.text(), input.path);
  return std::nullopt;
}

void locate(Error& error, const wasm::SourceMap& source_map) {
  if (!error.at && error.offset) error.at = source_map.find(*error.offset);
}

namespace {

Result<engine::Module> load_text(engine::Engine& engine, std::string_view text,
                                 wasm::SourceMap& source_map) {
  const engine::Settings& settings = engine.settings();
  Result<engine::Module> module =
      engine.load(TRY(wasm::parse_text(text, settings.features, &source_map, settings.limits)));
  if (!module) locate(module.error(), source_map);
  return module;
}

}  // namespace

std::optional<engine::Module> load_module(engine::Engine& engine, Input& input,
                                          wasm::SourceMap& source_map) {
  Result<engine::Module> module = input.is_binary() ? engine.load(std::move(input.bytes))
                                                    : load_text(engine, input.text(), source_map);
  if (module) return *std::move(module);
  print_error(module.error(), input.text(), input.path);
  return std::nullopt;
}

bool write_output(const std::string& path, ByteSpan bytes) {
  if (path == "-") {
    if (write(stdout, as_text(bytes)) && std::fflush(stdout) == 0) return true;
    print_error(file_error(errno, "standard output"));
    return false;
  }
  RealFiles files;
  const Result<> written = files.write_file(path, bytes);
  if (!written) print_error(written.error());
  return written.has_value();
}

}  // namespace cairn::cli
