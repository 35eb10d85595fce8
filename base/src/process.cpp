#include <cairn/base/process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cairn/base/files.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace cairn {

namespace {

Error ended(std::string_view what) {
  return {.kind = ErrorKind::io, .message = "a process " + std::string(what)};
}

/// Speaks through one end of a pair of sockets: unlike a pipe's, its end can be told not to raise a
/// signal when the other side is gone.
class RealProcess final : public Process {
 public:
  RealProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}
  ~RealProcess() override {
    kill();
    ::close(socket_);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  Result<> write(ByteSpan bytes) override {
    while (!bytes.empty()) {
      const ssize_t done = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return std::unexpected(ended("does not read any more"));
      bytes = bytes.subspan(static_cast<size_t>(done));
    }
    return {};
  }

  Result<> read(MutableByteSpan bytes, uint32_t timeout_ms) override {
    while (!bytes.empty()) {
      pollfd ready = {.fd = socket_, .events = POLLIN, .revents = 0};
      const int count = ::poll(&ready, 1, static_cast<int>(timeout_ms));
      if (count < 0 && errno == EINTR) continue;
      if (count == 0) return std::unexpected(ended("did not answer in time"));
      const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return std::unexpected(ended("has ended"));
      bytes = bytes.subspan(static_cast<size_t>(got));
    }
    return {};
  }

  /// The process is not waited for before the destructor, so the number is still its own.
  void kill() override {
    ::kill(pid_, SIGKILL);
    ::shutdown(socket_, SHUT_RDWR);
  }

 private:
  const pid_t pid_;
  const int socket_;
};

}  // namespace

Result<std::unique_ptr<Process>> RealProcesses::start(const std::string& path,
                                                      const std::vector<std::string>& args) {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return std::unexpected(file_error(errno, path));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, sockets[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, sockets[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> words = {const_cast<char*>(path.c_str())};
  for (const std::string& arg : args) words.push_back(const_cast<char*>(arg.c_str()));
  words.push_back(nullptr);
  char* const environment[] = {nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, path.c_str(), &actions, nullptr, words.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  ::close(sockets[1]);
  if (error != 0) {
    ::close(sockets[0]);
    return std::unexpected(file_error(error, path));
  }
  return std::make_unique<RealProcess>(pid, sockets[0]);
}

namespace {

class SimulatedProcess final : public Process {
 public:
  explicit SimulatedProcess(const SimulatedProcesses::Program& program) : program_(program) {}

  Result<> write(ByteSpan bytes) override {
    if (dead_) return std::unexpected(ended("does not read any more"));
    written_.insert(written_.end(), bytes.begin(), bytes.end());
    return {};
  }
  Result<> read(MutableByteSpan bytes, uint32_t) override {
    if (!dead_ && !written_.empty()) {
      Result<Bytes> answer = program_(written_);
      written_.clear();
      if (answer)
        answer_.insert(answer_.end(), answer->begin(), answer->end());
      else
        dead_ = true;
    }
    if (answer_.size() < bytes.size())
      return std::unexpected(ended(dead_ ? "has ended" : "did not answer in time"));
    std::ranges::copy_n(answer_.begin(), static_cast<ptrdiff_t>(bytes.size()), bytes.begin());
    answer_.erase(answer_.begin(), answer_.begin() + static_cast<ptrdiff_t>(bytes.size()));
    return {};
  }
  void kill() override { dead_ = true; }

 private:
  const SimulatedProcesses::Program& program_;
  Bytes written_, answer_;
  bool dead_ = false;
};

}  // namespace

Result<std::unique_ptr<Process>> SimulatedProcesses::start(const std::string&,
                                                           const std::vector<std::string>&) {
  ++started_;
  return std::make_unique<SimulatedProcess>(program_);
}

}  // namespace cairn
