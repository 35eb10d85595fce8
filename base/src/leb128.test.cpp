#include <cairn/base/leb128.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace cairn {
namespace {

struct Outcome {
  LebStatus status;
  int64_t value;
  size_t consumed;
  bool operator==(const Outcome&) const = default;
};

template <class T, class Reader>
Outcome read(Reader reader, const Bytes& bytes) {
  const uint8_t* cursor = bytes.data();
  T value = 0;
  const LebStatus status = reader(cursor, bytes.data() + bytes.size(), value);
  return {status, static_cast<int64_t>(value), static_cast<size_t>(cursor - bytes.data())};
}
Outcome u32(const Bytes& bytes) { return read<uint32_t>(read_u32, bytes); }
Outcome u64(const Bytes& bytes) { return read<uint64_t>(read_u64, bytes); }
Outcome s32(const Bytes& bytes) { return read<int32_t>(read_s32, bytes); }
Outcome s33(const Bytes& bytes) { return read<int64_t>(read_s33, bytes); }
Outcome s64(const Bytes& bytes) { return read<int64_t>(read_s64, bytes); }

using enum LebStatus;

TEST(Leb128, ReadsShortForms) {
  EXPECT_EQ(u32({0x00}), (Outcome{ok, 0, 1}));
  EXPECT_EQ(u32({0x7f, 0xff}), (Outcome{ok, 127, 1}));
  EXPECT_EQ(u32({0xe5, 0x8e, 0x26}), (Outcome{ok, 624485, 3}));
  EXPECT_EQ(s32({0x7f}), (Outcome{ok, -1, 1}));
  EXPECT_EQ(s32({0x40}), (Outcome{ok, -64, 1}));
  EXPECT_EQ(s32({0x3f}), (Outcome{ok, 63, 1}));
  EXPECT_EQ(s32({0xc0, 0xbb, 0x78}), (Outcome{ok, -123456, 3}));
}

TEST(Leb128, ReadsTheLongestForms) {
  EXPECT_EQ(u32({0xff, 0xff, 0xff, 0xff, 0x0f}), (Outcome{ok, 0xffffffff, 5}));
  EXPECT_EQ(u32({0x80, 0x80, 0x80, 0x80, 0x00}), (Outcome{ok, 0, 5}));
  EXPECT_EQ(s32({0x80, 0x80, 0x80, 0x80, 0x78}),
            (Outcome{ok, std::numeric_limits<int32_t>::min(), 5}));
  EXPECT_EQ(s32({0xff, 0xff, 0xff, 0xff, 0x7f}), (Outcome{ok, -1, 5}));
  EXPECT_EQ(s33({0xff, 0xff, 0xff, 0xff, 0x0f}), (Outcome{ok, 0xffffffff, 5}));
  EXPECT_EQ(s33({0x80, 0x80, 0x80, 0x80, 0x70}), (Outcome{ok, -(int64_t{1} << 32), 5}));
  EXPECT_EQ(u64({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}),
            (Outcome{ok, -1, 10}));
  EXPECT_EQ(s64({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}),
            (Outcome{ok, std::numeric_limits<int64_t>::min(), 10}));
}

TEST(Leb128, TellsTheThreeErrorsApart) {
  EXPECT_EQ(u32({}), (Outcome{unexpected_end, 0, 0}));
  EXPECT_EQ(u32({0x80}), (Outcome{unexpected_end, 0, 1}));
  EXPECT_EQ(u32({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), (Outcome{too_long, 0, 5}));
  EXPECT_EQ(u32({0x80, 0x80, 0x80, 0x80, 0x10}), (Outcome{too_large, 0, 4}));
  EXPECT_EQ(s32({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), (Outcome{too_long, 0, 5}));
  EXPECT_EQ(s32({0x80, 0x80, 0x80, 0x80, 0x08}), (Outcome{too_large, 0, 4}));
  EXPECT_EQ(s32({0x80, 0x80, 0x80, 0x80, 0x70}), (Outcome{too_large, 0, 4}));
  EXPECT_EQ(s33({0x80, 0x80, 0x80, 0x80, 0x10}), (Outcome{too_large, 0, 4}));
  EXPECT_EQ(u64({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}),
            (Outcome{too_large, 0, 9}));
  EXPECT_EQ(s64({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x41}),
            (Outcome{too_large, 0, 9}));
  EXPECT_EQ(s64({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xff}),
            (Outcome{too_long, 0, 10}));
}

TEST(Leb128, WhatIsWrittenIsRead) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const int64_t near : {-1, 0, 1}) {
      const uint64_t value = (uint64_t{1} << bit) + static_cast<uint64_t>(near);
      Bytes bytes;
      append_unsigned_leb(bytes, value);
      const auto bits = static_cast<size_t>(std::bit_width(value | 1));
      EXPECT_EQ(bytes.size(), (bits + 6) / 7) << "the shortest form";
      EXPECT_EQ(u64(bytes), (Outcome{ok, static_cast<int64_t>(value), bytes.size()}));
      for (const uint64_t signed_value : {value, ~value}) {
        bytes.clear();
        append_signed_leb(bytes, static_cast<int64_t>(signed_value));
        EXPECT_EQ(s64(bytes), (Outcome{ok, static_cast<int64_t>(signed_value), bytes.size()}));
      }
    }
  }
}

}  // namespace
}  // namespace cairn
