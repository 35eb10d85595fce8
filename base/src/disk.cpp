#include <cairn/base/disk.hpp>
#include <cairn/base/files.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace cairn {
namespace {

std::unexpected<Error> last_error(const std::string& path) {
  Error error = file_error(errno, path);
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) error.kind = ErrorKind::limit;
  return std::unexpected(std::move(error));
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class RealFile final : public DiskFile {
 public:
  RealFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Result<uint64_t> size() override {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return last_error(path_);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<> write(uint64_t offset, ByteSpan bytes) override {
    while (!bytes.empty()) {
      const ssize_t put =
          ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return last_error(path_);
      bytes = bytes.subspan(static_cast<size_t>(put));
      offset += static_cast<uint64_t>(put);
    }
    return {};
  }

  Result<size_t> read(uint64_t offset, MutableByteSpan out) override {
    size_t size = 0;
    while (size < out.size()) {
      const ssize_t got = ::pread(file_.get(), out.data() + size, out.size() - size,
                                  static_cast<off_t>(offset + size));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return last_error(path_);
      if (got == 0) break;
      size += static_cast<size_t>(got);
    }
    return size;
  }

  Result<> truncate(uint64_t size) override {
    if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) return last_error(path_);
    return {};
  }

  Result<> reserve(uint64_t size) override {
    if (TRY(this->size()) >= size) return {};
    // The call returns its error; file systems that cannot do it have it done by the C library.
    for (;;) {
      const int error = ::posix_fallocate(file_.get(), 0, static_cast<off_t>(size));
      if (error == 0) return {};
      if (error == EINTR) continue;
      errno = error;
      return last_error(path_);
    }
  }

  Result<> sync() override {
    if (::fdatasync(file_.get()) != 0) return last_error(path_);
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return last_error(path_);
    if (status.st_nlink == 0) return removed(path_);
    return {};
  }

 private:
  Descriptor file_;
  std::string path_;
};

/// What is kept holds keys, and states of people who did not ask to show them.
constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

/// flock(2) goes away with the process, and is not shared by threads that open the file anew.
class RealLock final : public Disk::Lock {
 public:
  explicit RealLock(Descriptor file) : file_(std::move(file)) {}

 private:
  Descriptor file_;
};

}  // namespace

Result<> DiskFile::read_exactly(uint64_t offset, MutableByteSpan out) {
  const size_t got = TRY(read(offset, out));
  if (got == out.size()) return {};
  return fail_at(ErrorKind::malformed, offset + got,
                 fmt::format("the file ends {} bytes too early", out.size() - got));
}

std::unexpected<Error> DiskFile::removed(const std::string& path) {
  auto error = fail(ErrorKind::not_found, "the file was removed while it was written");
  error.error().path = path;
  return error;
}

Result<std::unique_ptr<DiskFile>> RealDisk::open(const std::string& path, Open how) {
  const int flags = how == Open::reading  ? O_RDONLY
                    : how == Open::create ? O_RDWR | O_CREAT | O_EXCL
                                          : O_RDWR;
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, owner_only));
  if (file.get() < 0) return last_error(path);
  return std::make_unique<RealFile>(std::move(file), path);
}

Result<std::vector<std::string>> RealDisk::list_directory(const std::string& path) {
  return RealFiles().list_directory(path);
}

Result<> RealDisk::make_directories(const std::string& path) {
  RealFiles files;
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    const bool is_last = path.find_first_not_of('/', end) == std::string::npos;
    // What it lies in may come to hold what is somebody else's.
    const bool is_new = ::mkdir(part.c_str(), is_last ? owner_only | S_IXUSR : 0777) == 0;
    if (const int os_error = errno; !is_new && !files.is_directory(part))
      return std::unexpected(file_error(os_error, part));
    // Who made the last one may have been killed before it was durable. Where that is not ours to
    // sync, it was not made by the like of us.
    if (is_new || is_last) {
      const Result<> synced = sync_directory(directory_of(part));
      if (!synced && (is_new || synced.error().kind != ErrorKind::denied)) return synced;
    }
    if (is_last) return {};
  }
}

Result<> RealDisk::remove_file(const std::string& path) { return RealFiles().remove_file(path); }

Result<> RealDisk::sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return last_error(path);
  return {};
}

Result<std::unique_ptr<Disk::Lock>> RealDisk::lock(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only));
  if (file.get() < 0) return last_error(path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return last_error(path);
    return std::unexpected(Error{
        .kind = ErrorKind::denied, .message = "another process uses this folder", .path = path});
  }
  return std::make_unique<RealLock>(std::move(file));
}

}  // namespace cairn
