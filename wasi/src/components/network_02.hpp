#pragma once
/// What the interfaces of `wasi:sockets` 0.2 share.

#include <cairn/component/linker.hpp>

namespace cairn::wasi {

/// `network`: that it is held is all that it says; the guest's policy says the rest.
struct NetworkResource {};

void add_udp_02(component::ComponentLinker& linker);

}  // namespace cairn::wasi
