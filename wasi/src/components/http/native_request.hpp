#pragma once
/// A request that a native handler answers, from whichever thread.

#include <cairn/wasi/http_handler.hpp>

#include <mutex>
#include <thread>

#include "components/http/server.hpp"
#include "components/http/websocket.hpp"

namespace cairn::wasi {

class NativeRequest;

/// Requests that other threads have brought something for. The loop is woken once for all that come
/// before it looks. Outlives the server.
class Arrivals : public std::enable_shared_from_this<Arrivals> {
 public:
  explicit Arrivals(EventLoop& loop) : loop_(&loop) {}
  void push(std::shared_ptr<NativeRequest> request);
  /// There is no loop any more.
  void close();

 private:
  std::vector<std::shared_ptr<NativeRequest>> take();
  std::mutex mutex_;
  EventLoop* loop_;
  std::vector<std::shared_ptr<NativeRequest>> waiting_;
};

class NativeRequest final : public Handling, public std::enable_shared_from_this<NativeRequest> {
 public:
  NativeRequest(HttpServer::State& server, std::shared_ptr<ServerConnection> connection);
  ~NativeRequest() override;
  NativeRequest(const NativeRequest&) = delete;
  NativeRequest& operator=(const NativeRequest&) = delete;

  // The connection's side, on the loop's thread.

  void start(RequestHead head) override;
  void give_up() override;
  void end_body() override;
  void finish(const Http<>& how) override;
  void shut_down() override;
  void check_time(uint64_t now_ns) override;
  /// Sends what there is.
  void look();

  // The handler's side, from any thread.

  enum class Form : uint8_t { none, whole, stream, websocket };
  /// False: it has an answer already.
  bool answer(Form form, HttpResponse response, HttpStreamSettings settings);
  bool send(std::string_view text);
  void end();
  /// Nobody will answer any more.
  void abandon();

 private:
  bool read_upgrade();
  void read_body();
  void read_on();
  bool take_bytes(uint64_t bytes);
  void hand_over();
  void refuse(uint16_t status, std::string_view why);
  void begin(Form form, HttpResponse response);
  void send_out(std::string bytes);
  void pump();
  void read_frames();
  void receive(const WebSocketMessage& message);
  void end_websocket(uint16_t code);
  void wake();

  HttpServer::State& server_;
  HttpHandler& handler_;
  std::shared_ptr<HttpBodyBudget> bodies_;  // may outlive the server
  std::shared_ptr<Arrivals> arrivals_;
  std::thread::id thread_;

  // Of the loop's thread.
  std::shared_ptr<ServerConnection> connection_;  ///< null: it is over
  HttpRequest request_;
  uint64_t body_bytes_max_ = 0;
  uint64_t body_bytes_ = 0;  ///< taken from the budget
  std::string body_owner_;
  EventLoop::Ticket reading_, writing_;
  Form form_ = Form::none;  ///< of the answer that has begun
  std::string out_;
  size_t written_ = 0;
  bool is_complete_ = false;  ///< nothing comes behind `out_`
  bool is_finished_ = false;  ///< the connection has all of it
  bool is_counted_ = true;    ///< among the server's requests
  uint64_t sent_ns_ = 0;
  std::string websocket_key_;
  std::optional<WebSocketParser> frames_;

  // Of all threads.
  std::mutex mutex_;
  Form answer_ = Form::none;
  std::optional<HttpResponse> response_;  ///< that has not begun
  HttpStreamSettings settings_;
  std::string news_;    ///< of a stream
  size_t backlog_ = 0;  ///< bytes that were given and have not been written
  bool is_ended_ = false, is_cut_ = false, is_gone_ = false, is_abandoned_ = false;
  bool is_queued_ = false;  ///< the loop will look
};

}  // namespace cairn::wasi
