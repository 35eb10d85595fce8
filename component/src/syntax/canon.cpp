#include <cairn/component/canon.hpp>

#include <array>

namespace cairn::component {

namespace {

/// The column `feature` of canon.def: an enumerator of Feature, or `base`.
namespace column {
constexpr std::optional<Feature> base = std::nullopt;
constexpr std::optional<Feature> async = Feature::async;
constexpr std::optional<Feature> threading = Feature::threading;
constexpr std::optional<Feature> shared_threads = Feature::shared_threads;
constexpr std::optional<Feature> error_context = Feature::error_context;
}  // namespace column

constexpr std::array rows = {
#define CAIRN_CANON(id, code, text, form, feature) \
  CanonRow{CanonKind::id, code, text, CanonForm::form, column::feature},
#include <cairn/component/canon.def>
};

}  // namespace

const CanonRow& row_of(CanonKind kind) { return rows[static_cast<size_t>(kind)]; }

const CanonRow* canon_row(uint8_t code) {
  for (const CanonRow& row : rows) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

const CanonRow* canon_row(std::string_view text) {
  for (const CanonRow& row : rows) {
    if (row.text == text) return &row;
  }
  return nullptr;
}

}  // namespace cairn::component
