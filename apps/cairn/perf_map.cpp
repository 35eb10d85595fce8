#include "perf_map.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "failure.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

class PerfMap final : public engine::CodeObserver {
 public:
  /// Others may write to /tmp: a file that is there already, or a link, is not followed.
  PerfMap() : path_(fmt::format("/tmp/perf-{}.map", ::getpid())) {
    ::unlink(path_.c_str());
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd_ < 0) say(errno);
  }
  ~PerfMap() override {
    if (fd_ >= 0) ::close(fd_);
  }

  void installed(const engine::InstalledCode& code) override {
    const auto begin = reinterpret_cast<uintptr_t>(code.begin);
    std::string text;
    for (const engine::InstalledCode::Part& part : code.parts)
      text += fmt::format("{:x} {:x} {}\n", begin + part.offset, part.size,
                          printable(readable_name(part.name)));
    const std::scoped_lock lock(mutex_);
    append(text);
  }
  /// The format has no way to say that.
  void removed(const void*) override {}

 private:
  void append(std::string_view text) {
    while (fd_ >= 0 && !text.empty()) {
      const ssize_t done = ::write(fd_, text.data(), text.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) {
        say(errno);
        ::close(fd_);
        fd_ = -1;
        return;
      }
      text.remove_prefix(static_cast<size_t>(done));
    }
  }
  void say(int error) const {
    print_warning(fmt::format("{} cannot be written: {}", path_, std::strerror(error)));
  }

  const std::string path_;
  std::mutex mutex_;
  int fd_ = -1;
};

}  // namespace

std::shared_ptr<engine::CodeObserver> make_perf_map() { return std::make_shared<PerfMap>(); }

}  // namespace cairn::cli
