#include <fmt/format.h>
#include <cairn/wasi/key_value.hpp>

#include <utility>

namespace cairn::wasi {

KeyValueResult<std::optional<KeyValueBucket::Versioned>> MemoryBucket::get(const std::string& key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

KeyValueResult<> MemoryBucket::set(const std::string& key, Bytes value) {
  const auto found = values_.find(key);
  const size_t before = found == values_.end() ? 0 : key.size() + found->second.value.size();
  const size_t after = key.size() + value.size();
  if (after > before && after - before > bytes_max_ - bytes_)
    return std::unexpected(
        KeyValueError{fmt::format("the bucket is full: its limit is {} bytes", bytes_max_)});
  bytes_ = bytes_ - before + after;
  values_.insert_or_assign(key, Versioned{std::move(value), ++changes_});
  return {};
}

KeyValueResult<> MemoryBucket::erase(const std::string& key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return {};
  bytes_ -= key.size() + found->second.value.size();
  values_.erase(found);
  return {};
}

KeyValueResult<bool> MemoryBucket::replace(const std::string& key, uint64_t version, Bytes value) {
  const auto found = values_.find(key);
  if ((found == values_.end() ? 0 : found->second.version) != version) return false;
  if (KeyValueResult<> set = this->set(key, std::move(value)); !set)
    return std::unexpected(std::move(set).error());
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
