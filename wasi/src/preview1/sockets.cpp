// Sockets: those that were handed in, and connections accepted on them.

#include "preview1/call.hpp"

namespace cairn::wasi {
namespace {

Outcome<Descriptor*> find_socket(Call& call, uint32_t fd, Rights needed) {
  const Descriptor* descriptor = TRY(call.state.table.find(fd));
  const FileType type = descriptor->handle->type();
  if (type != FileType::socket_stream && type != FileType::socket_dgram) {
    return fail(Errno::notsock);
  }
  return call.find(fd, needed);
}

/// With `wait_all` it goes on until the buffers are full or nothing more comes. Each part is waited
/// for by itself, so that the host can interrupt it. What is only peeked at would come again.
Outcome<Received> receive(Call& call, Handle& socket, GuestBuffers& buffers, bool peek,
                          bool wait_all) {
  Received all;
  for (;;) {
    TRY(call.wait_for(socket, false));
    const Outcome<Received> part = socket.receive(buffers.get(), peek);
    if (!part && all.bytes == 0) return fail(part.error());
    if (!part) return all;
    all.bytes += part->bytes;
    all.truncated = part->truncated;
    if (!wait_all || peek || part->bytes == 0 || !buffers.drop_first(part->bytes)) return all;
  }
}

}  // namespace

Outcome<> sock_accept(Call& call, uint32_t fd, uint32_t flags, uint32_t new_fd) {
  if ((flags & ~uint32_t{fd_flag::nonblock}) != 0) return fail(Errno::inval);
  Descriptor* socket = TRY(find_socket(call, fd, right::sock_accept));
  TRY(call.memory.slice(new_fd, sizeof(uint32_t)));
  TRY(call.wait_for(*socket->handle, false));
  Descriptor connection;
  connection.handle = TRY(socket->handle->accept(static_cast<FdFlags>(flags)));
  connection.base = right::socket & ~right::sock_accept;
  return call.memory.store<uint32_t>(new_fd, TRY(call.state.table.add(std::move(connection))));
}

Outcome<> sock_recv(Call& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint32_t flags,
                    uint32_t nread, uint32_t out_flags) {
  constexpr uint32_t peek = 1, wait_all = 2;
  constexpr uint16_t data_truncated = 1;
  if (flags > (peek | wait_all)) return fail(Errno::inval);
  Descriptor* socket = TRY(find_socket(call, fd, right::fd_read));
  GuestBuffers buffers;
  TRY(buffers.load(call.memory, iovs, iovs_len));
  const Received received =
      TRY(receive(call, *socket->handle, buffers, (flags & peek) != 0, (flags & wait_all) != 0));
  TRY(call.memory.store(nread, static_cast<uint32_t>(received.bytes)));
  return call.memory.store<uint16_t>(out_flags, received.truncated ? data_truncated : 0);
}

Outcome<> sock_send(Call& call, uint32_t fd, uint32_t iovs, uint32_t iovs_len, uint32_t flags,
                    uint32_t nwritten) {
  if (flags != 0) return fail(Errno::inval);
  Descriptor* socket = TRY(find_socket(call, fd, right::fd_write));
  GuestBuffers buffers;
  TRY(buffers.load(call.memory, iovs, iovs_len));
  TRY(call.wait_to_write(*socket->handle, buffers));
  const size_t bytes = TRY(socket->handle->send(buffers.get()));
  return call.memory.store(nwritten, static_cast<uint32_t>(bytes));
}

Outcome<> sock_shutdown(Call& call, uint32_t fd, uint32_t how) {
  constexpr uint32_t receive = 1, send = 2;
  Descriptor* socket = TRY(find_socket(call, fd, right::sock_shutdown));
  if (how == 0 || how > (receive | send)) return fail(Errno::inval);
  return socket->handle->shut_down((how & receive) != 0, (how & send) != 0);
}

}  // namespace cairn::wasi
