#include <cairn/component/features.hpp>

#include <array>

namespace cairn::component {

namespace {

struct FeatureRow {
  Feature feature;
  std::string_view name;
  std::string_view what;
};
constexpr std::array feature_rows = {
#define X(id, name, on, what) FeatureRow{Feature::id, name, what},
    CAIRN_COMPONENT_FEATURES(X)
#undef X
};

}  // namespace

std::string_view to_string(Feature feature) {
  return feature_rows[static_cast<size_t>(feature)].name;
}

std::string_view description(Feature feature) {
  return feature_rows[static_cast<size_t>(feature)].what;
}

std::optional<Feature> feature_named(std::string_view name) {
  for (const FeatureRow& row : feature_rows) {
    if (row.name == name) return row.feature;
  }
  return std::nullopt;
}

}  // namespace cairn::component
