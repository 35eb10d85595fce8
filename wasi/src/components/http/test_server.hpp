#pragma once
/// For tests: a component, or a handler, that serves over http or https in a simulated network, and
/// its clients.

#include <gtest/gtest.h>
#include <cairn/base/files.hpp>
#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/wasi/http_server.hpp>

#include <cairn/wasi/simulated_network.hpp>
#include "components/http/test_certificates.hpp"
#include "components/http/tls_transport.hpp"

namespace cairn::wasi {

inline std::string path_of(const std::string& name) {
  return std::string(CAIRN_TESTSUITES) + "/wasi/rust/wasm32-wasip3/" + name + ".wasm";
}

enum class Speaks : uint8_t { http, https };

/// A server behind a simulated network.
class ServedWorld {
 public:
  /// Runs until nothing is left to be done before a moment.
  void run(uint64_t for_ns = 1'000'000'000) {
    bool over = false;
    const auto end = loop.at(clock.monotonic_ns() + for_ns, [&] { over = true; });
    while (!over && loop.run_one().value()) ++step;
  }

  SimulatedClock clock;
  SimulatedEventLoop loop{clock};
  SimulatedNetwork network;
  MemoryLog log;
  uint64_t step = 1;                       ///< of the loop
  std::unique_ptr<TlsContext> client_tls;  ///< null: http

 protected:
  ServedWorld(Speaks speaks, uint64_t seed) : network(loop, seed) {
    if (speaks == Speaks::http) return;
    static const TestAuthority authority;
    static const TestAuthority::Identity identity = authority.issue("DNS:a");
    client_tls =
        TlsContext::client([]() -> Result<std::string> { return authority.root(); }, clock);
    server_tls_ = TlsContext::server(identity.chain, identity.key).value();
  }
  void open(HttpServerConfig config) {
    config.loop = &loop;
    config.tls = server_tls_.get();
    config.log = &log;
    auto made = HttpServer::make(std::move(config));
    EXPECT_TRUE(made) << made.error().to_string();
    server = *std::move(made);
  }

 private:
  std::unique_ptr<TlsContext> server_tls_;

 public:
  std::unique_ptr<HttpServer> server;  // which goes first
};

/// A service of the official suite.
class Served : public ServedWorld {
 public:
  Served(Speaks speaks, const std::string& name, uint64_t seed, uint32_t reuse = 1,
         const HttpServerLimits& server_limits = {}, const HttpLimits& limits = {})
      : ServedWorld(speaks, seed), random_(seed) {
    Result<Bytes> bytes = RealFiles().read_file(path_of(name));
    EXPECT_TRUE(bytes) << bytes.error().to_string();
    const auto component = component::Component::load(engine_, std::move(*bytes));
    EXPECT_TRUE(component) << component.error().to_string();
    component::ComponentLinker linker(engine_);
    add_wasi(linker);
    HttpServerConfig config;
    config.engine = &engine_;
    config.component = linker.prepare(*component).value();
    config.reuse = reuse;
    config.server_limits = server_limits;
    config.limits = limits;
    config.access = [this](const HttpAccess&) { answered = step; };
    config.make_guest = [this]() -> Result<std::shared_ptr<Guest>> {
      GuestConfig guest;
      guest.loop = &loop;
      guest.random = &random_;
      guest.network = &network;
      guest.network_policy = NetworkPolicy::parse({"*"}, {}).value();
      guest.env = env;
      guests_most = std::max(guests_most, ++guests);
      return std::shared_ptr<Guest>(new Guest(std::move(guest)), [this](const Guest* gone) {
        --guests;
        if (step == answered) gone_too_early = true;
        delete gone;
      });
    };
    open(std::move(config));
  }
  ~Served() { server.reset(); }

  std::vector<std::string> env;
  uint64_t answered = 0;        ///< the step in which a response had gone out
  bool gone_too_early = false;  ///< a guest went away in that step
  int guests = 0, guests_most = 0;

