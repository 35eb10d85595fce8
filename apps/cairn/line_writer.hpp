#pragma once
/// What a server says while it serves: lines that a thread of its own writes. Who reads them slowly
/// or not at all holds up nobody.

#include <cairn/base/log.hpp>
#include <cairn/wasi/http_server.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace cairn::cli {

class LineWriter {
 public:
  /// Of what waits to be written. Lines that there is no room for are lost; how many those were is
  /// written in their place.
  static constexpr size_t waiting_bytes_max = size_t{1} << 20;

  /// Its thread takes the signals that this one does.
  explicit LineWriter(int fd) : fd_(fd), thread_([this] { run(); }) {}
  ~LineWriter() { end(); }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// A line, or several, each with its end. From any thread.
  void write(std::string_view lines);
  /// Writes what is there, as long as somebody takes it, and for so many seconds at most. Who goes
  /// on to write, as other threads may, is not heard.
  void end();

 private:
  void run();
  void put(std::string_view text);

  int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  uint64_t lost_ = 0;
  std::chrono::steady_clock::time_point ends_at_;  ///< before `is_ending_` is set
  std::atomic<bool> is_ending_ = false;
  std::thread thread_;  // last: it uses the others
};

/// "cairn: warning: message", as a `StderrLog` has it.
class ServerLog final : public Log {
 public:
  ServerLog(LogLevel lowest, LineWriter& lines) : Log(lowest), lines_(lines) {}

 protected:
  void write(LogLevel level, std::string_view message) override;

 private:
  LineWriter& lines_;
};

/// A line for each request, for `--access-log`.
std::function<void(const wasi::HttpAccess&)> access_log(LineWriter& lines);

}  // namespace cairn::cli
