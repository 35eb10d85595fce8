// `wasi:cli` 0.2 and 0.3 (proposals/cli/wit of WebAssembly/WASI).

#include "components/interfaces.hpp"
#include "components/io.hpp"
#include "components/pumps.hpp"

namespace cairn::wasi {
namespace {

/// `types.error-code` of 0.3
enum class CliError : uint8_t { io, illegal_byte_sequence, pipe };

struct CliFace {
  using Error = CliError;
  static CliError error(Errno code) {
    if (code == Errno::ilseq) return CliError::illegal_byte_sequence;
    return code == Errno::pipe ? CliError::pipe : CliError::io;
  }
};

/// `terminal-input` and `terminal-output`: nothing can be done with them yet.
struct TerminalInput {};
struct TerminalOutput {};

}  // namespace
}  // namespace cairn::wasi

template <>
struct cairn::component::Typed<cairn::wasi::CliError>
    : cairn::component::EnumOf<cairn::wasi::CliError> {};

namespace cairn::wasi {
namespace {

// ---- Both versions ----------------------------------------------------------------------------

std::vector<std::tuple<std::string, std::string>> get_environment(HostCall& call) {
  std::vector<std::tuple<std::string, std::string>> variables;
  for (const std::string& entry : Guest::of(call).config().env) {
    const size_t equals = entry.find('=');
    variables.emplace_back(entry.substr(0, equals),
                           equals == std::string::npos ? "" : entry.substr(equals + 1));
  }
  return variables;
}

std::vector<std::string> get_arguments(HostCall& call) { return Guest::of(call).config().args; }

/// Paths are relative to directories that were handed in: there is no other place to be.
std::optional<std::string> initial_cwd(HostCall&) { return std::nullopt; }

Result<void> exit(HostCall& call, std::expected<void, std::monostate> status) {
  return std::unexpected(Guest::of(call).exit(status ? 0 : 1));
}

Result<void> exit_with_code(HostCall& call, uint8_t code) {
  return std::unexpected(Guest::of(call).exit(code));
}

template <class Terminal>
std::optional<HostOwn<Terminal>> terminal(const std::shared_ptr<Handle>& handle) {
  if (!handle || !handle->is_terminal()) return std::nullopt;
  return HostOwn<Terminal>(std::make_shared<Terminal>());
}

void add_common(ComponentLinker& linker, const std::string& version, std::string_view cwd) {
  const auto interface = [&](std::string_view name) -> HostInterface& {
    return linker.interface("wasi:cli/" + std::string(name) + "@" + version);
  };
  interface("environment")
      .func("get-environment", &get_environment)
      .func("get-arguments", &get_arguments)
      .func(cwd, &initial_cwd);
  interface("exit").func("exit", &exit).func("exit-with-code", &exit_with_code);
  interface("terminal-input").resource<TerminalInput>("terminal-input");
  interface("terminal-output").resource<TerminalOutput>("terminal-output");
  interface("terminal-stdin").func("get-terminal-stdin", [](HostCall& call) {
    return terminal<TerminalInput>(Guest::of(call).config().standard_input);
  });
  interface("terminal-stdout").func("get-terminal-stdout", [](HostCall& call) {
    return terminal<TerminalOutput>(Guest::of(call).config().standard_output);
  });
  interface("terminal-stderr").func("get-terminal-stderr", [](HostCall& call) {
    return terminal<TerminalOutput>(Guest::of(call).config().standard_error);
  });
}

// ---- Standard streams -------------------------------------------------------------------------

void add_stdio_02(ComponentLinker& linker) {
  linker.interface("wasi:cli/stdin@0.2.12").func("get-stdin", [](HostCall& call) {
    return HostOwn<InputStream>(Guest::of(call).input());
  });
  linker.interface("wasi:cli/stdout@0.2.12").func("get-stdout", [](HostCall& call) {
    return HostOwn<OutputStream>(Guest::of(call).output());
  });
  linker.interface("wasi:cli/stderr@0.2.12").func("get-stderr", [](HostCall& call) {
    return HostOwn<OutputStream>(Guest::of(call).error());
  });
}

Result<Future<Ended<CliFace>>> write_to(HostCall& call, const Stream<uint8_t>& data,
                                        const std::shared_ptr<Handle>& handle) {
  return write_stream<CliFace>(call, data, make_sink(Guest::of(call).loop(), handle));
}

void add_stdio_03(ComponentLinker& linker) {
  linker.interface("wasi:cli/types@0.3.0");
  linker.interface("wasi:cli/stdin@0.3.0").func("read-via-stream", [](HostCall& call) {
    Guest& guest = Guest::of(call);
    return read_stream<CliFace>(call, make_source(guest.loop(), guest.config().standard_input));
  });
  linker.interface("wasi:cli/stdout@0.3.0")
      .func("write-via-stream", [](HostCall& call, const Stream<uint8_t>& data) {
        return write_to(call, data, Guest::of(call).config().standard_output);
      });
  linker.interface("wasi:cli/stderr@0.3.0")
      .func("write-via-stream", [](HostCall& call, const Stream<uint8_t>& data) {
        return write_to(call, data, Guest::of(call).config().standard_error);
      });
}

}  // namespace

void add_cli(ComponentLinker& linker) {
  add_common(linker, "0.2.12", "initial-cwd");
  add_common(linker, "0.3.0", "get-initial-cwd");
  add_stdio_02(linker);
  add_stdio_03(linker);
}

}  // namespace cairn::wasi
