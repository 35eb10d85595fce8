// Streams of bytes, as `wasi:io/streams` has them.

#include "components/io.hpp"

#include <cairn/wasi/limits.hpp>

namespace cairn::wasi {

namespace {
constexpr size_t transfer_bytes_max = GuestLimits{}.transfer_bytes_max;
}

std::unexpected<StreamError> stream_failed(Errno code) {
  return std::unexpected(StreamError(HostOwn<IoError>(std::make_shared<IoError>(code))));
}
std::unexpected<StreamError> stream_closed() {
  return std::unexpected(StreamError(std::monostate()));
}

Streamed<Bytes> InputStream::read(uint64_t length) {
  if (closed_) return stream_closed();
  Outcome<ByteSource::Read> read = source_->read(std::min<uint64_t>(length, transfer_bytes_max));
  if (!read) {
    closed_ = true;
    return stream_failed(read.error());
  }
  closed_ = read->ended;
  if (read->ended) return stream_closed();
  return std::move(read->bytes);
}

OutputStream::~OutputStream() {
  if (!error_ && written_ < kept_.size()) sink_->leave(ByteSpan(kept_).subspan(written_));
}

void OutputStream::drain() {
  while (written_ < kept_.size() && !error_) {
    const Outcome<size_t> put = sink_->write(ByteSpan(kept_).subspan(written_));
    if (!put)
      error_ = put.error();
    else if (*put == 0)
      break;
    else
      written_ += *put;
  }
  if (error_ || written_ == kept_.size()) {
    kept_.clear();
    written_ = 0;
    draining_.reset();
  } else if (!draining_) {
    draining_ = sink_->when_ready([this] {
      draining_.reset();
      drain();
    });
  }
}

Streamed<bool> OutputStream::flushed() {
  if (closed_) return stream_closed();
  drain();
  if (!error_) return kept_.empty();
  closed_ = true;
  if (*error_ == Errno::pipe) return stream_closed();
  return stream_failed(*error_);
}

Streamed<uint64_t> OutputStream::check() {
  const Streamed<bool> empty = flushed();
  if (!empty) return std::unexpected(empty.error());
  permitted_ = *empty && sink_->ready() ? transfer_bytes_max : 0;
  return permitted_;
}

Streamed<void> OutputStream::write(ByteSpan bytes) {
  if (closed_) return stream_closed();
  permitted_ -= std::min<uint64_t>(permitted_, bytes.size());
  kept_.insert(kept_.end(), bytes.begin(), bytes.end());
  const Streamed<bool> done = flushed();
  if (!done) return std::unexpected(done.error());
  return {};
}

bool OutputStream::ready() {
  if (closed_) return true;
  drain();
  return error_ || (kept_.empty() && sink_->ready());
}

EventLoop::Ticket OutputStream::when_ready(EventLoop::Callback run) {
  if (closed_ || error_) return loop_.at(0, std::move(run));
  return sink_->when_ready(std::move(run));
}

Result<> OutputStream::finish() {
  drain();
  while (!kept_.empty() && !error_) TRY(loop_.run_one());
  return {};
}

}  // namespace cairn::wasi
