// `cairn component wit`: what a component imports and exports, as WIT; WIT packages checked,
// printed and encoded.

#include <unistd.h>
#include <cairn/component/binary.hpp>

#include "component.hpp"
#include "input.hpp"
#include "options.hpp"
#include "wit_input.hpp"

namespace cairn::cli {
namespace {

using namespace component;

struct Options {
  std::string path;
  std::optional<std::string> output;
  GateOptions gates;
  bool json = false, wasm = false, no_docs = false, dependencies = false;
};

void add_options(Parser& parser, Options& options) {
  parser->add_option("FILE|DIRECTORY", options.path, wit_path_help)->required()->type_name("");
  add_text(parser.app(), "-o,--output", options.output, "Where to write (default: standard output)")
      ->type_name("FILE");
  parser->add_flag("--wasm", options.wasm, "Write the package as a component");
  parser->add_flag("--json", options.json, "Everything, as one JSON document");
  parser->add_flag("-d,--dependencies", options.dependencies,
                   "Print the packages it refers to as well (of components: always)");
  parser->add_flag("--no-docs", options.no_docs, "Leave out the documentation");
  options.gates.add_to(parser.app());
  parser.footer(
      "Examples:\n"
      "  cairn component wit app.wasm             what the component imports and exports\n"
      "  cairn component wit wit/                 check a package and print it\n"
      "  cairn component wit wit/ --wasm -o p.wasm  encode it");
}

}  // namespace

int component_wit_command(Args args) {
  Parser parser("component wit", "[OPTIONS] FILE|DIRECTORY",
                "Print the interfaces of a component, or check, print and encode a WIT package.");
  Options options;
  add_options(parser, options);
  if (const auto code = parser.parse(args)) return *code;
  if (options.wasm && options.json) {
    return usage_error("component wit", "--wasm and --json exclude each other");
  }
  const std::string output = options.output.value_or("-");
  if (options.wasm && output == "-" && isatty(STDOUT_FILENO) != 0) {
    return usage_error("component wit",
                       "a terminal cannot show a binary component; give a file with -o");
  }
  const std::optional<WitInput> shown = read_wit(options.path, options.gates);
  if (!shown) return exit_failure;
  if (options.wasm) {
    const Bytes bytes = encode(wit::encode_package(shown->resolve, shown->root));
    return write_output(output, bytes) ? exit_ok : exit_failure;
  }
  const wit::PrintOptions print{.docs = !options.no_docs,
                                .dependencies = options.dependencies || shown->world};
  const std::string text = options.json ? wit::to_json(shown->resolve) + "\n"
                                        : wit::print(shown->resolve, shown->root, print);
  return write_output(output, as_bytes(text)) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
