#pragma once
/// Picks rows of the instruction table. An entry of a list is a macro whose value is `~, ROW`; the
/// use
///   #define CAIRN_INSTR(id, prefix, code, text, imm, sig, fuel, feature)
///     CAIRN_SELECT(id, CAIRN_VECTOR_##sig)
/// becomes ROW(id) for the rows whose signature is in the list, and nothing for the others.

#define CAIRN_SELECT(id, ...) CAIRN_PICK(id, __VA_ARGS__, CAIRN_NO_ROW, ~)
#define CAIRN_PICK(id, unused, ROW, ...) ROW(id)
#define CAIRN_NO_ROW(id)

// Vector instructions that touch no memory and have operands: CAIRN_VECTOR(id)
#define CAIRN_VECTOR_i_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_l_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_f_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_d_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_v_i ~, CAIRN_VECTOR
#define CAIRN_VECTOR_v_l ~, CAIRN_VECTOR
#define CAIRN_VECTOR_v_f ~, CAIRN_VECTOR
#define CAIRN_VECTOR_v_d ~, CAIRN_VECTOR
#define CAIRN_VECTOR_v_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_vi_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_vl_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_vf_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_vd_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_vv_v ~, CAIRN_VECTOR
#define CAIRN_VECTOR_vvv_v ~, CAIRN_VECTOR

// Vector accesses that change the bits on their way: CAIRN_LOAD(id), CAIRN_LOAD_LANE(id),
// CAIRN_STORE_LANE(id)
#define CAIRN_ACCESS_mem0_m_v ~, CAIRN_LOAD
#define CAIRN_ACCESS_mem1_m_v ~, CAIRN_LOAD
#define CAIRN_ACCESS_mem2_m_v ~, CAIRN_LOAD
#define CAIRN_ACCESS_mem3_m_v ~, CAIRN_LOAD
#define CAIRN_ACCESS_mem0_lane_mv_v ~, CAIRN_LOAD_LANE
#define CAIRN_ACCESS_mem1_lane_mv_v ~, CAIRN_LOAD_LANE
#define CAIRN_ACCESS_mem2_lane_mv_v ~, CAIRN_LOAD_LANE
#define CAIRN_ACCESS_mem3_lane_mv_v ~, CAIRN_LOAD_LANE
#define CAIRN_ACCESS_mem0_lane_mv_ ~, CAIRN_STORE_LANE
#define CAIRN_ACCESS_mem1_lane_mv_ ~, CAIRN_STORE_LANE
#define CAIRN_ACCESS_mem2_lane_mv_ ~, CAIRN_STORE_LANE
#define CAIRN_ACCESS_mem3_lane_mv_ ~, CAIRN_STORE_LANE
