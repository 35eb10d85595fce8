// `cairn validate`: decodes or parses modules and validates them.

#include <fmt/format.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>
#include <cairn/wasm/type_registry.hpp>
#include <cairn/wasm/validate.hpp>

#include "commands.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

Result<> validate(const Input& input, wasm::Features features) {
  TRY(check_form(input));
  wasm::TypeRegistry registry;
  if (input.is_binary()) {
    TRY(wasm::validate(TRY(wasm::decode(input.bytes, features)), registry, features));
    return {};
  }
  wasm::SourceMap source_map;
  const wasm::Module module = TRY(wasm::parse_text(input.text(), features, &source_map));
  auto valid = wasm::validate(module, registry, features);
  if (valid) return {};
  Error error = std::move(valid).error();
  locate(error, source_map);
  return std::unexpected(std::move(error));
}

}  // namespace

int validate_command(Args args) {
  Parser parser("validate", "[OPTIONS] FILES…", "Check that modules are well-formed and valid.");
  std::vector<std::string> paths;
  FeatureOptions feature_options;
  bool quiet = false;
  parser->add_option("FILES", paths, "Modules, binary or text; - is standard input")
      ->required()
      ->type_name("");
  parser->add_flag("-q,--quiet", quiet, "Print no errors, only set the exit code");
  feature_options.add_to(parser.app());
  parser.footer("Exit code: 0 when all are valid, 1 otherwise, 2 for a wrong command line.");
  if (const auto code = parser.parse(args)) return *code;
  const Result<wasm::Features> features = feature_options.features();
  if (!features) return usage_error("validate", features.error().message);

  bool all_valid = true;
  for (const std::string& path : paths) {
    const std::optional<Input> input = read_input(path, wasm::ImplementationLimits{}.module_bytes);
    if (!input) {
      all_valid = false;
      continue;
    }
    const Result<> valid = validate(*input, *features);
    if (valid) continue;
    all_valid = false;
    if (!quiet) print_error(valid.error(), input->text(), path);
  }
  return all_valid ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
