// `cairn bindgen`: writes guest bindings of a world.

#include <fmt/format.h>
#include <cairn/base/files.hpp>
#include <cairn/component/tools.hpp>

#include <filesystem>
#include <system_error>

#include "commands.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "wit_input.hpp"

namespace cairn::cli {

using namespace component;

int bindgen_command(Args args) {
  Parser parser("bindgen", "[OPTIONS] LANGUAGE WIT",
                "Write guest bindings of a world, to be compiled with clang and wasi-libc.");
  std::string language, wit_path, folder = ".";
  std::optional<std::string> world_name;
  GateOptions gates;
  parser->add_option("LANGUAGE", language, "c or cpp")
      ->required()
      ->check(CLI::IsMember({"c", "cpp"}))
      ->type_name("");
  parser->add_option("WIT", wit_path, wit_path_help)->required()->type_name("");
  add_text(parser.app(), "-w,--world", world_name,
           "Which world: \"name\" or \"ns:package/name@version\" (default: the only one)")
      ->type_name("WORLD");
  parser->add_option("-o,--out-dir", folder, "Where the files go (default: here)")
      ->type_name("FOLDER");
  gates.add_to(parser.app());
  parser.footer(
      "c writes WORLD.h and WORLD.c; cpp writes WORLD.hpp, WORLD.cpp and WORLD_abi.h (C++23, no\n"
      "exceptions). What the world exports is declared there, for you to implement.\n\n"
      "Example:\n"
      "  cairn bindgen c wit/ --world app -o gen\n"
      "  clang --target=wasm32-wasi -mexec-model=reactor -Igen gen/app.c main.c -o core.wasm\n"
      "  cairn component new core.wasm -o app.wasm");
  if (const auto code = parser.parse(args)) return *code;
  const std::optional<WitInput> wit = read_wit(wit_path, gates);
  if (!wit) return exit_failure;
  const auto world = wit->select(world_name, wit_path);
  if (!world) return exit_failure;
  Result<std::vector<tools::SourceFile>> files =
      language == "c" ? tools::bind_c(wit->resolve, *world) : tools::bind_cpp(wit->resolve, *world);
  if (!files) {
    files.error().path = wit_path;
    print_error(files.error());
    return exit_failure;
  }
  // If that fails, the first file says so.
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  for (const tools::SourceFile& file : *files) {
    if (!write_output(folder + "/" + file.name, as_bytes(file.text))) return exit_failure;
  }
  return exit_ok;
}

}  // namespace cairn::cli
