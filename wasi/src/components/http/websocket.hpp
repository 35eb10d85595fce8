#pragma once
/// WebSockets, the server's side (RFC 6455): frames from bytes and back. No extensions.

#include <cairn/base/bytes.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::wasi {

/// The numbers are those of frames.
enum class WebSocketKind : uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Why a connection ends (RFC 6455, 7.4.1).
namespace websocket_close {
inline constexpr uint16_t normal = 1000, going_away = 1001, protocol_error = 1002, not_text = 1007,
                          too_large = 1009, none = 1005;
}

struct WebSocketMessage {
  WebSocketKind kind = WebSocketKind::text;
  std::string payload = {};  ///< of a close: the reason
  uint16_t code = 0;         ///< of a close; `none` when it names none
};

/// What a client sends. Bytes go in as they come.
class WebSocketParser {
 public:
  explicit WebSocketParser(size_t message_bytes_max) : bytes_max_(message_bytes_max) {}

  /// Appends the messages that are whole now. False: nothing more is understood, and the connection
  /// has to end with `error()`.
  bool put(ByteSpan bytes, std::vector<WebSocketMessage>& to);
  uint16_t error() const { return error_; }

 private:
  enum class Where : uint8_t { start, length, mask, payload };
  bool step(ByteSpan& bytes, std::vector<WebSocketMessage>& to);
  bool begin_frame(uint8_t first, uint8_t second);
  bool check_length();
  bool end_frame(std::vector<WebSocketMessage>& to);
  bool end_close(std::vector<WebSocketMessage>& to);
  bool fail(uint16_t code);
  bool is_control() const { return opcode_ >= 8; }

  size_t bytes_max_;
  uint16_t error_ = 0;
  Where where_ = Where::start;
  Bytes head_;            ///< what has come of the part that `where_` names
  size_t head_size_ = 2;  ///< of that part
  uint8_t opcode_ = 0;
  bool is_last_ = false;
  uint64_t length_ = 0, taken_ = 0;
  uint8_t mask_[4] = {};
  std::optional<WebSocketKind> message_kind_;  ///< of a message that goes on
  std::string message_, control_;
};

/// A frame that is a whole message, as servers send it.
std::string websocket_frame(WebSocketKind kind, std::string_view payload);
std::string websocket_close_frame(uint16_t code);

/// 16 bytes in base 64?
bool is_websocket_key(std::string_view key);
/// The value of `Sec-WebSocket-Accept`.
std::string websocket_accept(std::string_view key);

}  // namespace cairn::wasi
