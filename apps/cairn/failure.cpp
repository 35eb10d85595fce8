#include "failure.hpp"

#include <cxxabi.h>
#include <fmt/format.h>

#include <cstdlib>

#include "guest_values.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

std::string headline(const Error& error, const engine::Store& store) {
  if (error.kind == ErrorKind::trap) return "wasm trap: " + error.message;
  if (error.kind != ErrorKind::exception) return error.to_string();
  std::string text = "uncaught exception";
  const std::vector<engine::Value> payload = store.last_exception();
  for (size_t i = 0; i < payload.size(); ++i) {
    text += (i == 0 ? " with " : ", ") + format_value(payload[i]);
  }
  return text;
}

std::string place(const engine::TrapInfo::Frame& frame, const wasm::SourceMap& source_map,
                  const std::string& path) {
  if (const auto at = source_map.find(frame.offset)) {
    return fmt::format("{}:{}:{}", path, at->line, at->column);
  }
  const std::string& module = frame.module.empty() ? path : frame.module;
  return fmt::format("{}, offset {:#x}", module, frame.offset);
}

bool same_place(const engine::TrapInfo::Frame& a, const engine::TrapInfo::Frame& b) {
  return a.func_index == b.func_index && a.offset == b.offset && a.module == b.module;
}

/// One line for each frame; a frame that repeats itself is shown once.
void print_backtrace(const std::vector<engine::TrapInfo::Frame>& frames,
                     const wasm::SourceMap& source_map, const std::string& path) {
  for (size_t i = 0; i < frames.size();) {
    const engine::TrapInfo::Frame& frame = frames[i];
    size_t next = i + 1;
    while (next < frames.size() && same_place(frame, frames[next])) ++next;
    const std::string name = frame.function.empty() ? fmt::format("func[{}]", frame.func_index)
                                                    : readable_name(frame.function);
    std::string line =
        fmt::format("    at {} {}", styled(stderr, Style::bold, name),
                    styled(stderr, Style::dim, "(" + place(frame, source_map, path) + ")"));
    if (next - i > 1) line += fmt::format(", {} times", next - i);
    write(stderr, line + "\n");
    i = next;
  }
}

}  // namespace

std::string readable_name(const std::string& name) {
  if (!name.starts_with("_Z")) return name;
  int status = 0;
  char* demangled = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  if (status != 0) return name;
  std::string readable(demangled);
  std::free(demangled);
  return readable;
}

void print_failure(const Error& error, const engine::Store& store,
                   const wasm::SourceMap& source_map, const std::string& path) {
  print_error(headline(error, store));
  if (error.kind != ErrorKind::trap) return;
  print_backtrace(store.last_trap().backtrace, source_map, path);
}

}  // namespace cairn::cli
