#pragma once
/// Where `wasi:keyvalue` keeps things: buckets of keys with versions.

#include <cairn/base/bytes.hpp>

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::wasi {

/// Why a store did not do it; for the guest to read.
struct KeyValueError {
  std::string message;
};
template <class T = void>
using KeyValueResult = std::expected<T, KeyValueError>;

/// A bucket. An operation is done when it returns, and is seen whole or not at all.
class KeyValueBucket {
 public:
  /// A value, and a number that is another one after each change of it.
  struct Versioned {
    Bytes value;
    uint64_t version = 0;
  };
  virtual ~KeyValueBucket() = default;
  virtual KeyValueResult<std::optional<Versioned>> get(const std::string& key) = 0;
  virtual KeyValueResult<> set(const std::string& key, Bytes value) = 0;
  virtual KeyValueResult<> erase(const std::string& key) = 0;
  /// Sets only if the version is still that (0: there is no value): whether it was.
  virtual KeyValueResult<bool> replace(const std::string& key, uint64_t version, Bytes value) = 0;
  /// Keys in order behind `after`, at most `count_max`.
  virtual KeyValueResult<std::vector<std::string>> keys_after(
      const std::optional<std::string>& after, size_t count_max) = 0;
};

/// In memory, and gone with it.
class MemoryBucket final : public KeyValueBucket {
 public:
  /// `bytes_max`: of keys and values together.
  explicit MemoryBucket(size_t bytes_max) : bytes_max_(bytes_max) {}
  KeyValueResult<std::optional<Versioned>> get(const std::string& key) override;
  KeyValueResult<> set(const std::string& key, Bytes value) override;
  KeyValueResult<> erase(const std::string& key) override;
  KeyValueResult<bool> replace(const std::string& key, uint64_t version, Bytes value) override;
  KeyValueResult<std::vector<std::string>> keys_after(const std::optional<std::string>& after,
                                                      size_t count_max) override;

 private:
  size_t bytes_max_;
  size_t bytes_ = 0;
  uint64_t changes_ = 0;
  std::map<std::string, Versioned, std::less<>> values_;
};

}  // namespace cairn::wasi
