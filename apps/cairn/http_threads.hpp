#pragma once
/// Threads that serve HTTP by one handler, each with an event loop of its own.

#include <cairn/base/clock.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/log.hpp>
#include <cairn/wasi/http_handler.hpp>
#include <cairn/wasi/http_server.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace cairn::cli {

struct HttpThreadsSettings {
  std::vector<wasi::SocketAddress> addresses;  ///< at all of which each thread listens
  uint32_t threads = 1;
  std::function<void(const wasi::HttpAccess&)> access = {};  ///< null: nobody is told
};

class HttpThreads {
 public:
  /// Listens: who connects waits for `start`. The handler and the log outlive it. Errors name the
  /// address.
  static Result<std::unique_ptr<HttpThreads>> open(wasi::HttpHandler& handler, Log& log,
                                                   HttpThreadsSettings settings);
  /// Ends what is left.
  ~HttpThreads();
  HttpThreads(const HttpThreads&) = delete;
  HttpThreads& operator=(const HttpThreads&) = delete;

  void start(Log& log);
  /// Where they listen: what the system has chosen, for port 0.
  const std::vector<wasi::SocketAddress>& addresses() const { return settings_.addresses; }
  /// Takes no more requests; those that are there are finished.
  void shut_down();
  /// Ends those, too.
  void abort();
  bool have_ended() const;
  /// One of the threads has ended by itself; the log says why.
  bool has_failed() const;

 private:
  class Worker;
  explicit HttpThreads(HttpThreadsSettings settings);
  Result<> listen(wasi::HttpHandler& handler, Log& log);

  HttpThreadsSettings settings_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace cairn::cli
