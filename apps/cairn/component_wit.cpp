// `cairn component wit`: what a component imports and exports, as WIT; WIT packages checked,
// printed and encoded.

#include <fmt/format.h>
#include <unistd.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/wit_binary.hpp>
#include <cairn/component/wit_text.hpp>

#include "component.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

using namespace component;

struct Options {
  std::string path;
  std::optional<std::string> output;
  std::vector<std::string> features;
  bool all_features = false, json = false, wasm = false, no_docs = false, dependencies = false;

  wit::LoadOptions load() const {
    return {
        .gates = {.features = {features.begin(), features.end()}, .all_features = all_features}};
  }
};

struct Shown {
  wit::Resolve resolve;
  wit::PackageId root;
  bool is_world = false;  ///< of a component or module, which may use packages of others
};

Shown shown(wit::Decoded decoded) {
  return {std::move(decoded.resolve), decoded.root, decoded.world.has_value()};
}

/// A component or a core module.
Result<Shown> read_binary(const Input& input) {
  if (is_component(input.bytes)) {
    return shown(TRY(wit::decode_component(TRY(decode(input.bytes)))));
  }
  std::optional<wit::Decoded> decoded = TRY(wit::decode_module(input.bytes));
  if (decoded) return shown(*std::move(decoded));
  return fail(ErrorKind::invalid,
              "this core module has no world: a section `component-type` was "
              "expected");
}

/// The text form of a component begins with a parenthesis or a comment in its style; WIT cannot.
bool is_component_text(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && (text[begin] == '(' || text[begin] == ';');
}

std::optional<Shown> print_failure(Error error, const wit::Sources& sources,
                                   const std::string& path) {
  if (error.path.empty()) error.path = path;
  const std::string shown_at = error.path;
  print_error(error, sources.text_of(error.path), shown_at);
  return std::nullopt;
}

std::optional<Shown> read_file(const Options& options, wit::Sources& sources) {
  const std::optional<Input> input = read_input(options.path, Limits{}.component_bytes);
  if (!input) return std::nullopt;
  if (input->is_binary()) {
    Result<Shown> read = read_binary(*input);
    return read ? *std::move(read) : print_failure(read.error(), sources, options.path);
  }
  if (is_component_text(input->text())) {
    sources.add(options.path, std::string(input->text()));
    const auto read = [&]() -> Result<Shown> {
      return shown(TRY(wit::decode_component(TRY(parse_text(input->text())))));
    };
    Result<Shown> component = read();
    return component ? *std::move(component)
                     : print_failure(component.error(), sources, options.path);
  }
  Result<wit::Loaded> loaded =
      wit::parse(options.path, std::string(input->text()), options.load(), sources);
  if (!loaded) return print_failure(loaded.error(), sources, options.path);
  return Shown{std::move(loaded->resolve), loaded->root};
}

std::optional<Shown> read_input_of(const Options& options) {
  wit::Sources sources;
  RealFiles files;
  if (!files.is_directory(options.path)) return read_file(options, sources);
  Result<wit::Loaded> loaded = wit::load(files, options.path, options.load(), sources);
  if (!loaded) return print_failure(loaded.error(), sources, options.path);
  return Shown{std::move(loaded->resolve), loaded->root};
}

void add_options(Parser& parser, Options& options) {
  parser
      ->add_option("FILE|DIRECTORY", options.path,
                   "A component, a core module with a world in it, a WIT file, or the folder of a "
                   "package with its dependencies in `deps`; - is standard input")
      ->required()
      ->type_name("");
  add_text(parser.app(), "-o,--output", options.output, "Where to write (default: standard output)")
      ->type_name("FILE");
  parser->add_flag("--wasm", options.wasm, "Write the package as a component");
  parser->add_flag("--json", options.json, "Everything, as one JSON document");
  parser->add_flag("-d,--dependencies", options.dependencies,
                   "Print the packages it refers to as well (of components: always)");
  parser->add_flag("--no-docs", options.no_docs, "Leave out the documentation");
  add_list(parser.app(), "--features", options.features,
           "Keep what is gated by @unstable(feature = …)")
      ->type_name("NAME");
  parser->add_flag("--all-features", options.all_features, "Keep everything that is gated");
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
  const std::optional<Shown> shown = read_input_of(options);
  if (!shown) return exit_failure;
  if (options.wasm) {
    const Bytes bytes = encode(wit::encode_package(shown->resolve, shown->root));
    return write_output(output, bytes) ? exit_ok : exit_failure;
  }
  const wit::PrintOptions print{.docs = !options.no_docs,
                                .dependencies = options.dependencies || shown->is_world};
  const std::string text = options.json ? wit::to_json(shown->resolve) + "\n"
                                        : wit::print(shown->resolve, shown->root, print);
  return write_output(output, as_bytes(text)) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
