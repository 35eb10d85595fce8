// `cairn config`: what `cairn serve` is told to run.

#include <fmt/format.h>
#include <cairn/actor/component_kind.hpp>
#include <cairn/base/clock.hpp>
#include <cairn/base/random.hpp>

#include <array>

#include "api_client.hpp"
#include "input.hpp"
#include "manifest_file.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "tools.hpp"

namespace cairn::cli {
namespace {

constexpr uint64_t component_bytes_max = uint64_t{1} << 30;

constexpr uint8_t manifest_schema[] = {
#include "manifest_schema.inc"
};

/// Loads it as the server would. Errors name the part of the manifest.
Result<> check_component(engine::Engine& engine, const ManifestFile& file,
                         const platform::ComponentManifest& component) {
  RealClock clock;
  RealRandom random;
  const auto load = [&]() -> Result<> {
    const std::string path = file.resolve(component.path);
    const Bytes bytes = TRY(read_bytes(path, component_bytes_max));
    actor::KindSettings settings;
    settings.settings = std::make_shared<const actor::ActorSettings>(component.settings);
    settings.handler_limits = component.handler_limits;
    auto kind = actor::ComponentKind::load(engine, bytes, {.clock = &clock, .random = &random},
                                           std::move(settings));
    if (kind) return {};
    if (kind.error().path.empty()) kind.error().path = path;
    return std::unexpected(kind.error());
  };
  Result<> done = load();
  if (!done) done.error().message += fmt::format(" (in components.{})", component.name);
  return done;
}

Result<> validate(const std::string& path) {
  RealFiles files;
  const ManifestFile file = TRY(ManifestFile::read(files, path));
  const std::string data = file.resolve(file.manifest.data);
  if (file.manifest.durable && files.exists(data) && !files.is_directory(data)) {
    return std::unexpected(Error{.kind = ErrorKind::invalid,
                                 .message = fmt::format("data: '{}' is no folder", data),
                                 .path = path});
  }
  engine::Settings settings;
  settings.fuel = true;
  settings.deterministic = true;
  settings.tier = engine::Tier::interpret;
  engine::Engine engine(settings);
  for (const platform::ComponentManifest& component : file.manifest.components)
    TRY(check_component(engine, file, component));
  return {};
}

int validate_manifest_command(Args args) {
  Parser parser("config validate", "[OPTIONS] [FILE]",
                "Check a manifest and the components that it names. Silent when all is well.");
  std::string path = default_manifest;
  std::string output = "table";
  parser->add_option("FILE", path, "The manifest (cairn.toml)")->type_name("");
  parser->add_option("-o,--output", output, "How to say it: table or json")
      ->type_name("table|json");
  if (const auto code = parser.parse(args)) return *code;
  if (output != "table" && output != "json")
    return usage_error("config validate", fmt::format("-o is table or json, not '{}'", output));
  if (path.empty()) return usage_error("config validate", "FILE is empty");
  const Result<> done = validate(path);
  if (output == "json") {
    write(stdout, to_text(done ? Json{{"good", true}} : document_of(done.error()), 2) + "\n");
  } else if (!done) {
    print_error(done.error());
  }
  return done ? exit_ok : exit_failure;
}

int schema_command(Args args) {
  Parser parser("config schema", "", "Print the JSON Schema of manifests, for editors.");
  if (const auto code = parser.parse(args)) return *code;
  write(stdout, as_text(manifest_schema));
  return exit_ok;
}

constexpr std::array all_tools = {
    Subcommand{"validate", "Check a manifest, and the components that it names",
               validate_manifest_command},
    Subcommand{"schema", "Print the JSON Schema of manifests", schema_command},
};

}  // namespace

std::span<const Subcommand> config_tools() { return all_tools; }

int config_command(Args args) {
  return run_tool("config", "What `cairn serve` is told to run.", all_tools, args);
}

}  // namespace cairn::cli
