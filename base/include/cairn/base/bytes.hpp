#pragma once
/// Bytes: the owned and the borrowed form, and little-endian access, which is what WebAssembly's
/// binary format and linear memories use.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cairn {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;
using MutableByteSpan = std::span<uint8_t>;

/// The characters of a text as bytes; borrows `text`.
inline ByteSpan as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// Bytes as characters, whatever they are (see utf8.hpp for a check); borrows `bytes`.
inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class T>
concept Scalar = std::is_trivially_copyable_v<T> &&
                 (sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);

namespace detail {
template <Scalar T>
T swap_on_big_endian(T value) {
  if constexpr (std::endian::native == std::endian::little || sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return std::bit_cast<T>(__builtin_bswap16(std::bit_cast<uint16_t>(value)));
  } else if constexpr (sizeof(T) == 4) {
    return std::bit_cast<T>(__builtin_bswap32(std::bit_cast<uint32_t>(value)));
  } else {
    return std::bit_cast<T>(__builtin_bswap64(std::bit_cast<uint64_t>(value)));
  }
}
}  // namespace detail

/// Reads a little-endian T (integer, float or enum). `from` needs no alignment, but sizeof(T)
/// readable bytes.
template <Scalar T>
[[gnu::always_inline]] inline T load_le(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return detail::swap_on_big_endian(value);
}

/// Writes a T in little-endian order. `to` needs no alignment, but sizeof(T) writable bytes.
template <Scalar T>
[[gnu::always_inline]] inline void store_le(void* to, T value) {
  value = detail::swap_on_big_endian(value);
  std::memcpy(to, &value, sizeof(T));
}

/// Appends a T in little-endian order.
template <Scalar T>
void append_le(Bytes& out, T value) {
  const size_t size = out.size();
  out.resize(size + sizeof(T));
  store_le(out.data() + size, value);
}

inline void append(Bytes& out, ByteSpan bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace cairn
