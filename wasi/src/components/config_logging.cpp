// `wasi:config` (0.2.0-rc.1) and `wasi:logging` (0.1.0-draft), of the repositories
// WebAssembly/wasi-config and wasi-logging.

#include "components/interfaces.hpp"

namespace cairn::wasi {
namespace {

enum class Level : uint8_t { trace, debug, info, warn, error, critical };

LogLevel level_of(Level level) {
  switch (level) {
    case Level::trace:
    case Level::debug: return LogLevel::debug;
    case Level::info: return LogLevel::info;
    case Level::warn: return LogLevel::warning;
    case Level::error:
    case Level::critical: break;
  }
  return LogLevel::error;
}

}  // namespace
}  // namespace cairn::wasi

template <>
struct cairn::component::Typed<cairn::wasi::Level> : cairn::component::EnumOf<cairn::wasi::Level> {
};

namespace cairn::wasi {

void add_config(ComponentLinker& linker) {
  linker.interface("wasi:config/store@0.2.0-rc.1")
      .func("get",
            [](HostCall& call, const std::string& key) -> std::optional<std::string> {
              const auto& values = Guest::of(call).config().values;
              const auto found = values.find(key);
              if (found == values.end()) return std::nullopt;
              return found->second;
            })
      .func("get-all", [](HostCall& call) {
        const auto& values = Guest::of(call).config().values;
        return std::vector<std::tuple<std::string, std::string>>(values.begin(), values.end());
      });
}

void add_logging(ComponentLinker& linker) {
  for (const char* const name : {"wasi:logging/logging@0.1.0-draft", "wasi:logging/logging"}) {
    linker.interface(name).func("log", [](HostCall& call, Level level, const std::string& context,
                                          const std::string& message) {
      Guest::of(call).log(level_of(level), context, message);
    });
  }
}

}  // namespace cairn::wasi
