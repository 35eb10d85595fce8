// `cairn features`: what the language has, and what is on.

#include <fmt/format.h>
#include <cairn/wasm/features.hpp>

#include "commands.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

constexpr wasm::Feature all_features[] = {
#define X(id, name, on, what) wasm::Feature::id,
    CAIRN_FEATURES(X)
#undef X
};

}  // namespace

int features_command(Args args) {
  Parser parser("features", "[OPTIONS]", "List the language features and whether they are on.");
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
  write(stdout, text);
  return exit_ok;
}

}  // namespace cairn::cli
