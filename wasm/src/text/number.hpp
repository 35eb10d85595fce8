#pragma once
/// Numbers of the text format (spec: Lexical Format > Integers, Floating-Point). Results are bit
/// patterns. Floats are rounded exactly, to nearest, ties to even; no locale is read.

#include <cstdint>
#include <string_view>

namespace cairn::wasm::text {

enum class NumberStatus : uint8_t {
  ok,
  malformed,     ///< not a number of this kind
  out_of_range,  ///< a number, but not one of this type
};

/// An unsigned integer without sign, at most `max`.
NumberStatus parse_nat(std::string_view text, uint64_t max, uint64_t& out);

/// An integer of `bits` 8, 16, 32 or 64, signed or not: from -2^(bits-1) to 2^bits - 1. The result
/// is its two's complement in the low `bits` bits.
NumberStatus parse_int(std::string_view text, uint32_t bits, uint64_t& out);

NumberStatus parse_f32(std::string_view text, uint32_t& out);
NumberStatus parse_f64(std::string_view text, uint64_t& out);

}  // namespace cairn::wasm::text
