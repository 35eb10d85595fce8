#pragma once
/// A connection whose bytes go through TLS.

#include "components/http/tls_context.hpp"
#include "components/http/transport.hpp"

namespace cairn::wasi {

class TlsTransport final : public Transport {
 public:
  /// Errors: there is no session to be had, for instance for want of roots.
  static Http<std::unique_ptr<TlsTransport>> make(EventLoop& loop, std::unique_ptr<Transport> below,
                                                  TlsContext& context, const std::string& host);

  /// One step of the handshake; false: one has to wait, `when_readable`. Before it is done, nothing
  /// is read or written.
  Http<bool> shake_hands();

  Outcome<size_t> read(std::span<uint8_t> into) override;
  Outcome<size_t> write(ByteSpan bytes) override;
  bool has_pending() const override { return BIO_ctrl_pending(out_) > 0; }
  bool readable() override;
  EventLoop::Ticket when_readable(EventLoop::Callback run) override;
  EventLoop::Ticket when_writable(EventLoop::Callback run) override;
  void shut_down_writing() override;
  void shut_down() override;

 private:
  TlsTransport(EventLoop& loop, std::unique_ptr<Transport> below, TlsPtr<SSL> session);
  /// Sends what the session has to send; `again` when not all of it went out, which then goes on by
  /// itself.
  Outcome<> flush();
  /// Gives the session what has come; false: it was the end.
  Outcome<bool> feed();
  /// Counts a message of TLS itself.
  static void note(int is_ours, int version, int type, const void* bytes, size_t size, SSL* session,
                   void* transport);
  bool chatters() const;
  HttpError failure() const;

  EventLoop& loop_;
  std::unique_ptr<Transport> below_;
  TlsPtr<SSL> session_;
  BIO* in_;   ///< of the session …
  BIO* out_;  ///< … likewise
  EventLoop::Ticket flushing_;
  bool closing_ = false;         ///< behind what is still to be sent
  bool reads_to_write_ = false;  ///< half of a message has come, whose rest goes first
  uint64_t messages_ = 0;        ///< of TLS itself
  uint64_t bytes_ = 0;           ///< of who uses it, that have come
};

}  // namespace cairn::wasi
