#include "compiler.hpp"

#include <unistd.h>
#include <cairn/engine/compiler.hpp>

#include <cstdlib>
#include <filesystem>

namespace cairn::cli {

namespace {

constexpr uint64_t cache_bytes_max = uint64_t{1} << 30;

/// `cairn-compiler` lies beside this program.
std::string compiler_path() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "" : (self.parent_path() / "cairn-compiler").string();
}

/// By the XDG Base Directory Specification; empty when there is no home.
std::string default_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::string(cache) + "/cairn/code";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.cache/cairn/code";
  return "";
}

}  // namespace

void set_compiler(engine::Settings& settings, std::string_view cache) {
  static RealProcesses processes;
  static RealFiles files;
  const std::string path = compiler_path();
  if (::access(path.c_str(), X_OK) != 0) return;  // built without: everything is interpreted
  settings.log = std::make_shared<StderrLog>(LogLevel::warning);
  settings.code_generator = engine::make_process_generator(processes, path, settings.log);
  const std::string folder = cache == "on" ? default_cache() : std::string(cache);
  if (cache == "off" || folder.empty()) return;
  settings.code_generator = engine::make_caching_generator(files, folder, cache_bytes_max,
                                                           std::move(settings.code_generator));
}

}  // namespace cairn::cli
