// `cairn print`: binary format → text format.

#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>
#include <cairn/wasm/text.hpp>

#include "commands.hpp"
#include "input.hpp"
#include "options.hpp"
#include "run_component.hpp"
#include "terminal.hpp"

namespace cairn::cli {

namespace {

int print_component(const Input& input, const std::string& output, wasm::Features features) {
  component::ReadOptions options{.core_features = features};
  const auto printed = [&]() -> Result<std::string> {
    return component::print_text(TRY(input.is_binary()
                                         ? component::decode(input.bytes, options)
                                         : component::parse_text(input.text(), options)));
  }();
  if (!printed) {
    print_error(printed.error(), input.is_binary() ? "" : input.text(), input.path);
    return exit_failure;
  }
  return write_output(output, as_bytes(*printed)) ? exit_ok : exit_failure;
}

}  // namespace

int print_command(Args args) {
  Parser parser("print", "[OPTIONS] FILE",
                "Translate a module or component from the binary to the text format.");
  std::string path, output = "-";
  wasm::PrintOptions print;
  bool no_names = false;
  FeatureOptions feature_options;
  parser->add_option("FILE", path, "The module, binary or text; - is standard input")
      ->required()
      ->type_name("");
  parser->add_option("-o,--output", output, "Where to write (default: standard output)")
      ->type_name("FILE");
  parser->add_flag("-f,--fold", print.fold, "Fold instructions where their nesting allows it");
  parser->add_flag("--no-names", no_names, "Number everything, even what has a name");
  parser->add_flag("--skeleton", print.skeleton, "Leave out function bodies and data");
  feature_options.add_to(parser.app());
  if (const auto code = parser.parse(args)) return *code;
  print.names = !no_names;
  const Result<wasm::Features> features = feature_options.features();
  if (!features) return usage_error("print", features.error().message);

  if (output == path && path != "-")
    return usage_error("print", "the output would replace the input; give another with -o");
  std::optional<Input> input = read_input(path, wasm::ImplementationLimits{}.module_bytes);
  if (!input) return exit_failure;
  if (is_component(*input)) {
    if (print.fold || no_names || print.skeleton)
      return usage_error("print", "components are printed whole: only -o and features count");
    return print_component(*input, output, *features);
  }
  const std::optional<wasm::Module> module = read_module(*input, *features);
  if (!module) return exit_failure;
  std::string text;  // for a file; standard output gets it piece by piece
  const Result<> printed = wasm::print_text(*module, print, [&](std::string_view piece) {
    if (output == "-") {
      write(stdout, piece);
    } else {
      text += piece;
    }
  });
  if (!printed) {
    print_error(printed.error(), {}, path);
    return exit_failure;
  }
  return output == "-" || write_output(output, as_bytes(text)) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
