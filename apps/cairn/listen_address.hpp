#pragma once
/// Where servers listen.

#include <cairn/base/result.hpp>
#include <cairn/wasi/sandbox/network.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace cairn::cli {

/// "127.0.0.1:8080", "[::1]:0", "localhost:80". Error `usage`, with the name of the option.
Result<wasi::SocketAddress> parse_address(std::string_view option, const std::string& text);
/// The other way round.
std::string text_of(const wasi::SocketAddress& address);

/// The socket of one of `threads` threads that share an address; the first one (0) comes first.
/// Where that has port 0, the system chooses one for all, and the address has it then.
Result<std::shared_ptr<wasi::Socket>> listen_in(uint32_t thread, uint32_t threads,
                                                wasi::SocketAddress& address);

}  // namespace cairn::cli
