#include "preview1/call.hpp"

namespace cairn::wasi {
namespace {

/// A pipe that is ready to be written to takes as much at once (pipe(7): PIPE_BUF), and so does a
/// socket. Longer writes block until the other side has read.
constexpr size_t unblocked_bytes = 4096;

}  // namespace

Outcome<Descriptor*> Call::find_for_bytes(uint32_t fd, Rights needed) {
  Descriptor* descriptor = TRY(state.table.find(fd));
  if (descriptor->handle->type() == FileType::directory) return fail(Errno::isdir);
  return find(fd, needed);
}

Outcome<> Call::wait(std::span<Waiter::Item> items, std::optional<uint64_t> deadline_ns) {
  const Outcome<> waited = state.config.waiter->wait(items, deadline_ns);
  if (!waited && waited.error() == Errno::canceled) interrupted = true;
  return waited;
}

Outcome<> Call::wait_for(Handle& handle, bool write) {
  if (handle.wait_fd() < 0 || !state.config.waiter->is_interruptible()) return {};
  if ((TRY(handle.flags()) & fd_flag::nonblock) != 0) return {};
  Waiter::Item item{.fd = handle.wait_fd(), .write = write};
  return wait({&item, 1}, std::nullopt);
}

Outcome<> Call::wait_to_write(Handle& handle, GuestBuffers& buffers) {
  TRY(wait_for(handle, true));
  if (handle.wait_fd() >= 0 && state.config.waiter->is_interruptible()) {
    buffers.keep_first(unblocked_bytes);
  }
  return {};
}

}  // namespace cairn::wasi
