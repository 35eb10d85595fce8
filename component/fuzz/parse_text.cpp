// Any text: the parsers of components and scripts neither crash nor read out of bounds, and a
// component that is valid comes back from its printed form and from its binary form unchanged.

#include <cairn/component/text.hpp>
#include <cairn/component/validate.hpp>
#include <cairn/component/wast.hpp>
#include <cairn/wasm/text.hpp>

using namespace cairn;
using namespace cairn::component;

namespace {

void check_roundtrip(const syntax::Component& component, const ReadOptions& options) {
  const Result<syntax::Component> decoded = decode(encode(component), options);
  CAIRN_ASSERT(decoded && *decoded == component);
  const Result<std::string> printed = print_text(component);
  CAIRN_ASSERT(printed.has_value());
  const Result<syntax::Component> parsed = parse_text(*printed, options);
  CAIRN_ASSERT(parsed && *parsed == component);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(as_text(ByteSpan(data, size)));
  const Result<Script> script = parse_script(text);
  if (!script) (void)wasm::render_error(script.error(), text, "script");
  ValidateOptions options;
  options.read.features = Features::all();
  const Result<syntax::Component> component = parse_text(text, options.read);
  if (!component) {
    CAIRN_ASSERT(component.error().at.has_value());
    (void)wasm::render_error(component.error(), text, "component");
    return 0;
  }
  wasm::TypeRegistry core;
  Types types(core);
  const auto valid =
      validate(std::make_shared<const syntax::Component>(*component), types, options);
  if (valid) {
    check_roundtrip(*component, options.read);
  } else {
    CAIRN_ASSERT(valid.error().at.has_value());
    (void)print_text(*component);
  }
  return 0;
}
