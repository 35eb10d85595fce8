#pragma once
/// The 128-bit vector value. Lane i of a shape with lanes of w bytes is bytes i·w … i·w + w − 1,
/// little-endian, so a `V128` has in memory the bytes that `v128.store` writes. It is passed and
/// returned in one vector register.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cairn::engine {

static_assert(std::endian::native == std::endian::little, "lanes are taken from native vectors");

// The lane shapes, as the compiler's vector types. Unsigned integer lanes wrap around.
using I8x16 = int8_t __attribute__((vector_size(16)));
using U8x16 = uint8_t __attribute__((vector_size(16)));
using I16x8 = int16_t __attribute__((vector_size(16)));
using U16x8 = uint16_t __attribute__((vector_size(16)));
using I32x4 = int32_t __attribute__((vector_size(16)));
using U32x4 = uint32_t __attribute__((vector_size(16)));
using I64x2 = int64_t __attribute__((vector_size(16)));
using U64x2 = uint64_t __attribute__((vector_size(16)));
using F32x4 = float __attribute__((vector_size(16)));
using F64x2 = double __attribute__((vector_size(16)));

/// A native vector type of 16 bytes, one of the above or the target's own.
template <class T>
concept Lanes = sizeof(T) == 16 && requires(T v) {
  v[0];
  sizeof(v == v) == 16;
};

/// A value of type v128. Trivial: default initialisation leaves it unset, `V128{}` is all zeroes.
struct V128 {
  V128() = default;
  template <Lanes T>
  constexpr V128(T lanes) : bytes_(__builtin_bit_cast(U8x16, lanes)) {}

  /// The same bits in the lane shape `T`; free of cost.
  template <Lanes T>
  constexpr T as() const {
    return __builtin_bit_cast(T, bytes_);
  }

  /// From and to 16 bytes at any alignment.
  static V128 load(const void* from) {
    V128 result;
    std::memcpy(&result, from, sizeof result);
    return result;
  }
  void store(void* to) const { std::memcpy(to, this, sizeof *this); }

  /// Equality of all bits.
  friend constexpr bool operator==(V128 a, V128 b) {
    const auto x = a.as<U64x2>() ^ b.as<U64x2>();
    return (x[0] | x[1]) == 0;
  }

 private:
  U8x16 bytes_;
};
static_assert(sizeof(V128) == 16 && alignof(V128) == 16);

}  // namespace cairn::engine
