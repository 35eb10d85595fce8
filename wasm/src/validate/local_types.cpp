#include "validate/local_types.hpp"

#include <algorithm>

namespace cairn::wasm {

void LocalTypes::reset(const std::vector<ValType>& params) {
  ++function_;  // forgets all marks
  marks_.clear();
  groups_.clear();
  flat_ = params;
  size_ = params_ = static_cast<uint32_t>(params.size());
}

void LocalTypes::add(uint32_t count, ValType type) {
  size_ += count;
  const uint32_t room =
      flat_.size() < flat_max ? flat_max - static_cast<uint32_t>(flat_.size()) : 0;
  const uint32_t in_flat = groups_.empty() ? std::min(count, room) : 0;
  flat_.insert(flat_.end(), in_flat, type);
  if (in_flat < count) groups_.push_back({size_, type});
}

ValType LocalTypes::type_in_groups(uint32_t index) const {
  return std::ranges::upper_bound(groups_, index, {}, &Group::end)->type;
}

void LocalTypes::mark(uint32_t index) {
  if (index >= marked_in_.size()) marked_in_.resize(index + 1, 0);
  marked_in_[index] = function_;
  marks_.push_back(index);
}

void LocalTypes::unset_down_to(uint32_t marks) {
  for (; marks_.size() > marks; marks_.pop_back()) marked_in_[marks_.back()] = 0;
}

}  // namespace cairn::wasm
