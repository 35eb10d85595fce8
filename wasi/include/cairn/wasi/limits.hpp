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
  /// Of `get-random-bytes` of WASI 0.2, which has to give all that is asked for; more is a trap.
  uint64_t random_bytes_max = uint64_t{64} << 20;
};

}  // namespace cairn::wasi
