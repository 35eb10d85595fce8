// `cairn serve-http`, as clients and operators meet it.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include "actor_server.hpp"
#include "command.hpp"
#include "conversation.hpp"
#include "http_peer.hpp"

namespace cairn::functional {
namespace {

/// Asks anew until it is so, or not even after a long while.
template <class Condition>
bool eventually(Condition condition) {
  constexpr int tries_max = 2'000;
  for (int i = 0; i < tries_max; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // others need the processor
  }
  return false;
}

/// What a client has sent who waits in the middle of a body that comes back as it goes.
constexpr std::string_view half_an_echo =
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe";

class Server {
 public:
  explicit Server(std::vector<std::string> options = {}, const std::string& threads = "1") {
    std::vector<std::string> args = {"serve-http", "--addr", "127.0.0.1:0", "--threads", threads};
    args.insert(args.end(), options.begin(), options.end());
    args.push_back(http_component());
    command_.emplace(folder_.path(), args);
    first_line_ = command_->read_line(2);
    port_ = port_in(first_line_);
    EXPECT_NE(port_, 0) << first_line_ << "\n" << (port_ == 0 ? command_->rest(2) : "");
  }
  uint16_t port() const { return port_; }
  Conversation& command() { return *command_; }
  HttpReply get(std::string_view path, std::string_view method = "GET",
                std::string_view body = "") const {
    return HttpClient(port_).ask(method, path, body);
  }
  /// Ends it; what it has printed.
  std::string stop(int expected = 0) {
    command_->signal(SIGTERM);
    EXPECT_EQ(command_->wait(), expected);
    return command_->rest(2);
  }

 private:
  Folder folder_;
  std::optional<Conversation> command_;
  std::string first_line_;
  uint16_t port_ = 0;
};

TEST(ServeHttp, AnswersAndKeepsConnections) {
  Server server;
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply = client.ask("GET", "/");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "hello");
    EXPECT_TRUE(reply.whole);
    EXPECT_FALSE(reply.field("date").empty());
  }
  EXPECT_EQ(client.ask("HEAD", "/").body, "");
  EXPECT_EQ(client.ask("GET", "/").body, "hello") << "behind an answer without a body";
  // Several at once, before any is answered.
  std::string many;
  for (int i = 0; i < 50; ++i) many += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(many);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(client.receive().body, "hello") << i;
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_TRUE(client.is_closed()) << "as HTTP/1.0 has it";
  EXPECT_EQ(server.stop(), "");
}

TEST(ServeHttp, GivesEachRequestAnInstance) {
  Server server;
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask("GET", "/count").body, "1");
  Server shared({"--reuse", "3"});
  HttpClient other(shared.port());
  for (const char* const count : {"1", "2", "3", "1"})
    EXPECT_EQ(other.ask("GET", "/count").body, count);
}

