#include "open_files.hpp"

namespace cairn::chain {

class OpenFiles::File final : public DiskFile {
 public:
  File(OpenFiles& files, std::string path) : files_(files), path_(std::move(path)) {
    const std::lock_guard lock(files_.mutex_);
    files_.files_.emplace(path_, this);
  }
  ~File() override {
    const std::lock_guard lock(files_.mutex_);
    if (open_ && !is_kept_) files_.recent_.erase(place_);
    auto [at, end] = files_.files_.equal_range(path_);
    while (at != end && at->second != this) ++at;
    files_.files_.erase(at);
  }

  Result<uint64_t> size() override { return TRY(files_.open(*this))->size(); }
  Result<size_t> read(uint64_t offset, MutableByteSpan out) override {
    return TRY(files_.open(*this))->read(offset, out);
  }
  Result<> write(uint64_t, ByteSpan) override { return refuse(); }
  Result<> truncate(uint64_t) override { return refuse(); }
  Result<> reserve(uint64_t) override { return refuse(); }
  Result<> sync() override { return refuse(); }

 private:
  friend class OpenFiles;
  Result<> refuse() const {
    return std::unexpected(Error{
        .kind = ErrorKind::usage, .message = "the file is open for reading only", .path = path_});
  }

  OpenFiles& files_;
  const std::string path_;
  // Under the lock of `files_`.
  std::shared_ptr<DiskFile> open_;
  bool is_kept_ = false;
  std::list<File*>::iterator place_;  ///< while it is open and not kept
};

std::unique_ptr<DiskFile> OpenFiles::add(std::string path) {
  return std::make_unique<File>(*this, std::move(path));
}

Result<> OpenFiles::keep_open(const std::string& path) {
  std::unique_lock lock(mutex_);
  const auto found = files_.find(path);
  if (found == files_.end()) return {};
  File& file = *found->second;
  lock.unlock();
  TRY(open(file, true));
  return {};
}

Result<std::shared_ptr<DiskFile>> OpenFiles::open(File& file, bool is_kept) {
  std::unique_lock lock(mutex_);
  if (!file.open_) {
    lock.unlock();
    auto opened = disk_.open(file.path_, Disk::Open::reading);
    lock.lock();
    // Somebody else may have been first. If that was who keeps it open, it may be gone from the
    // disk by now.
    if (!file.open_) {
      if (!opened) return std::unexpected(opened.error());
      file.open_ = *std::move(opened);
      file.place_ = recent_.insert(recent_.begin(), &file);
    }
  }
  std::shared_ptr<DiskFile> held = file.open_;
  if (file.is_kept_) return held;
  if (is_kept) {
    file.is_kept_ = true;
    recent_.erase(file.place_);
    return held;
  }
  recent_.splice(recent_.begin(), recent_, file.place_);
  if (recent_.size() > most_) {
    recent_.back()->open_.reset();
    recent_.pop_back();
  }
  return held;
}

}  // namespace cairn::chain
