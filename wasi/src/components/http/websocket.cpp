#include "components/http/websocket.hpp"

#include <cairn/base/utf8.hpp>
#include <cairn/crypto/base64.hpp>
#include <cairn/crypto/sha1.hpp>

#include <algorithm>
#include <utility>

namespace cairn::wasi {
namespace {

constexpr uint8_t last_bit = 0x80, reserved_bits = 0x70, mask_bit = 0x80;
constexpr uint8_t continuation = 0;
constexpr size_t control_bytes_max = 125;
constexpr uint8_t length_16 = 126, length_64 = 127;

uint64_t big_endian(ByteSpan bytes) {
  uint64_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

/// Those that may stand in a frame (RFC 6455, 7.4).
bool is_close_code(uint16_t code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace

bool WebSocketParser::fail(uint16_t code) {
  error_ = code;
  return false;
}

bool WebSocketParser::put(ByteSpan bytes, std::vector<WebSocketMessage>& to) {
  if (error_ != 0) return false;
  while (!bytes.empty() || (where_ == Where::payload && taken_ == length_))
    if (!step(bytes, to)) return false;
  return true;
}

bool WebSocketParser::step(ByteSpan& bytes, std::vector<WebSocketMessage>& to) {
  if (where_ == Where::payload) {
    const size_t taken = std::min<uint64_t>(length_ - taken_, bytes.size());
    std::string& into = is_control() ? control_ : message_;
    for (const uint8_t byte : bytes.first(taken))
      into.push_back(static_cast<char>(byte ^ mask_[taken_++ % sizeof mask_]));
    bytes = bytes.subspan(taken);
    return taken_ < length_ || end_frame(to);
  }
  const size_t taken = std::min(head_size_ - head_.size(), bytes.size());
  append(head_, bytes.first(taken));
  bytes = bytes.subspan(taken);
  if (head_.size() < head_size_) return true;
  const Bytes head = std::exchange(head_, {});
  switch (where_) {
    case Where::start: return begin_frame(head[0], head[1]);
    case Where::length:
      length_ = big_endian(head);
      // The shortest form is the only one.
      if (length_ < (head.size() == 2 ? uint64_t{length_16} : uint64_t{1} << 16))
        return fail(websocket_close::protocol_error);
      return check_length();
    default:
      std::ranges::copy(head, mask_);
      where_ = Where::payload;
      taken_ = 0;
      return true;
  }
}

bool WebSocketParser::begin_frame(uint8_t first, uint8_t second) {
  opcode_ = first & 0x0f;
  is_last_ = (first & last_bit) != 0;
  const bool is_known = opcode_ <= 2 || (opcode_ >= 8 && opcode_ <= 10);
  const bool goes_on = opcode_ == continuation;
  const bool fits = is_control() || goes_on == message_kind_.has_value();
  if ((first & reserved_bits) != 0 || (second & mask_bit) == 0 || !is_known || !fits)
    return fail(websocket_close::protocol_error);
  length_ = second & ~mask_bit;
  if (is_control() && (length_ > control_bytes_max || !is_last_))
    return fail(websocket_close::protocol_error);
  if (!is_control() && !goes_on) message_kind_ = static_cast<WebSocketKind>(opcode_);
  if (length_ < length_16) return check_length();
  where_ = Where::length;
  head_size_ = length_ == length_64 ? 8 : 2;
  return true;
}

bool WebSocketParser::check_length() {
  if (!is_control() && length_ > bytes_max_ - message_.size())
    return fail(websocket_close::too_large);
  where_ = Where::mask;
  head_size_ = sizeof mask_;
  return true;
}

bool WebSocketParser::end_frame(std::vector<WebSocketMessage>& to) {
  where_ = Where::start;
  head_size_ = 2;
  const auto kind = static_cast<WebSocketKind>(opcode_);
  if (kind == WebSocketKind::close) return end_close(to);
  if (is_control()) {
    to.push_back({.kind = kind, .payload = std::exchange(control_, {})});
    return true;
  }
  if (!is_last_) return true;
  if (message_kind_ == WebSocketKind::text && !is_utf8(message_))
    return fail(websocket_close::not_text);
  to.push_back({.kind = *message_kind_, .payload = std::exchange(message_, {})});
  message_kind_.reset();
  return true;
}

bool WebSocketParser::end_close(std::vector<WebSocketMessage>& to) {
  const std::string payload = std::exchange(control_, {});
  WebSocketMessage message{.kind = WebSocketKind::close, .code = websocket_close::none};
  if (payload.size() == 1) return fail(websocket_close::protocol_error);
  if (!payload.empty()) {
    message.code = static_cast<uint16_t>(big_endian(as_bytes(payload).first(2)));
    message.payload = payload.substr(2);
    if (!is_close_code(message.code)) return fail(websocket_close::protocol_error);
    if (!is_utf8(message.payload)) return fail(websocket_close::not_text);
  }
  to.push_back(std::move(message));
  return true;
}

std::string websocket_frame(WebSocketKind kind, std::string_view payload) {
  std::string frame(1, static_cast<char>(last_bit | static_cast<uint8_t>(kind)));
  const uint64_t size = payload.size();
  const size_t length_bytes = size < length_16 ? 0 : size <= UINT16_MAX ? 2 : 8;
  frame += static_cast<char>(length_bytes == 0 ? size : length_bytes == 2 ? length_16 : length_64);
  for (size_t i = length_bytes; i > 0; --i) frame += static_cast<char>(size >> (8 * (i - 1)));
  frame += payload;
  return frame;
}

std::string websocket_close_frame(uint16_t code) {
  const char payload[] = {static_cast<char>(code >> 8), static_cast<char>(code)};
  return websocket_frame(WebSocketKind::close, std::string_view(payload, sizeof payload));
}

bool is_websocket_key(std::string_view key) {
  const auto bytes = crypto::from_base64(key);
  return bytes && bytes->size() == 16;
}

std::string websocket_accept(std::string_view key) {
  // Chosen by the RFC (1.3).
  constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  return crypto::to_base64(crypto::sha1(as_bytes(std::string(key) + std::string(guid))));
}

}  // namespace cairn::wasi
