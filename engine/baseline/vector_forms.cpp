#include "baseline/vector_forms.hpp"

#include <array>

namespace cairn::engine::baseline {

using wasm::Op;

namespace {

using Shape = VectorForm::Shape;
namespace I = asmjit::x86::Inst;

struct Row {
  Op op;
  VectorForm form;
};

constexpr VectorForm plain(Shape shape, asmjit::InstId first, int8_t number = -1) {
  return {.shape = shape, .number = number, .first = first};
}
constexpr VectorForm binary(asmjit::InstId first, int8_t number = -1) {
  return plain(Shape::binary, first, number);
}
constexpr VectorForm swapped(asmjit::InstId first, int8_t number = -1) {
  return plain(Shape::swapped, first, number);
}
constexpr VectorForm unary(asmjit::InstId first, int8_t number = -1) {
  return plain(Shape::unary, first, number);
}
constexpr VectorForm ordered(asmjit::InstId first, asmjit::InstId second) {
  return {.shape = Shape::ordered, .first = first, .second = second};
}
constexpr VectorForm multiply(asmjit::InstId first, asmjit::InstId second, bool high) {
  return {.shape = high ? Shape::multiply_high : Shape::multiply, .first = first, .second = second};
}
constexpr VectorForm inverted(VectorForm form) {
  form.inverts = true;
  return form;
}

/// Predicates of `cmpps`, and rounding modes of `roundps` (without an inexact exception).
enum : int8_t { eq = 0, lt = 1, le = 2, ne = 4 };
enum : int8_t { nearest = 8, down = 9, up = 10, to_zero = 11 };

#define CAIRN_INTEGER_ROWS(shape, lane)                                                         \
  {Op::shape##_eq, binary(I::kIdPcmpeq##lane)},                                                 \
      {Op::shape##_ne, inverted(binary(I::kIdPcmpeq##lane))},                                   \
      {Op::shape##_gt_s, binary(I::kIdPcmpgt##lane)},                                           \
      {Op::shape##_lt_s, swapped(I::kIdPcmpgt##lane)},                                          \
      {Op::shape##_add, binary(I::kIdPadd##lane)}, {Op::shape##_sub, binary(I::kIdPsub##lane)}, \
      {Op::shape##_neg, plain(Shape::negate, I::kIdPsub##lane)}, {                              \
    Op::shape##_all_true, plain(Shape::all_true, I::kIdPcmpeq##lane)                            \
  }
#define CAIRN_ORDER_ROWS(shape, lane)                                               \
  {Op::shape##_ge_s, ordered(I::kIdPmaxs##lane, I::kIdPcmpeq##lane)},               \
      {Op::shape##_le_s, ordered(I::kIdPmins##lane, I::kIdPcmpeq##lane)},           \
      {Op::shape##_ge_u, ordered(I::kIdPmaxu##lane, I::kIdPcmpeq##lane)},           \
      {Op::shape##_le_u, ordered(I::kIdPminu##lane, I::kIdPcmpeq##lane)},           \
      {Op::shape##_lt_u, inverted(ordered(I::kIdPmaxu##lane, I::kIdPcmpeq##lane))}, \
      {Op::shape##_gt_u, inverted(ordered(I::kIdPminu##lane, I::kIdPcmpeq##lane))}, \
      {Op::shape##_min_s, binary(I::kIdPmins##lane)},                               \
      {Op::shape##_max_s, binary(I::kIdPmaxs##lane)},                               \
      {Op::shape##_min_u, binary(I::kIdPminu##lane)},                               \
      {Op::shape##_max_u, binary(I::kIdPmaxu##lane)}, {                             \
    Op::shape##_abs, unary(I::kIdPabs##lane)                                        \
  }
#define CAIRN_SATURATING_ROWS(shape, lane)                   \
  {Op::shape##_add_sat_s, binary(I::kIdPadds##lane)},        \
      {Op::shape##_add_sat_u, binary(I::kIdPaddus##lane)},   \
      {Op::shape##_sub_sat_s, binary(I::kIdPsubs##lane)},    \
      {Op::shape##_sub_sat_u, binary(I::kIdPsubus##lane)}, { \
    Op::shape##_avgr_u, binary(I::kIdPavg##lane)             \
  }
#define CAIRN_FLOAT_ROWS(shape, lane)                                                             \
  {Op::shape##_eq, binary(I::kIdCmp##lane, eq)}, {Op::shape##_ne, binary(I::kIdCmp##lane, ne)},   \
      {Op::shape##_lt, binary(I::kIdCmp##lane, lt)},                                              \
      {Op::shape##_le, binary(I::kIdCmp##lane, le)},                                              \
      {Op::shape##_gt, swapped(I::kIdCmp##lane, lt)},                                             \
      {Op::shape##_ge, swapped(I::kIdCmp##lane, le)}, {Op::shape##_add, binary(I::kIdAdd##lane)}, \
      {Op::shape##_sub, binary(I::kIdSub##lane)}, {Op::shape##_mul, binary(I::kIdMul##lane)},     \
      {Op::shape##_div, binary(I::kIdDiv##lane)}, {Op::shape##_pmin, swapped(I::kIdMin##lane)},   \
      {Op::shape##_pmax, swapped(I::kIdMax##lane)}, {Op::shape##_sqrt, unary(I::kIdSqrt##lane)},  \
      {Op::shape##_ceil, unary(I::kIdRound##lane, up)},                                           \
      {Op::shape##_floor, unary(I::kIdRound##lane, down)},                                        \
      {Op::shape##_trunc, unary(I::kIdRound##lane, to_zero)}, {                                   \
    Op::shape##_nearest, unary(I::kIdRound##lane, nearest)                                        \
  }
#define CAIRN_WIDEN_ROWS(shape, from, lanes, product_s, product_u)                            \
  {Op::shape##_extend_low_##from##_s, unary(I::kIdPmovsx##lanes)},                            \
      {Op::shape##_extend_low_##from##_u, unary(I::kIdPmovzx##lanes)},                        \
      {Op::shape##_extend_high_##from##_s, plain(Shape::extend_high, I::kIdPmovsx##lanes)},   \
      {Op::shape##_extend_high_##from##_u, plain(Shape::extend_high, I::kIdPmovzx##lanes)},   \
      {Op::shape##_extmul_low_##from##_s, multiply(I::kIdPmovsx##lanes, product_s, false)},   \
      {Op::shape##_extmul_low_##from##_u, multiply(I::kIdPmovzx##lanes, product_u, false)},   \
      {Op::shape##_extmul_high_##from##_s, multiply(I::kIdPmovsx##lanes, product_s, true)}, { \
    Op::shape##_extmul_high_##from##_u, multiply(I::kIdPmovzx##lanes, product_u, true)        \
  }

constexpr Row rows[] = {
    CAIRN_INTEGER_ROWS(i8x16, b),
    CAIRN_INTEGER_ROWS(i16x8, w),
    CAIRN_INTEGER_ROWS(i32x4, d),
    CAIRN_INTEGER_ROWS(i64x2, q),
    CAIRN_ORDER_ROWS(i8x16, b),
    CAIRN_ORDER_ROWS(i16x8, w),
    CAIRN_ORDER_ROWS(i32x4, d),
    CAIRN_SATURATING_ROWS(i8x16, b),
    CAIRN_SATURATING_ROWS(i16x8, w),
    CAIRN_FLOAT_ROWS(f32x4, ps),
    CAIRN_FLOAT_ROWS(f64x2, pd),
    CAIRN_WIDEN_ROWS(i16x8, i8x16, bw, I::kIdPmullw, I::kIdPmullw),
    CAIRN_WIDEN_ROWS(i32x4, i16x8, wd, I::kIdPmulld, I::kIdPmulld),
    CAIRN_WIDEN_ROWS(i64x2, i32x4, dq, I::kIdPmuldq, I::kIdPmuludq),

    {Op::i64x2_ge_s, inverted(swapped(I::kIdPcmpgtq))},
    {Op::i64x2_le_s, inverted(binary(I::kIdPcmpgtq))},
    {Op::i16x8_mul, binary(I::kIdPmullw)},
    {Op::i32x4_mul, binary(I::kIdPmulld)},
    {Op::i32x4_dot_i16x8_s, binary(I::kIdPmaddwd)},
    {Op::i8x16_narrow_i16x8_s, binary(I::kIdPacksswb)},
    {Op::i8x16_narrow_i16x8_u, binary(I::kIdPackuswb)},
    {Op::i16x8_narrow_i32x4_s, binary(I::kIdPackssdw)},
    {Op::i16x8_narrow_i32x4_u, binary(I::kIdPackusdw)},

    {Op::v128_and, binary(I::kIdPand)},
    {Op::v128_or, binary(I::kIdPor)},
    {Op::v128_xor, binary(I::kIdPxor)},
    {Op::v128_andnot, swapped(I::kIdPandn)},
    {Op::v128_not, inverted(unary(I::kIdMovaps))},
    {Op::v128_any_true, plain(Shape::any_true, I::kIdPtest)},

    {Op::i16x8_shl, plain(Shape::shift, I::kIdPsllw, 15)},
    {Op::i16x8_shr_s, plain(Shape::shift, I::kIdPsraw, 15)},
    {Op::i16x8_shr_u, plain(Shape::shift, I::kIdPsrlw, 15)},
    {Op::i32x4_shl, plain(Shape::shift, I::kIdPslld, 31)},
    {Op::i32x4_shr_s, plain(Shape::shift, I::kIdPsrad, 31)},
    {Op::i32x4_shr_u, plain(Shape::shift, I::kIdPsrld, 31)},
    {Op::i64x2_shl, plain(Shape::shift, I::kIdPsllq, 63)},
    {Op::i64x2_shr_u, plain(Shape::shift, I::kIdPsrlq, 63)},

    {Op::i8x16_bitmask, plain(Shape::bitmask, I::kIdPmovmskb)},
    {Op::i16x8_bitmask, plain(Shape::bitmask_words, I::kIdPmovmskb)},
    {Op::i32x4_bitmask, plain(Shape::bitmask, I::kIdMovmskps)},
    {Op::i64x2_bitmask, plain(Shape::bitmask, I::kIdMovmskpd)},

    {Op::f32x4_abs, plain(Shape::clear_sign, I::kIdPsrld, 1)},
    {Op::f64x2_abs, plain(Shape::clear_sign, I::kIdPsrlq, 1)},
    {Op::f32x4_neg, plain(Shape::flip_sign, I::kIdPslld, 31)},
    {Op::f64x2_neg, plain(Shape::flip_sign, I::kIdPsllq, 63)},
    {Op::f32x4_convert_i32x4_s, unary(I::kIdCvtdq2ps)},
    {Op::f64x2_convert_low_i32x4_s, unary(I::kIdCvtdq2pd)},
    {Op::f32x4_demote_f64x2_zero, unary(I::kIdCvtpd2ps)},
    {Op::f64x2_promote_low_f32x4, unary(I::kIdCvtps2pd)},
};

/// Immediates, accesses, splats and what takes several operands of different kinds.
constexpr bool is_special(const wasm::OpInfo& row, Op op) {
  return row.imm != wasm::Imm::none || (row.sig.size() == 3 && row.sig[0] != 'v') ||
         op == Op::i8x16_swizzle || op == Op::v128_bitselect;
}

std::array<VectorForm, wasm::op_count> make_forms() {
  std::array<VectorForm, wasm::op_count> forms;
  for (size_t i = 0; i < forms.size(); ++i)
    if (is_special(wasm::op_table[i], static_cast<Op>(i))) forms[i].shape = Shape::special;
  for (const Row& row : rows) forms[static_cast<size_t>(row.op)] = row.form;
  return forms;
}

bool has_open_nan(Op op) {
  switch (op) {
#define CAIRN_NAN_RESULT(id, canonicalize) case Op::id:
#include "numerics/nan_results.def"
    return true;
    default: return false;
  }
}

}  // namespace

const VectorForm& vector_form_of(Op op) {
  static const std::array<VectorForm, wasm::op_count> forms = make_forms();
  return forms[static_cast<size_t>(op)];
}

bool is_vector_called(Op op, bool deterministic) {
  if (wasm::info(op).prefix != 0xFD) return false;
  return vector_form_of(op).shape == Shape::called || (deterministic && has_open_nan(op));
}

}  // namespace cairn::engine::baseline
