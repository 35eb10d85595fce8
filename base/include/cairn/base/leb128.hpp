#pragma once
/// LEB128, the variable-length integers of WebAssembly (core spec, "Binary format / Values"). An
/// N-bit integer takes at most ceil(N/7) bytes and the unused bits of the last one must be zero, or
/// the sign; the three ways to break that have the spec's own messages.

#include <cairn/base/bytes.hpp>

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace cairn {

enum class LebStatus : uint8_t {
  ok,
  unexpected_end,  ///< the input ends inside the integer
  too_long,        ///< more bytes than an integer of this width may have
  too_large,       ///< the last byte has bits beyond the width
};

/// The message of the spec's test suite for a status.
constexpr std::string_view to_string(LebStatus status) {
  switch (status) {
    case LebStatus::ok: return "ok";
    case LebStatus::unexpected_end: return "unexpected end";
    case LebStatus::too_long: return "integer representation too long";
    case LebStatus::too_large: return "integer too large";
  }
  return "unknown";
}

namespace detail {

/// Reads a `bits` wide integer of any length. The order of the checks is that of the reference
/// interpreter: a byte with bits beyond the width is "too large" even where it also continues.
template <int bits, class T>
[[gnu::noinline]] constexpr LebStatus read_leb_slowly(const uint8_t*& cursor, const uint8_t* end,
                                                      T& out) {
  using Unsigned = std::make_unsigned_t<T>;
  constexpr int width = static_cast<int>(sizeof(T)) * 8;
  Unsigned value = 0;
  for (int shift = 0; shift < bits; shift += 7, ++cursor) {
    if (cursor == end) return LebStatus::unexpected_end;
    const uint8_t byte = *cursor;
    const int left = bits - shift;
    if (left < 7) {
      if constexpr (std::is_signed_v<T>) {
        const int beyond = (byte & 0x7f) >> (left - 1);
        if (beyond != 0 && beyond != 0x7f >> (left - 1)) return LebStatus::too_large;
      } else {
        if ((byte & 0x7f) >> left != 0) return LebStatus::too_large;
      }
    }
    value |= static_cast<Unsigned>(byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    if constexpr (std::is_signed_v<T>) {
      const int used = shift + 7;
      if (used < width && (byte & 0x40)) value |= ~Unsigned{0} << used;
    }
    out = static_cast<T>(value);
    ++cursor;
    return LebStatus::ok;
  }
  return LebStatus::too_long;
}

template <int bits, class T>
[[gnu::always_inline]] constexpr LebStatus read_leb(const uint8_t*& cursor, const uint8_t* end,
                                                    T& out) {
  if (cursor != end && *cursor < 0x80) [[likely]] {
    const uint8_t byte = *cursor++;
    if constexpr (std::is_signed_v<T>) {
      out = static_cast<T>(static_cast<int8_t>(byte << 1) >> 1);
    } else {
      out = byte;
    }
    return LebStatus::ok;
  }
  // A copy keeps the caller's cursor in a register: only the copy's address is taken.
  const uint8_t* at = cursor;
  const LebStatus status = read_leb_slowly<bits>(at, end, out);
  cursor = at;
  return status;
}

}  // namespace detail

// Each reader moves `cursor` past the integer and sets `out`. On an error `out` keeps its value and
// `cursor` stands at the byte that is wrong (or at `end`), which is the offset to report.

constexpr LebStatus read_u32(const uint8_t*& cursor, const uint8_t* end, uint32_t& out) {
  return detail::read_leb<32>(cursor, end, out);
}
constexpr LebStatus read_u64(const uint8_t*& cursor, const uint8_t* end, uint64_t& out) {
  return detail::read_leb<64>(cursor, end, out);
}
constexpr LebStatus read_s32(const uint8_t*& cursor, const uint8_t* end, int32_t& out) {
  return detail::read_leb<32>(cursor, end, out);
}
/// The 33-bit form holds a block type: a type index or a negative code of a value type.
constexpr LebStatus read_s33(const uint8_t*& cursor, const uint8_t* end, int64_t& out) {
  return detail::read_leb<33>(cursor, end, out);
}
constexpr LebStatus read_s64(const uint8_t*& cursor, const uint8_t* end, int64_t& out) {
  return detail::read_leb<64>(cursor, end, out);
}

/// Appends the shortest unsigned form (u32, u64 and every vector length and index).
constexpr void append_unsigned_leb(Bytes& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

/// Appends the shortest signed form (s32, s33, s64).
constexpr void append_signed_leb(Bytes& out, int64_t value) {
  while (value < -64 || value > 63) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value & 0x7f));
}

}  // namespace cairn
