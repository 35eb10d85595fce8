#include <cairn/base/files.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace cairn {
namespace {

/// Closes a file descriptor at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  /// Closes now, where the result matters: a write error may show only here.
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

std::unexpected<Error> last_error(const std::string& path) {
  return std::unexpected(file_error(errno, path));
}

Error too_large(const std::string& path, uint64_t size_max) {
  return {.kind = ErrorKind::limit,
          .message = fmt::format("file is larger than {} bytes", size_max),
          .path = path};
}

}  // namespace

Error file_error(int os_error, const std::string& path) {
  const ErrorKind kind = os_error == ENOENT || os_error == ENOTDIR ? ErrorKind::not_found
                         : os_error == EACCES || os_error == EPERM ? ErrorKind::denied
                                                                   : ErrorKind::io;
  return {.kind = kind,
          .message = std::generic_category().message(os_error),
          .path = path,
          .os_error = os_error};
}

Result<Bytes> RealFiles::read_file(const std::string& path, uint64_t size_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return last_error(path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return last_error(path);

  // The size is a hint only: a pipe has none, and a file may grow while it is read.
  const auto hint = static_cast<uint64_t>(std::max<off_t>(status.st_size, 0));
  if (hint > size_max) return std::unexpected(too_large(path, size_max));
  Bytes bytes(hint + 1);
  size_t size = 0;
  for (;;) {
    if (size == bytes.size()) bytes.resize(std::max<size_t>(4096, bytes.size() * 2));
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error(path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
    if (size > size_max) return std::unexpected(too_large(path, size_max));
  }
  bytes.resize(size);
  return bytes;
}

Result<> RealFiles::write_file(const std::string& path, ByteSpan bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) return last_error(path);
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return last_error(path);
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  if (file.close() != 0) return last_error(path);
  return {};
}

bool RealFiles::exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

bool RealFiles::is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Result<std::vector<std::string>> RealFiles::list_directory(const std::string& path) {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory(::opendir(path.c_str()));
  if (!directory) return last_error(path);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return last_error(path);
  std::ranges::sort(names);
  return names;
}

Result<> RealFiles::make_directories(const std::string& path) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0777) != 0) {
      const int os_error = errno;
      if (!is_directory(part)) return std::unexpected(file_error(os_error, part));
    }
    if (end == std::string::npos) return {};
  }
}

Result<> RealFiles::remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return last_error(path);
  return {};
}

Result<> RealFiles::rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return last_error(from);
  return {};
}

Result<Files::Info> RealFiles::info(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return last_error(path);
  const auto seconds = static_cast<uint64_t>(status.st_mtim.tv_sec);
  return Info{.size = static_cast<uint64_t>(status.st_size),
              .used = seconds * 1'000'000'000 + static_cast<uint64_t>(status.st_mtim.tv_nsec)};
}

Result<> RealFiles::touch(const std::string& path) {
  if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) return last_error(path);
  return {};
}

}  // namespace cairn
