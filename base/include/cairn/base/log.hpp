#pragma once
/// A log as something that is handed in: levels, one line per message, no global state.

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

enum class LogLevel : uint8_t { debug, info, warning, error, off };

std::string_view to_string(LogLevel level);

/// Implementations take whole messages and may be used from several threads at once.
class Log {
 public:
  explicit Log(LogLevel lowest) : lowest_(lowest) {}
  virtual ~Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool enabled(LogLevel level) const { return level >= lowest_; }

  /// Formats only what is enabled.
  template <class... Args>
  void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }

 protected:
  virtual void write(LogLevel level, std::string_view message) = 0;

 private:
  LogLevel lowest_;
};

/// Drops everything.
class NoLog final : public Log {
 public:
  NoLog() : Log(LogLevel::off) {}

 protected:
  void write(LogLevel, std::string_view) override {}
};

/// "cairn: warning: message" on standard error, each line in one write.
class StderrLog final : public Log {
 public:
  using Log::Log;

 protected:
  void write(LogLevel level, std::string_view message) override;
};

/// Keeps the lines, for tests. For one thread.
class MemoryLog final : public Log {
 public:
  explicit MemoryLog(LogLevel lowest = LogLevel::debug) : Log(lowest) {}
  const std::vector<std::string>& lines() const { return lines_; }

 protected:
  void write(LogLevel level, std::string_view message) override;

 private:
  std::vector<std::string> lines_;
};

}  // namespace cairn