TEST(ServeHttp, StreamsBothWays) {
  Server server;
  HttpClient client(server.port());
  std::string body(3 << 20, 'x');
  for (size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  // The answer begins long before the question ends, so somebody has to read meanwhile.
  std::thread writer([&] {
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n");
    client.send(body);
  });
  const HttpReply reply = client.receive();
  writer.join();
  EXPECT_TRUE(reply.whole);
  EXPECT_TRUE(reply.body == body);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_TRUE(client.await("3\r\nabc")) << "before there is more";
  client.send("2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "abcde");
}

TEST(ServeHttp, ServesManyAtOnce) {
  Server server({}, "2");
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      HttpClient client(server.port());
      for (int round = 0; round < 50; ++round)
        if (client.ask("POST", "/echo", "body of one").body == "body of one") ++answered;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 16 * 50);
  EXPECT_EQ(server.stop(), "");
}

TEST(ServeHttp, SurvivesGuestsThatFail) {
  Server server({"--timeout", "300ms", "--max-memory", "16MiB"});
  EXPECT_EQ(server.get("/trap").status, 500);
  EXPECT_EQ(server.get("/silent").status, 500);
  EXPECT_EQ(server.get("/error").status, 504) << "as the guest has it";
  EXPECT_EQ(server.get("/interim").status, 500) << "no response, but what stands before one";
  EXPECT_EQ(server.get("/loop").status, 504);
  EXPECT_EQ(server.get("/memory").body, "too little");
  EXPECT_FALSE(server.get("/short").whole) << "less than it had announced";
  EXPECT_EQ(server.get("/late-trap").status, 500) << "nothing had been sent yet";
  EXPECT_FALSE(server.get("/later-trap").whole) << "a part had been sent";
  EXPECT_EQ(server.get("/").body, "hello");
  const std::string log = server.stop();
  EXPECT_NE(log.find("GET /trap: "), std::string::npos) << log;
  EXPECT_NE(log.find("GET /interim: "), std::string::npos) << log;
}

TEST(ServeHttp, EndsGuestsWithoutFuel) {
  Server server({"--fuel", "1000000"});
  EXPECT_EQ(server.get("/loop").status, 500);
  EXPECT_EQ(server.get("/").body, "hello");
}

TEST(ServeHttp, BoundsWhatClientsSend) {
  Server server({"--max-body", "1KiB", "--max-head", "1KiB"});
  EXPECT_EQ(server.get("/echo", "POST", std::string(1024, 'x')).body.size(), 1024u);
  EXPECT_EQ(server.get("/echo", "POST", std::string(1025, 'x')).status, 413);
  EXPECT_EQ(server.get("/echo", "POST", std::string(3 << 20, 'x')).status, 413)
      << "and the answer comes although nobody reads the rest";
  EXPECT_EQ(server.get("/" + std::string(2000, 'x')).status, 431);
  for (const std::string_view wrong :
       {"GET / HTTP/1.1\r\n\r\n", "GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET relative HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    HttpClient client(server.port());
    client.send(wrong);
    EXPECT_EQ(client.receive().status, 400) << wrong;
    EXPECT_TRUE(client.is_closed());
  }
  HttpClient tunnel(server.port());
  tunnel.send("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
  EXPECT_EQ(tunnel.receive().status, 501);
  EXPECT_EQ(server.get("/").body, "hello");
}

TEST(ServeHttp, CopesWithSlowAndAbsentClients) {
  Server server;
  {
    HttpClient slow(server.port());
    for (const char c : std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n")) {
      slow.send(std::string_view(&c, 1));
      // So that most bytes come alone. If some come together, the answer is the same.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(slow.receive().body, "hello");
  }
  for (int i = 0; i < 20; ++i) {
    HttpClient gone(server.port());
    gone.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    gone.reset();
    HttpClient half(server.port());
    half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
    half.reset();
  }
  EXPECT_EQ(server.get("/big").body.size(), size_t{64} << 20);
  EXPECT_EQ(server.stop(), "");
}

TEST(ServeHttp, ClosesIdleConnections) {
  Server server({"--idle-timeout", "500ms"});
  HttpClient silent(server.port());
  HttpClient answered(server.port());
  EXPECT_EQ(answered.ask("GET", "/").body, "hello");
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(answered.is_closed());
}

TEST(ServeHttp, RefusesTooManyAtOnce) {
  Server server({"--max-requests", "1"});
  HttpClient first(server.port());
  first.send(half_an_echo);
  ASSERT_TRUE(first.await("2\r\nhe"));
  EXPECT_EQ(server.get("/").status, 503);
  first.send("llo");
  EXPECT_EQ(first.receive().body, "hello");
  EXPECT_EQ(server.get("/").status, 200);
}

TEST(ServeHttp, LetsConnectionsWaitBeyondTheirLimit) {
  Server server({"--max-connections", "2"});
  HttpClient first(server.port()), second(server.port());
  EXPECT_EQ(first.ask("GET", "/").body, "hello");
  EXPECT_EQ(second.ask("GET", "/").body, "hello");
  HttpClient third(server.port());
  third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(first.ask("GET", "/").body, "hello");
  EXPECT_FALSE(third.has_come());
  second.reset();
  EXPECT_EQ(third.receive().body, "hello");
}

TEST(ServeHttp, FinishesWhatRunsBeforeItEnds) {
  Server server({"--access-log"});
  HttpClient client(server.port());
  client.send(half_an_echo);
  ASSERT_TRUE(client.await("2\r\nhe"));
  HttpClient idle(server.port());
  EXPECT_EQ(idle.ask("GET", "/").status, 200);
  server.command().signal(SIGTERM);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(HttpClient(server.port()).ask("GET", "/").status, 0) << "nobody listens";
  client.send("llo");
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_EQ(server.command().wait(), 0);
  const std::string log = server.command().rest(2);
  EXPECT_NE(log.find("GET / 200 5 "), std::string::npos) << log;
  EXPECT_NE(log.find("POST /echo 200 5 "), std::string::npos) << log;
}

/// Asks for so much that its access log has about so many bytes; how often.
int fill_log(const Server& server, size_t bytes) {
  const std::string path = "/?" + std::string(30'000, 'x');
  const int count = static_cast<int>(bytes / path.size());
  HttpClient client(server.port());
  for (int i = 0; i < count; ++i) EXPECT_EQ(client.ask("GET", path).status, 200) << i;
  return count;
}
int lines_of_log(std::string_view text) {
  int count = 0;
  for (size_t at = 0; (at = text.find("GET /?x", at)) != std::string_view::npos; ++at) ++count;
  return count;
}

TEST(ServeHttp, KeepsALogUntilItIsRead) {
  Server server({"--access-log"});
  const int asked = fill_log(server, 900'000);
  const auto [code, log] = server.command().end(SIGTERM);
  EXPECT_EQ(code, 0);
  EXPECT_EQ(lines_of_log(log), asked);
  EXPECT_EQ(log.find("lost"), std::string::npos);
}

TEST(ServeHttp, GoesOnWhenNobodyReadsItsLog) {
  Server server({"--access-log"});
  // A mebibyte is being written, another one waits.
  const int asked = fill_log(server, 3'000'000);
  const auto [code, log] = server.command().end(SIGTERM);
  EXPECT_EQ(code, 0);
  const size_t at = log.find("cairn: warning: ");
  ASSERT_NE(at, std::string::npos);
  const int lost = std::stoi(log.substr(at + 16));
  EXPECT_GT(lost, 0);
  EXPECT_EQ(lines_of_log(log) + lost, asked);
}

TEST(ServeHttp, EndsWhenNobodyReadsItsLog) {
  Server server({"--access-log"});
  fill_log(server, 200'000);  // more than a pipe holds
  server.stop();
}

TEST(ServeHttp, EndsWhatDoesNotFinish) {
  Server server({"--grace", "200ms"});
  HttpClient client(server.port());
  client.send(half_an_echo);
  ASSERT_TRUE(client.await("2\r\nhe"));
  EXPECT_EQ(server.stop(), "");
  EXPECT_FALSE(client.receive().whole);
}

TEST(ServeHttp, EndsWithGuestsThatDoNotStop) {
  for (const bool twice : {false, true}) {
    Server server({"--grace", twice ? "60s" : "100ms"});
    HttpClient client(server.port());
    client.send("GET /begun-loop HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(client.await("200 OK"));
    if (twice) {
      server.command().signal(SIGTERM);
      // Two that nobody has taken yet would be one.
      EXPECT_TRUE(eventually([&] { return !server.command().is_pending(SIGTERM); }));
    }
    EXPECT_NE(server.stop(1).find("a guest did not stop"), std::string::npos);
    EXPECT_FALSE(client.receive().whole);
  }
}

TEST(ServeHttp, KeepsGuestsUntilTheirResponsesHaveGoneOut) {
  Server server;
  HttpClient client(server.port());
  client.send("GET /left HTTP/1.1\r\nHost: a\r\n\r\n");
  // So that the sockets fill up. If they do not, the test sees less, and holds.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const HttpReply reply = client.receive();
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(reply.body.size(), size_t{16} << 20);
  EXPECT_EQ(server.stop(), "");
}

TEST(ServeHttp, LetsGuestsAskOthers) {
  HttpEndpoints upstream({{{"method", "GET"},
                           {"path", "/answer"},
                           {"response", {{"status", 203}, {"chunks", {"from ", "afar"}}}}}});
  Server server({"--allow-net", upstream.address()});
  const HttpReply reply = server.get("/fetch/" + upstream.address());
  EXPECT_EQ(reply.status, 203);
  EXPECT_EQ(reply.body, "from afar");
  EXPECT_EQ(server.get("/fetch/" + closed_address()).body, "failed");
  Server alone;
  EXPECT_EQ(alone.get("/fetch/" + upstream.address()).body, "failed") << "nothing is allowed";
  Server all({"--allow-net", "*"});
  EXPECT_EQ(all.get("/fetch/169.254.169.254").body, "failed") << "where clouds keep secrets";
}

/// A certificate for localhost and 127.0.0.1, and its key, as `openssl` makes them.
void make_certificate(const Folder& folder) {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
      "-days 2 -subj /CN=test "
      "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
      folder / "key.pem" + " -out " + folder / "cert.pem" + " 2>/dev/null";
  // NOLINTNEXTLINE(bugprone-command-processor): as a user would
  ASSERT_EQ(std::system(command.c_str()), 0);
}

TEST(ServeHttp, SpeaksTlsBothWays) {
  const Folder folder;
  make_certificate(folder);
  const std::string cert = folder / "cert.pem", key = folder / "key.pem";
  Server secure({"--tls-cert", cert, "--tls-key", key});
  const std::string there = "127.0.0.1:" + std::to_string(secure.port());
  Server trusting({"--allow-net", there, "--tls-ca", cert}), wary({"--allow-net", there});
  EXPECT_EQ(trusting.get("/sfetch/" + there).body, "hello");
  EXPECT_EQ(wary.get("/sfetch/" + there).body, "untrusted");
  EXPECT_EQ(trusting.get("/fetch/" + there).body, "failed") << "it speaks nothing else";
  EXPECT_EQ(secure.get("/").status, 0);
  EXPECT_EQ(secure.stop(), "");
}

TEST(ServeHttp, ReadsCertificatesBeforeItServes) {
  const Folder folder;
  make_certificate(folder);
  folder.write("empty.pem", "");
  const auto serve = [&](const std::vector<std::string>& options) {
    std::vector<std::string> args = {"serve-http"};
    args.insert(args.end(), options.begin(), options.end());
    args.push_back(http_component());
    return cairn(folder, args);
  };
  const Outcome half = serve({"--tls-cert", "cert.pem"});
  EXPECT_EQ(half.code, 2);
  EXPECT_NE(half.err.find("--tls-cert and --tls-key need each other"), std::string::npos);
  const Outcome empty = serve({"--tls-cert", "empty.pem", "--tls-key", "key.pem"});
  EXPECT_EQ(empty.code, 1);
  EXPECT_NE(empty.err.find("there is no certificate"), std::string::npos) << empty.err;
  const Outcome wrong = serve({"--tls-cert", "cert.pem", "--tls-key", "cert.pem"});
  EXPECT_NE(wrong.err.find("there is no private key"), std::string::npos) << wrong.err;
}

/// A guest that has read all of a request waits for somebody who says nothing.
TEST(ServeHttp, NoticesClientsThatGoBehindTheirBodies) {
  const int silent = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(silent, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(silent, 8), 0);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(silent, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string there = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  Server server({"--max-requests", "1", "--allow-net", there});
  int asked = -1;
  {
    HttpClient client(server.port());
    client.send("POST /read-fetch/" + there +
                " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    ASSERT_TRUE(client.await("100 Continue")) << "the guest waits for the body";
    client.send("body");
    // It asks the silent one when it has read all.
    asked = accept(silent, nullptr, nullptr);
    ASSERT_GE(asked, 0);
    EXPECT_EQ(server.get("/").status, 503) << "it waits";
  }
  EXPECT_TRUE(eventually([&] { return server.get("/").status == 200; }))
      << "nobody waits for it any more";
  close(asked);
  close(silent);
}

TEST(ServeHttp, SaysWhatIsWrong) {
  const Folder folder;
  const std::string module = folder.write("m.wat", "(module)");
  const std::string component = folder.write("c.wat", "(component)");
  const auto serve = [&](std::vector<std::string> args) {
    args.insert(args.begin(), "serve-http");
    return cairn(folder, args);
  };
  EXPECT_NE(serve({module}).err.find("only components can be served"), std::string::npos);
  const Outcome no_handler = serve({"--addr", "127.0.0.1:0", component});
  EXPECT_EQ(no_handler.code, 1);
  EXPECT_NE(no_handler.err.find("serves no HTTP"), std::string::npos) << no_handler.err;
  EXPECT_EQ(serve({}).code, 2);
  EXPECT_EQ(serve({"--addr", "nowhere", http_component()}).code, 2);
  EXPECT_EQ(serve({"--threads", "0", http_component()}).code, 2);
  Server server;
  const Outcome taken = serve(
      {"--threads", "1", "--addr", "127.0.0.1:" + std::to_string(server.port()), http_component()});
  EXPECT_EQ(taken.code, 1);
  EXPECT_NE(taken.err.find("in use"), std::string::npos) << taken.err;
}

}  // namespace
}  // namespace cairn::functional
