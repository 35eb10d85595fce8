#include <cairn/base/log.hpp>

#include <cairn/base/printable.hpp>

#include <cstdio>

namespace cairn {

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    case LogLevel::off: return "off";
  }
  return "unknown";
}

void StderrLog::write(LogLevel level, std::string_view message) {
  // Whatever a guest or a client has put into it is no line of its own.
  const std::string line = fmt::format("cairn: {}: {}\n", to_string(level), printable(message));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void MemoryLog::write(LogLevel level, std::string_view message) {
  lines_.push_back(fmt::format("{}: {}", to_string(level), message));
}

}  // namespace cairn
