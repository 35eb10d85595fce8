#include "components/http/tls_transport.hpp"

#include <openssl/err.h>

#include <array>

namespace cairn::wasi {
namespace {

/// One record (RFC 8446, 5.1): nothing more is taken before that has gone out.
constexpr size_t record_bytes_max = 16'384;

/// New keys, tickets and refused handshakes cost the other side next to nothing: so many may come,
/// and one more for so many bytes of which somebody has a use.
constexpr uint64_t messages_max = 64;
constexpr uint64_t bytes_for_message = 65'536;

}  // namespace

Http<std::unique_ptr<TlsTransport>> TlsTransport::make(EventLoop& loop,
                                                       std::unique_ptr<Transport> below,
                                                       TlsContext& context,
                                                       const std::string& host) {
  Result<TlsPtr<SSL>> session = context.state().session(host);
  if (!session)
    return http_fail(HttpErrorCode::internal_error, {}, std::move(session).error().message);
  return std::unique_ptr<TlsTransport>(
      new TlsTransport(loop, std::move(below), *std::move(session)));
}

TlsTransport::TlsTransport(EventLoop& loop, std::unique_ptr<Transport> below, TlsPtr<SSL> session)
    : loop_(loop),
      below_(std::move(below)),
      session_(std::move(session)),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())) {
  SSL_set_bio(session_.get(), in_, out_);
  SSL_set_msg_callback(session_.get(), &note);
  SSL_set_msg_callback_arg(session_.get(), this);
}

void TlsTransport::note(int /*is_ours*/, int /*version*/, int type, const void* /*bytes*/,
                        size_t /*size*/, SSL* /*session*/, void* transport) {
  // What is refused is seen by the alert that says so.
  if (type == SSL3_RT_HANDSHAKE || type == SSL3_RT_ALERT)
    ++static_cast<TlsTransport*>(transport)->messages_;
}

bool TlsTransport::chatters() const {
  return messages_ > messages_max + bytes_ / bytes_for_message;
}

Outcome<> TlsTransport::flush() {
  char* data = nullptr;
  while (BIO_get_mem_data(out_, &data) > 0) {
    const auto size = static_cast<size_t>(BIO_get_mem_data(out_, &data));
    const Outcome<size_t> put = below_->write({reinterpret_cast<const uint8_t*>(data), size});
    if (!put && put.error() == Errno::again) {
      if (!flushing_) {
        flushing_ = below_->when_writable([this] {
          flushing_.reset();
          // An error comes again with the next call.
          [[maybe_unused]] const Outcome<> flushed = flush();
        });
      }
      return fail(Errno::again);
    }
    if (!put) return fail(put.error());
    std::array<char, record_bytes_max> gone;
    for (size_t left = *put; left > 0;)
      left -= static_cast<size_t>(
          BIO_read(out_, gone.data(), static_cast<int>(std::min(left, gone.size()))));
  }
  if (std::exchange(closing_, false)) below_->shut_down_writing();
  return {};
}

Outcome<bool> TlsTransport::feed() {
  std::array<uint8_t, record_bytes_max> bytes;
  const size_t size = TRY(below_->read(bytes));
  if (size == 0) return false;
  BIO_write(in_, bytes.data(), static_cast<int>(size));
  return true;
}

HttpError TlsTransport::failure() const {
  const long verified = SSL_get_verify_result(session_.get());
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return {.code = HttpErrorCode::tls_certificate_error};
  }
  // Alerts of the other side have numbers of their own (RFC 8446, 6.2).
  const int reason = ERR_GET_REASON(ERR_peek_error());
  std::string text = tls_reason();
  if (reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
    return {.code = HttpErrorCode::tls_alert_received,
            .text = std::move(text),
            .number = static_cast<uint64_t>(reason - SSL_AD_REASON_OFFSET)};
  return {.code = HttpErrorCode::tls_protocol_error};
}

