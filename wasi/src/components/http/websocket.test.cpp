#include "components/http/websocket.hpp"

#include <gtest/gtest.h>

namespace cairn::wasi {
namespace {

/// As clients send it, with the mask of the RFC's examples.
std::string masked(uint8_t first, std::string_view payload) {
  std::string frame = websocket_frame(WebSocketKind::text, payload);
  frame[0] = static_cast<char>(first);
  frame[1] = static_cast<char>(frame[1] | 0x80);
  const std::string head = frame.substr(0, frame.size() - payload.size());
  constexpr uint8_t mask[] = {0x37, 0xfa, 0x21, 0x3d};
  std::string bytes = head + std::string(reinterpret_cast<const char*>(mask), 4);
  for (size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes;
}

struct Seen {
  std::string text = {};  ///< "kind:payload;" of each
  uint16_t error = 0;
};

Seen parse(std::string_view bytes, size_t piece = SIZE_MAX, size_t most = 1000) {
  WebSocketParser parser(most);
  std::vector<WebSocketMessage> messages;
  bool is_sound = true;
  for (size_t at = 0; at < bytes.size() && is_sound; at += std::min(piece, bytes.size()))
    is_sound = parser.put(as_bytes(bytes.substr(at, piece)), messages);
  Seen seen{.error = parser.error()};
  for (const WebSocketMessage& message : messages) {
    seen.text += std::to_string(static_cast<int>(message.kind)) + ":" + message.payload;
    if (message.kind == WebSocketKind::close) seen.text += "," + std::to_string(message.code);
    seen.text += ";";
  }
  return seen;
}

/// RFC 6455, 1.3 and 5.7.
TEST(WebSocket, SpeaksAsTheExamplesOfTheRfc) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(websocket_frame(WebSocketKind::text, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(parse("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58").text, "1:Hello;");
  EXPECT_TRUE(websocket_frame(WebSocketKind::binary, std::string(256, 'x'))
                  .starts_with(std::string_view("\x82\x7e\x01\x00x", 5)));
  EXPECT_TRUE(websocket_frame(WebSocketKind::binary, std::string(65'536, 'x'))
                  .starts_with(std::string_view("\x82\x7f\0\0\0\0\0\x01\0\0x", 11)));
}

TEST(WebSocket, PutsMessagesTogetherHoweverTheyCome) {
  const std::string bytes = masked(0x01, "one ") + masked(0x89, "ping") + masked(0x00, "") +
                            masked(0x80, "message") + masked(0x81, "") +
                            masked(0x82, std::string(200, 'b')) + masked(0x8a, "") +
                            masked(0x88,
                                   "\x03\xe8"
                                   "bye");
  const std::string expected =
      "9:ping;1:one message;1:;2:" + std::string(200, 'b') + ";10:;8:bye,1000;";
  for (size_t piece = 1; piece < 20; ++piece) {
    const Seen seen = parse(bytes, piece);
    EXPECT_EQ(seen.text, expected) << piece;
    EXPECT_EQ(seen.error, 0);
  }
  EXPECT_EQ(parse(masked(0x88, "")).text, "8:,1005;");
}

TEST(WebSocket, RefusesWhatIsNoFrameOfAClient) {
  const std::string refused[] = {
      std::string("\x81\x05Hello"),                     // without a mask
      masked(0xc1, "x"),                                // a bit of extensions
      masked(0x83, "x"),                                // a kind that is not known
      masked(0x80, "x"),                                // the rest of nothing
      masked(0x01, "a") + masked(0x81, "b"),            // a message inside of another
      masked(0x09, "x"),                                // a ping in parts
      masked(0x89, std::string(126, 'x')),              // a ping that is too long
      std::string("\x81\xfe\x00\x7d", 4),               // 125 in two bytes
      std::string("\x81\xff\0\0\0\0\0\0\xff\xff", 10),  // 65,535 in eight
      masked(0x88, "x"),                                // half a code
      masked(0x88, std::string("\x03\xed", 2)),         // 1005, which nobody sends
  };
  for (const std::string& bytes : refused) {
    for (const size_t piece : {size_t{1}, SIZE_MAX}) {
      const Seen seen = parse(bytes, piece);
      EXPECT_EQ(seen.error, websocket_close::protocol_error) << testing::PrintToString(bytes);
      EXPECT_EQ(seen.text, "");
    }
  }
  EXPECT_EQ(parse(masked(0x81, "\xff")).error, websocket_close::not_text);
  EXPECT_EQ(parse(masked(0x88, "\x03\xe8\xff")).error, websocket_close::not_text);
  EXPECT_EQ(parse(masked(0x82, "\xff")).error, 0);
}

TEST(WebSocket, BoundsMessages) {
  EXPECT_EQ(parse(masked(0x81, std::string(1000, 'x'))).error, 0);
  EXPECT_EQ(parse(masked(0x81, std::string(1001, 'x'))).error, websocket_close::too_large);
  const std::string half = std::string(500, 'x');
  EXPECT_EQ(parse(masked(0x01, half) + masked(0x80, half)).error, 0);
  EXPECT_EQ(parse(masked(0x01, half) + masked(0x80, half + "x")).error, websocket_close::too_large);
  EXPECT_EQ(parse(std::string_view("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10)).error,
            websocket_close::too_large);
}

TEST(WebSocket, KnowsKeys) {
  EXPECT_TRUE(is_websocket_key("dGhlIHNhbXBsZSBub25jZQ=="));
  EXPECT_FALSE(is_websocket_key("dGhlIHNhbXBsZQ=="));
  EXPECT_FALSE(is_websocket_key(""));
  EXPECT_FALSE(is_websocket_key("dGhlIHNhbXBsZSBub25jZ***"));
}

}  // namespace
}  // namespace cairn::wasi
