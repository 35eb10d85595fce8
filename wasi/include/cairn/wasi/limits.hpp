#pragma once
/// What a guest may ask of the host at once, beside `component::RuntimeLimits`.

#include <cstddef>
#include <cstdint>

namespace cairn::wasi {

struct GuestLimits {
  /// Of one read, and of what a stream takes before it is written.
  size_t transfer_bytes_max = 65'536;
  /// Files, directories and sockets that are open; then `insufficient-memory` of files, and
  /// `new-socket-limit` (0.3: `other`) of sockets.
  uint32_t open_max = 4096;
  /// Streams of files, sockets and bodies, listings of directories, and requests that were not
  /// sent: for each of them the host keeps a transfer at most. Then `insufficient-memory` of files,
  /// `new-socket-limit` (0.3: `other`) of sockets, and no stream of bodies; a request is a trap.
  uint32_t streams_max = 8192;
  /// Of one call of `poll`; more is a trap.
  size_t pollables_max = 65'536;
  /// Names that are being looked up; more are a `temporary-resolver-failure`.
  uint32_t lookups_max = 64;
  /// Of `get-random-bytes` of WASI 0.2, which has to give all that is asked for; more is a trap.
  uint64_t random_bytes_max = uint64_t{64} << 20;
};

}  // namespace cairn::wasi
