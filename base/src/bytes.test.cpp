#include <cairn/base/bytes.hpp>

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Bytes, AreLittleEndian) {
  const Bytes bytes = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
  EXPECT_EQ(load_le<uint8_t>(bytes.data() + 1), 0x01);
  EXPECT_EQ(load_le<uint16_t>(bytes.data() + 1), 0x0201);
  EXPECT_EQ(load_le<uint32_t>(bytes.data() + 1), 0x04030201u);
  EXPECT_EQ(load_le<uint64_t>(bytes.data() + 1), 0x0807060504030201u);
}

TEST(Bytes, StoreIsTheInverseOfLoad) {
  Bytes bytes(10);
  store_le(bytes.data() + 1, -1.5);
  EXPECT_EQ(load_le<double>(bytes.data() + 1), -1.5);
  EXPECT_EQ(bytes[0], 0);
  EXPECT_EQ(bytes[9], 0);
  EXPECT_EQ(bytes[8], 0xbf);
}

TEST(Bytes, AppendGrows) {
  Bytes bytes;
  append_le(bytes, uint16_t{0x1234});
  append(bytes, as_bytes("ab"));
  EXPECT_EQ(bytes, (Bytes{0x34, 0x12, 'a', 'b'}));
  EXPECT_EQ(as_text(ByteSpan(bytes).subspan(2)), "ab");
}

}  // namespace
}  // namespace cairn
