// Whatever the bytes: decoding ends in a module or in an error. A module that was decoded survives
// its own encoding, and the encoding is settled after one round.

#include <cairn/wasm/binary.hpp>

using namespace cairn;
using namespace cairn::wasm;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Features features = Features::all();
  const Result<Module> module = decode(Bytes(data, data + size), features);
  if (!module) return 0;
  const Bytes encoded = encode(*module);
  const Result<Module> again = decode(encoded, features);
  CAIRN_ASSERT(again.has_value());
  CAIRN_ASSERT(equal(*module, *again));
  CAIRN_ASSERT(encode(*again) == encoded);
  return 0;
}
