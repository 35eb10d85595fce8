#include <cairn/base/result.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace cairn {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::malformed: return "malformed";
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::unlinkable: return "unlinkable";
    case ErrorKind::trap: return "trap";
    case ErrorKind::exception: return "exception";
    case ErrorKind::limit: return "limit";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::denied: return "denied";
    case ErrorKind::io: return "io";
    case ErrorKind::usage: return "usage";
  }
  return "unknown";
}

std::string Error::to_string() const {
  std::string text = path;
  if (at) text += fmt::format("{}{}:{}", text.empty() ? "" : ":", at->line, at->column);
  if (!text.empty()) text += ": ";
  text += message;
  if (offset) text += fmt::format(" (at offset {:#x})", *offset);
  return text;
}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: internal error: '%s' does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace cairn
