#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "interp/handlers.hpp"

namespace cairn::engine {
namespace {

using enum wasm::Op;

/// Runs one plain instruction in the loop shell. Slots are numbered by the fields: f0 is slot 0, f1
/// slot 2, f2 slot 4, f3 slot 6.
class PlainInstruction : public ::testing::Test {
 protected:
  PlainInstruction() {
    memory_.base = bytes_.data();
    memory_.size = bytes_.size();
    execution_.stop_code = stop_;
    instance_.memories = memories_;
  }

  /// `immediate` is word 2, `offset` word 3.
  Trap run(Handler handler, uint64_t offset = 0, uint64_t immediate = 0) {
    Word code[plain_words] = {};
    code[1].fields = {{0, 2, 4, 6}};
    code[2].bits = immediate;
    code[3].bits = offset;
    Regs regs{.pc = code, .fp = slots_.data(), .inst = &instance_, .ex = &execution_};
    handler.loop(regs);
    if (regs.pc == code + plain_words) return Trap::none;
    EXPECT_EQ(regs.pc, stop_);
    EXPECT_EQ(execution_.stopped_at, code);
    EXPECT_EQ(execution_.exit, Exit::trapped);
    return execution_.trap;
  }
  uint64_t& result() { return slots_[0]; }
  uint64_t& operand(int index) { return slots_[2 * static_cast<size_t>(index)]; }

