#include <cairn/base/simulated_disk.hpp>

#include <cairn/base/files.hpp>

#include <algorithm>
#include <cerrno>

namespace cairn {
namespace {

std::unexpected<Error> disk_error(int os_error, const std::string& path) {
  Error error = file_error(os_error, path);
  if (os_error == ENOSPC) error.kind = ErrorKind::limit;
  return std::unexpected(std::move(error));
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

class SimulatedDisk::File final : public DiskFile {
 public:
  /// Under the disk's lock.
  File(SimulatedDisk& disk, std::shared_ptr<Node> node, std::string path)
      : disk_(disk), node_(std::move(node)), path_(std::move(path)), boot_(disk.boot_) {
    ++disk_.open_files_;
  }
  ~File() override {
    const std::lock_guard lock(disk_.mutex_);
    --disk_.open_files_;
  }

  Result<uint64_t> size() override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(begin());
    return node_->seen.size();
  }

  Result<> write(uint64_t offset, ByteSpan bytes) override {
    const std::lock_guard lock(disk_.mutex_);
    const Result<> begun = begin();
    if (!begun) bytes = bytes.first(bytes.size() / 2);
    if (disk_.boot_ != boot_) return begun;
    const uint64_t end = offset + bytes.size();
    if (end > node_->seen.size()) TRY(disk_.resize(*node_, end, path_));
    std::ranges::copy(bytes, node_->seen.begin() + static_cast<ptrdiff_t>(offset));
    mark(*node_, offset, end);
    return begun;
  }

  Result<size_t> read(uint64_t offset, MutableByteSpan out) override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(begin());
    const Bytes& seen = node_->seen;
    if (offset >= seen.size()) return size_t{0};
    const size_t size = std::min<size_t>(out.size(), seen.size() - offset);
    std::copy_n(seen.begin() + static_cast<ptrdiff_t>(offset), size, out.begin());
    return size;
  }

  Result<> truncate(uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(begin());
    return disk_.resize(*node_, size, path_);
  }

  Result<> reserve(uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(begin());
    if (size <= node_->seen.size()) return {};
    return disk_.resize(*node_, size, path_);
  }

  Result<> sync() override {
    const std::lock_guard lock(disk_.mutex_);
    const Result<> begun = begin();
    if (disk_.boot_ != boot_) return begun;
    if (!begun) {
      // As the kernel does: what was not written is forgotten, and counts as clean.
      SeededRandom random(disk_.operations_);
      Bytes seen = node_->seen;
      settle(*node_, random);
      node_->seen = std::move(seen);
      return begun;
    }
    Bytes& durable = node_->durable;
    durable.resize(node_->seen.size());
    for (const size_t sector : node_->dirty) {
      const size_t from = sector * sector_bytes;
      if (from >= durable.size()) continue;
      const size_t size = std::min(sector_bytes, durable.size() - from);
      std::copy_n(node_->seen.begin() + static_cast<ptrdiff_t>(from), size,
                  durable.begin() + static_cast<ptrdiff_t>(from));
    }
    node_->dirty.clear();
    const bool is_named =
        std::ranges::any_of(disk_.names_, [&](const auto& name) { return name.second == node_; });
    if (!is_named) return removed(path_);
    return {};
  }

 private:
  Result<> begin() {
    if (disk_.boot_ != boot_) return disk_error(EBADF, path_);
    if (const int error = disk_.begin_operation(path_)) return disk_error(error, path_);
    return {};
  }

  SimulatedDisk& disk_;
  std::shared_ptr<Node> node_;
  std::string path_;
  uint64_t boot_;
};

class SimulatedDisk::HeldLock final : public Disk::Lock {
 public:
  HeldLock(SimulatedDisk& disk, std::string path)
      : disk_(disk), path_(std::move(path)), boot_(disk.boot_) {}
  ~HeldLock() override {
    const std::lock_guard lock(disk_.mutex_);
    if (disk_.boot_ == boot_) disk_.locks_.erase(path_);
  }

