#pragma once
/// Where an actor's own values are: a file of its own, which is there once a value was set.

#include <cairn/base/files.hpp>
#include <cairn/wasi/key_value.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace cairn::platform {

/// Opens the file when it is needed: most actors have no values.
class LazyBucket final : public wasi::KeyValueBucket {
 public:
  LazyBucket(Files& files, std::string path) : files_(files), path_(std::move(path)) {}
  bool is_slow() const override { return true; }
  wasi::KeyValueResult<std::optional<Versioned>> get(const std::string& key) override;
  wasi::KeyValueResult<> change(std::vector<Change> changes) override;
  wasi::KeyValueResult<bool> replace(const std::string& key, uint64_t version,
                                     Bytes value) override;
  wasi::KeyValueResult<std::vector<std::string>> keys_after(const std::optional<std::string>& after,
                                                            size_t count_max) override;

 private:
  /// Null: there is no file yet, and none is to be made.
  wasi::KeyValueResult<wasi::KeyValueBucket*> open(bool make);

  Files& files_;
  std::string path_;
  std::mutex mutex_;
  std::shared_ptr<wasi::KeyValueBucket> bucket_;
};

}  // namespace cairn::platform
