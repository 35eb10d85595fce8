#pragma once
/// Serves components of the worlds `wasi:http/proxy` (0.2) and `wasi:http/service` (0.3), or a
/// handler of the program's own, over HTTP/1.1. One server belongs to one event loop; a process may
/// have several, one for each thread.
///
///   auto server = TRY(HttpServer::make(std::move(config)));
///   server->listen(socket);
///   while (!server->has_ended()) TRY(loop.run_one());

#include <cairn/base/event_loop.hpp>
#include <cairn/base/log.hpp>
#include <cairn/component/linker.hpp>
#include <cairn/wasi/guest.hpp>
#include <cairn/wasi/http_handler.hpp>
#include <cairn/wasi/http_limits.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace cairn::wasi {

/// What clients may use of a server at once, beside `HttpLimits`.
struct HttpServerLimits {
  uint32_t connections_max = 10'000;  ///< more wait in the system's queue
  uint32_t requests_max = 1'000;      ///< that run at the same time; more get 503
  /// Of one instance that serves several requests: so many at the same time.
  uint32_t instance_requests_max = 100;
  uint64_t head_timeout_ns = 30'000'000'000;  ///< from the first byte to the end of the head
  uint64_t idle_timeout_ns = 60'000'000'000;  ///< of a connection between requests
  /// Of a client that takes nothing of its response, or gives nothing of a body that is waited for.
  uint64_t stall_timeout_ns = 60'000'000'000;
  /// How long a body may be waited for in all, and more for each byte of it that comes, as long as
  /// no response has begun: who gives less for longer is answered by 408.
  uint64_t body_timeout_ns = 60'000'000'000;
  uint64_t body_bytes_per_s_min = 500;
  std::optional<uint64_t> request_timeout_ns;  ///< from the head to the end of the response; 504
  /// How long a guest may go on when its response is complete.
  uint64_t afterwards_ns = 30'000'000'000;
  /// What is read of a request's body that the guest has left, so that the connection can go on.
  uint64_t drained_bytes_max = uint64_t{256} << 10;
};

/// What became of a request, for a log.
struct HttpAccess {
  std::string_view method, target;
  uint16_t status = 0;
  uint64_t response_bytes = 0;  ///< of the body
  uint64_t duration_ns = 0;
};

/// What the bodies of requests to a native handler may have together, at all servers that share it:
/// from when they are read until the request is answered.
class HttpBodyBudget {
 public:
  /// `share_max`: those of one owner, so that who is slow leaves something for the others.
  HttpBodyBudget(uint64_t bytes_max, uint64_t share_max)
      : bytes_max_(bytes_max), share_max_(share_max) {}
  /// False: it is used up, and nothing was taken.
  bool take(const std::string& owner, uint64_t bytes);
  void give_back(const std::string& owner, uint64_t bytes);

 private:
  const uint64_t bytes_max_, share_max_;
  std::mutex mutex_;
  uint64_t used_ = 0;
  std::unordered_map<std::string, uint64_t> used_by_;
};

struct HttpServerConfig {
  /// The loop outlives the server; so does the engine.
  EventLoop* loop = nullptr;
  /// Serves instead of a component, of which nothing is needed then. Outlives the server, too.
  HttpHandler* handler = nullptr;
  engine::Engine* engine = nullptr;
  std::optional<component::ComponentPre> component;
  /// A world for each instance.
  std::function<Result<std::shared_ptr<Guest>>()> make_guest;
  engine::StoreLimits store_limits = {};
  component::RuntimeLimits runtime_limits = {};
  std::optional<uint64_t> fuel;  ///< for each request; the engine has to count it
  uint32_t reuse = 1;            ///< how many requests an instance serves
  HttpLimits limits = {};
  HttpServerLimits server_limits = {};
  std::shared_ptr<HttpBodyBudget> bodies = nullptr;  ///< more get 503; null: no bound
  TlsContext* tls = nullptr;                         ///< of a server: https; null: http
  Log* log = nullptr;                                ///< of errors; null: nowhere
  std::function<void(const HttpAccess&)> access;     ///< null: nobody is told
  /// Told which store runs a guest just now (null: none does any more), so that somebody can
  /// interrupt guests that do not stop by themselves.
  std::function<void(engine::Store*)> running;
};

class HttpServer {
 public:
  /// Makes an instance to see whether there is something to serve. Kind `unlinkable` when the
  /// component exports no handler.
  static Result<std::unique_ptr<HttpServer>> make(HttpServerConfig config);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Serves who connects to this socket, which listens.
  void listen(std::shared_ptr<Socket> socket);
  /// Serves one connection.
  void serve(std::shared_ptr<Socket> socket);
  /// Takes no more connections and requests; those that are there are finished.
  void shut_down();
  /// Ends all that is left.
  void abort();
  /// After `shut_down`: is everything finished?
  bool has_ended() const;

  struct State;

 private:
  explicit HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace cairn::wasi
