#pragma once
/// Look-ups by name in long lists of imports or exports.

#include <cairn/component/types.hpp>

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace cairn::component {

/// Finds entries of a list, which must stay as it is, by their member `name`.
template <class Entry>
class NameIndex {
 public:
  explicit NameIndex(const std::vector<Entry>& list) : list_(&list) {
    if (list.size() <= short_max) return;
    for (const Entry& entry : list) by_name_.try_emplace(entry.name, &entry);
  }

  /// The first entry of that name, or null.
  const Entry* find(std::string_view name) const {
    if (list_->size() <= short_max) {
      const auto found = std::ranges::find(*list_, name, &Entry::name);
      return found == list_->end() ? nullptr : &*found;
    }
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

 private:
  static constexpr size_t short_max = 16;
  const std::vector<Entry>* list_;
  std::unordered_map<std::string_view, const Entry*> by_name_;
};

/// The indices of lists that are looked up in again and again, and that outlive this.
template <class Entry>
class NameIndices {
 public:
  const Entry* find(const std::vector<Entry>& list, std::string_view name) {
    return indices_.try_emplace(&list, list).first->second.find(name);
  }

 private:
  std::unordered_map<const std::vector<Entry>*, NameIndex<Entry>> indices_;
};

}  // namespace cairn::component
