#pragma once
/// The inside of `HttpServer`: instances that serve, connections, and the requests between them.

#include <cairn/component/pending_call.hpp>
#include <cairn/wasi/http_server.hpp>

#include <atomic>
#include <unordered_set>

#include "components/http/message_reader.hpp"
#include "components/http/message_writer.hpp"
#include "components/http/messages_02.hpp"
#include "components/http/messages_03.hpp"
#include "components/http/tls_transport.hpp"

namespace cairn::wasi {

class Arrivals;
class ServerConnection;
struct ServedRequest;

/// What becomes of a request, as its connection sees it: a guest serves it, or a native handler.
class Handling {
 public:
  virtual ~Handling() = default;
  virtual void start(RequestHead head) = 0;
  /// Its time is over.
  virtual void give_up() = 0;
  /// The client gives its body too slowly: 408, unless a response has gone out by now.
  virtual void end_body() = 0;
  /// The response has gone out, or could not.
  virtual void finish(const Http<>& how) = 0;
  /// The server stops: what has no end of its own ends now.
  virtual void shut_down() {}
  /// Now and then, while it is served.
  virtual void check_time(uint64_t /*now_ns*/) {}
};

/// An instance of the component in a store of its own.
struct ServedInstance : std::enable_shared_from_this<ServedInstance> {
  ServedInstance(HttpServer::State& of, std::shared_ptr<Guest> with);
  HttpServer::State& server;
  std::shared_ptr<Guest> guest;
  component::Store store;
  component::Func handle;
  bool is_02 = false;
  bool broken = false;   ///< a guest has trapped in it
  uint32_t served = 0;   ///< requests so far
  bool running = false;  ///< its threads run: who wakes it need not say so
  std::atomic<bool> woken = false;
  std::vector<std::shared_ptr<ServedRequest>> requests;

  /// Finds the handler. Kind `unlinkable`: there is none.
  Result<> find_handler(const component::Instance& instance);
  /// Lets all threads run that can, and sends what came of it.
  void run();
  void run_soon();
  /// Does it serve, or will it serve, more than one request?
  bool has_others() const;

 private:
  std::optional<Error> stopped();
};

/// A request while a guest has to do with it.
struct ServedRequest final : Handling, std::enable_shared_from_this<ServedRequest> {
  std::shared_ptr<ServerConnection> connection;  ///< null: it has gone
  std::shared_ptr<ServedInstance> instance;
  EventLoop* loop = nullptr;
  std::optional<component::PendingCall> call;
  std::shared_ptr<OutgoingResponse2> answer_02;
  std::optional<Promise<Sent3>> report_sent;
  bool answered = false;  ///< the response's head is on its way
  bool given_up = false;  ///< that is an error of ours
  bool sent = false;      ///< the response is complete, or will never be …
  uint64_t sent_ns = 0;   ///< … since then

  /// Hands it to the guest and runs that.
  void start(RequestHead head) override;
  /// Looks what the guest has come to.
  void look();
  /// Ends it with an error, or in the middle of the response.
  void fail(const HttpError& why);
  /// The same because of what the client has sent.
  void refuse_body(const HttpError& why);
  /// The same because the guest has failed or its time is over.
  void give_up() override;
  void end_body() override;
  /// Nobody waits for the guest any more.
  void end_guest();
  void finish(const Http<>& how) override;
  EventLoop& instance_loop() const;

 private:
  Result<component::PendingCall> call_guest(RequestHead head);
  void take_answer_02(Http<std::shared_ptr<OutgoingResponse2>> answer);
  void take_answer_03();
  bool refuse_interim(uint16_t status);
  void fail(uint16_t status, std::string_view why);
};

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  explicit State(HttpServerConfig with) : config(std::move(with)) {}

  HttpServerConfig config;
  bool stopping = false;
  std::shared_ptr<Socket> listener;
  EventLoop::Ticket accepting, sweeping;
  std::optional<uint64_t> shortage_told_ns;  ///< when the log heard that nobody can be taken
  std::unordered_set<std::shared_ptr<ServerConnection>> connections;
  uint32_t requests = 0;               ///< that guests or the handler have to do with
  std::shared_ptr<Arrivals> arrivals;  ///< with a native handler
  std::vector<std::shared_ptr<ServedRequest>> afterwards;  ///< those whose responses are complete
  std::shared_ptr<ServedInstance> shared;      ///< the instance that takes the next request too
  std::vector<std::shared_ptr<void>> retired;  ///< to be destroyed when nothing runs
  bool clearing = false;                       ///< … which has been posted
  uint32_t depth = 0;
  uint64_t date_s = UINT64_MAX;
  std::string date_text;

  EventLoop& loop() const { return *config.loop; }
  uint64_t now_ns() const { return config.loop->clock().monotonic_ns(); }
  void accept();
  /// Says in the log, now and then, that who connects has to wait.
  void tell_shortage(Errno why);
  void serve(std::shared_ptr<Socket> socket);
  /// Closes who has waited too long, and looks again after a while.
  void sweep();
  uint64_t sweep_ns() const;
  Result<std::shared_ptr<ServedInstance>> make_instance();
  /// One that may serve a request.
  Result<std::shared_ptr<ServedInstance>> take_instance();
  /// Whoever has to do with the next request of a connection.
  Result<std::shared_ptr<Handling>> take_handling(std::shared_ptr<ServerConnection> of);
  void release(const std::shared_ptr<ServedRequest>& request);
  /// Destroys what was retired. Only where nothing of it is on the stack: in what the loop calls.
  /// Before a new instance is made, so that its memories and stacks come from those that went.
  void clear();
  /// "Date: …" of this second.
  const std::string& date();
  void log_error(const Error& error, std::string_view what) const;

