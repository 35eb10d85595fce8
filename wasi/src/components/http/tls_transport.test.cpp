// TLS record by record, with the other side's session in the test's hands.

#include "components/http/tls_transport.hpp"

#include <gtest/gtest.h>
#include <cairn/base/simulated_event_loop.hpp>

#include "components/http/test_certificates.hpp"

namespace cairn::wasi {
namespace {

/// What goes through the air.
struct Wire {
  std::string to, from;
  std::optional<EventLoop::Direction> awaited;
};

class WireTransport final : public Transport {
 public:
  WireTransport(EventLoop& loop, Wire& wire) : loop_(loop), wire_(wire) {}
  Outcome<size_t> read(std::span<uint8_t> into) override {
    if (wire_.to.empty()) return fail(Errno::again);
    const size_t size = wire_.to.copy(reinterpret_cast<char*>(into.data()), into.size());
    wire_.to.erase(0, size);
    return size;
  }
  Outcome<size_t> write(ByteSpan bytes) override {
    wire_.from += as_text(bytes);
    return bytes.size();
  }
  bool readable() override { return !wire_.to.empty(); }
  EventLoop::Ticket when_readable(EventLoop::Callback run) override {
    wire_.awaited = EventLoop::Direction::read;
    return loop_.at(UINT64_MAX, std::move(run));
  }
  EventLoop::Ticket when_writable(EventLoop::Callback run) override {
    wire_.awaited = EventLoop::Direction::write;
    return loop_.at(UINT64_MAX, std::move(run));
  }
  void shut_down_writing() override {}
  void shut_down() override {}