Http<bool> TlsTransport::shake_hands() {
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(session_.get());
    const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(session_.get(), done);
    std::optional<HttpError> failed;
    if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) failed = failure();
    if (chatters()) failed = {.code = HttpErrorCode::tls_protocol_error};
    // An alert tells the other side why.
    const Outcome<> sent = flush();
    if (failed) return std::unexpected(*std::move(failed));
    const bool is_gone = !sent && sent.error() != Errno::again;
    if (error == SSL_ERROR_NONE && !is_gone) return true;
    // Who takes no more may have said why.
    const Outcome<bool> fed = feed();
    if (is_gone && !fed.value_or(false))
      return std::unexpected(HttpError::of_connection(sent.error()));
    if (!fed && fed.error() == Errno::again) return false;
    if (!fed) return std::unexpected(HttpError::of_connection(fed.error()));
    if (!*fed) return http_fail(HttpErrorCode::connection_terminated);
  }
}

Outcome<size_t> TlsTransport::read(std::span<uint8_t> into) {
  for (;;) {
    ERR_clear_error();
    const int got = SSL_read(session_.get(), into.data(),
                             static_cast<int>(std::min<size_t>(into.size(), INT_MAX)));
    const int error = got > 0 ? SSL_ERROR_NONE : SSL_get_error(session_.get(), got);
    // Reading may have something to say: new keys, an alert.
    if (const Outcome<> sent = flush(); !sent && sent.error() != Errno::again && got <= 0)
      return fail(sent.error());
    if (got > 0) {
      bytes_ += static_cast<size_t>(got);
      return static_cast<size_t>(got);
    }
    if (error == SSL_ERROR_ZERO_RETURN) return size_t{0};
    if (error != SSL_ERROR_WANT_READ || chatters()) return fail(Errno::io);
    // An end without a word may be somebody's who has cut the connection.
    if (!TRY(feed())) return fail(Errno::connreset);
  }
}

Outcome<size_t> TlsTransport::write(ByteSpan bytes) {
  reads_to_write_ = false;
  TRY(flush());
  if (bytes.empty()) return size_t{0};
  int put = 0;
  for (;;) {
    ERR_clear_error();
    put = SSL_write(session_.get(), bytes.data(),
                    static_cast<int>(std::min(bytes.size(), record_bytes_max)));
    if (put > 0) break;
    if (SSL_get_error(session_.get(), put) != SSL_ERROR_WANT_READ || chatters())
      return fail(Errno::pipe);
    const Outcome<bool> fed = feed();
    reads_to_write_ = !fed && fed.error() == Errno::again;
    if (!fed) return fail(fed.error());
    if (!*fed) return fail(Errno::pipe);
  }
  // It was taken: what does not go out now does so by itself.
  if (const Outcome<> sent = flush(); !sent && sent.error() != Errno::again)
    return fail(sent.error());
  return static_cast<size_t>(put);
}

bool TlsTransport::readable() {
  return SSL_pending(session_.get()) > 0 || BIO_ctrl_pending(in_) > 0 || below_->readable();
}

EventLoop::Ticket TlsTransport::when_readable(EventLoop::Callback run) {
  if (SSL_pending(session_.get()) > 0 || BIO_ctrl_pending(in_) > 0)
    return loop_.at(0, std::move(run));
  return below_->when_readable(std::move(run));
}

EventLoop::Ticket TlsTransport::when_writable(EventLoop::Callback run) {
  return reads_to_write_ ? below_->when_readable(std::move(run))
                         : below_->when_writable(std::move(run));
}

void TlsTransport::shut_down_writing() {
  closing_ = true;
  ERR_clear_error();
  SSL_shutdown(session_.get());
  // What cannot go out now follows, or never will.
  [[maybe_unused]] const Outcome<> sent = flush();
}

void TlsTransport::shut_down() {
  flushing_.reset();
  below_->shut_down();
}

}  // namespace cairn::wasi
