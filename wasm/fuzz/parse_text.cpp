// Any text: the parsers of modules and scripts neither crash nor read out of bounds, and a module
// that is valid comes back from its printed forms and from its binary form unchanged.

#include <cairn/base/result.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>
#include <cairn/wasm/validate.hpp>

using namespace cairn;
using namespace cairn::wasm;

namespace {

void check_roundtrip(const Module& module) {
  const Result<Module> decoded = decode(encode(module), Features::all());
  CAIRN_ASSERT(decoded && equal(*decoded, module));
  const PrintOptions forms[] = {{}, {.fold = true}, {.names = false}};
  for (const PrintOptions& options : forms) {
    const Result<std::string> printed = print_text(module, options);
    CAIRN_ASSERT(printed.has_value());
    const Result<Module> parsed = parse_text(*printed, Features::all());
    CAIRN_ASSERT(parsed && equal(*parsed, module));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(as_text(ByteSpan(data, size)));
  const Result<Script> script = parse_script(text, Features::all());
  if (!script) (void)render_error(script.error(), text, "script");
  SourceMap source_map;
  const Result<Module> module = parse_text(text, Features::all(), &source_map);
  if (!module) {
    CAIRN_ASSERT(module.error().at.has_value());
    (void)render_error(module.error(), text, "module");
    return 0;
  }
  TypeRegistry registry;
  if (validate(*module, registry, Features::all())) {
    check_roundtrip(*module);
  } else {
    (void)print_text(*module, {.fold = true});
  }
  return 0;
}
