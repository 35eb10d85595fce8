// `cairn parse`: text format → binary format.

#include <unistd.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include "commands.hpp"
#include "input.hpp"
#include "options.hpp"
#include "run_component.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

/// "dir/app.wat" → "dir/app.wasm"; standard input → standard output.
std::string default_output(const std::string& path) {
  if (path == "-") return "-";
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  const bool has_extension =
      dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return (has_extension ? path.substr(0, dot) : path) + ".wasm";
}

void strip_names(wasm::Module& module) {
  std::erase_if(module.customs,
                [](const wasm::CustomSection& section) { return section.name == "name"; });
}

/// The binary form; prints the error.
std::optional<Bytes> encode(Input& input, wasm::Features features, bool strip) {
  if (is_component(input)) {
    const component::ReadOptions options{.core_features = features};
    const auto parsed = input.is_binary() ? component::decode(input.bytes, options)
                                          : component::parse_text(input.text(), options);
    if (parsed) return component::encode(*parsed);
    print_error(parsed.error(), input.is_binary() ? "" : input.text(), input.path);
    return std::nullopt;
  }
  std::optional<wasm::Module> module = read_module(input, features);
  if (!module) return std::nullopt;
  if (strip) strip_names(*module);
  return wasm::encode(*module);
}

}  // namespace

int parse_command(Args args) {
  Parser parser("parse", "[OPTIONS] FILE",
                "Translate a module or component from the text to the binary format.");
  std::string path;
  std::optional<std::string> chosen_output;
  bool strip = false;
  FeatureOptions feature_options;
  parser->add_option("FILE", path, "The module; - is standard input")->required()->type_name("");
  add_text(parser.app(), "-o,--output", chosen_output,
           "Where to write; - is standard output (default: FILE with .wasm)")
      ->type_name("FILE");
  parser->add_flag("--strip", strip, "Leave out the names of functions, locals and so on");
  feature_options.add_to(parser.app());
  parser.footer("The module is not validated: see `cairn validate`.");
  if (const auto code = parser.parse(args)) return *code;
  const Result<wasm::Features> features = feature_options.features();
  if (!features) return usage_error("parse", features.error().message);

  std::optional<Input> input = read_input(path, wasm::ImplementationLimits{}.module_bytes);
  if (!input) return exit_failure;
  const std::string output = chosen_output.value_or(default_output(path));
  if (output == path && path != "-") {
    return usage_error("parse", "the output would replace the input; give another with -o");
  }
  if (strip && is_component(*input))
    return usage_error("parse", "--strip leaves out the names of modules, and this is a component");
  const std::optional<Bytes> binary = encode(*input, *features, strip);
  if (!binary) return exit_failure;
  if (output == "-" && isatty(STDOUT_FILENO) != 0) {
    return usage_error("parse", "a terminal cannot show a binary module; give a file with -o");
  }
  return write_output(output, *binary) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
