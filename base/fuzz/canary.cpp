// A planted bug: a read past the end behind a LEB128 number. `./dev fuzz smoke` fails if the fuzzer
// does not find it, so that a clean run means something.

#include <cairn/base/leb128.hpp>

using namespace cairn;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint8_t* cursor = data;
  uint32_t offset = 0;
  if (read_u32(cursor, data + size, offset) != LebStatus::ok || offset < 300) return 0;
  const Bytes copy(data, data + size);
  volatile uint8_t sink = copy.data()[offset % (size + 1)];
  (void)sink;
  return 0;
}
