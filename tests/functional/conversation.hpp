#pragma once
/// A `cairn` command that is still running: spoken to through its standard streams.

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace cairn::functional {

class Conversation {
 public:
  /// Starts `cairn ARGS…` in a folder. It sees no variables of ours.
  Conversation(const std::string& folder, std::vector<std::string> args);
  /// Ends it if it has not ended.
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void write(const std::string& text);
  void close_input();
  /// What comes on standard output (1) or error (2), until there are `count` bytes, it ends or some
  /// seconds have passed.
  std::string read(int stream, size_t count);
  /// The next line of standard output or error, without its end.
  std::string read_line(int stream = 1);
  void signal(int number) const;
  /// Has it not taken this signal yet? One that it waits for, in whatever thread.
  bool is_pending(int signal) const;
  int pid() const { return pid_; }
  /// Closes its input and waits for it: the exit code; -1 after some seconds.
  int wait();
  /// Signals and waits as above, while somebody reads: the exit code, and what was still to come on
  /// standard error.
  std::pair<int, std::string> end(int number);
  /// What has not been read of its output.
  std::string rest(int stream) { return read(stream, SIZE_MAX); }

 private:
  int pid_ = -1;
  std::array<int, 3> ends_{-1, -1, -1};
};

}  // namespace cairn::functional
