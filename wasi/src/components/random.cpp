// `wasi:random` 0.2 and 0.3 (proposals/random/wit of WebAssembly/WASI). What may be insecure is
// from the same source: it costs nothing to be good.

#include <fmt/format.h>

#include "components/interfaces.hpp"

namespace cairn::wasi {
namespace {

/// 0.2: all that was asked for.
Result<Bytes> random_bytes(HostCall& call, uint64_t length) {
  Guest& guest = Guest::of(call);
  const uint64_t max = guest.config().limits.random_bytes_max;
  if (length > max)
    return guest_error(fmt::format("{} random bytes at once, the limit is {}", length, max));
  Bytes bytes(length);
  guest.random().fill(bytes);
  return bytes;
}

/// 0.3: up to that.
Bytes some_random_bytes(HostCall& call, uint64_t length_max) {
  Guest& guest = Guest::of(call);
  Bytes bytes(std::min<uint64_t>(length_max, guest.config().limits.transfer_bytes_max));
  guest.random().fill(bytes);
  return bytes;
}

uint64_t random_u64(HostCall& call) { return Guest::of(call).random().next_u64(); }

/// Always the same for a guest: it is to become a value that is imported.
std::tuple<uint64_t, uint64_t> seed(HostCall& call) { return Guest::of(call).insecure_seed(); }

}  // namespace

void add_random(ComponentLinker& linker) {
  linker.interface("wasi:random/random@0.2.12")
      .func("get-random-bytes", &random_bytes)
      .func("get-random-u64", &random_u64);
  linker.interface("wasi:random/insecure@0.2.12")
      .func("get-insecure-random-bytes", &random_bytes)
      .func("get-insecure-random-u64", &random_u64);
  linker.interface("wasi:random/insecure-seed@0.2.12").func("insecure-seed", &seed);
  linker.interface("wasi:random/random@0.3.0")
      .func("get-random-bytes", &some_random_bytes)
      .func("get-random-u64", &random_u64);
  linker.interface("wasi:random/insecure@0.3.0")
      .func("get-insecure-random-bytes", &some_random_bytes)
      .func("get-insecure-random-u64", &random_u64);
  linker.interface("wasi:random/insecure-seed@0.3.0").func("get-insecure-seed", &seed);
}

}  // namespace cairn::wasi
