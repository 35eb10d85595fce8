#include "component_input.hpp"

#include <cairn/component/binary.hpp>
#include <cairn/component/text.hpp>

#include "input.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

using namespace component;

Result<ComponentInput> decoded(Input& input) {
  ReadOptions options;
  options.features = Features::all();
  if (!input.is_binary()) {
    auto parsed = TRY(parse_text(input.text(), options));
    Bytes bytes = encode(parsed);
    return ComponentInput{std::make_shared<const syntax::Component>(std::move(parsed)),
                          std::move(bytes)};
  }
  if (!is_component(input.bytes)) {
    return fail(
        ErrorKind::invalid,
        "this is a core module; a component was expected (`cairn component new` makes one)");
  }
  auto component = TRY(decode(input.bytes, options));
  return ComponentInput{std::make_shared<const syntax::Component>(std::move(component)),
                        std::move(input.bytes)};
}

}  // namespace

std::optional<ComponentInput> read_component(const std::string& path) {
  std::optional<Input> input = read_input(path, Limits{}.component_bytes);
  if (!input) return std::nullopt;
  Result<ComponentInput> component = decoded(*input);
  if (component) return *std::move(component);
  print_error(component.error(), input->is_binary() ? "" : input->text(), path);
  return std::nullopt;
}

}  // namespace cairn::cli
