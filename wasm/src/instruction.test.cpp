#include <gtest/gtest.h>
#include <cairn/wasm/instruction.hpp>

#include <set>

namespace cairn::wasm {
namespace {

/// An instruction with immediates of which none has its default value.
Instruction sample(Op op) {
  Instruction in;
  in.op = op;
  in.lane = 1;
  in.index = 200;
  in.index2 = 3;
  in.mem = {.align_log2 = 2, .memory = 5, .offset = 0x1'0000'0001};
  in.block = {.kind = BlockType::Kind::index, .value = {}, .index = 77};
  in.heap = HeapType::index(130);
  in.cast_from = ValType::ref(AbsHeapType::any, true);
  in.cast_to = ValType::ref(HeapType::index(64), false);
  in.labels = {1, 300, 2};
  in.types = {i64, ValType::ref(HeapType::index(9), true)};
  in.catches = {{CatchClause::Kind::catch_, 4, 5}, {CatchClause::Kind::catch_all_ref, 0, 6}};
  for (uint8_t i = 0; i < 16; ++i) in.bytes[i] = i;
  in.value =
      info(op).imm == Imm::i32 || info(op).imm == Imm::i64 ? static_cast<uint64_t>(-5) : 0x7FC00001;
  return in;
}

TEST(InstructionTable, FindsEveryRowByItsCode) {
  std::set<std::pair<uint8_t, uint16_t>> codes;
  for (uint32_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    EXPECT_EQ(op_from_code(info(op).prefix, info(op).code), op) << info(op).text;
    EXPECT_TRUE(codes.insert({info(op).prefix, info(op).code}).second) << info(op).text;
  }
  EXPECT_FALSE(op_from_code(0, 0x27));
  EXPECT_FALSE(op_from_code(0, 256));
  EXPECT_FALSE(op_from_code(0xFD, 0x9A));
  EXPECT_FALSE(op_from_code(0xFD, 1u << 31));
  EXPECT_FALSE(op_from_code(0xFF, 0));
}

TEST(InstructionTable, FindsEveryKeyword) {
  for (uint32_t i = 0; i < op_count; ++i) {
    const std::optional<Op> found = op_from_text(op_table[i].text);
    ASSERT_TRUE(found) << op_table[i].text;
    EXPECT_EQ(info(*found).text, op_table[i].text);
  }
  EXPECT_EQ(op_from_text("select"), Op::select);
  EXPECT_EQ(op_from_text("ref.test"), Op::ref_test);
  EXPECT_FALSE(op_from_text("i32.ad"));
  EXPECT_FALSE(op_from_text(""));
}

TEST(InstructionTable, NamesFollowTheText) {
  for (const OpInfo& row : op_table) {
    std::string expected(row.text);
    for (char& c : expected) {
      if (c == '.') c = '_';
    }
    EXPECT_TRUE(row.id.starts_with(expected)) << row.text;
  }
}

TEST(InstrDecoder, IsTheInverseOfEncode) {
  for (uint32_t i = 0; i < op_count; ++i) {
    const Instruction in = sample(static_cast<Op>(i));
    Bytes bytes;
    encode(in, bytes);
    InstrDecoder decoder({bytes, 100}, Features::all());
    Instruction out;
    const Result<> decoded = decoder.next(out);
    ASSERT_TRUE(decoded) << info(in.op).text << ": " << decoded.error().to_string();
    EXPECT_EQ(out.op, in.op);
    EXPECT_EQ(out.offset, 100u);
    EXPECT_TRUE(decoder.at_end()) << info(in.op).text;
    Bytes again;
    encode(out, again);
    EXPECT_EQ(again, bytes) << info(in.op).text;
  }
}

TEST(InstrDecoder, RefusesEveryCutInstruction) {
  for (uint32_t i = 0; i < op_count; ++i) {
    Bytes bytes;
    encode(sample(static_cast<Op>(i)), bytes);
    for (size_t size = 0; size < bytes.size(); ++size) {
      InstrDecoder decoder({ByteSpan(bytes).first(size), 7}, Features::all());
      Instruction out;
      const Result<> decoded = decoder.next(out);
      ASSERT_FALSE(decoded) << op_table[i].text << " cut to " << size;
      EXPECT_EQ(decoded.error().kind, ErrorKind::malformed);
      EXPECT_LE(*decoded.error().offset, 7 + size);
    }
  }
}

TEST(InstrDecoder, KnowsOnlyInstructionsOfItsFeatures) {
  for (uint32_t i = 0; i < op_count; ++i) {
    const OpInfo& row = op_table[i];
    if (row.feature == Feature::mvp) continue;
    Bytes bytes;
    encode(sample(static_cast<Op>(i)), bytes);
    InstrDecoder decoder({bytes, 0}, Features::all().with(row.feature, false));
    Instruction out;
    const Result<> decoded = decoder.next(out);
    ASSERT_FALSE(decoded) << row.text;
    EXPECT_EQ(decoded.error().kind, ErrorKind::malformed);
    EXPECT_NE(decoded.error().message.find(to_string(row.feature)), std::string::npos)
        << decoded.error().message;
  }
}

std::string error_of(const Bytes& bytes, Features features = {}) {
  InstrDecoder decoder({bytes, 0x20}, features);
  Instruction out;
  const Result<> decoded = decoder.next(out);
  return decoded ? "" : decoded.error().to_string();
}

TEST(InstrDecoder, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(error_of({0xFF}),
            "illegal opcode: expected an instruction, found 0xff (at offset 0x20)");
  EXPECT_EQ(error_of({0xFB, 0x7F}),
            "illegal opcode: expected an instruction after the prefix 0xfb, not 0x7f, found 0xfb "
            "(at offset 0x20)");
  EXPECT_EQ(error_of({0x41, 0x80, 0x80, 0x80, 0x80, 0x70}),
            "integer too large: expected unused bits to be zero, or the sign, found 0x70 (at "
            "offset 0x25)");
  EXPECT_EQ(error_of({0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}),
            "integer representation too long: expected the integer to have ended, found 0x00 "
            "(at offset 0x26)");
  EXPECT_TRUE(error_of({0x28, 0x80, 0x01, 0x00}).starts_with("malformed memop flags"));
  EXPECT_TRUE(error_of({0x02, 0x7A}).starts_with("malformed block type"));
  EXPECT_TRUE(error_of({0xD0, 0x7F}).starts_with("malformed heap type"));
  EXPECT_TRUE(error_of({0xFE, 0x03, 0x01}).starts_with("zero byte expected"));
  EXPECT_TRUE(error_of({0x0E, 0xFF, 0xFF, 0xFF, 0x7F}).starts_with("length out of bounds"));
  EXPECT_TRUE(error_of({0x1F, 0x40, 0x01, 0x04}).starts_with("malformed catch clause"));
}

TEST(InstrDecoder, ReadsTheOldFormsWhenFeaturesAreOff) {
  const Features old = Features{}
                           .with(Feature::multi_memory, false)
                           .with(Feature::reference_types, false)
                           .with(Feature::multi_value, false);
  EXPECT_EQ(error_of({0x3F, 0x00}, old), "");
  EXPECT_TRUE(error_of({0x3F, 0x01}, old).starts_with("zero byte expected"));
  EXPECT_EQ(error_of({0x3F, 0x01}), "");
  EXPECT_TRUE(error_of({0x11, 0x00, 0x01}, old).starts_with("zero byte expected"));
  EXPECT_TRUE(error_of({0x28, 0x42, 0x01, 0x00}, old).starts_with("malformed memop flags"));
  EXPECT_TRUE(error_of({0x02, 0x00}, old).starts_with("malformed block type"));
}

}  // namespace
}  // namespace cairn::wasm
