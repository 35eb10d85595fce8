// Requests over https to servers of a simulated network, with certificates of our own.

#include <gtest/gtest.h>
#include <cairn/base/simulated_event_loop.hpp>

#include <cairn/wasi/simulated_network.hpp>
#include "components/http/client.hpp"
#include "components/http/test_certificates.hpp"
#include "components/http/tls_transport.hpp"

namespace cairn::wasi {
namespace {

constexpr uint64_t second_ns = 1'000'000'000;
constexpr uint64_t now_s = 50'000'000;

/// Takes a request, whatever it is, and answers with a text.
class Server {
 public:
  Server(EventLoop& loop, std::shared_ptr<Socket> socket, TlsContext& context, std::string answer,
         bool says_goodbye)
      : answer_(std::move(answer)), says_goodbye_(says_goodbye) {
    auto made = TlsTransport::make(loop, make_transport(loop, std::move(socket)), context, "");
    EXPECT_TRUE(made);
    transport_ = *std::move(made);
    go_on();
  }
  const std::string& got() const { return got_; }
  const std::optional<HttpError>& failed() const { return failed_; }

 private:
  void go_on() {
    while (transport_ && !shaken_) {
      const Http<bool> done = transport_->shake_hands();
      if (!done) {
        failed_ = done.error();
        transport_.reset();
        return;
      }
      if (!*done) return wait_to_read();
      shaken_ = true;
    }
    std::array<uint8_t, 999> bytes;
    while (!got_.contains("\r\n\r\n") || got_.ends_with("more")) {
      const auto got = transport_->read(bytes);
      if (!got && got.error() == Errno::again) return wait_to_read();
      if (!got || *got == 0) return;
      got_.append(bytes.begin(), bytes.begin() + *got);
    }
    while (!answer_.empty()) {
      const auto put = transport_->write(as_bytes(answer_));
      if (!put && put.error() == Errno::again) {
        ticket_ = transport_->when_writable([this] { go_on(); });
        return;
      }
      if (!put) return;
      answer_.erase(0, *put);
    }
    says_goodbye_ ? transport_->shut_down_writing() : transport_->shut_down();
  }
  void wait_to_read() {
    ticket_ = transport_->when_readable([this] { go_on(); });
  }

  std::string answer_, got_;
  bool says_goodbye_, shaken_ = false;
  std::unique_ptr<TlsTransport> transport_;
  std::optional<HttpError> failed_;
  EventLoop::Ticket ticket_;
};

class Https : public testing::Test {
 protected:
  Https() : clock_(now_s * second_ns), loop_(clock_) {}

  struct Answer {
    std::optional<HttpError> error;
    uint16_t status = 0;
    std::string body;
  };

  /// One request in a world of its own.
  Answer ask(const std::string& authority, const TestAuthority::Identity& identity,
             uint64_t seed = 1, const std::string& body = "") {
    SimulatedNetwork network(loop_, seed);
    for (const char* name : {"upstream.test", "server"})
      network.names[name] = *IpAddress::parse("10.0.0.1");
    const auto context = TlsContext::server(identity.chain, identity.key);
    EXPECT_TRUE(context) << context.error().to_string();
    network.listen(443, [&](std::shared_ptr<Socket> socket) {
      server_ = std::make_unique<Server>(loop_, std::move(socket), **context, reply_, goodbye_);
    });
    const Answer answer = ask_in(network, authority, body);
    while (loop_.poll().value()) {
    }
    heard_ = server_ ? server_->got() : "";
    server_failed_ = server_ ? server_->failed() : std::nullopt;
    server_.reset();  // before its network
    return answer;
  }

  Answer ask_in(SimulatedNetwork& network, const std::string& authority,
                const std::string& body = "") {
    const auto tls = TlsContext::client(
        [this]() -> Result<std::string> {
          ++roots_read_;
          return roots_;
        },
        clock_);
    SeededRandom random(1);
    GuestConfig config;
    config.loop = &loop_;
    config.random = &random;
    config.network = &network;
    config.network_policy = NetworkPolicy::parse({"*"}, {}).value();
    config.tls = tls.get();
    Guest guest(std::move(config));
    RequestHead head;
    head.authority = authority;
    head.path_with_query = "/x";
    head.fields = std::make_shared<Fields>(guest.fields_budget());
    Answer answer;
    ClientResponse response;
    bool ended = false;
    EventLoop::Ticket ticket;
    std::function<void()> read = [&] {
      for (;;) {
        const auto got = response.body->read(1 << 16);
        if (!got) answer.error = got.error();
        if (!got || got->ended) {
          ended = true;
          return;
        }
        if (got->bytes.empty()) break;
        answer.body += as_text(got->bytes);
      }
      ticket = response.body->when_ready(read);
    };
    const auto call = send_request(
        guest, head, {}, !body.empty(),
        [&](Http<ClientResponse> came) {
          if (!came) {
            answer.error = came.error();
            ended = true;
            return;
          }
          response = *std::move(came);
          answer.status = response.status;
          read();
        },
        [](const Http<>&) {});
    std::string left = body;
    std::shared_ptr<BodySink> sink = body.empty() ? nullptr : call->body();
    while (!ended) {
      if (sink && left.empty()) {
        EXPECT_TRUE(sink->finish(nullptr));
        sink.reset();
      } else if (sink && sink->ready()) {
        const auto put = sink->write(as_bytes(left));
        if (put) left.erase(0, *put);
        if (!put) sink.reset();
      }
      const Result<bool> ran = loop_.run_one();
      EXPECT_TRUE(ran && *ran) << "nothing goes on";
      if (!ran || !*ran) break;
    }
    return answer;
  }

