// `cairn validate`: decodes or parses modules and validates them.

#include <fmt/format.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/validate.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>
#include <cairn/wasm/type_registry.hpp>
#include <cairn/wasm/validate.hpp>

#include "commands.hpp"
#include "input.hpp"
#include "options.hpp"
#include "run_component.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// The error of what makes a module wrong, or of a custom section that makes no sense, which does
/// not.
struct Verdict {
  Result<> module;
  Result<> customs;
};

Verdict check(const wasm::Module& module, wasm::Features features) {
  wasm::TypeRegistry registry;
  auto valid = wasm::validate(module, registry, features);
  if (!valid) return {std::unexpected(std::move(valid).error()), {}};
  return {{}, wasm::validate_custom_sections(module, features)};
}

Result<Verdict> validate_component(const Input& input, wasm::Features features) {
  const component::ValidateOptions options{.read = {.core_features = features}};
  auto component = TRY(input.is_binary() ? component::decode(input.bytes, options.read)
                                         : component::parse_text(input.text(), options.read));
  wasm::TypeRegistry registry;
  component::Types types(registry);
  TRY(component::validate(
      std::make_shared<const component::syntax::Component>(std::move(component)), types, options));
  return Verdict{};
}

Result<Verdict> validate(Input& input, wasm::Features features) {
  if (is_component(input)) return validate_component(input, features);
  TRY(take_module(input));
  if (input.is_binary()) return check(TRY(wasm::decode(input.bytes, features)), features);
  wasm::SourceMap source_map;
  Verdict verdict = check(TRY(wasm::parse_text(input.text(), features, &source_map)), features);
  if (!verdict.module) locate(verdict.module.error(), source_map);
  return verdict;
}

/// Prints what is wrong; false when it is the module itself.
bool report(const Result<Verdict>& verdict, const Input& input, bool quiet) {
  const Result<> module = verdict ? verdict->module : std::unexpected(verdict.error());
  if (quiet) return module.has_value();
  if (!module) {
    print_error(module.error(), input.text(), input.path);
  } else if (!verdict->customs) {
    print_warning(fmt::format("{}: {}", input.path, verdict->customs.error().to_string()));
  }
  return module.has_value();
}

}  // namespace

int validate_command(Args args) {
  Parser parser("validate", "[OPTIONS] FILES…",
                "Check that modules and components are well-formed and valid.");
  std::vector<std::string> paths;
  FeatureOptions feature_options;
  bool quiet = false;
  parser->add_option("FILES", paths, "Modules, binary or text; - is standard input")
      ->required()
      ->type_name("");
  parser->add_flag("-q,--quiet", quiet, "Print nothing, only set the exit code");
  feature_options.add_to(parser.app());
  parser.footer("Exit code: 0 when all are valid, 1 otherwise, 2 for a wrong command line.");
  if (const auto code = parser.parse(args)) return *code;
  const Result<wasm::Features> features = feature_options.features();
  if (!features) return usage_error("validate", features.error().message);

  bool all_valid = true;
  for (const std::string& path : paths) {
    std::optional<Input> input = read_input(path, wasm::ImplementationLimits{}.module_bytes);
    if (!input) {
      all_valid = false;
      continue;
    }
    all_valid &= report(validate(*input, *features), *input, quiet);
  }
  return all_valid ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
