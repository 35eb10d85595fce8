#pragma once
/// Where servers listen.

#include <cairn/base/result.hpp>
#include <cairn/wasi/sandbox/address.hpp>

#include <string>
#include <string_view>

namespace cairn::cli {

/// "127.0.0.1:8080", "[::1]:0", "localhost:80". Error `usage`, with the name of the option.
Result<wasi::SocketAddress> parse_address(std::string_view option, const std::string& text);
/// The other way round.
std::string text_of(const wasi::SocketAddress& address);

}  // namespace cairn::cli
