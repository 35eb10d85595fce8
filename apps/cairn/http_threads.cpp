#include "http_threads.hpp"

#include <cairn/wasi/sandbox/network.hpp>

#include <algorithm>

#include "listen_address.hpp"

namespace cairn::cli {
namespace {

/// For each thread. Event streams count, too.
constexpr uint32_t requests_max = 10'000;
/// Of all threads; those to one actor, and all uploads together, have a quarter at most. A
/// component that is uploaded may have as much.
constexpr uint64_t body_bytes_max = uint64_t{256} << 20, body_share_max = body_bytes_max / 4;

}  // namespace

class HttpThreads::Worker {
 public:
  Worker() : loop_(make_event_loop(clock_)) {}
  ~Worker() {
    abort();
    if (thread_.joinable()) thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Result<> serve(wasi::HttpHandler& handler, Log& log,
                 std::function<void(const wasi::HttpAccess&)> access,
                 std::shared_ptr<wasi::HttpBodyBudget> bodies,
                 std::shared_ptr<wasi::Socket> socket) {
    wasi::HttpServerConfig config;
    config.loop = loop_.get();
    config.handler = &handler;
    config.server_limits.requests_max = requests_max;
    config.bodies = std::move(bodies);
    config.log = &log;
    config.access = std::move(access);
    servers_.push_back(TRY(wasi::HttpServer::make(std::move(config))));
    servers_.back()->listen(std::move(socket));
    return {};
  }
  void start(Log& log) {
    thread_ = std::thread([this, &log] {
      const auto ended = [](const auto& server) { return server->has_ended(); };
      while (!std::ranges::all_of(servers_, ended)) {
        const Result<bool> ran = loop_->run_one();
        if (!ran) {
          log.log(LogLevel::error, "HTTP is not served any more: {}", ran.error().to_string());
          failed_ = true;
        }
        if (!ran || !*ran) break;
      }
      servers_.clear();
      ended_ = true;
    });
  }

  void shut_down() {
    loop_->post([this] {
      for (const auto& server : servers_) server->shut_down();
    });
  }
  void abort() {
    loop_->post([this] {
      for (const auto& server : servers_) {
        server->shut_down();
        server->abort();
      }
    });
  }
  bool has_ended() const { return ended_; }
  bool has_failed() const { return failed_; }

 private:
  RealClock clock_;
  std::unique_ptr<EventLoop> loop_;
  std::vector<std::unique_ptr<wasi::HttpServer>> servers_;
  std::atomic<bool> ended_ = false, failed_ = false;
  std::thread thread_;
};

HttpThreads::HttpThreads(HttpThreadsSettings settings) : settings_(std::move(settings)) {}
HttpThreads::~HttpThreads() = default;

Result<std::unique_ptr<HttpThreads>> HttpThreads::open(wasi::HttpHandler& handler, Log& log,
                                                       HttpThreadsSettings settings) {
  std::unique_ptr<HttpThreads> threads(new HttpThreads(std::move(settings)));
  TRY(threads->listen(handler, log));
  return threads;
}

void HttpThreads::start(Log& log) {
  for (const auto& worker : workers_) worker->start(log);
}

Result<> HttpThreads::listen(wasi::HttpHandler& handler, Log& log) {
  const auto bodies = std::make_shared<wasi::HttpBodyBudget>(body_bytes_max, body_share_max);
  for (uint32_t i = 0; i < settings_.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    for (wasi::SocketAddress& address : settings_.addresses) {
      auto socket = TRY(listen_in(i, settings_.threads, address));
      TRY(workers_.back()->serve(handler, log, settings_.access, bodies, std::move(socket)));
    }
  }
  return {};
}

void HttpThreads::shut_down() {
  for (const auto& worker : workers_) worker->shut_down();
}

void HttpThreads::abort() {
  for (const auto& worker : workers_) worker->abort();
}

bool HttpThreads::have_ended() const {
  return std::ranges::all_of(workers_, [](const auto& worker) { return worker->has_ended(); });
}

bool HttpThreads::has_failed() const {
  return std::ranges::any_of(workers_, [](const auto& worker) { return worker->has_failed(); });
}

}  // namespace cairn::cli
