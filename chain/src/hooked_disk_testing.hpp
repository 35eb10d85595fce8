#pragma once
/// A disk for tests on which something happens meanwhile.

#include <cairn/base/disk.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cairn::chain {

/// Calls somebody before a file is opened to read.
class HookedDisk final : public Disk {
 public:
  std::function<void(const std::string& path)> hook;

  explicit HookedDisk(Disk& disk) : disk_(disk) {}
  Result<std::unique_ptr<DiskFile>> open(const std::string& path, Open how) override {
    if (how == Open::reading && hook) hook(path);
    return disk_.open(path, how);
  }
  Result<std::vector<std::string>> list_directory(const std::string& path) override {
    return disk_.list_directory(path);
  }
  Result<> make_directories(const std::string& path) override {
    return disk_.make_directories(path);
  }
  Result<> remove_file(const std::string& path) override { return disk_.remove_file(path); }
  Result<> sync_directory(const std::string& path) override { return disk_.sync_directory(path); }
  Result<std::unique_ptr<Lock>> lock(const std::string& path) override { return disk_.lock(path); }

 private:
  Disk& disk_;
};

}  // namespace cairn::chain
