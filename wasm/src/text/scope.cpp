#include "text/scope.hpp"

namespace cairn::wasm::text {

std::string_view to_string(Space space) {
  constexpr std::string_view words[space_count] = {
      "type", "func", "table", "memory", "global", "tag", "elem segment", "data segment"};
  return words[static_cast<size_t>(space)];
}

void LabelStack::push(std::optional<std::string_view> id) {
  Label label{.id = id};
  if (id) {
    const auto [at, is_new] = positions_.try_emplace(*id, depth());
    if (!is_new) {
      label.shadowed = at->second;
      at->second = depth();
    }
  }
  labels_.push_back(label);
}

void LabelStack::pop() {
  const Label label = labels_.back();
  labels_.pop_back();
  if (!label.id) return;
  if (label.shadowed == none) {
    positions_.erase(*label.id);
  } else {
    positions_[*label.id] = label.shadowed;
  }
}

void LabelStack::clear() {
  while (!labels_.empty()) pop();
}

std::optional<uint32_t> LabelStack::find(std::string_view id) const {
  const auto at = positions_.find(id);
  if (at == positions_.end()) return std::nullopt;
  return depth() - 1 - at->second;
}

}  // namespace cairn::wasm::text