  /// Around what may retire something: behind it that goes away, from the loop, for who has called
  /// here may be a part of it (a body whose last bytes have gone out).
  class Scope {
   public:
    explicit Scope(State& of) : state_(of) { ++state_.depth; }
    ~Scope() {
      if (--state_.depth > 0 || state_.retired.empty() || std::exchange(state_.clearing, true))
        return;
      state_.loop().post([weak = state_.weak_from_this()] {
        const auto state = weak.lock();
        if (!state) return;
        state->clearing = false;
        state->clear();
      });
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    State& state_;
  };
  /// While a guest of this store runs.
  class Running {
   public:
    Running(State& of, component::Store& store) : state_(of) {
      if (state_.config.running) state_.config.running(&store.core());
    }
    ~Running() {
      if (state_.config.running) state_.config.running(nullptr);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    State& state_;
  };
};

/// One client.
class ServerConnection final : public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(HttpServer::State& server, std::shared_ptr<Socket> socket);

  /// Serves what has come. From anywhere.
  void run();
  /// The same, from the loop.
  void wake();
  void close();
  /// Closes it unless a request is being served, which then is the last one.
  void shut_down();
  /// Closes it when its time is over.
  void check_time(uint64_t now_ns);

  // What a request does with it.
  /// `length`: of the body, if no field says it.
  void respond(uint16_t status, std::span<const HttpField> fields, bool has_body,
               std::optional<uint64_t> length = std::nullopt);
  /// An answer of the server's own, with its reason as text.
  void respond_error(uint16_t status, std::string_view reason);
  MessageReader& reader() { return reader_; }
  MessageWriter& writer() { return writer_; }
  /// Learns of a client that goes away while the guest works.
  void watch();
  /// The request goes on as long as both sides like.
  void lift_deadline() { set_deadline(std::nullopt); }
  /// From here on the connection speaks something else than HTTP, both ways, until the writer is
  /// told that it is finished. `head` is the whole head of the response.
  void switch_protocols(std::string_view head);
  /// Who the client is; empty: not known.
  const std::string& remote();
  /// Is the time of the request over?
  bool is_late() const;
  std::string describe() const { return method_ + " " + target_; }

 private:
  enum class State : uint8_t { reading, serving, lingering, closed };
  std::unique_ptr<Transport> open_transport();
  bool greet();
  bool step();
  void dispatch();
  Http<RequestHead> take_head();
  void refuse(const HttpError& error);
  void response_sent(const Http<>& how);
  bool drain();
  void wait_for_bytes();
  void say_goodbye();
  void linger();
  void set_deadline(std::optional<uint64_t> after_ns);
  bool has_late_body(uint64_t now_ns);
  void end_body();

  HttpServer::State& server_;
  std::shared_ptr<Socket> socket_;
  TlsTransport* greeting_ = nullptr;  ///< the transport, while hands are shaken
  std::unique_ptr<Transport> transport_;
  MessageReader reader_;
  MessageWriter writer_;
  State state_ = State::reading;
  bool is_last_ = false;      ///< the connection ends with this request
  bool is_switched_ = false;  ///< it does not speak HTTP any more
  bool running_ = false;
  std::shared_ptr<Handling> request_;
  std::string method_, target_;
  std::optional<std::string> remote_;
  bool is_http_11_ = true;
  uint16_t status_ = 0;
  uint64_t started_ns_ = 0;
  uint64_t deadline_ns_ = UINT64_MAX;
  bool listens_on_ = false;  ///< when it lingers: there is more of a request to be taken
  bool has_said_goodbye_ = false;
  uint64_t lingered_ = 0;
  uint64_t progress_ = 0, progress_ns_ = 0;  ///< what the client has taken, and when it last did
  uint64_t given_ = 0, given_ns_ = 0;        ///< likewise what it has given of a body
  uint64_t before_body_ = 0;                 ///< what it had given when its body began
  uint64_t owed_ns_ = 0;                     ///< how long that was waited for …
  uint64_t owed_since_ns_ = 0;               ///< … until then, and still is; 0: it is not
  EventLoop::Ticket readable_, writable_;
};

/// An error as a line of text.
HttpResponse plain_refusal(uint16_t status, std::string_view reason);
/// The phrase of a status, for people.
std::string_view status_phrase(uint16_t status);
/// The status for an error that a handler gives, or that ends a request.
uint16_t status_of(const HttpError& error);
/// Of a request's body: what the client is told.
uint16_t status_of_body(const HttpError& error);
std::string fault_of_body(const HttpError& error);
inline constexpr std::string_view late_body = "the body did not come in time";

/// The body of a request, as long as it is served, and where its response's body goes.
std::shared_ptr<BodySource> request_body(std::shared_ptr<ServedRequest> request);
std::shared_ptr<BodySink> response_body(std::shared_ptr<ServedRequest> request);

}  // namespace cairn::wasi