 private:
  SeededRandom random_;
  engine::Engine engine_;
};

/// A handler that a function is.
class ServedHandler : public ServedWorld, public HttpHandler {
 public:
  using Handle = std::function<void(HttpRequest, std::shared_ptr<HttpResponder>)>;
  ServedHandler(Speaks speaks, uint64_t seed, Handle handle, HttpServerLimits server_limits = {},
                std::shared_ptr<HttpBodyBudget> bodies = nullptr)
      : ServedWorld(speaks, seed), handle_(std::move(handle)) {
    HttpServerConfig config;
    config.handler = this;
    config.server_limits = server_limits;
    config.bodies = std::move(bodies);
    open(std::move(config));
  }
  ~ServedHandler() override { server.reset(); }
  uint64_t body_bytes_max(const HttpRequest&) override { return body_max; }
  std::string body_owner(const HttpRequest& head) override { return head.path; }
  void handle(HttpRequest request, std::shared_ptr<HttpResponder> responder) override {
    handle_(std::move(request), std::move(responder));
  }

  uint64_t body_max = 1 << 20;

 private:
  Handle handle_;
};

/// The client's side of a connection: sends a text and keeps what comes, as the loop runs.
class Client {
 public:
  Client(ServedWorld& served, std::string text) : loop_(served.loop), text_(std::move(text)) {
    auto [ours, theirs] = served.network.pair();
    socket_ = ours;
    transport_ = make_transport(loop_, ours);
    if (served.client_tls) {
      auto secured = TlsTransport::make(loop_, std::move(transport_), *served.client_tls, "a");
      EXPECT_TRUE(secured);
      greeting_ = secured->get();
      transport_ = *std::move(secured);
    }
    served.server->serve(theirs);
    go_on();
  }
  const std::string& got() const { return got_; }
  /// The server has said that there is no more.
  bool ended() const { return ended_; }
  /// The connection has ended without that. Over http nobody can tell these two apart.
  bool was_cut() const { return cut_; }
  /// Takes so much of what comes, and no more for now.
  void read_only(size_t bytes) {
    most_ = bytes;
    receive();
  }
  void send_more(std::string_view text) {
    text_ += text;
    if (!greeting_) send();
  }
  void leave() {
    writing_.reset();
    reading_.reset();
    transport_.reset();
    socket_.reset();
  }
  /// Sends bytes past TLS.
  void send_raw(std::string_view bytes) {
    const iovec buffer{const_cast<char*>(bytes.data()), bytes.size()};
    const auto put = socket_->stream()->write({&buffer, 1});
    EXPECT_TRUE(put);
    if (put && *put < bytes.size()) send_raw(bytes.substr(*put));
  }

 private:
  void go_on() {
    if (greeting_) {
      const Http<bool> done = greeting_->shake_hands();
      if (!done) {
        cut_ = true;
        return leave();
      }
      if (!*done) {
        reading_ = greeting_->when_readable([this] { go_on(); });
        return;
      }
      greeting_ = nullptr;
    }
    send();
    receive();
  }
  void send() {
    while (transport_ && !text_.empty()) {
      const auto put = transport_->write(as_bytes(text_));
      if (!put && put.error() != Errno::again) return;
      if (!put) {
        writing_ = transport_->when_writable([this] { send(); });
        return;
      }
      text_.erase(0, *put);
    }
  }
  void receive() {
    if (greeting_) return;
    std::array<uint8_t, 512> bytes;
    while (transport_ && got_.size() < most_) {
      const auto got =
          transport_->read(std::span(bytes).first(std::min(bytes.size(), most_ - got_.size())));
      if (!got && got.error() == Errno::again) break;
      if (!got || *got == 0) {
        ended_ = got.has_value();
        cut_ = !ended_;
        return leave();
      }
      got_ += as_text(ByteSpan(bytes).first(*got));
    }
    reading_.reset();
    if (transport_ && got_.size() < most_)
      reading_ = transport_->when_readable([this] { receive(); });
  }

  SimulatedEventLoop& loop_;
  std::string text_, got_;
  size_t most_ = SIZE_MAX;
  bool ended_ = false, cut_ = false;
  std::shared_ptr<Socket> socket_;
  TlsTransport* greeting_ = nullptr;  ///< the transport, while hands are shaken
  std::unique_ptr<Transport> transport_;
  EventLoop::Ticket writing_, reading_;
};

}  // namespace cairn::wasi
