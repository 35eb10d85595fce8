#pragma once
/// For benchmarks: with CAIRN_COMPILER=…/cairn-compiler in the environment everything is compiled
/// before it runs.

#include <fmt/format.h>
#include <cairn/base/log.hpp>
#include <cairn/base/process.hpp>
#include <cairn/engine/compiler.hpp>

#include <cstdlib>
#include <memory>

namespace cairn::bench {

/// A figure of compiled code shall not be one of interpreted code.
class Strict final : public Log {
 public:
  Strict() : Log(LogLevel::warning) {}

 protected:
  void write(LogLevel, std::string_view message) override {
    fmt::print(stderr, "{}\n", message);
    std::abort();
  }
};

inline engine::Settings compiled_if_asked(engine::Settings settings = {}) {
  const char* const compiler = std::getenv("CAIRN_COMPILER");
  if (compiler == nullptr) return settings;
  static RealProcesses processes;
  static const auto log = std::make_shared<Strict>();
  static const auto generator = engine::make_process_generator(processes, compiler, log);
  settings.code_generator = generator;
  settings.tier = engine::Tier::compile;
  settings.log = log;
  return settings;
}

}  // namespace cairn::bench
