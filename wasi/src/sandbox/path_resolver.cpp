#include "sandbox/path_resolver.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <vector>

namespace cairn::wasi {
namespace {

/// As many symbolic links as Linux follows in one path.
constexpr int symlinks_max = 40;
/// How often a path that changes under our feet is tried again.
constexpr int race_retries_max = 128;

constexpr int path_flags = O_PATH | O_CLOEXEC;

/// What every path must satisfy before the system sees it.
Outcome<> check(std::string_view path) {
  if (path.empty()) return fail(Errno::noent);
  if (path.size() >= PATH_MAX) return fail(Errno::nametoolong);
  if (path.find('\0') != std::string_view::npos) return fail(Errno::inval);
  if (path.front() == '/') return fail(Errno::perm);
  return {};
}

Outcome<UniqueFd> open_with_openat2(int root, const std::string& path, int flags, mode_t mode,
                                    bool follow) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0; tries < race_retries_max; ++tries) {
    const long fd = syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno == EXDEV) return fail(Errno::perm);  // the path leads out
    if (errno != EAGAIN && errno != EINTR) return fail_native(errno);
  }
  return fail(Errno::again);
}

/// Does the kernel have openat2, and may we call it? Asked once.
bool has_openat2() {
  static std::atomic<int> known = -1;
  if (int value = known.load(std::memory_order_relaxed); value >= 0) return value != 0;
  open_how how{};
  how.flags = path_flags;
  const long fd = syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how);
  const bool has = fd >= 0 || (errno != ENOSYS && errno != EPERM);
  if (fd >= 0) close(static_cast<int>(fd));
  known.store(has ? 1 : 0, std::memory_order_relaxed);
  return has;
}

/// Where a symbolic link leads; `fd` is the link itself (O_PATH | O_NOFOLLOW) and `name` empty, or
/// the link is `name` in the directory `fd`.
Outcome<std::string> read_link_at(int fd, const char* name) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = readlinkat(fd, name, target.data(), target.size());
  if (size < 0) return fail_native(errno);
  target.resize(static_cast<size_t>(size));
  return target;
}

/// Walks a path one component at a time. The directories on the way are kept open, so ".." goes
/// back to the one that was really passed, and never above the root.
class Walk {
 public:
  Walk(int root, std::string_view path) : root_(root) { push(path); }

  Outcome<UniqueFd> open(int flags, mode_t mode, bool follow) {
    for (;;) {
      const std::string name = pop();
      const bool last = rest_.empty();
      if (name == "..") {
        if (passed_.empty()) return fail(Errno::perm);
        passed_.pop_back();
        if (last) return open_here(flags);
        continue;
      }
      if (name == "." && !last) continue;
      // A slash behind the last component wants a directory, and follows a link to one.
      const bool as_directory = last && must_be_directory_;
      Outcome<UniqueFd> opened = last ? open_last(name, as_directory ? flags | O_DIRECTORY : flags,
                                                  mode, follow || as_directory)
                                      : enter(name);
      if (!opened) return opened;
      if (last && *opened) return opened;
    }
  }

 private:
  int here() const { return passed_.empty() ? root_ : passed_.back().get(); }

  /// Puts the components of a path in front of what is left to walk.
  void push(std::string_view path) {
    if (rest_.empty()) must_be_directory_ = must_be_directory_ || path.ends_with('/');
    size_t end = path.size();
    while (end > 0) {
      while (end > 0 && path[end - 1] == '/') --end;
      size_t begin = end;
      while (begin > 0 && path[begin - 1] != '/') --begin;
      if (begin < end) rest_.emplace_back(path.substr(begin, end - begin));
      end = begin;
    }
  }

  std::string pop() {
    std::string name = std::move(rest_.back());
    rest_.pop_back();
    return name;
  }

  Outcome<> expand(std::string_view target) {
    if (++symlinks_ > symlinks_max) return fail(Errno::loop);
    if (target.empty()) return fail(Errno::noent);
    if (target.front() == '/') return fail(Errno::perm);
    push(target);
    return {};
  }

