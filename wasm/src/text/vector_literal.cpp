#include "text/vector_literal.hpp"

#include <fmt/format.h>

namespace cairn::wasm::text {

namespace {
constexpr VectorShape shapes[] = {
    {"i8x16", 16, 8, false}, {"i16x8", 8, 16, false}, {"i32x4", 4, 32, false},
    {"i64x2", 2, 64, false}, {"f32x4", 4, 32, true},  {"f64x2", 2, 64, true},
};
}  // namespace

Result<VectorShape> expect_shape(TokenReader& in) {
  for (const VectorShape& shape : shapes) {
    if (in.take_keyword(shape.word)) return shape;
  }
  return in.unexpected("a shape such as 'i32x4'");
}

Result<uint64_t> expect_integer(TokenReader& in, uint32_t bits) {
  const Token& token = in.token();
  if (token.kind != TokenKind::number) return in.unexpected(fmt::format("an i{} constant", bits));
  uint64_t value = 0;
  const NumberStatus status = parse_int(in.text(), bits, value);
  if (status != NumberStatus::ok) {
    return in.number_error(token, status, fmt::format("i{}", bits));
  }
  in.advance();
  return value;
}

Result<uint64_t> expect_float(TokenReader& in, uint32_t bits) {
  const Token& token = in.token();
  if (token.kind != TokenKind::number && token.kind != TokenKind::keyword) {
    return in.unexpected(fmt::format("an f{} constant", bits));
  }
  uint64_t value = 0;
  NumberStatus status{};
  if (bits == 32) {
    uint32_t narrow = 0;
    status = parse_f32(in.text(), narrow);
    value = narrow;
  } else {
    status = parse_f64(in.text(), value);
  }
  if (status != NumberStatus::ok) {
    return in.number_error(token, status, fmt::format("f{}", bits));
  }
  in.advance();
  return value;
}

Result<uint64_t> expect_lane(TokenReader& in, const VectorShape& shape) {
  return shape.is_float ? expect_float(in, shape.bits) : expect_integer(in, shape.bits);
}

Result<> expect_vector(TokenReader& in, uint8_t* bytes) {
  const VectorShape shape = TRY(expect_shape(in));
  const uint32_t lane_bytes = shape.bits / 8;
  for (uint32_t lane = 0; lane < shape.lanes; ++lane) {
    if (in.kind() != TokenKind::number && in.kind() != TokenKind::keyword) {
      return in.error(in.token(),
                      fmt::format("wrong number of lane literals: {} of {}", lane, shape.lanes));
    }
    const uint64_t value = TRY(expect_lane(in, shape));
    for (uint32_t i = 0; i < lane_bytes; ++i) {
      bytes[lane * lane_bytes + i] = static_cast<uint8_t>(value >> (8 * i));
    }
  }
  if (in.kind() == TokenKind::number) {
    return in.error(in.token(),
                    fmt::format("wrong number of lane literals: more than {}", shape.lanes));
  }
  return {};
}

}  // namespace cairn::wasm::text
