#pragma once
/// A disk in memory that behaves as badly as disks may.

#include <cairn/base/disk.hpp>

#include <functional>
#include <set>

namespace cairn {

/// Keeps apart what was written and what is durable. `crash` throws away what is not: each sector
/// of each unsynced write by itself survives or does not, in any combination, and so does each
/// creation and removal of a file whose directory was not synced, and each directory whose making
/// failed half way. Paths are compared as written.
/// Safe from several threads; files and locks that were opened before a crash must not be used
/// after it (they answer with an error).
class SimulatedDisk final : public Disk {
 public:
  static constexpr size_t sector_bytes = 512;

  /// The power fails now. `random` decides what survives.
  void crash(Random& random);

  /// Called before each operation that may fail, with its number (from 0) and path; an errno that
  /// is not 0 fails it. A write that fails leaves half its bytes; a sync that fails leaves what
  /// survives to chance, and reads show it still.
  using Fault = std::function<int(uint64_t operation, const std::string& path)>;
  void set_fault(Fault fault);
  /// Files together cannot be larger than that: what does not fit fails with ENOSPC.
  void set_capacity(uint64_t bytes);
  /// To open one more fails with EMFILE.
  void set_open_files_max(size_t files);
  uint64_t operations() const;
  uint64_t used() const;

  /// Changes a file behind everybody's back, durably. The path must be there.
  void change(const std::string& path, const std::function<void(Bytes&)>& how);
  /// What a reader sees now; none when there is no such file.
  std::optional<Bytes> contents(const std::string& path) const;

  Result<std::unique_ptr<DiskFile>> open(const std::string& path, Open how) override;
  Result<std::vector<std::string>> list_directory(const std::string& path) override;
  Result<> make_directories(const std::string& path) override;
  Result<> remove_file(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<Lock>> lock(const std::string& path) override;

 private:
  class File;
  class HeldLock;
  struct Node {
    Bytes seen;              ///< what reads give
    Bytes durable;           ///< what certainly survives
    std::set<size_t> dirty;  ///< sectors that differ, or may
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  int begin_operation(const std::string& path);
  Result<> resize(Node& node, uint64_t size, const std::string& path);
  static void mark(Node& node, uint64_t from, uint64_t to);
  static void settle(Node& node, Random& random);

  mutable std::mutex mutex_;
  Names names_;          ///< as programs see it
  Names durable_names_;  ///< as it is after a crash, at the least
  std::set<std::string> directories_;
  std::set<std::string> durable_directories_;
  std::set<std::string> locks_;
  Fault fault_;
  uint64_t operations_ = 0;
  uint64_t capacity_ = UINT64_MAX;
  uint64_t used_ = 0;
  size_t open_files_ = 0;
  size_t open_files_max_ = SIZE_MAX;
  uint64_t boot_ = 0;  ///< how often it has crashed
};

}  // namespace cairn
