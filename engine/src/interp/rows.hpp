// Not a header of declarations: the including file defines
//   CAIRN_UNARY(id, Operand, Result)  and  CAIRN_BINARY(id, Operand, Result)
// and gets one of them for each plain scalar row of the instruction table. Undefines both.

#define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature) CAIRN_ROW_##sig(id)

#define CAIRN_ROW_ii_i(id) CAIRN_BINARY(id, uint32_t, uint32_t)
#define CAIRN_ROW_ll_l(id) CAIRN_BINARY(id, uint64_t, uint64_t)
#define CAIRN_ROW_ll_i(id) CAIRN_BINARY(id, uint64_t, uint32_t)
#define CAIRN_ROW_ff_f(id) CAIRN_BINARY(id, float, float)
#define CAIRN_ROW_ff_i(id) CAIRN_BINARY(id, float, uint32_t)
#define CAIRN_ROW_dd_d(id) CAIRN_BINARY(id, double, double)
#define CAIRN_ROW_dd_i(id) CAIRN_BINARY(id, double, uint32_t)

#define CAIRN_ROW_i_i(id) CAIRN_UNARY(id, uint32_t, uint32_t)
#define CAIRN_ROW_i_l(id) CAIRN_UNARY(id, uint32_t, uint64_t)
#define CAIRN_ROW_i_f(id) CAIRN_UNARY(id, uint32_t, float)
#define CAIRN_ROW_i_d(id) CAIRN_UNARY(id, uint32_t, double)
#define CAIRN_ROW_l_i(id) CAIRN_UNARY(id, uint64_t, uint32_t)
#define CAIRN_ROW_l_l(id) CAIRN_UNARY(id, uint64_t, uint64_t)
#define CAIRN_ROW_l_f(id) CAIRN_UNARY(id, uint64_t, float)
#define CAIRN_ROW_l_d(id) CAIRN_UNARY(id, uint64_t, double)
#define CAIRN_ROW_f_i(id) CAIRN_UNARY(id, float, uint32_t)
#define CAIRN_ROW_f_l(id) CAIRN_UNARY(id, float, uint64_t)
#define CAIRN_ROW_f_f(id) CAIRN_UNARY(id, float, float)
#define CAIRN_ROW_f_d(id) CAIRN_UNARY(id, float, double)
#define CAIRN_ROW_d_i(id) CAIRN_UNARY(id, double, uint32_t)
#define CAIRN_ROW_d_l(id) CAIRN_UNARY(id, double, uint64_t)
#define CAIRN_ROW_d_f(id) CAIRN_UNARY(id, double, float)
#define CAIRN_ROW_d_d(id) CAIRN_UNARY(id, double, double)

#define CAIRN_ROW__(id)
#define CAIRN_ROW__d(id)
#define CAIRN_ROW__f(id)
#define CAIRN_ROW__i(id)
#define CAIRN_ROW__l(id)
#define CAIRN_ROW__m(id)
#define CAIRN_ROW__v(id)
#define CAIRN_ROW_d_v(id)
#define CAIRN_ROW_f_v(id)
#define CAIRN_ROW_i_v(id)
#define CAIRN_ROW_l_v(id)
#define CAIRN_ROW_ll_ll(id)
#define CAIRN_ROW_llll_ll(id)
#define CAIRN_ROW_m_d(id)
#define CAIRN_ROW_m_f(id)
#define CAIRN_ROW_m_i(id)
#define CAIRN_ROW_m_l(id)
#define CAIRN_ROW_m_m(id)
#define CAIRN_ROW_m_v(id)
#define CAIRN_ROW_md_(id)
#define CAIRN_ROW_mf_(id)
#define CAIRN_ROW_mi_(id)
#define CAIRN_ROW_mi_i(id)
#define CAIRN_ROW_mii_i(id)
#define CAIRN_ROW_mil_i(id)
#define CAIRN_ROW_mim_(id)
#define CAIRN_ROW_ml_(id)
#define CAIRN_ROW_ml_l(id)
#define CAIRN_ROW_mll_i(id)
#define CAIRN_ROW_mll_l(id)
#define CAIRN_ROW_mv_(id)
#define CAIRN_ROW_mv_v(id)
#define CAIRN_ROW_special(id)
#define CAIRN_ROW_v_d(id)
#define CAIRN_ROW_v_f(id)
#define CAIRN_ROW_v_i(id)
#define CAIRN_ROW_v_l(id)
#define CAIRN_ROW_v_v(id)
#define CAIRN_ROW_vd_v(id)
#define CAIRN_ROW_vf_v(id)
#define CAIRN_ROW_vi_v(id)
#define CAIRN_ROW_vl_v(id)
#define CAIRN_ROW_vv_v(id)
#define CAIRN_ROW_vvv_v(id)

