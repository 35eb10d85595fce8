#include "components/http/messages_02.hpp"

namespace cairn::wasi {
namespace {

constexpr size_t skipped_bytes_max = 65'536;

class BodyByteSource final : public ByteSource {
 public:
  explicit BodyByteSource(std::shared_ptr<BodySource> body) : body_(std::move(body)) {}
  Outcome<Read> read(size_t max) override {
    Http<BodySource::Read> read = body_->read(max);
    if (!read) return fail(read.error().to_errno());
    return Read{std::move(read->bytes), read->ended};
  }
  bool ready() override { return body_->ready(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return body_->when_ready(std::move(run));
  }

 private:
  std::shared_ptr<BodySource> body_;
};

class PipeSink final : public ByteSink {
 public:
  explicit PipeSink(std::shared_ptr<BodyPipe> pipe) : pipe_(std::move(pipe)) {}
  Outcome<size_t> write(ByteSpan bytes) override {
    const Http<size_t> put = pipe_->write(bytes);
    if (!put) return fail(put.error().to_errno());
    return *put;
  }
  bool ready() override { return pipe_->ready(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return pipe_->when_ready(std::move(run));
  }

 private:
  std::shared_ptr<BodyPipe> pipe_;
};

}  // namespace

std::unique_ptr<ByteSource> byte_source(std::shared_ptr<BodySource> body) {
  return std::make_unique<BodyByteSource>(std::move(body));
}
std::unique_ptr<ByteSink> byte_sink(std::shared_ptr<BodyPipe> pipe) {
  return std::make_unique<PipeSink>(std::move(pipe));
}

// ---- Bodies that go out -----------------------------------------------------------------------

Http<size_t> BodyPipe::write(ByteSpan bytes) {
  if (error_) return std::unexpected(*error_);
  if (finished_) return http_fail(HttpErrorCode::internal_error);
  if (!ready()) return size_t{0};
  if (length_ && bytes.size() > *length_ - total_) {
    const HttpError error{.code = size_error_, .number = total_ + bytes.size()};
    abort(error);
    return std::unexpected(error);
  }
  total_ += bytes.size();
  kept_.insert(kept_.end(), bytes.begin(), bytes.end());
  drain();
  return bytes.size();
}

EventLoop::Ticket BodyPipe::when_ready(EventLoop::Callback run) {
  if (ready()) return guest_.loop().at(0, std::move(run));
  return room_.wait(std::move(run));
}

Http<> BodyPipe::finish(std::shared_ptr<Fields> trailers) {
  if (error_) return std::unexpected(*error_);
  if (length_ && total_ != *length_) {
    const HttpError error{.code = size_error_, .number = total_};
    abort(error);
    return std::unexpected(error);
  }
  finished_ = true;
  trailers_ = std::move(trailers);
  drain();
  return {};
}

void BodyPipe::abort(const HttpError& error) {
  if (error_ || finished_) return;
  const auto self = shared_from_this();
  error_ = error;
  if (to_) to_->abort(error);
  let_go();
  room_.fire();
}

void BodyPipe::attach(std::shared_ptr<BodySink> to) {
  to_ = std::move(to);
  background_ = guest_.begin_background();
  **background_ = shared_from_this();
  if (error_) {
    to_->abort(*error_);
    return let_go();
  }
  drain();
}

void BodyPipe::let_go() {
  ticket_.reset();
  to_.reset();
  if (background_) guest_.end_background(*std::exchange(background_, std::nullopt));
}

void BodyPipe::drain() {
  const auto self = shared_from_this();
  while (to_ && written_ < kept_.size()) {
    const Http<size_t> put = to_->write(ByteSpan(kept_).subspan(written_));
    if (!put) {
      error_ = put.error();
      let_go();
      return room_.fire();
    }
    if (*put == 0) {
      ticket_ = to_->when_ready([this] { drain(); });
      return;
    }
    written_ += *put;
  }
  if (!to_) return;
  kept_.clear();
  written_ = 0;
  if (finished_) {
    if (const Http<> ended = to_->finish(std::move(trailers_)); !ended) error_ = ended.error();
    let_go();
  }
  room_.fire();
}

// ---- Trailers that come in --------------------------------------------------------------------

bool FutureTrailers2::ready() {
  while (!ended_) {
    const Http<BodySource::Read> read = source_->read(skipped_bytes_max);
    if (!read)
      ended_ = std::unexpected(read.error());
    else if (read->ended)
      ended_ = Http<>();
    else if (read->bytes.empty())
      return false;
  }
  return true;
}

std::optional<Http<std::shared_ptr<Fields>>> FutureTrailers2::take() {
  if (!ready()) return std::nullopt;
  taken_ = true;
  if (!*ended_) return std::unexpected(ended_->error());
  return source_->trailers();
}

}  // namespace cairn::wasi
