#pragma once
/// The options of sockets, which both versions of `wasi:sockets` have under nearly the same names.

#include <cairn/component/host_types.hpp>
#include <cairn/component/linker.hpp>

#include "components/socket_types.hpp"
#include "components/sockets.hpp"

namespace cairn::wasi {

/// Defines `GETname` and `set-name` for a property of type T.
template <class Face, class S, class T>
void add_option(component::HostInterface& interface, std::string_view resource,
                std::string_view getter_prefix, std::string_view name, SocketOption option) {
  const auto method = [&](std::string_view prefix) {
    return "[method]" + std::string(resource) + "." + std::string(prefix) + std::string(name);
  };
  interface
      .func(method(getter_prefix),
            [option](component::HostCall&, const component::HostRef<S>& self) -> NetAnswer<Face, T> {
              const Outcome<uint64_t> value = self->socket().option(option);
              if (!value) return std::unexpected(Face::error(value.error()));
              return static_cast<T>(*value);
            })
      .func(method("set-"), [option](component::HostCall&, const component::HostRef<S>& self, T value) {
        return net_answer<Face, void>(self->socket().set_option(option, value));
      });
}

/// `getter_prefix` is "" in 0.2 and "get-" in 0.3.
template <class Face>
void add_tcp_options(component::HostInterface& interface, std::string_view prefix) {
  const auto add = [&]<class T>(std::string_view name, SocketOption option, T) {
    add_option<Face, TcpSocket, T>(interface, "tcp-socket", prefix, name, option);
  };
  add("keep-alive-enabled", SocketOption::keep_alive, bool());
  add("keep-alive-idle-time", SocketOption::keep_alive_idle, uint64_t());
  add("keep-alive-interval", SocketOption::keep_alive_interval, uint64_t());
  add("keep-alive-count", SocketOption::keep_alive_count, uint32_t());
  add("hop-limit", SocketOption::hop_limit, uint8_t());
  add("receive-buffer-size", SocketOption::receive_buffer, uint64_t());
  add("send-buffer-size", SocketOption::send_buffer, uint64_t());
}
template <class Face>
void add_udp_options(component::HostInterface& interface, std::string_view prefix) {
  const auto add = [&]<class T>(std::string_view name, SocketOption option, T) {
    add_option<Face, UdpSocket, T>(interface, "udp-socket", prefix, name, option);
  };
  add("unicast-hop-limit", SocketOption::hop_limit, uint8_t());
  add("receive-buffer-size", SocketOption::receive_buffer, uint64_t());
  add("send-buffer-size", SocketOption::send_buffer, uint64_t());
}

/// Likewise, what both kinds of sockets tell of themselves.
template <class Face, class S>
void add_addresses(component::HostInterface& interface, std::string_view resource,
                   std::string_view prefix) {
  const auto method = [&](std::string_view name) {
    return "[method]" + std::string(resource) + "." + std::string(prefix) + std::string(name);
  };
  using Self = const component::HostRef<S>&;
  interface.resource<S>(resource)
      .func(method("local-address"),
            [](component::HostCall&, Self self) {
              return net_answer<Face, SocketAddress>(self->local_address());
            })
      .func(method("remote-address"),
            [](component::HostCall&, Self self) {
              return net_answer<Face, SocketAddress>(self->remote_address());
            })
      .func(method("address-family"),
            [](component::HostCall&, Self self) { return self->family(); });
}

}  // namespace cairn::wasi
