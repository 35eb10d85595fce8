#pragma once
/// Messages that go out over a connection, one after another (RFC 9112).

#include "components/http/body.hpp"
#include "components/http/transport.hpp"

namespace cairn::wasi {

/// How the end of a body is told.
struct Framing {
  enum class Kind : uint8_t {
    none,     ///< there is no body
    length,   ///< so many bytes
    chunked,  ///< pieces, and trailers behind them
    close,    ///< the connection ends with the body (for peers that know no chunks)
    discard   ///< an answer to HEAD: what is written is not sent
  };
  Kind kind = Kind::none;
  uint64_t length = 0;
};

class MessageWriter final : public BodySink {
 public:
  /// How a message has ended: everything is with the system, or not.
  using Sent = std::function<void(Http<>)>;
  /// The transport outlives it.
  MessageWriter(Transport& transport, const HttpLimits& limits, HttpErrorCode body_size_error)
      : transport_(transport), limits_(limits), body_size_error_(body_size_error) {}

  /// Begins a message with its head, which has its empty line. `sent` may be called by any function
  /// here; the writer may be gone afterwards.
  void start(std::string_view head, Framing framing, Sent sent);
  /// Forgets the message that was started, if nothing of it has gone out yet.
  bool take_back();
  /// Goes between messages, or before one.
  void write_informational(std::string_view head);
  /// Between these two nothing is handed to the system, so that small pieces go out together.
  void cork() { corked_ = true; }
  void uncork();
  bool is_busy() const { return state_ != State::idle; }
  /// When the last bytes were taken by the peer, for time-outs: counts up.
  uint64_t progress() const { return progress_; }
  /// Is there something that the peer has not taken?
  bool has_pending() const { return written_ < out_.size() || transport_.has_pending(); }
  uint64_t body_bytes() const { return body_bytes_; }
  /// Sends nothing more, and tells nobody of it but who waits for room.
  void close();

  Http<size_t> write(ByteSpan bytes) override;
  bool ready() override { return error_ || pending() < limits_.buffer_bytes_max; }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override;
  Http<> finish(std::shared_ptr<Fields> trailers) override;
  void abort(const HttpError& error) override;

 private:
  enum class State : uint8_t { idle, open, finished };
  size_t pending() const { return out_.size() - written_; }
  void flush();
  void fail(const HttpError& error);

  Transport& transport_;
  HttpLimits limits_;
  HttpErrorCode body_size_error_;
  State state_ = State::idle;
  Framing framing_;
  uint64_t body_bytes_ = 0;
  Sent sent_;
  std::string out_;
  size_t written_ = 0;
  size_t begin_ = 0;    ///< of the message in `out_`
  bool begun_ = false;  ///< something of it has gone out
  uint64_t progress_ = 0;
  bool corked_ = false;
  std::optional<HttpError> error_;
  EventLoop::Ticket ticket_;
  Signal room_;
};

/// "name: value" and the end of the line.
void append_field(std::string& to, std::string_view name, std::string_view value);

}  // namespace cairn::wasi
