#include "components/http/message_writer.hpp"

#include <fmt/format.h>

#include <iterator>

#include "components/http/syntax.hpp"

namespace cairn::wasi {

void append_field(std::string& to, std::string_view name, std::string_view value) {
  to += name;
  to += ": ";
  to += trimmed(value);
  to += "\r\n";
}

void MessageWriter::start(std::string_view head, Framing framing, Sent sent) {
  CAIRN_ASSERT(state_ == State::idle);
  if (error_) return sent(std::unexpected(*error_));
  state_ = State::open;
  framing_ = framing;
  body_bytes_ = 0;
  sent_ = std::move(sent);
  begin_ = out_.size();
  begun_ = false;
  out_ += head;
  if (!corked_) flush();
}

bool MessageWriter::take_back() {
  if (state_ == State::idle || begun_ || error_) return false;
  out_.resize(begin_);
  state_ = State::idle;
  sent_ = nullptr;
  return true;
}

void MessageWriter::write_informational(std::string_view head) {
  if (error_) return;
  out_ += head;
  if (!corked_) flush();
}

void MessageWriter::uncork() {
  corked_ = false;
  flush();
}

Http<size_t> MessageWriter::write(ByteSpan bytes) {
  if (error_) return std::unexpected(*error_);
  if (framing_.kind == Framing::Kind::discard) return bytes.size();
  if (pending() >= limits_.buffer_bytes_max) return size_t{0};
  const size_t taken = std::min(bytes.size(), limits_.buffer_bytes_max);
  if (taken == 0) return size_t{0};
  const bool fits = framing_.kind == Framing::Kind::length ? taken <= framing_.length - body_bytes_
                                                           : framing_.kind != Framing::Kind::none;
  body_bytes_ += taken;
  if (!fits) {
    const HttpError error{.code = body_size_error_, .number = body_bytes_};
    abort(error);
    return std::unexpected(error);
  }
  if (framing_.kind == Framing::Kind::chunked)
    fmt::format_to(std::back_inserter(out_), "{:x}\r\n", taken);
  out_ += as_text(bytes.first(taken));
  if (framing_.kind == Framing::Kind::chunked) out_ += "\r\n";
  if (!corked_ || pending() >= limits_.buffer_bytes_max) flush();
  return taken;
}

EventLoop::Ticket MessageWriter::when_ready(EventLoop::Callback run) {
  return room_.wait(std::move(run));
}

Http<> MessageWriter::finish(std::shared_ptr<Fields> trailers) {
  if (error_) return std::unexpected(*error_);
  if (framing_.kind == Framing::Kind::length && body_bytes_ != framing_.length) {
    const HttpError error{.code = body_size_error_, .number = body_bytes_};
    abort(error);
    return std::unexpected(error);
  }
  if (framing_.kind == Framing::Kind::chunked) {
    out_ += "0\r\n";
    if (trailers)
      for (const Fields::Field& field : trailers->all())
        // What frames the body has been said (RFC 9110, 6.5.1).
        if (!equal_names(field.name, "content-length")) append_field(out_, field.name, field.value);
    out_ += "\r\n";
  }
  state_ = State::finished;
  if (!corked_) flush();
  return {};
}

void MessageWriter::abort(const HttpError& error) {
  if (state_ == State::open) fail(error);
}

void MessageWriter::close() {
  sent_ = nullptr;
  fail({.code = HttpErrorCode::connection_terminated});
}

void MessageWriter::fail(const HttpError& error) {
  if (error_) return;
  error_ = error;
  ticket_.reset();
  state_ = State::idle;
  const Sent sent = std::exchange(sent_, nullptr);
  room_.fire();
  if (sent) sent(std::unexpected(error));
}

void MessageWriter::flush() {
  bool moved = false;
  while (!error_ && (written_ < out_.size() || transport_.has_pending())) {
    const Outcome<size_t> put = transport_.write(
        ByteSpan(reinterpret_cast<const uint8_t*>(out_.data()), out_.size()).subspan(written_));
    if (put) {
      written_ += *put;
      begun_ = begun_ || written_ > begin_;
      ++progress_;
      moved = true;
    } else if (put.error() == Errno::again) {
      ticket_ = transport_.when_writable([this] { flush(); });
      break;
    } else {
      return fail(HttpError::of_connection(put.error()));
    }
  }
  if (error_) return;
  if (written_ == out_.size()) {
    out_.clear();
    written_ = 0;
    // What the transport still keeps is not with the system.
    if (state_ == State::finished && !transport_.has_pending()) {
      state_ = State::idle;
      if (const Sent sent = std::exchange(sent_, nullptr)) return sent({});
    }
  }
  if (moved && pending() < limits_.buffer_bytes_max) room_.fire();
}

}  // namespace cairn::wasi
