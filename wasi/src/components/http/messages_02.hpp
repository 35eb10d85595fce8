#pragma once
/// The resources of `wasi:http` 0.2: messages that come in, messages that go out, their bodies.

#include "components/http/body.hpp"
#include "components/http/types.hpp"
#include "components/interfaces.hpp"
#include "components/io.hpp"

namespace cairn::wasi {

/// `incoming-body`
struct IncomingBody2 {
  std::shared_ptr<BodySource> source;
  bool stream_taken = false;
};

/// `incoming-request` and `incoming-response`
struct IncomingRequest2 {
  RequestHead head;
  std::shared_ptr<BodySource> body;  ///< null: consumed
};
struct IncomingResponse2 {
  uint16_t status = 0;
  std::shared_ptr<Fields> fields;
  std::shared_ptr<BodySource> body;
};

/// What a guest writes as a body, from before it is known where that goes until it has gone.
class BodyPipe final : public std::enable_shared_from_this<BodyPipe> {
 public:
  BodyPipe(Guest& guest, std::optional<uint64_t> length, HttpErrorCode size_error)
      : guest_(guest), length_(length), size_error_(size_error) {}

  /// All of it, or nothing when too much is kept already.
  Http<size_t> write(ByteSpan bytes);
  bool ready() const { return ended() || kept() < guest_.http_limits().buffer_bytes_max; }
  EventLoop::Ticket when_ready(EventLoop::Callback run);
  Http<> finish(std::shared_ptr<Fields> trailers);
  void abort(const HttpError& error);
  /// From here on it goes there. The guest keeps the pipe until it has ended.
  void attach(std::shared_ptr<BodySink> to);

 private:
  bool ended() const { return error_ || (finished_ && kept_.empty()); }
  size_t kept() const { return kept_.size() - written_; }
  void drain();
  void let_go();

  Guest& guest_;
  std::optional<uint64_t> length_;
  HttpErrorCode size_error_;
  uint64_t total_ = 0;
  std::shared_ptr<BodySink> to_;
  Bytes kept_;
  size_t written_ = 0;
  bool finished_ = false;
  std::shared_ptr<Fields> trailers_;
  std::optional<HttpError> error_;
  std::optional<Guest::Background> background_;
  EventLoop::Ticket ticket_;
  Signal room_;
};

/// `outgoing-body`: without `finish`, what was written is not whole.
struct OutgoingBody2 {
  std::shared_ptr<BodyPipe> pipe;
  bool stream_taken = false;

  explicit OutgoingBody2(std::shared_ptr<BodyPipe> to) : pipe(std::move(to)) {}
  ~OutgoingBody2() {
    if (pipe) pipe->abort({.code = HttpErrorCode::internal_error, .text = "a body was dropped"});
  }
  OutgoingBody2(const OutgoingBody2&) = delete;
  OutgoingBody2& operator=(const OutgoingBody2&) = delete;
};

struct OutgoingRequest2 {
  RequestHead head;
  std::shared_ptr<BodyPipe> body;  ///< null until the guest asks for it
};
struct OutgoingResponse2 {
  uint16_t status = 200;
  std::shared_ptr<Fields> fields;
  std::shared_ptr<BodyPipe> body;
};

/// `response-outparam`: where a handler's answer goes, once.
struct ResponseOutparam {
  std::function<void(Http<std::shared_ptr<OutgoingResponse2>>)> set;
};

/// `future-incoming-response`
struct FutureResponse2 {
  std::shared_ptr<ClientCall> call;
  std::optional<Http<ClientResponse>> came;
  bool taken = false;
  Signal signal;
};

/// `future-trailers`: reads over what is left of a body.
class FutureTrailers2 {
 public:
  explicit FutureTrailers2(std::shared_ptr<BodySource> source) : source_(std::move(source)) {}
  bool ready();
  EventLoop::Ticket when_ready(EventLoop::Callback run) {
    return source_->when_ready(std::move(run));
  }
  /// Once it is ready, once.
  std::optional<Http<std::shared_ptr<Fields>>> take();
  bool is_taken() const { return taken_; }

 private:
  std::shared_ptr<BodySource> source_;
  std::optional<Http<>> ended_;
  bool taken_ = false;
};

/// A body as the bytes of an `input-stream`, and where those of an `output-stream` go.
std::unique_ptr<ByteSource> byte_source(std::shared_ptr<BodySource> body);
std::unique_ptr<ByteSink> byte_sink(std::shared_ptr<BodyPipe> pipe);

}  // namespace cairn::wasi
