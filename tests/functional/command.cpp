#include "command.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cairn::functional {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_end(size_t which) { close(std::exchange(ends[which], -1)); }
  std::array<int, 2> ends{-1, -1};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Reads both outputs and writes the input at the same time, so that no pipe can fill up and block.
void pump(Pipe& in, Pipe& out, Pipe& err, const std::string& input, Outcome& outcome) {
  size_t written = 0;
  if (input.empty()) in.close_end(1);
  std::array<char, 4096> buffer;
  const auto drain = [&](Pipe& pipe, std::string& text) {
    const ssize_t got = ::read(pipe.ends[0], buffer.data(), buffer.size());
    if (got <= 0) return pipe.close_end(0);
    text.append(buffer.data(), static_cast<size_t>(got));
  };
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    pollfd fds[] = {{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}, {in.ends[1], POLLOUT, 0}};
    if (poll(fds, 3, -1) < 0) break;
    if (fds[0].revents != 0) drain(out, outcome.out);
    if (fds[1].revents != 0) drain(err, outcome.err);
    if (fds[2].revents != 0) {
      const ssize_t put = ::write(in.ends[1], input.data() + written, input.size() - written);
      if (put > 0) written += static_cast<size_t>(put);
      if (put < 0 || written == input.size()) in.close_end(1);
    }
  }
}

}  // namespace

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "cairn-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
  const std::string path = *this / name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string Folder::read(const std::string& name) const {
  std::ostringstream text;
  text << std::ifstream(*this / name, std::ios::binary).rdbuf();
  return text.str();
}

void Folder::make_directory(const std::string& name) const {
  std::filesystem::create_directories(*this / name);
}

void Folder::symlink(const std::string& target, const std::string& name) const {
  std::filesystem::create_symlink(target, *this / name);
}

bool has_compiler() { return std::filesystem::exists(CAIRN_BINARY "-compiler"); }

Outcome cairn(const Folder& folder, std::vector<std::string> args, const Setting& setting) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string binary = setting.binary.empty() ? CAIRN_BINARY : setting.binary;
  args.insert(args.begin(), binary);
  std::vector<std::string> env = setting.env;
  for (const std::string name : {"PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"})
    if (const char* value = std::getenv(name.c_str())) env.push_back(name + "=" + value);
  Pipe in, out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.path().c_str());
  posix_spawn_file_actions_adddup2(&actions, in.ends[0], 0);
  if (setting.output.empty()) {
    posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
  } else {
    posix_spawn_file_actions_addopen(&actions, 1, setting.output.c_str(), O_WRONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
  for (const int fd : setting.closed) posix_spawn_file_actions_addclose(&actions, fd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, binary.c_str(), &actions, &attributes, pointers(args).data(),
                                pointers(env).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  Outcome outcome;
  EXPECT_EQ(error, 0) << "cannot start " << binary;
  if (error != 0) return outcome;
  in.close_end(0);
  out.close_end(1);
  err.close_end(1);
  pump(in, out, err, setting.input, outcome);
  outcome.pid = pid;
  int status = 0;
  waitpid(pid, &status, 0);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace cairn::functional