 private:
  EventLoop& loop_;
  Wire& wire_;
};

class TlsRecords : public testing::Test {
 protected:
  /// A connection whose other side is ours to lead. `set_up` may change that before it begins.
  void connect(bool to_server, const std::function<void(SSL*)>& set_up = [](SSL*) {}) {
    TlsContext& near = to_server ? *server_ : *client_;
    TlsContext& far = to_server ? *client_ : *server_;
    wire_ = {};
    transport_ =
        TlsTransport::make(loop_, std::make_unique<WireTransport>(loop_, wire_), near, "a").value();
    peer_ = far.state().session("a").value();
    SSL_set_bio(peer_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    set_up(peer_.get());
    bool done = false;
    for (int i = 0; i < 10; ++i) {
      SSL_do_handshake(peer_.get());
      wire_.to += said();
      if (!done) {
        const Http<bool> shaken = transport_->shake_hands();
        ASSERT_TRUE(shaken);
        done = *shaken;
      }
      hear();
    }
    ASSERT_TRUE(done && SSL_is_init_finished(peer_.get()));
    EXPECT_EQ(read(), "");
  }
  std::string said() const {
    char* data = nullptr;
    BIO* const out = SSL_get_wbio(peer_.get());
    const long size = BIO_get_mem_data(out, &data);
    std::string all(data, static_cast<size_t>(size));
    BIO_reset(out);
    return all;
  }
  void hear() {
    BIO_write(SSL_get_rbio(peer_.get()), wire_.from.data(), static_cast<int>(wire_.from.size()));
    wire_.from.clear();
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const int put = SSL_write(peer_.get(), text.data(), static_cast<int>(text.size()));
      ASSERT_GT(put, 0);
      text.remove_prefix(static_cast<size_t>(put));
    }
    wire_.to += said();
  }
  void send_new_keys() {
    EXPECT_EQ(SSL_key_update(peer_.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    EXPECT_EQ(SSL_do_handshake(peer_.get()), 1);
    wire_.to += said();
  }
  /// All that has come; nothing when it ends with an error.
  std::optional<std::string> read() {
    std::string all;
    for (;;) {
      std::array<uint8_t, 20'000> bytes;
      const Outcome<size_t> got = transport_->read(bytes);
      if (!got && got.error() == Errno::again) return all;
      if (!got) return std::nullopt;
      all += as_text(ByteSpan(bytes).first(*got));
    }
  }

  SimulatedClock clock_;
  SimulatedEventLoop loop_{clock_};
  TestAuthority authority_;
  TestAuthority::Identity identity_ = authority_.issue("DNS:a");
  std::unique_ptr<TlsContext> server_ = TlsContext::server(identity_.chain, identity_.key).value();
  std::unique_ptr<TlsContext> client_ =
      TlsContext::client([this]() -> Result<std::string> { return authority_.root(); }, clock_);
  Wire wire_;
  std::unique_ptr<TlsTransport> transport_;
  TlsPtr<SSL> peer_;
};

TEST_F(TlsRecords, MayBringNewKeysButNotWithoutEnd) {
  for (const bool to_server : {true, false}) {
    connect(to_server);
    for (int i = 0; i < 40; ++i) send_new_keys();
    send("all is well");
    EXPECT_EQ(read(), "all is well");
    for (int i = 0; i < 40; ++i) send_new_keys();
    EXPECT_EQ(read(), std::nullopt) << to_server;
  }
}

TEST_F(TlsRecords, MayBringNewKeysWithEnoughOfUse) {
  for (const bool to_server : {true, false}) {
    connect(to_server);
    const std::string use(65'536, 'x');
    for (int i = 0; i < 100; ++i) {
      send(use);
      send_new_keys();
      ASSERT_EQ(read(), use) << i;
    }
  }
}

TEST_F(TlsRecords, DoNotAskForNewHandshakesWithoutEnd) {
  connect(false, [](SSL* peer) {
    SSL_set_max_proto_version(peer, TLS1_2_VERSION);
    SSL_clear_options(peer, SSL_OP_NO_RENEGOTIATION);
  });
  std::optional<std::string> heard = "";
  int asked = 0;
  for (; heard && asked < 1000; ++asked) {
    EXPECT_EQ(SSL_renegotiate(peer_.get()), 1);
    SSL_do_handshake(peer_.get());
    wire_.to += said();
    heard = read();
  }
  EXPECT_LT(asked, 100);
  EXPECT_EQ(heard, std::nullopt);
}

/// A handshake costs the server much more than it costs who asks for it.
TEST_F(TlsRecords, ShakeHandsOnce) {
  connect(true, [](SSL* peer) {
    SSL_set_max_proto_version(peer, TLS1_2_VERSION);
    SSL_clear_options(peer, SSL_OP_NO_RENEGOTIATION);
  });
  ASSERT_EQ(SSL_version(peer_.get()), TLS1_2_VERSION);
  ASSERT_EQ(SSL_renegotiate(peer_.get()), 1);
  SSL_do_handshake(peer_.get());
  const std::string hello = said();
  ASSERT_GT(hello.size(), 100u);
  wire_.to = hello;
  EXPECT_EQ(read(), "") << "what was begun before goes on";
  // A warning of two bytes, sealed, and nothing else.
  EXPECT_GT(wire_.from.size(), 0u);
  EXPECT_LT(wire_.from.size(), 50u);
  hear();
  EXPECT_NE(SSL_do_handshake(peer_.get()), 1);
}

/// Nothing of a connection is left with which another could go on, or somebody could read it later.
TEST_F(TlsRecords, HoldNoTickets) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    connect(true, [version](SSL* peer) {
      SSL_set_max_proto_version(peer, version);
      SSL_clear_options(peer, SSL_OP_NO_TICKET);
    });
    char byte = 0;
    EXPECT_LE(SSL_read(peer_.get(), &byte, 1), 0);
    EXPECT_EQ(SSL_version(peer_.get()), version);
    const SSL_SESSION* const session = SSL_get0_session(peer_.get());
    EXPECT_EQ(SSL_SESSION_has_ticket(session), 0) << version;
    EXPECT_EQ(SSL_SESSION_is_resumable(session), 0) << version;
  }
}

int fill_ticket(SSL* session, void*) {
  static const std::string large(2'000, 'x');
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(session), large.data(), large.size());
}
SSL_TICKET_RETURN take_ticket(SSL*, SSL_SESSION*, const unsigned char*, size_t, SSL_TICKET_STATUS,
                              void*) {
  return SSL_TICKET_RETURN_IGNORE;
}

/// Behind half of a message nothing can be said before its rest has come.
TEST_F(TlsRecords, AreWrittenBehindMessagesOfSeveralRecords) {
  SSL_CTX_set_session_ticket_cb(server_->state().context.get(), &fill_ticket, &take_ticket,
                                nullptr);
  connect(false, [](SSL* peer) {
    SSL_clear_options(peer, SSL_OP_NO_TICKET);
    SSL_set_max_send_fragment(peer, 512);
  });
  ASSERT_EQ(SSL_new_session_ticket(peer_.get()), 1);
  ASSERT_EQ(SSL_do_handshake(peer_.get()), 1);
  const std::string ticket = said();
  ASSERT_GT(ticket.size(), 2'000u);
  const size_t first =
      5 + size_t{static_cast<uint8_t>(ticket[3])} * 256 + static_cast<uint8_t>(ticket[4]);
  ASSERT_LT(first, 600u);
  wire_.to = ticket.substr(0, first);
  EXPECT_EQ(read(), "");
  const std::string word = "word";
  const Outcome<size_t> early = transport_->write(as_bytes(word));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error(), Errno::again);
  EventLoop::Ticket waiting = transport_->when_writable([] {});
  EXPECT_EQ(wire_.awaited, EventLoop::Direction::read);
  wire_.to = ticket.substr(first);
  const Outcome<size_t> put = transport_->write(as_bytes(word));
  ASSERT_TRUE(put);
  EXPECT_EQ(*put, word.size());
  waiting = transport_->when_writable([] {});
  EXPECT_EQ(wire_.awaited, EventLoop::Direction::write);
  hear();
  std::array<char, 10> heard;
  EXPECT_EQ(SSL_read(peer_.get(), heard.data(), heard.size()), 4);
}

}  // namespace
}  // namespace cairn::wasi
