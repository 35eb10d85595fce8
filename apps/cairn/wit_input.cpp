#include "wit_input.hpp"

#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>

#include "input.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

using namespace component;

WitInput shown(wit::Decoded decoded) {
  return {std::move(decoded.resolve), decoded.root, decoded.world};
}

/// A component or a core module.
Result<WitInput> read_binary(const Input& input) {
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

std::optional<WitInput> print_failure(Error error, const wit::Sources& sources,
                                      const std::string& path) {
  if (error.path.empty()) error.path = path;
  const std::string shown_at = error.path;
  print_error(error, sources.text_of(error.path), shown_at);
  return std::nullopt;
}

std::optional<WitInput> read_file(const std::string& path, const wit::LoadOptions& options,
                                  wit::Sources& sources) {
  const std::optional<Input> input = read_input(path, Limits{}.component_bytes);
  if (!input) return std::nullopt;
  if (input->is_binary()) {
    Result<WitInput> read = read_binary(*input);
    return read ? *std::move(read) : print_failure(read.error(), sources, path);
  }
  if (is_component_text(input->text())) {
    sources.add(path, std::string(input->text()));
    const auto read = [&]() -> Result<WitInput> {
      return shown(TRY(wit::decode_component(TRY(parse_text(input->text())))));
    };
    Result<WitInput> component = read();
    return component ? *std::move(component) : print_failure(component.error(), sources, path);
  }
  Result<wit::Loaded> loaded = wit::parse(path, std::string(input->text()), options, sources);
  if (!loaded) return print_failure(loaded.error(), sources, path);
  return WitInput{std::move(loaded->resolve), loaded->root};
}

}  // namespace

void GateOptions::add_to(CLI::App& app) {
  add_list(app, "--features", features_, "Keep what is gated by @unstable(feature = …)")
      ->type_name("NAME");
  app.add_flag("--all-features", all_features_, "Keep everything that is gated");
}

wit::LoadOptions GateOptions::load() const {
  return {
      .gates = {.features = {features_.begin(), features_.end()}, .all_features = all_features_}};
}

std::optional<wit::WorldId> WitInput::select(const std::optional<std::string>& name,
                                             const std::string& path) const {
  if (!name && world) return world;
  Result<wit::WorldId> found = wit::select_world(resolve, root, name.value_or(""));
  if (found) return *found;
  found.error().path = path;
  print_error(found.error());
  return std::nullopt;
}

std::optional<WitInput> read_wit(const std::string& path, const GateOptions& gates) {
  wit::Sources sources;
  RealFiles files;
  if (!files.is_directory(path)) return read_file(path, gates.load(), sources);
  Result<wit::Loaded> loaded = wit::load(files, path, gates.load(), sources);
  if (!loaded) return print_failure(loaded.error(), sources, path);
  return WitInput{std::move(loaded->resolve), loaded->root};
}

}  // namespace cairn::cli
