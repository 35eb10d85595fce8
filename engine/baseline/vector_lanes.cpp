// Single lanes of vectors, splats and shuffles.

#include <algorithm>

#include "baseline/function_compiler.hpp"

namespace cairn::engine::baseline {

/// The first lane to all lanes. Uses the scratch register.
void FunctionCompiler::spread(const x86::Xmm& vector, uint32_t lane_bytes) {
  switch (lane_bytes) {
    case 1:
      code_.pxor(float_scratch, float_scratch);
      code_.pshufb(vector, float_scratch);
      return;
    case 2:
      code_.pshuflw(vector, vector, 0);
      code_.punpcklqdq(vector, vector);
      return;
    case 4: code_.pshufd(vector, vector, 0); return;
    default: code_.punpcklqdq(vector, vector); return;
  }
}

namespace {
uint32_t lane_bytes(std::string_view id) {
  if (id.starts_with("i8x16")) return 1;
  if (id.starts_with("i16x8")) return 2;
  return id.starts_with("i32x4") || id.starts_with("f32x4") ? 4 : 8;
}
}  // namespace

void FunctionCompiler::splat(const wasm::Instruction& in) {
  Value value = pop();
  uint8_t reg = 0;
  const uint32_t bytes = lane_bytes(wasm::info(in.op).id);
  if (is_in_xmm(value.kind)) {
    reg = own_xmm(value);
  } else {
    const x86::Gp from = read_gpr(value);
    reg = take_xmm();
    bytes == 8 ? code_.movq(x86::xmm(reg), from.r64()) : code_.movd(x86::xmm(reg), from.r32());
    release(value);
  }
  spread(x86::xmm(reg), bytes);
  push_xmm(Kind::v128, reg);
}

void FunctionCompiler::extract_lane(const wasm::Instruction& in) {
  const wasm::OpInfo& row = wasm::info(in.op);
  const uint32_t bytes = lane_bytes(row.id);
  Value vector = pop();
  if (row.sig.back() == 'f' || row.sig.back() == 'd') {
    const uint8_t reg = own_xmm(vector);
    // Its own upper part stays, or becomes a copy of the lane.
    if (in.lane != 0) code_.pshufd(x86::xmm(reg), x86::xmm(reg), bytes == 4 ? in.lane : 0xEE);
    return push_xmm(bytes == 4 ? Kind::f32 : Kind::f64, reg);
  }
  const x86::Xmm from = read_xmm(vector);
  const uint8_t reg = take_gpr();
  const x86::Gp to = x86::gpd(reg);
  switch (bytes) {
    case 1: code_.pextrb(to, from, in.lane); break;
    case 2: code_.pextrw(to, from, in.lane); break;
    case 4: in.lane == 0 ? code_.movd(to, from) : code_.pextrd(to, from, in.lane); break;
    default: code_.pextrq(to.r64(), from, in.lane); break;
  }
  if (row.id.ends_with("_s"))
    bytes == 1 ? code_.movsx(to, x86::gpb_lo(reg)) : code_.movsx(to, x86::gpw(reg));
  release(vector);
  push_gpr(bytes == 8 ? Kind::i64 : Kind::i32, reg);
}

void FunctionCompiler::replace_lane(const wasm::Instruction& in) {
  const uint32_t bytes = lane_bytes(wasm::info(in.op).id);
  Value value = pop(), vector = pop();
  if (is_in_xmm(value.kind)) {
    const x86::Xmm from = read_xmm(value);
    const x86::Xmm to = x86::xmm(own_xmm(vector));
    if (bytes == 4)
      code_.insertps(to, from, in.lane << 4);
    else
      in.lane == 0 ? code_.movsd(to, from) : code_.movlhps(to, from);
  } else {
    const x86::Gp from = read_gpr(value);
    const x86::Xmm to = x86::xmm(own_xmm(vector));
    switch (bytes) {
      case 1: code_.pinsrb(to, from.r32(), in.lane); break;
      case 2: code_.pinsrw(to, from.r32(), in.lane); break;
      case 4: code_.pinsrd(to, from.r32(), in.lane); break;
      default: code_.pinsrq(to, from.r64(), in.lane); break;
    }
  }
  release(value);
  push_xmm(Kind::v128, vector.reg);
}

/// Indices from 16 on give 0: with 0x70 added, saturating, they have their highest bit set.
void FunctionCompiler::swizzle() {
  constexpr uint64_t offsets = 0x7070707070707070;
  Value indices = pop(), vector = pop();
  const x86::Xmm by = x86::xmm(own_xmm(indices)), to = x86::xmm(own_xmm(vector));
  load_vector_constant(float_scratch, offsets, offsets);
  code_.paddusb(by, float_scratch);
  code_.pshufb(to, by);
  release(indices);
  push_xmm(Kind::v128, vector.reg);
}

namespace {

/// What `pshufb` takes to get the lanes that come from the operand whose lanes begin at `first`.
struct ShuffleMask {
  ShuffleMask(const uint8_t (&lanes)[16], uint8_t first) {
    for (size_t i = 0; i < 16; ++i) {
      const auto lane = static_cast<uint8_t>(lanes[i] - first);
      bytes[i] = lane < 16 ? lane : 0x80;
      is_used |= lane < 16;
    }
  }
  uint64_t low() const { return load_le<uint64_t>(bytes); }
  uint64_t high() const { return load_le<uint64_t>(bytes + 8); }
  /// What `pshufd` takes to do the same, or -1.
  int32_t words() const {
    int32_t order = 0;
    for (uint32_t word = 0; word < 4; ++word) {
      const uint8_t* const part = bytes + 4 * word;
      if (part[0] % 4 != 0 || part[0] >= 16) return -1;
      for (uint8_t i = 1; i < 4; ++i)
        if (part[i] != part[0] + i) return -1;
      order |= (part[0] / 4) << (2 * word);
    }
    return order;
  }
  uint8_t bytes[16];
  bool is_used = false;
};

}  // namespace

void FunctionCompiler::shuffle(const wasm::Instruction& in) {
  Value b = pop(), a = pop();
  const ShuffleMask of_a(in.bytes, 0), of_b(in.bytes, 16);
  const auto pick = [&](Value& value, const ShuffleMask& mask) {
    const x86::Xmm to = x86::xmm(own_xmm(value));
    if (const int32_t words = mask.words(); words >= 0) {
      code_.pshufd(to, to, words);
      return;
    }
    load_vector_constant(float_scratch, mask.low(), mask.high());
    code_.pshufb(to, float_scratch);
  };
  if (!of_b.is_used || !of_a.is_used) {
    Value& used = of_b.is_used ? b : a;
    release(of_b.is_used ? a : b);
    pick(used, of_b.is_used ? of_b : of_a);
    return push_xmm(Kind::v128, used.reg);
  }
  pick(a, of_a);
  pick(b, of_b);
  code_.por(x86::xmm(a.reg), x86::xmm(b.reg));
  release(b);
  push_xmm(Kind::v128, a.reg);
}

}  // namespace cairn::engine::baseline
