// Reading any bytes as LEB128: the readers stay in bounds, agree with each other, and what they
// accept has a shortest form that reads back as the same number.

#include <cairn/base/leb128.hpp>
#include <cairn/base/result.hpp>

using namespace cairn;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint8_t* const end = data + size;
  const uint8_t* cursor = data;
  uint64_t wide = 0;
  if (read_u64(cursor, end, wide) == LebStatus::ok) {
    Bytes bytes;
    append_unsigned_leb(bytes, wide);
    CAIRN_ASSERT(bytes.size() <= static_cast<size_t>(cursor - data));
    const uint8_t* again = bytes.data();
    uint64_t value = 0;
    CAIRN_ASSERT(read_u64(again, bytes.data() + bytes.size(), value) == LebStatus::ok);
    CAIRN_ASSERT(value == wide && again == bytes.data() + bytes.size());
  }

  const uint8_t* narrow_cursor = data;
  uint32_t narrow = 0;
  if (read_u32(narrow_cursor, end, narrow) == LebStatus::ok) {
    CAIRN_ASSERT(wide == narrow && cursor == narrow_cursor);
  }

  const uint8_t* signed_cursor = data;
  const uint8_t* s33_cursor = data;
  int32_t s32 = 0;
  int64_t s33 = 0;
  const bool is_s33 = read_s33(s33_cursor, end, s33) == LebStatus::ok;
  if (read_s32(signed_cursor, end, s32) == LebStatus::ok) {
    CAIRN_ASSERT(is_s33 && s33 == s32 && s33_cursor == signed_cursor);
  }
  if (is_s33) {
    Bytes bytes;
    append_signed_leb(bytes, s33);
    const uint8_t* again = bytes.data();
    int64_t value = 0;
    CAIRN_ASSERT(read_s64(again, bytes.data() + bytes.size(), value) == LebStatus::ok);
    CAIRN_ASSERT(value == s33);
  }
  return 0;
}
