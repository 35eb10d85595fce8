// Frames of WebSockets: whatever comes is messages or an error, the same for every way of cutting
// it, and no larger than the limit; and what we send is understood when it is masked.

#include <cstdlib>

#include "components/http/websocket.hpp"

namespace {

using namespace cairn;
using namespace cairn::wasi;

constexpr size_t bytes_max = 300;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string parse(ByteSpan bytes, size_t piece) {
  WebSocketParser parser(bytes_max);
  std::string seen;
  while (!bytes.empty()) {
    std::vector<WebSocketMessage> messages;
    const size_t size = std::min(piece, bytes.size());
    const bool is_sound = parser.put(bytes.first(size), messages);
    bytes = bytes.subspan(size);
    for (const WebSocketMessage& message : messages) {
      require(message.payload.size() <= bytes_max);
      seen += websocket_frame(message.kind, message.payload);
      seen += std::to_string(message.code);
    }
    require(is_sound == (parser.error() == 0));
    if (!is_sound) return seen + "!" + std::to_string(parser.error());
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes(data + 1, size - 1);
  const std::string whole = parse(bytes, SIZE_MAX);
  require(whole == parse(bytes, 1 + data[0] % 16));
  return 0;
}