  Outcome<UniqueFd> open_here(int flags) {
    UniqueFd fd(openat(here(), ".", flags | O_CLOEXEC));
    if (!fd) return fail_native(errno);
    return fd;
  }

  /// Goes one component down, or expands it when it is a symbolic link. The result is empty.
  Outcome<UniqueFd> enter(const std::string& name) {
    UniqueFd fd(openat(here(), name.c_str(), path_flags | O_NOFOLLOW));
    if (!fd) return fail_native(errno);
    struct stat info;
    if (fstat(fd.get(), &info) != 0) return fail_native(errno);
    if (S_ISLNK(info.st_mode)) {
      const Outcome<std::string> target = read_link_at(fd.get(), "");
      if (!target) return fail(target.error());
      if (const Outcome<> expanded = expand(*target); !expanded) return fail(expanded.error());
      return UniqueFd();
    }
    if (!S_ISDIR(info.st_mode)) return fail(Errno::notdir);
    passed_.push_back(std::move(fd));
    return UniqueFd();
  }

  /// Opens the last component; empty when it was a symbolic link that is expanded now.
  Outcome<UniqueFd> open_last(const std::string& name, int flags, mode_t mode, bool follow) {
    UniqueFd fd(openat(here(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
    if (fd) {
      struct stat info;
      if (!follow || (flags & O_PATH) == 0) return fd;
      if (fstat(fd.get(), &info) != 0) return fail_native(errno);
      if (!S_ISLNK(info.st_mode)) return fd;
    } else if (!follow || (errno != ELOOP && errno != ENOTDIR)) {
      return fail_native(errno);
    }
    const int open_error = fd ? ELOOP : errno;
    const Outcome<std::string> target =
        fd ? read_link_at(fd.get(), "") : read_link_at(here(), name.c_str());
    // It is no link (any more): then the first error was about something else.
    if (!target) return fail_native(open_error);
    if (const Outcome<> expanded = expand(*target); !expanded) return fail(expanded.error());
    return UniqueFd();
  }

  int root_;
  std::vector<UniqueFd> passed_;
  std::vector<std::string> rest_;  ///< components still to walk, the next one last
  bool must_be_directory_ = false;
  int symlinks_ = 0;
};

}  // namespace

Outcome<UniqueFd> PathResolver::open(int root, std::string_view path, int flags, mode_t mode,
                                     bool follow) const {
  if (const Outcome<> checked = check(path); !checked) return fail(checked.error());
  const bool by_kernel =
      kind_ == PathResolution::openat2 || (kind_ == PathResolution::automatic && has_openat2());
  if (by_kernel) return open_with_openat2(root, std::string(path), flags, mode, follow);
  return Walk(root, path).open(flags, mode, follow);
}

Outcome<Place> PathResolver::find_parent(int root, std::string_view path) const {
  if (const Outcome<> checked = check(path); !checked) return fail(checked.error());
  Place place;
  std::string_view rest = path;
  while (rest.ends_with('/')) {
    rest.remove_suffix(1);
    place.trailing_slash = true;
  }
  const size_t slash = rest.rfind('/');
  std::string_view parent = slash == std::string_view::npos ? "" : rest.substr(0, slash + 1);
  place.name = rest.substr(parent.size());
  if (place.name == "." || place.name == "..") {
    // Such a name stands for a directory that is open already: it can be neither made nor removed,
    // and ".." must not be looked at from the root.
    parent = rest;
    place.name = ".";
    place.trailing_slash = false;
  }
  if (parent.empty()) {
    place.directory = root;
    return place;
  }
  Outcome<UniqueFd> opened = open(root, parent, O_PATH | O_DIRECTORY, 0, true);
  if (!opened) return fail(opened.error());
  place.holder = *std::move(opened);
  place.directory = place.holder.get();
  return place;
}

}  // namespace cairn::wasi
