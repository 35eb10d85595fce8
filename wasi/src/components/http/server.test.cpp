// Serving in a world that is simulated as a whole: pieces of messages, clients that go away, time.

#include <filesystem>

#include "components/http/test_server.hpp"

namespace cairn::wasi {
namespace {

std::string post(std::string_view body, bool last = true) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         (last ? "\r\nConnection: close" : "") + "\r\n\r\n" + std::string(body);
}

class SimulatedServer : public testing::TestWithParam<Speaks> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(path_of("http-service-echo")))
      GTEST_SKIP() << "the official WASI suite is not there (`./dev setup` fetches it)";
  }
};

TEST_P(SimulatedServer, AnswersHoweverBytesArrive) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Served served(GetParam(), "http-service-echo", seed, seed % 2 == 0 ? 1 : 4);
    std::vector<std::unique_ptr<Client>> clients;
    for (size_t i = 0; i < 6; ++i)
      clients.push_back(std::make_unique<Client>(
          served, post("one", false) + post(std::string(1000 * i, static_cast<char>('a' + i)))));
    served.run();
    for (size_t i = 0; i < clients.size(); ++i) {
      const std::string& got = clients[i]->got();
      EXPECT_TRUE(clients[i]->ended()) << seed;
      EXPECT_NE(got.find("\r\n\r\noneHTTP/1.1 200"), std::string::npos) << seed << got;
      EXPECT_TRUE(got.ends_with(std::string(1000 * i, static_cast<char>('a' + i)))) << seed;
    }
    EXPECT_TRUE(served.log.lines().empty()) << served.log.lines().front();
    served.server->shut_down();
    EXPECT_TRUE(served.server->has_ended()) << "nothing is left of any request, seed " << seed;
  }
}

/// Who learns that the last bytes of a response have gone out may be called by the guest's own
/// body.
TEST_P(SimulatedServer, KeepsGuestsWhileTheirLastBytesGoOut) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Served served(GetParam(), "http-service-echo", seed);
    const std::string body(100'000, 'x');
    Client client(served, post(body));
    served.run();
    EXPECT_TRUE(client.got().ends_with("\r\n\r\n" + body)) << seed;
    EXPECT_FALSE(served.gone_too_early) << seed;
    EXPECT_EQ(served.guests, 0) << seed;
  }
}

