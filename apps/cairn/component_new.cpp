// `cairn component new`: makes a component of a core module.

#include <unistd.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>
#include <cairn/component/tools.hpp>
#include <cairn/wasm/binary.hpp>

#include "adapter.hpp"
#include "component.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

using namespace component;

/// "name=file" or "file", then the file's name without ".wasm" is the adapter's.
struct NamedFile {
  std::string name, path;
};
NamedFile named_file(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos) return {text.substr(0, equals), text.substr(equals + 1)};
  std::string name = text.substr(text.rfind('/') + 1);
  if (name.ends_with(".wasm")) name.resize(name.size() - 5);
  return {name, text};
}

struct Options {
  std::string path;
  std::optional<std::string> output;
  std::vector<std::string> adapters;
  bool no_adapter = false;
};

void add_options(Parser& parser, Options& options) {
  parser->add_option("MODULE", options.path, "The core module; - is standard input")
      ->required()
      ->type_name("");
  add_text(parser.app(), "-o,--output", options.output, "Where to write (default: standard output)")
      ->type_name("FILE");
  add_list(parser.app(), "--adapt", options.adapters,
           "A core module that implements what MODULE imports from NAME (default name: that of the "
           "file)")
      ->type_name("[NAME=]FILE");
  parser->add_flag("--no-adapter", options.no_adapter,
                   "Do not adapt imports from wasi_snapshot_preview1 to WASI 0.2");
  parser.footer(
      "The module holds its world (`cairn component embed`, or bindings of `cairn bindgen`), or "
      "is\n"
      "a program for WASI preview 1. It exports `memory` and, where lists or strings come in,\n"
      "`cabi_realloc`.\n\n"
      "Examples:\n"
      "  cairn component new core.wasm -o app.wasm\n"
      "  clang --target=wasm32-wasi hello.c -o hello.core.wasm &&\n"
      "    cairn component new hello.core.wasm -o hello.wasm    a command for WASI 0.2");
}

}  // namespace

std::optional<Bytes> read_core_module(const std::string& path) {
  std::optional<Input> input = read_input(path, wasm::ImplementationLimits{}.module_bytes);
  if (!input) return std::nullopt;
  if (is_component(input->bytes)) {
    print_error(path + ": this is a component already; a core module was expected");
    return std::nullopt;
  }
  if (input->is_binary()) return std::move(input->bytes);
  const std::optional<wasm::Module> module = read_module(*input, {});
  if (!module) return std::nullopt;
  return wasm::encode(*module);
}

int component_new_command(Args args) {
  Parser parser("component new", "[OPTIONS] MODULE", "Make a component of a core module.");
  Options options;
  add_options(parser, options);
  if (const auto code = parser.parse(args)) return *code;
  const std::string to = options.output.value_or("-");
  if (to == "-" && isatty(STDOUT_FILENO) != 0) {
    return usage_error("component new",
                       "a terminal cannot show a binary component; give a file with -o");
  }
  const std::optional<Bytes> module = read_core_module(options.path);
  if (!module) return exit_failure;
  std::vector<Bytes> adapter_bytes;
  std::vector<std::string> names;
  for (const std::string& text : options.adapters) {
    const NamedFile file = named_file(text);
    std::optional<Bytes> bytes = read_core_module(file.path);
    if (!bytes) return exit_failure;
    adapter_bytes.push_back(*std::move(bytes));
    names.push_back(file.name);
  }
  tools::MakeOptions make{.version = CAIRN_VERSION};
  for (size_t i = 0; i < names.size(); ++i) make.adapters.push_back({names[i], adapter_bytes[i]});
  if (!options.no_adapter) {
    adapter_bytes.push_back(preview1_adapter());
    make.adapters.push_back({"wasi_snapshot_preview1", adapter_bytes.back()});
  }
  Result<syntax::Component> made = tools::make_component(*module, make);
  if (!made) {
    made.error().path = options.path;
    print_error(made.error());
    return exit_failure;
  }
  return write_output(to, encode(*made)) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
