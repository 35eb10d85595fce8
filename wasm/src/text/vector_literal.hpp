#pragma once
/// The lanes of `v128.const`, in modules and in scripts.

#include <cstdint>
#include <optional>

#include "text/token_reader.hpp"

namespace cairn::wasm::text {

struct VectorShape {
  std::string_view word;  ///< "i8x16"
  uint8_t lanes;
  uint8_t bits;
  bool is_float;
};

/// Takes a shape keyword.
Result<VectorShape> expect_shape(TokenReader& in);
/// Takes the number of one lane; the bit pattern.
Result<uint64_t> expect_lane(TokenReader& in, const VectorShape& shape);
/// Takes a number of a numeric type: `bits` 32 or 64.
Result<uint64_t> expect_integer(TokenReader& in, uint32_t bits);
Result<uint64_t> expect_float(TokenReader& in, uint32_t bits);
/// Takes shape and lanes; writes 16 bytes.
Result<> expect_vector(TokenReader& in, uint8_t* bytes);

}  // namespace cairn::wasm::text
