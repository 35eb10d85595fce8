#include "values.hpp"

namespace cairn::platform {

using wasi::KeyValueResult;

KeyValueResult<wasi::KeyValueBucket*> LazyBucket::open(bool make) {
  if (bucket_ != nullptr) return bucket_.get();
  if (!make && !files_.exists(path_)) return nullptr;
  auto database = database::Database::open(path_);
  if (!database) return std::unexpected(wasi::KeyValueError{database.error().to_string()});
  auto bucket = wasi::make_disk_bucket(*std::move(database));
  if (!bucket) return std::unexpected(wasi::KeyValueError{bucket.error().to_string()});
  bucket_ = *std::move(bucket);
  return bucket_.get();
}

KeyValueResult<std::optional<wasi::KeyValueBucket::Versioned>> LazyBucket::get(
    const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto bucket = open(false);
  if (!bucket) return std::unexpected(bucket.error());
  return *bucket == nullptr ? std::nullopt : (*bucket)->get(key);
}

KeyValueResult<> LazyBucket::change(std::vector<Change> changes) {
  const std::lock_guard lock(mutex_);
  const auto bucket = open(true);
  if (!bucket) return std::unexpected(bucket.error());
  return (*bucket)->change(std::move(changes));
}

KeyValueResult<bool> LazyBucket::replace(const std::string& key, uint64_t version, Bytes value) {
  const std::lock_guard lock(mutex_);
  const auto bucket = open(true);
  if (!bucket) return std::unexpected(bucket.error());
  return (*bucket)->replace(key, version, std::move(value));
}

KeyValueResult<std::vector<std::string>> LazyBucket::keys_after(
    const std::optional<std::string>& after, size_t count_max) {
  const std::lock_guard lock(mutex_);
  const auto bucket = open(false);
  if (!bucket) return std::unexpected(bucket.error());
  if (*bucket == nullptr) return std::vector<std::string>();
  return (*bucket)->keys_after(after, count_max);
}

}  // namespace cairn::platform
