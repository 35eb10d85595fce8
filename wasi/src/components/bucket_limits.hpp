#pragma once
/// What all buckets refuse alike.

#include <fmt/format.h>
#include <cairn/wasi/key_value.hpp>

namespace cairn::wasi {

inline std::unexpected<KeyValueError> key_value_error(std::string message) {
  return std::unexpected(KeyValueError{std::move(message)});
}

inline KeyValueResult<> check_entry(const KeyValueLimits& limits, std::string_view key,
                                    ByteSpan value) {
  if (key.size() > limits.key_bytes_max)
    return key_value_error(
        fmt::format("the key is too long: the limit is {} bytes", limits.key_bytes_max));
  if (value.size() > limits.value_bytes_max)
    return key_value_error(
        fmt::format("the value is too long: the limit is {} bytes", limits.value_bytes_max));
  return {};
}

inline std::unexpected<KeyValueError> bucket_is_full(const KeyValueLimits& limits) {
  return key_value_error(
      fmt::format("the bucket is full: its limit is {} bytes", limits.bytes_max));
}

}  // namespace cairn::wasi
