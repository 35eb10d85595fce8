// Any bytes as a message between the engine and the compiler: what is accepted is encoded as a
// message that means the same.

#include "native/compiler_protocol.hpp"

using namespace cairn;
using namespace cairn::engine;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  static_cast<void>(protocol::kind_of(bytes));
  if (const auto message = protocol::decode_load_module(bytes)) {
    const auto again = protocol::decode_load_module(protocol::encode(*message));
    CAIRN_ASSERT(again && again->module == message->module);
  }
  if (const auto message = protocol::decode_compile(bytes)) {
    const auto again = protocol::decode_compile(protocol::encode(*message));
    CAIRN_ASSERT(again && again->request.functions == message->request.functions &&
                 again->request.cpu == message->request.cpu && again->product == message->product &&
                 again->shown == message->shown);
  }
  if (const auto message = protocol::decode_answer(bytes)) {
    const auto again = protocol::decode_answer(protocol::encode(*message));
    CAIRN_ASSERT(again && again->product == message->product && again->log == message->log);
  }
  return 0;
}
