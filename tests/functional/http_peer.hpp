#pragma once
/// The other side of HTTP for tests: a client that speaks plainly, and a server of fixed answers.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cairn::functional {

struct HttpReply {
  int status = 0;  ///< 0: there was none
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool whole = false;  ///< the body ended as it should
  /// The first value of that name, or an empty text. Names in any case.
  std::string field(std::string_view name) const;
};

/// A connection to 127.0.0.1.
class HttpClient {
 public:
  explicit HttpClient(uint16_t port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void send(std::string_view bytes) const;
  /// Waits until what has come and was not received holds this; false: it will not.
  bool await(std::string_view part);
  /// What comes up to the next line feed, without it; none: no more will come.
  std::optional<std::string> read_line();
  /// Has anything come that was not received?
  bool has_come() const;
  /// The next response. `to_head`: to a HEAD request.
  HttpReply receive(bool to_head = false);
  /// Sends a request with a body as it is, and waits for the response.
  HttpReply ask(std::string_view method, std::string_view path, std::string_view body = "",
                std::string_view fields = "");
  /// Has the server closed the connection?
  bool is_closed();
  /// Ends it so that the server sees an error.
  void reset();

 private:
  bool fill();
  std::string take_line();
  std::string take(size_t count);
  int fd_ = -1;
  std::string buffer_;
  bool ended_ = false;
};

/// The port in "… http://HOST:PORT…".
uint16_t port_in(std::string_view line);

/// A server whose answers are those of a specification's `endpoints` (the official suite's
/// SPECIFICATION.md and runner): a response each, or `echo-body`, or `echo-headers`. Ours is
/// `endless`: `start`, and then `part` again and again, each `pause_ms`, until the client has gone.
class HttpEndpoints {
 public:
  explicit HttpEndpoints(const nlohmann::json& endpoints);
  ~HttpEndpoints();
  HttpEndpoints(const HttpEndpoints&) = delete;
  HttpEndpoints& operator=(const HttpEndpoints&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void serve();
  void answer(int fd);
  void never_end(int fd, const nlohmann::json& endpoint) const;
  std::map<std::pair<std::string, std::string>, nlohmann::json> routes_;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::thread> connections_;
};

/// An address of this machine at which nobody listens.
std::string closed_address();

}  // namespace cairn::functional
