// Vector instructions: s_<id>(operands…), a lane behind the operands. Those that access memory take
// or give the bits there as a number, narrow ones as an i32. i8x16.shuffle and v128.const are not
// among them.

#include "compiler/semantics/semantics.hpp"
#include "interp/plain_rows.hpp"
#include "numerics/simd.hpp"

namespace cairn::engine {
namespace {

/// A number of at least 32 bits, as machine code passes it.
template <class T>
using Wide = std::conditional_t<(sizeof(T) < 4), uint32_t, T>;

template <auto function>
struct Shape;
template <class R, class Front, class... T, R (*function)(Front, T...)>
struct Shape<function> {
  using Result = Wide<R>;
  using First = Front;
  using Bits = Wide<Front>;
};

/// Values as the interface has them.
[[gnu::always_inline]] inline U8x16 give(V128 vector) { return vector.as<U8x16>(); }
template <class T>
[[gnu::always_inline]] inline Wide<T> give(T number) {
  return number;
}

}  // namespace

#define CAIRN_DEFINE_1(id, A, R) \
  CAIRN_SEMANTIC R s_##id(A a) { return give(numerics::id(a)); }
#define CAIRN_DEFINE_2(id, A, B, R) \
  CAIRN_SEMANTIC R s_##id(A a, B b) { return give(numerics::id(a, b)); }
#define CAIRN_DEFINE_3(id, A, B, C, R) \
  CAIRN_SEMANTIC R s_##id(A a, B b, C c) { return give(numerics::id(a, b, c)); }
#define CAIRN_DEFINE_LANE_1(id, A, R)                         \
  CAIRN_SEMANTIC R s_##id(A a, uint32_t lane) {               \
    return give(numerics::id(a, static_cast<uint8_t>(lane))); \
  }
#define CAIRN_DEFINE_LANE_2(id, A, B, R)                         \
  CAIRN_SEMANTIC R s_##id(A a, B b, uint32_t lane) {             \
    return give(numerics::id(a, b, static_cast<uint8_t>(lane))); \
  }

#define CAIRN_ROW_i_v(id) CAIRN_DEFINE_1(id, uint32_t, U8x16)
#define CAIRN_ROW_l_v(id) CAIRN_DEFINE_1(id, uint64_t, U8x16)
#define CAIRN_ROW_f_v(id) CAIRN_DEFINE_1(id, float, U8x16)
#define CAIRN_ROW_d_v(id) CAIRN_DEFINE_1(id, double, U8x16)
#define CAIRN_ROW_v_v(id) CAIRN_DEFINE_1(id, U8x16, U8x16)
#define CAIRN_ROW_v_i(id) CAIRN_DEFINE_1(id, U8x16, uint32_t)
#define CAIRN_ROW_vi_v(id) CAIRN_DEFINE_2(id, U8x16, uint32_t, U8x16)
#define CAIRN_ROW_vv_v(id) CAIRN_DEFINE_2(id, U8x16, U8x16, U8x16)
#define CAIRN_ROW_vvv_v(id) CAIRN_DEFINE_3(id, U8x16, U8x16, U8x16, U8x16)
#define CAIRN_LANE_v_i(id) CAIRN_DEFINE_LANE_1(id, U8x16, uint32_t)
#define CAIRN_LANE_v_l(id) CAIRN_DEFINE_LANE_1(id, U8x16, uint64_t)
#define CAIRN_LANE_v_f(id) CAIRN_DEFINE_LANE_1(id, U8x16, float)
#define CAIRN_LANE_v_d(id) CAIRN_DEFINE_LANE_1(id, U8x16, double)
#define CAIRN_LANE_vi_v(id) CAIRN_DEFINE_LANE_2(id, U8x16, uint32_t, U8x16)
#define CAIRN_LANE_vl_v(id) CAIRN_DEFINE_LANE_2(id, U8x16, uint64_t, U8x16)
#define CAIRN_LANE_vf_v(id) CAIRN_DEFINE_LANE_2(id, U8x16, float, U8x16)
#define CAIRN_LANE_vd_v(id) CAIRN_DEFINE_LANE_2(id, U8x16, double, U8x16)

#define CAIRN_LIST_none_i_v ~, CAIRN_ROW_i_v
#define CAIRN_LIST_none_l_v ~, CAIRN_ROW_l_v
#define CAIRN_LIST_none_f_v ~, CAIRN_ROW_f_v
#define CAIRN_LIST_none_d_v ~, CAIRN_ROW_d_v
#define CAIRN_LIST_none_v_v ~, CAIRN_ROW_v_v
#define CAIRN_LIST_none_v_i ~, CAIRN_ROW_v_i
#define CAIRN_LIST_none_vi_v ~, CAIRN_ROW_vi_v
#define CAIRN_LIST_none_vv_v ~, CAIRN_ROW_vv_v
#define CAIRN_LIST_none_vvv_v ~, CAIRN_ROW_vvv_v
#define CAIRN_LIST_lane16_v_i ~, CAIRN_LANE_v_i
#define CAIRN_LIST_lane8_v_i ~, CAIRN_LANE_v_i
#define CAIRN_LIST_lane4_v_i ~, CAIRN_LANE_v_i
#define CAIRN_LIST_lane4_v_f ~, CAIRN_LANE_v_f
#define CAIRN_LIST_lane2_v_l ~, CAIRN_LANE_v_l
#define CAIRN_LIST_lane2_v_d ~, CAIRN_LANE_v_d
#define CAIRN_LIST_lane16_vi_v ~, CAIRN_LANE_vi_v
#define CAIRN_LIST_lane8_vi_v ~, CAIRN_LANE_vi_v
#define CAIRN_LIST_lane4_vi_v ~, CAIRN_LANE_vi_v
#define CAIRN_LIST_lane4_vf_v ~, CAIRN_LANE_vf_v
#define CAIRN_LIST_lane2_vl_v ~, CAIRN_LANE_vl_v
#define CAIRN_LIST_lane2_vd_v ~, CAIRN_LANE_vd_v

#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) \
  CAIRN_SELECT(id, CAIRN_LIST_##imm##_##sig)
#include <cairn/wasm/instructions.def>

// ---- Accesses ----

#define CAIRN_LOAD(id)                                                         \
  CAIRN_SEMANTIC U8x16 s_##id(Shape<&numerics::id>::Bits bits) {               \
    return give(numerics::id(static_cast<Shape<&numerics::id>::First>(bits))); \
  }
#define CAIRN_LOAD_LANE(id)                                                                   \
  CAIRN_SEMANTIC U8x16 s_##id(Shape<&numerics::id>::Bits bits, U8x16 vector, uint32_t lane) { \
    return give(numerics::id(static_cast<Shape<&numerics::id>::First>(bits), vector,          \
                             static_cast<uint8_t>(lane)));                                    \
  }
#define CAIRN_STORE_LANE(id)                                                        \
  CAIRN_SEMANTIC Shape<&numerics::id>::Result s_##id(U8x16 vector, uint32_t lane) { \
    return give(numerics::id(vector, static_cast<uint8_t>(lane)));                  \
  }
#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) \
  CAIRN_SELECT(id, CAIRN_ACCESS_##imm##_##sig)
#include <cairn/wasm/instructions.def>

// ---- The deterministic profile ----

CAIRN_DEFINE_1(canonicalize_nan_f32x4, U8x16, U8x16)
CAIRN_DEFINE_1(canonicalize_nan_f64x2, U8x16, U8x16)

}  // namespace cairn::engine