  alignas(16) std::array<uint8_t, 64> bytes_{};
  alignas(16) std::array<uint64_t, 16> slots_{};
  MemoryInst memory_;
  MemoryInst* memories_[1] = {&memory_};
  InstanceData instance_;
  ExecutionData execution_;
  const Word stop_[1] = {};
};

TEST_F(PlainInstruction, CheckedAccessKnowsTheEnd) {
  const Handler load = checked_handler(i32_load), store = checked_handler(i64_store16);
  std::memcpy(&bytes_[60], "\x01\x02\x03\x84", 4);
  operand(1) = 40;
  EXPECT_EQ(run(load, 20), Trap::none);
  EXPECT_EQ(result(), 0x84030201);
  EXPECT_EQ(run(load, 21), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(run(load, 24), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(run(load, UINT64_MAX), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(run(load, UINT64_MAX - 41), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(run(store, 22), Trap::none);
  EXPECT_EQ(run(store, 23), Trap::out_of_bounds_memory_access);
  memory_.size = 1;
  operand(1) = 0;
  EXPECT_EQ(run(load), Trap::out_of_bounds_memory_access);
}

TEST_F(PlainInstruction, CheckedLoadsExtend) {
  bytes_.fill(0x80);
  EXPECT_EQ(run(checked_handler(i32_load8_s)), Trap::none);
  EXPECT_EQ(result(), 0xffffff80);
  EXPECT_EQ(run(checked_handler(i32_load16_u)), Trap::none);
  EXPECT_EQ(result(), 0x8080);
  EXPECT_EQ(run(checked_handler(i64_load32_s)), Trap::none);
  EXPECT_EQ(result(), 0xffffffff80808080);
}

TEST_F(PlainInstruction, VectorLaneAccessStaysInBounds) {
  const uint64_t lane3 = uint64_t{3} << 32;
  std::memcpy(&slots_[4], "0123456789abcdef", 16);
  operand(1) = 62;
  EXPECT_EQ(run(plain_handler(v128_store16_lane), 0, lane3), Trap::none);
  EXPECT_EQ(std::string(bytes_.data() + 62, bytes_.data() + 64), "67");
  EXPECT_EQ(run(plain_handler(v128_load16_lane), 1, lane3), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(run(plain_handler(v128_load), 0), Trap::out_of_bounds_memory_access);
  operand(1) = 61;
  EXPECT_EQ(run(plain_handler(v128_load8_lane), 0, lane3), Trap::none);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(slots_.data()), 16), std::string("012\0"
                                                                                 "456789abcdef",
                                                                                 16));
}

TEST_F(PlainInstruction, AtomicsCheckAlignmentFirst) {
  operand(1) = 63;
  EXPECT_EQ(run(plain_handler(i32_atomic_rmw16_add_u)), Trap::unaligned_atomic);
  EXPECT_EQ(run(plain_handler(i32_atomic_rmw16_add_u), 1), Trap::out_of_bounds_memory_access);
  EXPECT_EQ(run(plain_handler(i64_atomic_load), UINT64_MAX - 62),
            Trap::out_of_bounds_memory_access);
  EXPECT_EQ(run(plain_handler(memory_atomic_wait32), UINT64_MAX), Trap::unaligned_atomic);
  operand(1) = 0;
  EXPECT_EQ(run(plain_handler(memory_atomic_wait64)), Trap::expected_shared_memory);
}

TEST_F(PlainInstruction, NarrowAtomicsWrapAndZeroExtend) {
  bytes_[8] = 0xfe;
  operand(1) = 8;
  operand(2) = 0xabcdef03;
  EXPECT_EQ(run(plain_handler(i64_atomic_rmw8_add_u)), Trap::none);
  EXPECT_EQ(result(), 0xfe);
  EXPECT_EQ(bytes_[8], 0x01);
  EXPECT_EQ(bytes_[9], 0);
  operand(2) = 0x701;  // compared as 8 bits
  operand(3) = 0x1234;
  EXPECT_EQ(run(plain_handler(i32_atomic_rmw8_cmpxchg_u)), Trap::none);
  EXPECT_EQ(result(), 0x01);
  EXPECT_EQ(bytes_[8], 0x34);
}

TEST_F(PlainInstruction, I31KeepsThirtyOneBits) {
  operand(1) = 0xc0000001;
  EXPECT_EQ(run(plain_handler(ref_i31)), Trap::none);
  EXPECT_EQ(result(), 0x80000003);
  operand(1) = result();
  EXPECT_EQ(run(plain_handler(i31_get_s)), Trap::none);
  EXPECT_EQ(result(), 0xc0000001);
  EXPECT_EQ(run(plain_handler(i31_get_u)), Trap::none);
  EXPECT_EQ(result(), 0x40000001);
  operand(1) = 0;
  EXPECT_EQ(run(plain_handler(i31_get_u)), Trap::null_i31_reference);
}

/// Fields and elements of every width: an object with 16 elements, byte i of the payload is 0x80 +
/// i.
TEST_F(PlainInstruction, FieldsAndElementsByWidth) {
  alignas(16) struct {
    GcObject header;
    uint8_t payload[32];
  } array{.header = {.type = nullptr,
                     .length = 2,
                     .kind = GcObject::Kind::array,
                     .mark = 0,
                     .size_class = 0},
          .payload = {}};
  for (uint8_t i = 0; i < 32; ++i) array.payload[i] = static_cast<uint8_t>(0x80 + i);
  operand(1) = reinterpret_cast<uint64_t>(&array);
  operand(2) = 1;
  EXPECT_EQ(run(array_get_handler(array_get_s, 1)), Trap::none);
  EXPECT_EQ(result(), 0xffffff81);
  EXPECT_EQ(run(array_get_handler(array_get_u, 2)), Trap::none);
  EXPECT_EQ(result(), 0x8382);
  EXPECT_EQ(run(array_get_handler(array_get, 4)), Trap::none);
  EXPECT_EQ(result(), 0x87868584);
  EXPECT_EQ(run(array_get_handler(array_get, 16)), Trap::none);
  EXPECT_EQ(std::memcmp(slots_.data(), &array.payload[16], 16), 0);
  EXPECT_EQ(run(struct_get_handler(struct_get_s, 2), 0, 3), Trap::none);
  EXPECT_EQ(result(), 0xffff8483);
  operand(3) = 0xaabbccdd;
  EXPECT_EQ(run(array_set_handler(2)), Trap::none);
  EXPECT_EQ(array.payload[2], 0xdd);
  EXPECT_EQ(array.payload[3], 0xcc);
  EXPECT_EQ(array.payload[4], 0x84);
  operand(2) = 2;
  EXPECT_EQ(run(array_set_handler(1)), Trap::out_of_bounds_array_access);
  operand(1) = 0;
  EXPECT_EQ(run(array_get_handler(array_get, 8)), Trap::null_array_reference);
  EXPECT_EQ(run(struct_set_handler(4)), Trap::null_structure_reference);
}

TEST_F(PlainInstruction, WideArithmeticGivesTwoWords) {
  slots_[2] = UINT64_MAX;
  slots_[3] = 1;
  slots_[4] = 1;
  slots_[5] = 5;
  EXPECT_EQ(run(plain_handler(i64_add128)), Trap::none);
  EXPECT_EQ(slots_[0], 0u);
  EXPECT_EQ(slots_[1], 7u);
  operand(2) = UINT64_MAX;  // −1 · −1
  EXPECT_EQ(run(plain_handler(i64_mul_wide_s)), Trap::none);
  EXPECT_EQ(slots_[0], 1u);
  EXPECT_EQ(slots_[1], 0u);
}

TEST(PlainHandlers, EveryVectorAndAtomicInstructionHasOne) {
  for (uint32_t i = 0; i < wasm::op_count; ++i) {
    const auto op = static_cast<wasm::Op>(i);
    const wasm::OpInfo& info = wasm::info(op);
    if (info.prefix != 0xFD && info.prefix != 0xFE) continue;
    EXPECT_TRUE(plain_handler(op)) << info.text;
    const bool access = info.imm >= wasm::Imm::mem0 && info.imm <= wasm::Imm::mem3_lane;
    EXPECT_EQ(bool{guarded_vector_handler(op)}, access && info.prefix == 0xFD) << info.text;
  }
}

TEST(PlainHandlers, EveryScalarAccessHasACheckedOne) {
  for (uint32_t i = 0; i < wasm::op_count; ++i) {
    const auto op = static_cast<wasm::Op>(i);
    const wasm::OpInfo& info = wasm::info(op);
    if (info.prefix != 0) continue;
    const bool access = info.imm >= wasm::Imm::mem0 && info.imm <= wasm::Imm::mem3_lane;
    EXPECT_EQ(bool{checked_handler(op)}, access) << info.text;
  }
}

}  // namespace
}  // namespace cairn::engine
