#include <cairn/wasi/key_value.hpp>

#include <utility>

#include "components/bucket_limits.hpp"

namespace cairn::wasi {

KeyValueResult<std::optional<KeyValueBucket::Versioned>> MemoryBucket::get(const std::string& key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

KeyValueResult<> MemoryBucket::change(std::vector<Change> changes) {
  // What the bucket would take then, before anything is changed.
  std::map<std::string_view, uint64_t> sizes;
  uint64_t bytes = bytes_;
  for (const Change& change : changes) {
    if (change.value) TRY(check_entry(limits_, change.key, *change.value));
    const auto found = values_.find(change.key);
    const uint64_t now =
        found == values_.end() ? 0 : change.key.size() + found->second.value.size();
    uint64_t& size = sizes.try_emplace(change.key, now).first->second;
    bytes -= size;
    size = change.value ? change.key.size() + change.value->size() : 0;
    bytes += size;
  }
  if (bytes > limits_.bytes_max && bytes > bytes_) return bucket_is_full(limits_);
  bytes_ = bytes;
  for (Change& change : changes) {
    if (change.value)
      values_.insert_or_assign(std::move(change.key),
                               Versioned{*std::move(change.value), ++changes_});
    else
      values_.erase(change.key);
  }
  return {};
}

KeyValueResult<bool> MemoryBucket::replace(const std::string& key, uint64_t version, Bytes value) {
  const auto found = values_.find(key);
  if ((found == values_.end() ? 0 : found->second.version) != version) return false;
  std::vector<Change> changes;
  changes.push_back({key, std::move(value)});
  TRY(change(std::move(changes)));
  return true;
}

KeyValueResult<std::vector<std::string>> MemoryBucket::keys_after(
    const std::optional<std::string>& after, size_t count_max) {
  std::vector<std::string> keys;
  auto at = after ? values_.upper_bound(*after) : values_.begin();
  for (; at != values_.end() && keys.size() < count_max; ++at) keys.push_back(at->first);
  return keys;
}

}  // namespace cairn::wasi
