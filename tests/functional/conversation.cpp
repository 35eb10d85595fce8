#include "conversation.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string_view>
#include <thread>

namespace cairn::functional {
namespace {

constexpr auto patience = std::chrono::seconds(20);

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Conversation::Conversation(const std::string& folder, std::vector<std::string> args) {
  std::signal(SIGPIPE, SIG_IGN);
  args.insert(args.begin(), CAIRN_BINARY);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::array<int, 3> theirs{};
  for (int i = 0; i < 3; ++i) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const size_t ours = i == 0 ? 1 : 0;
    ends_[i] = ends[ours];
    theirs[i] = ends[1 - ours];
    posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
  }
  char* const no_variables[] = {nullptr};
  const int error =
      posix_spawn(&pid_, CAIRN_BINARY, &actions, nullptr, pointers(args).data(), no_variables);
  posix_spawn_file_actions_destroy(&actions);
  for (const int end : theirs) close(end);
  EXPECT_EQ(error, 0) << "cannot start " << CAIRN_BINARY;
}

Conversation::~Conversation() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
  for (const int end : ends_)
    if (end >= 0) close(end);
}

void Conversation::write(const std::string& text) {
  EXPECT_EQ(::write(ends_[0], text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

void Conversation::close_input() {
  if (ends_[0] >= 0) close(std::exchange(ends_[0], -1));
}

std::string Conversation::read(int stream, size_t count) {
  std::string text;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (text.size() < count && std::chrono::steady_clock::now() < until) {
    pollfd item{ends_[static_cast<size_t>(stream)], POLLIN, 0};
    if (poll(&item, 1, 100) <= 0) continue;
    std::array<char, 4096> buffer;
    const size_t wanted = std::min(buffer.size(), count - text.size());
    const ssize_t got = ::read(item.fd, buffer.data(), wanted);
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  return text;
}

std::string Conversation::read_line(int stream) {
  std::string line;
  for (std::string next = read(stream, 1); !next.empty() && next != "\n"; next = read(stream, 1))
    line += next;
  return line;
}

void Conversation::signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

bool Conversation::is_pending(int signal) const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    constexpr std::string_view name = "ShdPnd:\t";
    if (line.starts_with(name))
      return ((std::stoull(line.substr(name.size()), nullptr, 16) >> (signal - 1)) & 1) != 0;
  }
  return false;
}

std::pair<int, std::string> Conversation::end(int number) {
  std::string text;
  std::thread reader([&] { text = rest(2); });
  signal(number);
  const int code = wait();
  reader.join();
  return {code, text};
}

int Conversation::wait() {
  close_input();
  const auto until = std::chrono::steady_clock::now() + patience;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) return -1;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace cairn::functional
