#pragma once
/// One function for each package of WASI: it defines the interfaces in all versions that the host
/// has. A version of the 0.2 line serves all that are older.

#include <cairn/component/linker.hpp>
#include <cairn/wasi/guest.hpp>

namespace cairn::wasi {

using component::ComponentLinker;
using component::HostCall;
using component::HostInterface;

void add_io(ComponentLinker& linker);
void add_cli(ComponentLinker& linker);
void add_clocks(ComponentLinker& linker);
void add_random(ComponentLinker& linker);
void add_filesystem(ComponentLinker& linker);
void add_sockets_02(ComponentLinker& linker);
void add_sockets_03(ComponentLinker& linker);
void add_config(ComponentLinker& linker);
void add_keyvalue(ComponentLinker& linker);
void add_logging(ComponentLinker& linker);
void add_http_02(ComponentLinker& linker);
void add_http_03(ComponentLinker& linker);

/// A trap of the guest for a call that the interface's text forbids.
inline std::unexpected<Error> guest_error(std::string message) {
  return cairn::fail(ErrorKind::trap, std::move(message));
}

}  // namespace cairn::wasi
