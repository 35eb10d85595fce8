#include "compiler.hpp"

#include <unistd.h>
#include <cairn/engine/compiler.hpp>

#include <cstdlib>
#include <filesystem>

#include "terminal.hpp"

namespace cairn::cli {

namespace {

constexpr uint64_t cache_bytes_max = uint64_t{1} << 30;

/// By the XDG Base Directory Specification; empty when there is no home.
std::string default_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::string(cache) + "/cairn/code";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.cache/cairn/code";
  return "";
}

}  // namespace

Result<std::string> find_compiler() {
#ifndef CAIRN_COMPILER
  return fail(ErrorKind::unsupported, "Cairn was built without its compiler");
#else
  // It lies beside this program.
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  std::string path = (self.parent_path() / "cairn-compiler").string();
  if (error || ::access(path.c_str(), X_OK) != 0)
    return fail(ErrorKind::not_found, "there is no compiler: " + path + " is missing");
  return path;
#endif
}

void allow_compiled_code(engine::Settings& settings) {
  if (settings.code_generator != nullptr) return;
  settings.log = std::make_shared<StderrLog>(LogLevel::warning);
  settings.code_generator = engine::make_null_generator();
}

void set_compiler(engine::Settings& settings, std::string_view cache) {
  static RealProcesses processes;
  static RealFiles files;
  Result<std::string> path = find_compiler();
#ifdef CAIRN_COMPILER
  settings.baseline_generator = engine::make_baseline_generator();
#endif
  if (!path) {  // better code is not made, or none at all
    if (settings.baseline_generator != nullptr) allow_compiled_code(settings);
    return;
  }
  settings.log = std::make_shared<StderrLog>(LogLevel::warning);
  settings.code_generator =
      engine::make_process_generator(processes, *std::move(path), settings.log);
  const std::string folder = cache == "on" ? default_cache() : std::string(cache);
  if (cache == "off" || folder.empty()) return;
  // The default folder may be unusable without a word; who names one wants to know.
  if (cache != "on") {
    if (const Result<> made = files.make_directories(folder); !made) {
      return print_warning("nothing is kept in the cache: " + made.error().to_string());
    }
  }
  settings.code_generator = engine::make_caching_generator(files, folder, cache_bytes_max,
                                                           std::move(settings.code_generator));
}

}  // namespace cairn::cli