#include <cairn/wasm/instructions.def>

#undef CAIRN_ROW__
#undef CAIRN_ROW__d
#undef CAIRN_ROW__f
#undef CAIRN_ROW__i
#undef CAIRN_ROW__l
#undef CAIRN_ROW__m
#undef CAIRN_ROW__v
#undef CAIRN_ROW_d_d
#undef CAIRN_ROW_d_f
#undef CAIRN_ROW_d_i
#undef CAIRN_ROW_d_l
#undef CAIRN_ROW_d_v
#undef CAIRN_ROW_dd_d
#undef CAIRN_ROW_dd_i
#undef CAIRN_ROW_f_d
#undef CAIRN_ROW_f_f
#undef CAIRN_ROW_f_i
#undef CAIRN_ROW_f_l
#undef CAIRN_ROW_f_v
#undef CAIRN_ROW_ff_f
#undef CAIRN_ROW_ff_i
#undef CAIRN_ROW_i_d
#undef CAIRN_ROW_i_f
#undef CAIRN_ROW_i_i
#undef CAIRN_ROW_i_l
#undef CAIRN_ROW_i_v
#undef CAIRN_ROW_ii_i
#undef CAIRN_ROW_l_d
#undef CAIRN_ROW_l_f
#undef CAIRN_ROW_l_i
#undef CAIRN_ROW_l_l
#undef CAIRN_ROW_l_v
#undef CAIRN_ROW_ll_i
#undef CAIRN_ROW_ll_l
#undef CAIRN_ROW_ll_ll
#undef CAIRN_ROW_llll_ll
#undef CAIRN_ROW_m_d
#undef CAIRN_ROW_m_f
#undef CAIRN_ROW_m_i
#undef CAIRN_ROW_m_l
#undef CAIRN_ROW_m_m
#undef CAIRN_ROW_m_v
#undef CAIRN_ROW_md_
#undef CAIRN_ROW_mf_
#undef CAIRN_ROW_mi_
#undef CAIRN_ROW_mi_i
#undef CAIRN_ROW_mii_i
#undef CAIRN_ROW_mil_i
#undef CAIRN_ROW_mim_
#undef CAIRN_ROW_ml_
#undef CAIRN_ROW_ml_l
#undef CAIRN_ROW_mll_i
#undef CAIRN_ROW_mll_l
#undef CAIRN_ROW_mv_
#undef CAIRN_ROW_mv_v
#undef CAIRN_ROW_special
#undef CAIRN_ROW_v_d
#undef CAIRN_ROW_v_f
#undef CAIRN_ROW_v_i
#undef CAIRN_ROW_v_l
#undef CAIRN_ROW_v_v
#undef CAIRN_ROW_vd_v
#undef CAIRN_ROW_vf_v
#undef CAIRN_ROW_vi_v
#undef CAIRN_ROW_vl_v
#undef CAIRN_ROW_vv_v
#undef CAIRN_ROW_vvv_v
#undef CAIRN_UNARY
#undef CAIRN_BINARY
