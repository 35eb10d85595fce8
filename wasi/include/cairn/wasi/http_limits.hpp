#pragma once
/// What guests and peers may ask of HTTP at once. A value is the largest that is still allowed.

#include <cstddef>
#include <cstdint>

namespace cairn::wasi {

struct HttpLimits {
  // ---- Fields that guests make -----------------------------------------------------------------
  size_t field_bytes_max = size_t{64} << 10;        ///< a name and its value
  size_t fields_bytes_max = size_t{128} << 10;      ///< all of one `fields`
  size_t guest_fields_bytes_max = size_t{4} << 20;  ///< all that one guest has

  // ---- Messages of peers -----------------------------------------------------------------------
  uint32_t head_bytes_max = 64 << 10;  ///< start line and fields, and likewise trailers
  uint32_t fields_max = 1'000;         ///< likewise: each takes memory beside its bytes
  uint64_t body_bytes_max = uint64_t{1} << 30;
  /// What is kept of a body that nobody reads, or that a peer does not take.
  size_t buffer_bytes_max = size_t{64} << 10;
  uint32_t informational_max = 16;  ///< responses like "100 Continue" before the real one

  // ---- Times, nanoseconds; a guest may ask for others ------------------------------------------
  uint64_t connect_timeout_ns = 30'000'000'000;
  uint64_t first_byte_timeout_ns = 600'000'000'000;
  uint64_t between_bytes_timeout_ns = 600'000'000'000;

  /// Of a message of so many bytes that was within its limits, and is written otherwise since.
  static HttpLimits of_known(uint64_t bytes) {
    return {.head_bytes_max = UINT32_MAX, .fields_max = UINT32_MAX, .body_bytes_max = bytes};
  }
};

}  // namespace cairn::wasi
