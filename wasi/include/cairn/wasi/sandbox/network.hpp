#pragma once
/// Sockets that guests make themselves, and what they may do with them.

#include <cairn/base/bytes.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/files.hpp>
#include <cairn/base/random.hpp>
#include <cairn/wasi/sandbox/address.hpp>
#include <cairn/wasi/sandbox/handle.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::wasi {

/// Which addresses a guest may speak to, and at which it may listen. Empty: none.
class NetworkPolicy {
 public:
  /// "HOST:PORT": HOST is an address, a range like 10.0.0.0/8, a name, or "*"; IPv6 in brackets;
  /// PORT is a number or "*". "*" alone is everything. Kind `usage` for other texts.
  static Result<NetworkPolicy> parse(const std::vector<std::string>& allow,
                                     const std::vector<std::string>& listen);

  bool may_connect(const SocketAddress& to) const;
  bool may_listen(const SocketAddress& at) const;
  bool may_look_up(std::string_view name) const;
  /// A name that may be looked up has these addresses: they may be spoken to where it may.
  void learn(std::string_view name, const std::vector<IpAddress>& addresses);

  /// Addresses where clouds tell a machine its secrets, and those of the local link. "*" and names
  /// do not mean them: a rule has to name them.
  static bool is_guarded(const IpAddress& address);

 private:
  struct Rule {
    std::string name;                ///< in lower case; empty: an address, or any
    std::optional<IpAddress> first;  ///< of a range
    uint32_t prefix_bits = 0;
    std::optional<uint16_t> port;
    std::vector<IpAddress> known = {};  ///< of the name

    bool is_any() const { return name.empty() && !first; }
    bool covers(const SocketAddress& address) const;
  };
  static Result<Rule> parse_rule(std::string_view text);

  std::vector<Rule> allow_, listen_;
};

enum class SocketOption : uint8_t {
  keep_alive,           ///< 0 or 1
  keep_alive_idle,      ///< nanoseconds
  keep_alive_interval,  ///< nanoseconds
  keep_alive_count,
  hop_limit,
  receive_buffer,  ///< bytes
  send_buffer,
  no_delay,  ///< 0 or 1
};

struct Datagram {
  Bytes bytes;
  SocketAddress from;
};

/// A TCP or UDP socket; nothing blocks. Nothing asks the policy here.
class Socket {
 public:
  virtual ~Socket() = default;
  /// To wait on.
  virtual int wait_fd() const = 0;
  virtual Outcome<> bind(const SocketAddress& address, bool reuse) = 0;
  /// `inprogress`: when it can be written, `connect_result` tells.
  virtual Outcome<> connect(const SocketAddress& address) = 0;
  virtual Outcome<> connect_result() = 0;
  virtual Outcome<> disconnect() = 0;
  virtual Outcome<> listen(int backlog) = 0;
  virtual Outcome<std::shared_ptr<Socket>> accept() = 0;
  virtual Outcome<SocketAddress> local_address() = 0;
  virtual Outcome<SocketAddress> remote_address() = 0;
  virtual Outcome<uint64_t> option(SocketOption option) = 0;
  virtual Outcome<> set_option(SocketOption option, uint64_t value) = 0;
  virtual Outcome<> shut_down(bool receive, bool send) = 0;
  /// The bytes of a connection; shares the socket.
  virtual std::shared_ptr<Handle> stream() = 0;
  virtual Outcome<> send_to(ByteSpan bytes, const std::optional<SocketAddress>& to) = 0;
  virtual Outcome<Datagram> receive_from() = 0;
};

/// Where sockets and addresses of names come from.
class Network {
 public:
  using Addresses = std::function<void(Outcome<std::vector<IpAddress>>)>;
  virtual ~Network() = default;
  virtual Outcome<std::shared_ptr<Socket>> tcp(IpFamily family) = 0;
  virtual Outcome<std::shared_ptr<Socket>> udp(IpFamily family) = 0;
  /// Calls `then` with at least one address, or with `noent` (there is none), `again` (no answer).
  [[nodiscard]] virtual EventLoop::Ticket look_up(const std::string& name, Addresses then) = 0;
};

/// The operating system's; names are looked up in its hosts file and at its DNS servers. What it is
/// made of outlives it.
std::unique_ptr<Network> make_network(EventLoop& loop, Files& files, Random& random);

/// `first` of several sockets at one address, among which the system shares out who connects, or
/// one `more` of them. Only the latter may find the address in use.
enum class Listener : uint8_t { alone, first, more };

/// A TCP socket that listens. Errors: `io`, also where another process listens already.
Result<std::shared_ptr<Socket>> listen_at(const SocketAddress& address, Listener which);

}  // namespace cairn::wasi
