// Whatever the bytes: decoding ends in a component or in an error with a place. A component that
// was decoded survives its own encoding, and the encoding is settled after one round.

#include <cairn/component/binary.hpp>
#include <cairn/component/names.hpp>

using namespace cairn;
using namespace cairn::component;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ReadOptions options;
  options.features = Features::all();
  const Result<syntax::Component> component = decode(ByteSpan(data, size), options);
  if (!component) {
    CAIRN_ASSERT(component.error().offset.has_value());
    return 0;
  }
  const Bytes encoded = encode(*component);
  const Result<syntax::Component> again = decode(encoded, options);
  CAIRN_ASSERT(again.has_value());
  CAIRN_ASSERT(*component == *again);
  CAIRN_ASSERT(encode(*again) == encoded);
  const ComponentNames names = names_of(*component);
  CAIRN_ASSERT(decode_names(encode_names(names)) == names);
  return 0;
}
