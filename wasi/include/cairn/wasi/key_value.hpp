#pragma once
/// Where `wasi:keyvalue` keeps things: buckets of keys with versions, in memory or on disk.

#include <cairn/base/bytes.hpp>
#include <cairn/database/database.hpp>

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
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

struct KeyValueLimits {
  size_t key_bytes_max = 4096;
  size_t value_bytes_max = size_t{16} << 20;
  /// Of all keys and values of a bucket together.
  uint64_t bytes_max = uint64_t{64} << 20;
};

/// A bucket. An operation is done when it returns, and is seen whole or not at all.
class KeyValueBucket {
 public:
  /// A value, and a number that is another one after each change of it.
  struct Versioned {
    Bytes value;
    uint64_t version = 0;
  };
  /// Without a value: the key goes.
  struct Change {
    std::string key;
    std::optional<Bytes> value;
  };
  virtual ~KeyValueBucket() = default;
  /// May operations wait for a disk? Then they may be called by any thread.
  virtual bool is_slow() const { return false; }
  virtual KeyValueResult<std::optional<Versioned>> get(const std::string& key) = 0;
  /// All of it, in this order, or nothing.
  virtual KeyValueResult<> change(std::vector<Change> changes) = 0;
  /// Sets only if the version is still that (0: there is no value): whether it was.
  virtual KeyValueResult<bool> replace(const std::string& key, uint64_t version, Bytes value) = 0;
  /// Keys in order behind `after`, at most `count_max`.
  virtual KeyValueResult<std::vector<std::string>> keys_after(
      const std::optional<std::string>& after, size_t count_max) = 0;
};

/// In memory, and gone with it.
class MemoryBucket final : public KeyValueBucket {
 public:
  explicit MemoryBucket(const KeyValueLimits& limits = {}) : limits_(limits) {}
  KeyValueResult<std::optional<Versioned>> get(const std::string& key) override;
  KeyValueResult<> change(std::vector<Change> changes) override;
  KeyValueResult<bool> replace(const std::string& key, uint64_t version, Bytes value) override;
  KeyValueResult<std::vector<std::string>> keys_after(const std::optional<std::string>& after,
                                                      size_t count_max) override;

 private:
  KeyValueLimits limits_;
  uint64_t bytes_ = 0;
  uint64_t changes_ = 0;
  std::map<std::string, Versioned, std::less<>> values_;
};

/// In a database, one bucket in each: what an operation has done is on the disk when it returns.
/// Other processes may have the same file. Kind `usage` for a database that is something else.
Result<std::shared_ptr<KeyValueBucket>> make_disk_bucket(database::Database database,
                                                         const KeyValueLimits& limits = {});

}  // namespace cairn::wasi
