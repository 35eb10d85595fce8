#include <cairn/wasm/features.hpp>

#include <array>

namespace cairn::wasm {

namespace {

struct Row {
  std::string_view name;
  std::string_view description;
};

constexpr std::array rows = {
#define X(id, name, on, what) Row{name, what},
    CAIRN_FEATURES(X)
#undef X
};

}  // namespace

std::string_view to_string(Feature feature) { return rows[static_cast<size_t>(feature)].name; }

std::string_view description(Feature feature) {
  return rows[static_cast<size_t>(feature)].description;
}

std::optional<Feature> feature_named(std::string_view name) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name == name) return static_cast<Feature>(i);
  }
  return std::nullopt;
}

}  // namespace cairn::wasm
