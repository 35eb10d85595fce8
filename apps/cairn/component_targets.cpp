// `cairn component targets`: whether a component fits a world.

#include <cairn/component/tools.hpp>

#include "component.hpp"
#include "component_input.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "wit_input.hpp"

namespace cairn::cli {

using namespace component;

int component_targets_command(Args args) {
  Parser parser("component targets", "[OPTIONS] WIT COMPONENT",
                "Check that a component may run wherever a world is given: it imports no more and "
                "exports no less.");
  std::string wit_path, path;
  std::optional<std::string> world_name;
  GateOptions gates;
  parser->add_option("WIT", wit_path, wit_path_help)->required()->type_name("");
  parser->add_option("COMPONENT", path, "The component, in binary or text form")
      ->required()
      ->type_name("");
  add_text(parser.app(), "-w,--world", world_name,
           "Which world: \"name\" or \"ns:package/name@version\" (default: the only one)")
      ->type_name("WORLD");
  gates.add_to(parser.app());
  parser.footer(
      "Nothing is printed where it fits; the exit code is 1 where it does not.\n\n"
      "Example:\n"
      "  cairn component targets wit/ app.wasm --world wasi:cli/command@0.2.0");
  if (const auto code = parser.parse(args)) return *code;
  const std::optional<WitInput> wit = read_wit(wit_path, gates);
  if (!wit) return exit_failure;
  const auto world = wit->select(world_name, wit_path);
  if (!world) return exit_failure;
  const std::optional<ComponentInput> input = read_component(path);
  if (!input) return exit_failure;
  Result<> fits = tools::check_target(*input->component, wit->resolve, *world);
  if (fits) return exit_ok;
  fits.error().path = path;
  fits.error().offset = {};
  print_error(fits.error());
  return exit_failure;
}

}  // namespace cairn::cli
