#pragma once
/// Objects of the host that guests of a store have handles to.

#include <cairn/component/host_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace cairn::component::rt {

class HostObjects {
 public:
  explicit HostObjects(uint32_t count_max) : count_max_(count_max) {}

  /// The resource's `rep`; nothing when the limit is reached.
  std::optional<uint64_t> add(std::shared_ptr<void> object, TypeKey type) {
    if (free_.empty()) {
      if (objects_.size() >= count_max_) return std::nullopt;
      objects_.push_back({std::move(object), type});
      return objects_.size() - 1;
    }
    const uint64_t rep = free_.back();
    free_.pop_back();
    objects_[rep] = {std::move(object), type};
    return rep;
  }
  /// Of `reps` that this table has given only.
  const std::shared_ptr<void>& get(uint64_t rep) const { return objects_[rep].object; }
  TypeKey type(uint64_t rep) const { return objects_[rep].type; }
  bool is_unused() const { return objects_.empty(); }  ///< there was never one
  std::shared_ptr<void> remove(uint64_t rep) {
    free_.push_back(static_cast<uint32_t>(rep));
    return std::exchange(objects_[rep].object, nullptr);
  }

 private:
  struct Entry {
    std::shared_ptr<void> object;
    TypeKey type = nullptr;
  };
  uint32_t count_max_;
  std::vector<Entry> objects_;
  std::vector<uint32_t> free_;
};

}  // namespace cairn::component::rt
