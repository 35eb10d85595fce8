// Vector loads and stores.

#include "baseline/function_compiler.hpp"

namespace cairn::engine::baseline {

using wasm::Op;

namespace {
uint32_t bytes_of_access(Op op) { return 1u << wasm::natural_align_log2(wasm::info(op).imm); }
}  // namespace

void FunctionCompiler::vector_load(const wasm::Instruction& in) {
  Value address = pop();
  const uint32_t bytes = bytes_of_access(in.op);
  const x86::Mem from = place_of(in.mem, address, bytes);
  const uint8_t reg = take_xmm();
  const x86::Xmm to = x86::xmm(reg);
  image_.set_place(index_, place_);
  switch (in.op) {
    case Op::v128_load: code_.movups(to, from); break;
    case Op::v128_load8x8_s: code_.pmovsxbw(to, from); break;
    case Op::v128_load8x8_u: code_.pmovzxbw(to, from); break;
    case Op::v128_load16x4_s: code_.pmovsxwd(to, from); break;
    case Op::v128_load16x4_u: code_.pmovzxwd(to, from); break;
    case Op::v128_load32x2_s: code_.pmovsxdq(to, from); break;
    case Op::v128_load32x2_u: code_.pmovzxdq(to, from); break;
    case Op::v128_load8_splat:
    case Op::v128_load16_splat:
      code_.movzx(scratch.r32(), from);
      code_.movd(to, scratch.r32());
      break;
    default: bytes == 4 ? code_.movss(to, from) : code_.movsd(to, from); break;
  }
  if (wasm::info(in.op).id.ends_with("_splat")) spread(to, bytes);
  release(address);
  push_xmm(Kind::v128, reg);
}

/// Of all lanes or of one.
void FunctionCompiler::vector_store(const wasm::Instruction& in) {
  Value vector = pop(), address = pop();
  const uint32_t bytes = bytes_of_access(in.op);
  const x86::Xmm from = read_xmm(vector);
  const x86::Mem to = place_of(in.mem, address, bytes);
  image_.set_place(index_, place_);
  switch (bytes) {
    case 1: code_.pextrb(to, from, in.lane); break;
    case 2: code_.pextrw(to, from, in.lane); break;
    case 4: code_.pextrd(to, from, in.lane); break;
    case 8: code_.pextrq(to, from, in.lane); break;
    default: code_.movups(to, from); break;
  }
  release(vector);
  release(address);
}

void FunctionCompiler::vector_load_lane(const wasm::Instruction& in) {
  Value vector = pop(), address = pop();
  const uint32_t bytes = bytes_of_access(in.op);
  const x86::Xmm to = x86::xmm(own_xmm(vector));
  const x86::Mem from = place_of(in.mem, address, bytes);
  image_.set_place(index_, place_);
  switch (bytes) {
    case 1: code_.pinsrb(to, from, in.lane); break;
    case 2: code_.pinsrw(to, from, in.lane); break;
    case 4: code_.pinsrd(to, from, in.lane); break;
    default: code_.pinsrq(to, from, in.lane); break;
  }
  release(address);
  push_xmm(Kind::v128, vector.reg);
}

}  // namespace cairn::engine::baseline
