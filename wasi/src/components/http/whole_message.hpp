#pragma once
/// Messages of HTTP/1.1 that are there as a whole (RFC 9112, `message/http`), and their bodies.

#include "components/http/body.hpp"
#include "components/http/message_parser.hpp"

#include <string>

namespace cairn::wasi {

struct WholeMessage {
  MessageHead head;
  Bytes body;
  std::shared_ptr<Fields> trailers;  ///< null: none
};

/// All of it, and nothing behind it. Error `malformed`. `to_head`: a response to HEAD.
Result<WholeMessage> parse_whole_request(ByteSpan bytes, const HttpLimits& limits);
Result<WholeMessage> parse_whole_response(ByteSpan bytes, const HttpLimits& limits, bool to_head);

/// A message with this start line. With a body it says its length, or it comes in one chunk, if
/// there are trailers behind it; without one, what the fields say of a length stays.
Bytes encode_whole(std::string start_line, const Fields* fields, bool has_body, ByteSpan body,
                   const Fields* trailers);

/// A body that is there.
std::shared_ptr<BodySource> memory_source(EventLoop& loop, Bytes bytes,
                                          std::shared_ptr<Fields> trailers);

/// A body that is kept. A guest is not told of the limit: what it does may not depend on that, as
/// whoever runs it again may have another one.
class MemorySink : public BodySink {
 public:
  MemorySink(EventLoop& loop, uint64_t bytes_max) : loop_(loop), bytes_max_(bytes_max) {}
  Http<size_t> write(ByteSpan bytes) override;
  bool ready() override { return true; }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return loop_.at(0, std::move(run));
  }
  Http<> finish(std::shared_ptr<Fields> trailers) override;
  void abort(const HttpError& error) override;
  /// Called once, when it is whole or never will be; it may let go of this.
  void when_over(std::function<void(const Http<>&)> over) { over_ = std::move(over); }

  const Bytes& bytes() const { return bytes_; }
  const Fields* trailers() const { return trailers_.get(); }
  bool is_whole() const { return is_whole_ && !is_aborted_; }
  bool is_too_large() const { return is_too_large_; }

 private:
  void tell(const Http<>& how);

  EventLoop& loop_;
  uint64_t bytes_max_;
  Bytes bytes_;
  std::shared_ptr<Fields> trailers_;
  bool is_whole_ = false;
  bool is_aborted_ = false;
  bool is_too_large_ = false;
  std::function<void(const Http<>&)> over_;
};

}  // namespace cairn::wasi
