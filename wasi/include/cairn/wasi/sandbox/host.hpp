#pragma once
/// Handles of the operating system's files, streams and sockets. `apps/` makes them and hands them
/// to a guest; nothing below opens anything that is not beneath one of them.

#include <cairn/base/result.hpp>
#include <cairn/wasi/sandbox/handle.hpp>

#include <memory>
#include <string>

namespace cairn::wasi {

/// How paths are kept beneath a directory.
enum class PathResolution : uint8_t {
  automatic,       ///< `openat2` where the kernel has it
  openat2,         ///< openat2(2) with RESOLVE_BENEATH: the kernel does it
  component_wise,  ///< one openat(2) for each component, symbolic links expanded by us
};

struct DirectoryOptions {
  bool read_only = false;  ///< nothing beneath can be changed
  PathResolution resolution = PathResolution::automatic;
};

/// A directory of the host. Errors: `not_found`, `denied`, `io`, with the path.
Result<std::shared_ptr<Handle>> open_host_directory(const std::string& path,
                                                    const DirectoryOptions& options = {});

/// A descriptor that is open already, for instance 0, 1 or 2. It is not closed with the handle
/// unless `owned`.
std::shared_ptr<Handle> host_stream(int fd, bool owned = false);

/// A listening TCP socket at "host:port" or "[v6]:port" (numeric; port 0: any).
Result<std::shared_ptr<Handle>> listen_tcp(const std::string& address);
/// A connected TCP socket.
Result<std::shared_ptr<Handle>> connect_tcp(const std::string& address);
/// "127.0.0.1:8080": where a socket of the host is bound.
Result<std::string> local_address(const Handle& socket);

}  // namespace cairn::wasi
