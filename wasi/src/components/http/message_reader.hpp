#pragma once
/// Messages that come over a connection, one after another.

#include "components/http/body.hpp"
#include "components/http/message_parser.hpp"
#include "components/http/transport.hpp"

namespace cairn::wasi {

class MessageReader final : public BodySource {
 public:
  enum class Kind : uint8_t { request, response };
  /// The transport outlives it.
  MessageReader(Transport& transport, Kind kind, const HttpLimits& limits)
      : transport_(transport), kind_(kind), limits_(limits) {}

  /// Begins with the next message.
  void start(bool to_head = false);
  /// Reads until the head is there; false when one has to wait.
  Http<bool> read_head();
  MessageHead& head() { return parser_->head(); }
  /// Nothing of this message has come yet.
  bool is_untouched() const { return !parser_->has_head() && begin_ == end_; }
  /// The peer has closed its side.
  bool has_ended() const { return ended_; }
  bool is_done() const { return parser_->is_done(); }
  /// Has bytes of the next message come already?
  bool has_buffered() const { return begin_ < end_; }
  /// How much has come so far, for time-outs.
  uint64_t progress() const { return progress_; }
  /// Has who read last to wait for more of the body?
  bool is_awaited() const { return awaited_ && !is_done(); }
  /// Between messages: reads what has come of the next one, or learns that none will.
  Http<bool> look_ahead() { return fill(); }
  /// Behind a message that was the last of HTTP: what has come; nothing when one has to wait, or
  /// when it has ended.
  Http<Bytes> read_raw();
  /// What is called before the first wait for a body's bytes.
  void set_before_body(std::function<void()> run) { before_body_ = std::move(run); }

  Http<Read> read(size_t max) override;
  bool ready() override;
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return transport_.when_readable(std::move(run));
  }
  std::shared_ptr<Fields> trailers() override { return parser_->take_trailers(); }

 private:
  /// False: one has to wait.
  Http<bool> fill();
  ByteSpan buffered() const { return ByteSpan(buffer_).subspan(begin_, end_ - begin_); }

  Transport& transport_;
  Kind kind_;
  HttpLimits limits_;
  std::unique_ptr<MessageParser> parser_;
  std::function<void()> before_body_;
  Bytes buffer_;
  size_t begin_ = 0, end_ = 0;  ///< what was not parsed yet
  bool needs_more_ = true;
  bool ended_ = false;
  uint64_t progress_ = 0;
  bool awaited_ = false;
};

}  // namespace cairn::wasi
