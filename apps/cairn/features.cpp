// `cairn features`: what the language has, what is on, and what is compiled.

#include <fmt/format.h>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/features.hpp>

#include "commands.hpp"
#include "compiler.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

constexpr wasm::Feature all_features[] = {
#define X(id, name, on, what) wasm::Feature::id,
    CAIRN_FEATURES(X)
#undef X
};

#ifdef CAIRN_COMPILER
constexpr const char* without_compiler =
    "; there is baseline code only, .cairn files run as they are";
constexpr const char* baseline_code =
    "at once, but for modules with tail calls, and functions with atomics, structures, arrays, "
    "i31, "
    "typed function references or wide arithmetic";
#else
constexpr const char* without_compiler = "; modules are interpreted, .cairn files run as they are";
constexpr const char* baseline_code = "none";
#endif

/// What of a program becomes machine code here.
std::string compiled_code() {
  std::string text = "\n" + styled(stdout, Style::bold, "Compiled code") + "\n";
  const auto line = [&](std::string_view what, std::string_view value) {
    text += fmt::format("{:<24} {}\n", what, value);
  };
  if (!engine::runs_machine_code()) {
    line("none", "it exists for x86-64; everything is interpreted");
    return text;
  }
  const Result<std::string> compiler = find_compiler();
  line("compiler", compiler ? printable(*compiler)
                            : "none: " + printable(compiler.error().message) + without_compiler);
  line("processor", engine::native_cpu_features());
  line("baseline code", baseline_code);
  line("compiled", "all features above");
  line("interpreted",
       fmt::format("functions that take more than {} steps to compile, or nest more than {} blocks",
                   engine::compiled_work_max, engine::compiled_nesting_max));
  return text;
}

}  // namespace

int features_command(Args args) {
  Parser parser("features", "[OPTIONS]",
                "List the language features, whether they are on, and what is compiled.");
  FeatureOptions feature_options;
  feature_options.add_to(parser.app());
  if (const auto code = parser.parse(args)) return *code;
  const Result<wasm::Features> features = feature_options.features();
  if (!features) return usage_error("features", features.error().message);
  std::string text;
  for (const wasm::Feature feature : all_features) {
    const bool on = features->has(feature);
    text +=
        fmt::format("{:<24} {} {}\n", wasm::to_string(feature),
                    on ? styled(stdout, Style::green, "on ") : styled(stdout, Style::dim, "off"),
                    wasm::description(feature));
  }
  write(stdout, text + compiled_code());
  return exit_ok;
}

}  // namespace cairn::cli
