#include "failure.hpp"

#include <fmt/format.h>
#include <csetjmp>

#include <algorithm>

#include "guest_values.hpp"
#include "terminal.hpp"

// The demangler of libstdc++ (libiberty's cp-demangle.c); no header declares it. 0: all is well.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the library's name
extern "C" int __gcclibcxx_demangle_callback(const char* mangled,
                                             void (*take)(const char*, size_t, void*), void* to);

namespace cairn::cli {
namespace {

/// Names longer than this are cut.
constexpr size_t name_shown_max = 1'000;

std::string headline(const Error& error, const engine::Store& store) {
  if (error.kind == ErrorKind::trap) return "wasm trap: " + error.message;
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
  if (frame.source) {
    const wasm::SourceLine& source = *frame.source;
    const std::string column = source.column == 0 ? "" : fmt::format(":{}", source.column);
    return fmt::format("{}:{}{}", shortened(source.file, name_shown_max), source.line, column);
  }
  const std::string& module = frame.module.empty() ? path : frame.module;
  return fmt::format("{}, offset {:#x}", shortened(module, name_shown_max), frame.offset);
}

bool same_place(const engine::TrapInfo::Frame& a, const engine::TrapInfo::Frame& b) {
  return a.func_index == b.func_index && a.offset == b.offset && a.module == b.module;
}

/// One line for each frame; a frame that repeats itself is shown once.
void print_backtrace(const engine::TrapInfo& trap, const wasm::SourceMap& source_map,
                     const std::string& path) {
  const std::vector<engine::TrapInfo::Frame>& frames = trap.backtrace;
  for (size_t i = 0; i < frames.size();) {
    const engine::TrapInfo::Frame& frame = frames[i];
    size_t next = i + 1;
    while (next < frames.size() && same_place(frame, frames[next])) ++next;
    const std::string name = frame.function.empty() ? fmt::format("func[{}]", frame.func_index)
                                                    : readable_name(frame.function);
    std::string line = fmt::format(
        "    at {} {}", styled(stderr, Style::bold, printable(name)),
        styled(stderr, Style::dim, printable("(" + place(frame, source_map, path) + ")")));
    if (next - i > 1) line += fmt::format(", {} times", next - i);
    write(stderr, line + "\n");
    i = next;
  }
  if (trap.more_frames) write(stderr, "    … and more\n");
}

/// What the demangler says, piece by piece.
struct Demangled {
  std::string text;
  jmp_buf enough;
};

void take_piece(const char* piece, size_t size, void* to) {
  Demangled& out = *static_cast<Demangled*>(to);
  out.text.append(piece, std::min(size, name_shown_max));
  if (out.text.size() > name_shown_max) longjmp(out.enough, 1);
}

/// A short name may stand for an endless one, so the demangler, which is C and owns nothing while
/// it prints, is left when it has said enough.
bool demangle(const char* name, Demangled& out) {
  return setjmp(out.enough) != 0 || __gcclibcxx_demangle_callback(name, take_piece, &out) == 0;
}

}  // namespace

std::string readable_name(const std::string& name) {
  if (!name.starts_with("_Z")) return shortened(name, name_shown_max);
  Demangled demangled;
  return shortened(demangle(name.c_str(), demangled) ? demangled.text : name, name_shown_max);
}

void hint_of_actor(const Error& error, std::string_view file) {
  if (!error.message.contains("`cairn:actor/")) return;
  print_hint(fmt::format("this is an actor: `cairn serve {}`", file));
}

void print_failure(const Error& error, const engine::Store& store,
                   const wasm::SourceMap& source_map, const std::string& path) {
  print_error(headline(error, store));
  if (error.kind != ErrorKind::trap) return;
  print_backtrace(store.last_trap(), source_map, path);
}

}  // namespace cairn::cli
