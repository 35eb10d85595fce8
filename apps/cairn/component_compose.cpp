// `cairn component compose`: joins components, by the command line or by a manifest.

#include <fmt/format.h>
#include <unistd.h>
#include <cairn/component/binary.hpp>
#include <cairn/component/tools.hpp>

#include <nlohmann/json.hpp>

#include "component.hpp"
#include "component_input.hpp"
#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

using namespace component;
using nlohmann::json;

/// A part as it is named: a file, what it is called, and what it wants from whom.
struct NamedPart {
  std::string name, path;
  std::vector<tools::Wish> with = {};
};

constexpr uint64_t manifest_bytes_max = uint64_t{1} << 20;

std::string stem_of(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".wasm")) name.resize(name.size() - 5);
  return name;
}

Result<std::string> text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    return fail(ErrorKind::malformed, fmt::format("a part needs `{}`, a text", key));
  }
  return found->get<std::string>();
}

/// {"parts": [{"name": "cache", "component": "cache.wasm", "with": {"a:b/c": "other"}}, …]}; files
/// are looked for beside the manifest.
Result<std::vector<NamedPart>> read_manifest(const std::string& path) {
  const Bytes bytes = TRY(read_bytes(path, manifest_bytes_max));
  const json manifest = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (manifest.is_discarded()) return fail(ErrorKind::malformed, "this is no JSON document");
  const auto parts = manifest.is_object() ? manifest.find("parts") : manifest.end();
  if (parts == manifest.end() || !parts->is_array()) {
    return fail(ErrorKind::malformed, "expected an object with a list `parts`");
  }
  const std::string folder = path.substr(0, path.rfind('/') + 1);  // npos + 1 == 0
  std::vector<NamedPart> out;
  for (const json& each : *parts) {
    if (!each.is_object()) return fail(ErrorKind::malformed, "expected a part to be an object");
    const std::string file = TRY(text_of(each, "component"));
    NamedPart part{.name = each.contains("name") ? TRY(text_of(each, "name")) : stem_of(file),
                   .path = file.starts_with('/') ? file : folder + file};
    const json with = each.value("with", json::object());
    if (!with.is_object()) return fail(ErrorKind::malformed, "expected `with` to be an object");
    for (const auto& [import, from] : with.items()) {
      if (!from.is_string()) {
        return fail(ErrorKind::malformed,
                    fmt::format("expected the name of a part in `{}`", import));
      }
      part.with.push_back({import, from.get<std::string>()});
    }
    out.push_back(std::move(part));
  }
  return out;
}

std::optional<std::vector<tools::Part>> read_parts(const std::vector<NamedPart>& named) {
  std::vector<tools::Part> parts;
  for (const NamedPart& each : named) {
    std::optional<ComponentInput> input = read_component(each.path);
    if (!input) return std::nullopt;
    parts.push_back({each.name, std::move(input->component), each.with});
  }
  return parts;
}

}  // namespace

int component_compose_command(Args args) {
  Parser parser("component compose", "[OPTIONS] [COMPONENT]",
                "Join components: what one imports and another exports is connected.");
  std::optional<std::string> path, output, manifest;
  std::vector<std::string> plugs;
  add_text(parser.app(), "COMPONENT", path, "The component whose exports the result has")
      ->type_name("");
  add_list(parser.app(), "-p,--plug", plugs,
           "A component whose exports are imports of COMPONENT, or of plugs after it; may be given "
           "several times")
      ->type_name("FILE");
  add_text(parser.app(), "-m,--manifest", manifest,
           "The parts in order, as JSON: {\"parts\": [{\"component\": \"a.wasm\", \"name\": \"a\", "
           "\"with\": {\"ns:pkg/iface\": \"part\"}}]}")
      ->type_name("FILE");
  add_text(parser.app(), "-o,--output", output, "Where to write (default: standard output)")
      ->type_name("FILE");
  parser.footer(
      "Each part is given what those before it export, the nearest one first; what none of them\n"
      "exports, the result imports. A part that imports what it exports stands between the others\n"
      "and the outside.\n\n"
      "Examples:\n"
      "  cairn component compose app.wasm --plug store.wasm -o whole.wasm\n"
      "  cairn component compose --manifest parts.json -o whole.wasm");
  if (const auto code = parser.parse(args)) return *code;
  if (path.has_value() == manifest.has_value() || (manifest && !plugs.empty())) {
    return usage_error("component compose",
                       "either a component with its plugs or a manifest was expected");
  }
  const std::string to = output.value_or("-");
  if (to == "-" && isatty(STDOUT_FILENO) != 0) {
    return usage_error("component compose",
                       "a terminal cannot show a binary component; give a file with -o");
  }
  std::vector<NamedPart> named;
  if (manifest) {
    Result<std::vector<NamedPart>> read = read_manifest(*manifest);
    if (!read) {
      read.error().path = *manifest;
      print_error(read.error());
      return exit_failure;
    }
    named = *std::move(read);
  } else {
    for (const std::string& plug : plugs) named.push_back({stem_of(plug), plug});
    named.push_back({stem_of(*path), *path});
  }
  const auto parts = read_parts(named);
  if (!parts) return exit_failure;
  Result<syntax::Component> whole = tools::compose(*parts);
  if (!whole) {
    whole.error().offset = {};
    print_error(whole.error());
    return exit_failure;
  }
  return write_output(to, encode(*whole)) ? exit_ok : exit_failure;
}

}  // namespace cairn::cli
