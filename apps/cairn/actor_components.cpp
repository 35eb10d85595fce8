// `cairn actor components` and `upload`; uploads of what another command is told to run.

#include <fmt/format.h>

#include <filesystem>

#include "actor.hpp"
#include "actor_components.hpp"
#include "actor_list.hpp"
#include "input.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

constexpr uint64_t component_bytes_max = uint64_t{1} << 30;

Result<Json> upload(const ApiClient& client, const std::string& name, const std::string& file) {
  const Bytes bytes = TRY(read_bytes(file, component_bytes_max));
  const HttpAnswer answer = TRY(client.ask({.method = "PUT",
                                            .path = "/v1/components/" + path_segment(name),
                                            .fields = {{"Content-Type", "application/wasm"}},
                                            .body = as_text(bytes),
                                            .patience = long_patience}));
  return parse_json(answer.body, "the answer");
}

std::string component_table(const Json& components) {
  Table table({{"NAME"}, {"STATE"}, {"SIZE", true}, {"DIGEST"}});
  for (const Json& component : components) {
    table.add({text_in(component, "name"), text_in(component, "style"),
               shown_bytes(number_in(component, "bytes")),
               short_hash(text_in(component, "digest"))});
  }
  return table.to_string(has_colors(stdout));
}

}  // namespace

Result<std::string> component_named(const ApiClient& client, const std::string& given) {
  if (!given.ends_with(".wasm")) return given;
  std::string name = std::filesystem::path(given).stem().string();
  TRY(upload(client, name, given));
  return name;
}

int actor_components_command(Args args) {
  ApiCommand command("actor components", "[OPTIONS]",
                     "List the components of a server: those of its manifest, and those that were "
                     "uploaded.");
  if (const auto code = command.parse(args)) return *code;
  const auto list = [&]() -> Result<> {
    const Json page = TRY(command.client().get("/v1/components"));
    const Json components = TRY(rows_of(page, "components"));
    command.print({{"components", components}}, component_table(components));
    return {};
  };
  return command.end(list());
}

int actor_upload_command(Args args) {
  ApiCommand command("actor upload", "[OPTIONS] NAME FILE",
                     "Upload a component, in the place of one that was uploaded under that name. "
                     "Who runs by the\nformer goes on by it until `upgrade`.");
  std::string name, file;
  command.add_name(name, "NAME", "What it is called there");
  command.add_name(file, "FILE", "The component; -: from the input");
  command.parser().footer("Example: cairn actor upload account-2 account-2.wasm");
  if (const auto code = command.parse(args)) return *code;
  const auto done = [&]() -> Result<> {
    const Json made = TRY(upload(command.client(), name, file));
    std::string told =
        fmt::format("{} was uploaded: {}, {}\n", printable(name),
                    shown_bytes(number_in(made, "bytes")), short_hash(text_in(made, "digest")));
    if (made.contains("denied"))
      told += fmt::format("It is not spawned, but for upgrades: {}\n",
                          printable(text_in(made, "denied")));
    command.print(made, told);
    return {};
  };
  return command.end(done());
}

}  // namespace cairn::cli