/// However slow a client is, what it gets is the whole response, and the word that it is.
TEST_P(SimulatedServer, EndsConnectionsBehindWholeResponses) {
  const std::string body(100'000, 'x');
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Served served(GetParam(), "http-service-echo", seed);
    Client http_11(served, post(body));
    Client http_10(served, "POST /echo HTTP/1.0\r\nContent-Length: 100000\r\n\r\n" + body);
    Client unread(served, "POST / HTTP/1.1\r\nHost: a@\r\nContent-Length: 50000\r\n\r\n" +
                              std::string(50'000, 'x'));
    Client last(served, post(body, false));
    for (Client* client : {&http_11, &http_10, &unread, &last}) client->read_only(100);
    served.run(10'000'000'000);
    served.server->shut_down();
    for (size_t to = 1'000; to < 120'000; to += 1'000) {
      for (Client* client : {&http_11, &http_10, &unread, &last}) client->read_only(to);
      served.run(100'000'000);
    }
    for (const Client* client : {&http_11, &http_10, &last}) {
      const std::string& got = client->got();
      const size_t head = std::min(got.find("\r\n\r\n"), got.size());
      EXPECT_EQ(std::count(got.begin() + static_cast<ptrdiff_t>(head), got.end(), 'x'), 100'000)
          << seed;
      EXPECT_TRUE(client->ended()) << seed;
    }
    EXPECT_TRUE(unread.got().starts_with("HTTP/1.1 400 ")) << seed;
    EXPECT_TRUE(unread.ended()) << seed;
    EXPECT_TRUE(served.server->has_ended()) << seed;
  }
}

TEST_P(SimulatedServer, LeavesClientsThatTakeNothing) {
  HttpServerLimits limits;
  limits.stall_timeout_ns = 5'000'000'000;
  const std::string body(60'000, 'x');
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Served served(GetParam(), "http-service-echo", seed, 1, limits);
    Client client(served, post(body));
    client.read_only(0);
    served.run(20'000'000'000);
    served.server->shut_down();
    EXPECT_TRUE(served.server->has_ended()) << seed;
    EXPECT_EQ(served.guests, 0) << seed;
    client.read_only(SIZE_MAX);
    served.run();
    EXPECT_LT(client.got().size(), body.size()) << seed;
    EXPECT_EQ(client.was_cut(), GetParam() == Speaks::https) << seed;
  }
}

TEST_P(SimulatedServer, SharesOutItsTime) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    Served served(GetParam(), "http-service-echo", seed);
    std::string many;
    for (int i = 0; i < 200; ++i) many += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    Client client(served, many + post("last"));
    served.run();
    EXPECT_TRUE(client.got().ends_with("\r\n\r\nlast")) << seed;
    EXPECT_LT(served.guests_most, 40) << seed;
  }
}

TEST_P(SimulatedServer, RefusesWhatItCannotKnow) {
  const std::pair<std::string_view, std::string_view> refused[] = {
      {"Host: a\r\nTransfer-Encoding: gzip\r\n", "HTTP/1.1 501 "},
      {"Host: a\r\nTransfer-Encoding: chunked;a\r\n", "HTTP/1.1 400 "},
      {"Host: user@a\r\n", "HTTP/1.1 400 "},
  };
  Served served(GetParam(), "http-service-echo", 1);
  for (const auto& [fields, status] : refused) {
    Client client(served, "POST / HTTP/1.1\r\n" + std::string(fields) + "\r\n");
    served.run();
    EXPECT_TRUE(client.got().starts_with(status)) << fields << client.got();
    EXPECT_TRUE(client.ended());
  }
}

TEST_P(SimulatedServer, SurvivesClientsThatLeave) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Served served(GetParam(), "http-service-echo", seed, seed % 2 == 0 ? 1 : 100);
    SeededRandom random(seed);
    for (int i = 0; i < 8; ++i) {
      Client client(served, post(std::string(5000, 'x'), false) + post("rest"));
      const uint64_t steps = random.next_u64() % 60;
      for (uint64_t step = 0; step < steps; ++step) std::ignore = served.loop.run_one();
      client.leave();
    }
    Client last(served, post("still here"));
    served.run();
    EXPECT_TRUE(last.got().ends_with("\r\n\r\nstill here")) << seed << last.got();
    served.server->shut_down();
    served.run(60'000'000'000);
    EXPECT_TRUE(served.server->has_ended()) << seed;
  }
}

/// The head of a request with a body in chunks, and what a client says in these.
constexpr std::string_view chunked =
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_P(SimulatedServer, BoundsBodiesOfUnknownLength) {
  HttpLimits limits;
  limits.body_bytes_max = 10;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Served served(GetParam(), "http-service-echo", seed, 1, {}, limits);
    Client fits(served, std::string(chunked) + "a\r\n0123456789\r\n0\r\n\r\n");
    served.run();
    EXPECT_TRUE(fits.got().starts_with("HTTP/1.1 200 ")) << seed << fits.got();
    EXPECT_NE(fits.got().find("0123456789"), std::string::npos) << fits.got();
    Client large(served, std::string(chunked) + "b\r\n0123456789x\r\n0\r\n\r\n");
    served.run();
    EXPECT_TRUE(large.got().starts_with("HTTP/1.1 413 ")) << seed << large.got();
    EXPECT_TRUE(large.ended());
    Client broken(served, std::string(chunked) + "x\r\n");
    served.run();
    EXPECT_TRUE(broken.got().starts_with("HTTP/1.1 400 ")) << seed << broken.got();
    EXPECT_TRUE(broken.ended());
    served.server->shut_down();
    EXPECT_TRUE(served.server->has_ended()) << seed;
  }
}

TEST_P(SimulatedServer, RefusesHeadsThatAreTooLarge) {
  HttpLimits limits;
  limits.head_bytes_max = 200;
  Served served(GetParam(), "http-service-echo", 1, 1, {}, limits);
  const auto get = [](size_t bytes) {
    const std::string head = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ";
    return head + std::string(bytes - head.size() - 4, 'x') + "\r\n\r\n";
  };
  Client fits(served, get(200)), large(served, get(210)), endless(served, std::string(5000, 'x'));
  served.run();
  EXPECT_FALSE(fits.got().starts_with("HTTP/1.1 431 ")) << fits.got();
  EXPECT_TRUE(large.got().starts_with("HTTP/1.1 431 ")) << large.got();
  EXPECT_TRUE(endless.got().starts_with("HTTP/1.1 4")) << endless.got();
  EXPECT_TRUE(large.ended());
  EXPECT_TRUE(endless.ended());
}

TEST_P(SimulatedServer, ReadsNothingBehindAnError) {
  Served served(GetParam(), "http-service-echo", 1);
  Client client(served, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  served.run(60'000'000'000);
  EXPECT_TRUE(client.got().starts_with("HTTP/1.1 400 ")) << client.got();
  EXPECT_EQ(client.got().find("HTTP/1.1 ", 1), std::string::npos) << client.got();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(served.guests_most, 1) << "that was made to see whether there is a handler";
}

TEST_P(SimulatedServer, EndsWhatTakesTooLong) {
  HttpServerLimits limits;
  limits.request_timeout_ns = 5'000'000'000;
  limits.idle_timeout_ns = 10'000'000'000;
  limits.head_timeout_ns = 3'000'000'000;
  Served served(GetParam(), "http-service-echo", 1, 1, limits);
  Client slow_head(served, "GET / HTTP/1.1\r\nHos");
  Client slow_body(served, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  Client idle(served, "");
  served.run(4'500'000'000);
  EXPECT_NE(slow_head.got().find(" 408 "), std::string::npos) << slow_head.got();
  EXPECT_EQ(slow_body.got(), "");
  served.run(8'000'000'000);
  EXPECT_NE(slow_body.got().find(" 504 "), std::string::npos) << slow_body.got();
  EXPECT_TRUE(idle.ended());
}

TEST_P(SimulatedServer, LeavesClientsThatGiveNothing) {
  HttpServerLimits limits;
  limits.stall_timeout_ns = 5'000'000'000;
  Served served(GetParam(), "http-service-echo", 1, 1, limits);
  Client stalled(served, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  served.run(4'000'000'000);
  EXPECT_FALSE(stalled.ended());
  served.run(5'000'000'000);
  EXPECT_TRUE(stalled.got().starts_with("HTTP/1.1 408 ")) << stalled.got();
  EXPECT_TRUE(stalled.ended());
  EXPECT_EQ(served.guests, 0);
}

/// A byte now and then is no body.
TEST_P(SimulatedServer, LeavesClientsThatGiveTooLittle) {
  HttpServerLimits limits;
  limits.body_timeout_ns = 5'000'000'000;
  limits.body_bytes_per_s_min = 2;
  Served served(GetParam(), "http-service-echo", 1, 1, limits);
  const std::string_view head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n";
  Client slow(served, std::string(head)), steady(served, std::string(head));
  for (int i = 0; i < 30; ++i) {
    served.run();
    if (i % 2 == 0) slow.send_more("x");
    steady.send_more("xxx");
  }
  served.run();
  EXPECT_TRUE(slow.got().starts_with("HTTP/1.1 408 ")) << slow.got();
  EXPECT_TRUE(slow.ended());
  EXPECT_TRUE(steady.got().starts_with("HTTP/1.1 200 ")) << steady.got();
}

/// What comes meanwhile may be nothing that a request begins with: a part of a record.
TEST_P(SimulatedServer, NoticesClientsThatGoWhileGuestsWait) {
  Served served(GetParam(), "http-client-path-none", 1);
  served.env = {"HTTP_SERVER_MAIN=upstream.test:80"};
  served.network.names["upstream.test"] = *IpAddress::parse("10.0.0.1");
  std::vector<std::shared_ptr<Socket>> upstream;
  served.network.listen(
      80, [&](std::shared_ptr<Socket> socket) { upstream.push_back(std::move(socket)); });
  Client client(served, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  served.run();
  EXPECT_EQ(upstream.size(), 1u);
  EXPECT_EQ(served.guests, 1);
  if (GetParam() == Speaks::https) client.send_raw("\x17\x03\x03");
  served.run();
  EXPECT_EQ(served.guests, 1);
  client.leave();
  served.run();
  EXPECT_EQ(served.guests, 0);
}

/// Answers one request with a text.
class Upstream {
 public:
  Upstream(SimulatedEventLoop& loop, std::shared_ptr<Socket> socket, std::string answer)
      : loop_(loop), socket_(std::move(socket)), answer_(std::move(answer)) {
    serve();
  }
  const std::string& got() const { return got_; }

 private:
  void serve() {
    char byte = 0;
    const iovec in{&byte, 1};
    while (!got_.ends_with("\r\n\r\n")) {
      const auto got = socket_->stream()->read({&in, 1});
      if (!got) return wait(EventLoop::Direction::read);
      if (*got == 0) return;
      got_ += byte;
    }
    while (!answer_.empty()) {
      const iovec out{answer_.data(), answer_.size()};
      const auto put = socket_->stream()->write({&out, 1});
      if (!put && put.error() == Errno::again) return wait(EventLoop::Direction::write);
      if (!put) return;
      answer_.erase(0, *put);
    }
    socket_.reset();
  }
  void wait(EventLoop::Direction direction) {
    ticket_ = loop_.when_ready(socket_->wait_fd(), direction, [this] { serve(); });
  }
  SimulatedEventLoop& loop_;
  std::shared_ptr<Socket> socket_;
  std::string answer_, got_;
  EventLoop::Ticket ticket_;
};

TEST_P(SimulatedServer, CallsOthersForGuests) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Served served(GetParam(), "http-client-path-none", seed);
    served.env = {"HTTP_SERVER_MAIN=upstream.test:80"};
    served.network.names["upstream.test"] = *IpAddress::parse("10.0.0.1");
    std::vector<std::unique_ptr<Upstream>> upstream;
    // Half of them end before they have said all.
    const std::string answer = seed % 2 == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nroot"
                                             : "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nro";
    served.network.listen(80, [&](std::shared_ptr<Socket> socket) {
      upstream.push_back(std::make_unique<Upstream>(served.loop, std::move(socket), answer));
    });
    Client client(served, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    served.run(60'000'000'000);
    ASSERT_EQ(upstream.size(), 1u) << seed;
    EXPECT_TRUE(upstream[0]->got().starts_with("GET / HTTP/1.1\r\nHost: upstream.test:80\r\n"))
        << upstream[0]->got();
    const char* const status = seed % 2 == 0 ? "HTTP/1.1 200 " : "HTTP/1.1 500 ";
    EXPECT_TRUE(client.got().starts_with(status)) << seed << client.got();
    EXPECT_TRUE(client.ended());
  }
}

/// Whoever begins a handshake has as long for it as for a head, whatever comes meanwhile.
TEST(SecureServer, EndsHandshakesThatTakeTooLong) {
  if (!std::filesystem::exists(path_of("http-service-echo")))
    GTEST_SKIP() << "the official WASI suite is not there (`./dev setup` fetches it)";
  HttpServerLimits limits;
  limits.head_timeout_ns = 10'000'000'000;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    Served served(Speaks::https, "http-service-echo", seed, 1, limits);
    auto [ours, theirs] = served.network.pair();
    served.server->serve(theirs);
    // A record of 512 bytes, the rest of which comes slowly.
    std::string text("\x16\x03\x01\x02\x00", 5);
    text.resize(60, 'x');
    int seconds = 0;
    for (; seconds < 50; ++seconds) {
      const iovec next{text.data() + seconds, 1};
      if (!ours->stream()->write({&next, 1})) break;
      served.run(1'000'000'000);
    }
    EXPECT_GE(seconds, 10) << seed;
    EXPECT_LE(seconds, 12) << seed;
    served.server->shut_down();
    EXPECT_TRUE(served.server->has_ended()) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Over, SimulatedServer, testing::Values(Speaks::http, Speaks::https),
                         [](const auto& info) {
                           return info.param == Speaks::http ? "http" : "https";
                         });

}  // namespace
}  // namespace cairn::wasi
