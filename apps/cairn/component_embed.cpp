// `cairn component embed`: puts a world into a core module, as a custom section.

#include <unistd.h>
#include <cairn/component/tools.hpp>

#include "component.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "wit_input.hpp"

namespace cairn::cli {

using namespace component;

int component_embed_command(Args args) {
  Parser parser("component embed", "[OPTIONS] WIT MODULE",
                "Put a world into a core module, where `cairn component new` looks for it.");
  std::string wit_path, module_path, encoding = "utf8";
  std::optional<std::string> world_name, output;
  GateOptions gates;
  parser->add_option("WIT", wit_path, wit_path_help)->required()->type_name("");
  parser->add_option("MODULE", module_path, "The core module, in binary or text form")
      ->required()
      ->type_name("");
  add_text(parser.app(), "-w,--world", world_name,
           "Which world: \"name\" or \"ns:package/name@version\" (default: the only one)")
      ->type_name("WORLD");
  add_text(parser.app(), "-o,--output", output, "Where to write (default: standard output)")
      ->type_name("FILE");
  parser->add_option("--encoding", encoding, "How the module passes strings (default: utf8)")
      ->check(CLI::IsMember({"utf8", "utf16", "latin1+utf16"}))
      ->type_name("ENCODING");
  gates.add_to(parser.app());
  parser.footer(
      "Example:\n"
      "  cairn component embed wit/ --world app core.wasm -o embedded.wasm");
  if (const auto code = parser.parse(args)) return *code;
  const std::string to = output.value_or("-");
  if (to == "-" && isatty(STDOUT_FILENO) != 0) {
    return usage_error("component embed",
                       "a terminal cannot show a binary module; give a file with -o");
  }
  const std::optional<WitInput> wit = read_wit(wit_path, gates);
  if (!wit) return exit_failure;
  const auto world = wit->select(world_name, wit_path);
  if (!world) return exit_failure;
  const std::optional<Bytes> module = read_core_module(module_path);
  if (!module) return exit_failure;
  const wit::StringEncoding strings = encoding == "utf16"  ? wit::StringEncoding::utf16
                                      : encoding == "utf8" ? wit::StringEncoding::utf8
                                                           : wit::StringEncoding::latin1_utf16;
  Result<Bytes> embedded = tools::embed_world(*module, wit->resolve, *world, strings);
  if (!embedded) {
    embedded.error().path = module_path;
    print_error(embedded.error());
    return exit_failure;
  }
  return write_output(to, *embedded) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
