#pragma once
/// Addresses of names: from the hosts file, and from the DNS servers of resolv.conf (RFC 1035),
/// asked over the event loop. The C library's resolver would block, and cannot be linked
/// statically.

#include <cairn/wasi/sandbox/network.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::wasi {

struct ResolverWorld {
  EventLoop& loop;
  Network& network;
  Files& files;
  Random& random;
};
EventLoop::Ticket resolve_name(const ResolverWorld& world, const std::string& name,
                               Network::Addresses then);

// ---- Its parts ---------------------------------------------------------------------------------

enum class RecordType : uint16_t { a = 1, aaaa = 28 };

/// The addresses of a name in the text of a hosts file (hosts(5)).
std::vector<IpAddress> find_in_hosts(std::string_view text, std::string_view name);
/// The name servers in the text of resolv.conf (resolv.conf(5)).
std::vector<IpAddress> find_servers(std::string_view text);
/// Nothing for what is no domain name.
std::optional<Bytes> make_query(uint16_t id, std::string_view name, RecordType type);
/// The addresses in an answer to that query; `noent` when the name does not exist, `again` when the
/// server failed, `badmsg` when it is no answer to it.
Outcome<std::vector<IpAddress>> read_answer(ByteSpan answer, ByteSpan query, RecordType type);

}  // namespace cairn::wasi