 private:
  SimulatedDisk& disk_;
  std::string path_;
  uint64_t boot_;
};

void SimulatedDisk::mark(Node& node, uint64_t from, uint64_t to) {
  for (uint64_t sector = from / sector_bytes; sector * sector_bytes < to; ++sector) {
    node.dirty.insert(sector);
  }
}

Result<> SimulatedDisk::resize(Node& node, uint64_t size, const std::string& path) {
  const uint64_t before = node.seen.size();
  if (size > before && used_ + (size - before) > capacity_) return disk_error(ENOSPC, path);
  used_ = used_ + size - before;
  node.seen.resize(size);
  mark(node, std::min(size, before), std::max(size, before));
  return {};
}

/// Makes of `seen` and `durable` what a crash leaves, in both.
void SimulatedDisk::settle(Node& node, Random& random) {
  Bytes result = node.durable;
  const size_t seen_size = node.seen.size();
  // The length is one thing more that may be written or not; while it grows, also in part.
  if (seen_size != result.size()) {
    switch (random.below(3)) {
      case 0: break;
      case 1: result.resize(seen_size); break;
      default: {
        const size_t low = std::min(seen_size, result.size());
        result.resize(low + random.below(std::max(seen_size, result.size()) - low + 1));
      }
    }
  }
  for (const size_t sector : node.dirty) {
    const size_t from = sector * sector_bytes;
    const size_t end = std::min({from + sector_bytes, result.size(), seen_size});
    if (from >= end || random.below(2) == 0) continue;
    // Most disks write sectors whole; some do not even that.
    const size_t size = random.below(16) == 0 ? random.below(end - from + 1) : end - from;
    std::copy_n(node.seen.begin() + static_cast<ptrdiff_t>(from), size,
                result.begin() + static_cast<ptrdiff_t>(from));
  }
  node.durable = result;
  node.seen = std::move(result);
  node.dirty.clear();
}

void SimulatedDisk::crash(Random& random) {
  const std::lock_guard lock(mutex_);
  std::set<std::string> paths;
  for (const auto& [path, node] : names_) paths.insert(path);
  for (const auto& [path, node] : durable_names_) paths.insert(path);
  std::erase_if(directories_, [&](const std::string& path) {
    return !durable_directories_.contains(path) && random.below(2) == 0;
  });
  Names survivors;
  for (const std::string& path : paths) {
    if (!directories_.contains(directory_of(path))) continue;
    const auto now = names_.find(path);
    const auto before = durable_names_.find(path);
    std::shared_ptr<Node> node = now == names_.end() ? nullptr : now->second;
    std::shared_ptr<Node> old = before == durable_names_.end() ? nullptr : before->second;
    if (node != old && random.below(2) == 0) node = old;
    if (node) survivors[path] = std::move(node);
  }
  used_ = 0;
  for (auto& [path, node] : survivors) {
    settle(*node, random);
    used_ += node->seen.size();
  }
  names_ = survivors;
  durable_names_ = std::move(survivors);
  locks_.clear();
  ++boot_;
}

void SimulatedDisk::set_fault(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void SimulatedDisk::set_capacity(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void SimulatedDisk::set_open_files_max(size_t files) {
  const std::lock_guard lock(mutex_);
  open_files_max_ = files;
}

uint64_t SimulatedDisk::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

uint64_t SimulatedDisk::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

void SimulatedDisk::change(const std::string& path, const std::function<void(Bytes&)>& how) {
  const std::lock_guard lock(mutex_);
  Node& node = *names_.at(path);
  used_ -= node.seen.size();
  how(node.seen);
  used_ += node.seen.size();
  node.durable = node.seen;
  node.dirty.clear();
}

std::optional<Bytes> SimulatedDisk::contents(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto file = names_.find(path);
  if (file == names_.end()) return std::nullopt;
  return file->second->seen;
}

int SimulatedDisk::begin_operation(const std::string& path) {
  const uint64_t operation = operations_++;
  return fault_ ? fault_(operation, path) : 0;
}

Result<std::unique_ptr<DiskFile>> SimulatedDisk::open(const std::string& path, Open how) {
  const std::lock_guard lock(mutex_);
  if (const int error = begin_operation(path)) return disk_error(error, path);
  if (open_files_ >= open_files_max_) return disk_error(EMFILE, path);
  const auto file = names_.find(path);
  if (how == Open::create) {
    if (file != names_.end()) return disk_error(EEXIST, path);
    if (!directories_.contains(directory_of(path))) return disk_error(ENOENT, path);
    auto node = std::make_shared<Node>();
    names_[path] = node;
    return std::make_unique<File>(*this, std::move(node), path);
  }
  if (file == names_.end()) return disk_error(ENOENT, path);
  return std::make_unique<File>(*this, file->second, path);
}

Result<std::vector<std::string>> SimulatedDisk::list_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const int error = begin_operation(path)) return disk_error(error, path);
  if (!directories_.contains(path)) return disk_error(ENOENT, path);
  std::vector<std::string> names;
  for (const auto& [name, node] : names_) {
    if (directory_of(name) == path) names.push_back(name.substr(path.size() + 1));
  }
  return names;
}

Result<> SimulatedDisk::make_directories(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const int error = begin_operation(path)) return disk_error(error, path);
  directories_.insert(path);
  // The sync of what it lies in.
  if (const int error = begin_operation(path)) return disk_error(error, path);
  durable_directories_.insert(path);
  return {};
}

Result<> SimulatedDisk::remove_file(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const int error = begin_operation(path)) return disk_error(error, path);
  const auto file = names_.find(path);
  if (file == names_.end()) return disk_error(ENOENT, path);
  used_ -= file->second->seen.size();
  names_.erase(file);
  return {};
}

Result<> SimulatedDisk::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const int error = begin_operation(path)) return disk_error(error, path);
  const auto inside = [&path](const auto& entry) { return directory_of(entry.first) == path; };
  std::erase_if(durable_names_, inside);
  for (const auto& entry : names_) {
    if (inside(entry)) durable_names_.insert(entry);
  }
  return {};
}

Result<std::unique_ptr<Disk::Lock>> SimulatedDisk::lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const int error = begin_operation(path)) return disk_error(error, path);
  if (!locks_.insert(path).second) {
    return std::unexpected(Error{
        .kind = ErrorKind::denied, .message = "another process uses this folder", .path = path});
  }
  return std::make_unique<HeldLock>(*this, path);
}

}  // namespace cairn
