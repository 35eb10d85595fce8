#pragma once
/// Connected and listening TCP sockets of the host as handles.

#include <cairn/wasi/sandbox/handle.hpp>

#include <memory>

#include "sandbox/unique_fd.hpp"

namespace cairn::wasi {

std::shared_ptr<Handle> make_socket_handle(UniqueFd fd);

}  // namespace cairn::wasi