  SimulatedClock clock_;
  SimulatedEventLoop loop_;
  TestAuthority authority_;
  std::string roots_ = authority_.root();
  std::string reply_ = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  bool goodbye_ = true;
  int roots_read_ = 0;
  std::unique_ptr<Server> server_;
  std::string heard_;                       ///< what the server was told
  std::optional<HttpError> server_failed_;  ///< why the server did not go on
};

TEST_F(Https, AnswersHoweverBytesArrive) {
  const auto identity = authority_.issue("DNS:upstream.test,DNS:*.wild.test,IP:10.0.0.1");
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Answer answer = ask("upstream.test", identity, seed);
    EXPECT_FALSE(answer.error) << seed << answer.error->to_string();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_TRUE(heard_.starts_with("GET /x HTTP/1.1\r\nHost: upstream.test\r\n"));
  }
  EXPECT_EQ(ask("10.0.0.1", identity).status, 200) << "an address is a name, too";
}

TEST_F(Https, CarriesLargeBodies) {
  const auto identity = authority_.issue("DNS:upstream.test");
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const std::string large(300'000, 'y');
    reply_ = "HTTP/1.1 200 OK\r\n\r\n" + large;
    EXPECT_EQ(ask("upstream.test", identity, seed, std::string(200'000, 'x')).body, large) << seed;
  }
}

TEST_F(Https, TrustsOnlyWhoIsWhatItAsksFor) {
  const auto refuses = [&](const std::string& host, const TestAuthority::Identity& identity) {
    const Answer answer = ask(host, identity);
    EXPECT_TRUE(answer.error);
    EXPECT_EQ(answer.error.value_or(HttpError()).code, HttpErrorCode::tls_certificate_error);
    EXPECT_EQ(heard_, "") << "nothing was said to it";
    ASSERT_TRUE(server_failed_);
    EXPECT_EQ(server_failed_->code, HttpErrorCode::tls_alert_received);
  };
  refuses("upstream.test", authority_.issue("DNS:other.test"));
  refuses("upstream.test", authority_.issue("DNS:*.upstream.test,DNS:*.test.example"));
  refuses("10.0.0.2", authority_.issue("IP:10.0.0.1,DNS:10.0.0.2"));
  refuses("server", authority_.issue("IP:10.0.0.1"));  // that is the subject's common name
  refuses("upstream.test", authority_.issue("DNS:upstream.test", 0, now_s - 1));
  refuses("upstream.test", authority_.issue("DNS:upstream.test", now_s + 1));
  refuses("upstream.test", TestAuthority().issue("DNS:upstream.test"));
}

TEST_F(Https, NeedsRoots) {
  const auto identity = authority_.issue("DNS:upstream.test");
  roots_ = "";
  const Answer none = ask("upstream.test", identity);
  ASSERT_TRUE(none.error);
  EXPECT_EQ(none.error->to_string(), "internal-error: there are no certificates to trust");
  roots_ = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(ask("upstream.test", identity).error->code, HttpErrorCode::internal_error);
}

TEST_F(Https, KnowsAnEndThatWasCut) {
  const auto identity = authority_.issue("DNS:upstream.test");
  reply_ = "HTTP/1.1 200 OK\r\n\r\nhel";
  EXPECT_EQ(ask("upstream.test", identity).body, "hel") << "it was said that this is the end";
  goodbye_ = false;
  const Answer cut = ask("upstream.test", identity);
  ASSERT_TRUE(cut.error);
  EXPECT_EQ(cut.error->code, HttpErrorCode::connection_terminated);
}

TEST_F(Https, EndsWithServersThatSpeakNoTls) {
  SimulatedNetwork network(loop_, 1);
  network.names["upstream.test"] = *IpAddress::parse("10.0.0.1");
  std::vector<std::shared_ptr<Socket>> sockets;
  std::string words = "HTTP/1.1 400 Bad Request\r\n\r\n";
  network.listen(443, [&](std::shared_ptr<Socket> socket) {
    const iovec out{words.data(), words.size()};
    if (!words.empty()) EXPECT_TRUE(socket->stream()->write({&out, 1}));
    sockets.push_back(std::move(socket));
  });
  EXPECT_EQ(ask_in(network, "upstream.test").error->code, HttpErrorCode::tls_protocol_error);
  words.clear();
  const uint64_t before = clock_.monotonic_ns();
  EXPECT_EQ(ask_in(network, "upstream.test").error->code, HttpErrorCode::connection_timeout);
  EXPECT_GE(clock_.monotonic_ns() - before, HttpLimits().connect_timeout_ns);
}

TEST_F(Https, ReadsRootsWhenTheyAreNeeded) {
  const auto tls = TlsContext::client(
      [this]() -> Result<std::string> {
        ++roots_read_;
        return roots_;
      },
      clock_);
  EXPECT_EQ(roots_read_, 0);
  EXPECT_TRUE(tls->state().session("upstream.test"));
  EXPECT_TRUE(tls->state().session("upstream.test"));
  EXPECT_EQ(roots_read_, 1);
}

TEST(TlsServers, NeedACertificateAndItsKey) {
  const TestAuthority authority;
  const auto one = authority.issue("DNS:a"), other = authority.issue("DNS:a");
  EXPECT_TRUE(TlsContext::server(one.chain, one.key));
  EXPECT_TRUE(TlsContext::server(one.chain + authority.root(), one.key));
  EXPECT_EQ(TlsContext::server("", one.key).error().message, "there is no certificate");
  EXPECT_EQ(TlsContext::server(one.chain, "").error().kind, ErrorKind::malformed);
  EXPECT_EQ(TlsContext::server(one.chain, other.key).error().kind, ErrorKind::malformed);
}

}  // namespace
}  // namespace cairn::wasi
