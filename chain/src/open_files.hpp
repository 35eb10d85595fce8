#pragma once
/// Files that are read now and then, of which few are open at a time: a log has thousands, and a
/// process may have a thousand descriptors.

#include <cairn/base/disk.hpp>

#include <list>
#include <map>

namespace cairn::chain {

/// Any thread may use it, and the files that it gives.
class OpenFiles {
 public:
  /// Besides those that are being read, `most` stay open: the ones that were read last.
  OpenFiles(Disk& disk, size_t most) : disk_(disk), most_(most) {}
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;

  /// A file to read only, opened when it is read: errors come then. Must not outlive this.
  std::unique_ptr<DiskFile> add(std::string path);
  /// The file of that path, which the caller has, stays open from now on: so it can be removed from
  /// the disk under those who read it.
  Result<> keep_open(const std::string& path);

 private:
  class File;
  Result<std::shared_ptr<DiskFile>> open(File& file, bool is_kept = false);

  Disk& disk_;
  const size_t most_;
  std::mutex mutex_;  ///< no disk is touched under it, but for closing
  std::multimap<std::string, File*> files_;
  std::list<File*> recent_;  ///< those that are open and may be closed, the last one read first
};

}  // namespace cairn::chain
