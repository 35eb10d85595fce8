// A request from its look-up to the end of the response's body.

#include "components/http/client.hpp"

#include <fmt/format.h>

#include "components/http/message_reader.hpp"
#include "components/http/message_writer.hpp"
#include "components/http/relay.hpp"
#include "components/http/request_check.hpp"
#include "components/http/tls_transport.hpp"
#include "components/sockets.hpp"

namespace cairn::wasi {
namespace {

constexpr uint16_t http_port = 80, https_port = 443;

class Exchange;

/// The body of the request, which may be written from the start on.
class RequestBody final : public BodySink {
 public:
  explicit RequestBody(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Http<size_t> write(ByteSpan bytes) override;
  bool ready() override;
  EventLoop::Ticket when_ready(EventLoop::Callback run) override;
  Http<> finish(std::shared_ptr<Fields> trailers) override;
  void abort(const HttpError& error) override;

 private:
  std::shared_ptr<Exchange> exchange_;
};

/// The body of the response.
class ResponseBody final : public BodySource {
 public:
  explicit ResponseBody(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Http<Read> read(size_t max) override;
  bool ready() override;
  EventLoop::Ticket when_ready(EventLoop::Callback run) override;
  std::shared_ptr<Fields> trailers() override;

 private:
  std::shared_ptr<Exchange> exchange_;
};

class Exchange final : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Guest& guest, const RequestOptions& options, ClientCall::Answered answered,
           MessageWriter::Sent sent)
      : guest_(guest),
        limits_(guest.http_limits()),
        options_(options),
        answered_(std::move(answered)),
        sent_(std::move(sent)) {}

  void run(const RequestHead& head, bool has_body);
  void fail(const HttpError& error);
  /// The request has gone out, or never will.
  void tell_sent(const Http<>& how);
  ~Exchange() {
    if (sent_) sent_(http_fail(HttpErrorCode::connection_terminated));
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

 private:
  friend RequestBody;
  friend ResponseBody;

  Http<> prepare(const RequestHead& head, bool has_body);
  void look_up_host();
  void connect_next();
  void finish_connect();
  void shake_hands(TlsTransport& secure);
  void connected();
  void start_message();
  void read_head();
  void head_came();
  void set_timeout(uint64_t after_ns, HttpErrorCode code);
  EventLoop& loop() const { return guest_.loop(); }
  uint64_t first_byte_ns() const {
    return options_.first_byte_timeout.value_or(limits_.first_byte_timeout_ns);
  }
  uint64_t between_bytes_ns() const {
    return options_.between_bytes_timeout.value_or(limits_.between_bytes_timeout_ns);
  }

  Guest& guest_;
  HttpLimits limits_;
  RequestOptions options_;
  ClientCall::Answered answered_;
  MessageWriter::Sent sent_;
  std::optional<HttpError> error_;
  bool is_secure_ = false;
  bool to_head_ = false;
  bool has_body_ = false;  ///< somebody writes it, and finishes
  std::string head_text_;
  /// What counts the request, until it is sent: a guest may have let go of it before.
  std::shared_ptr<Fields> fields_;
  Guest::Place place_;
  Framing framing_;
  Authority authority_;
  uint16_t port_ = 0;
  std::vector<IpAddress> addresses_;
  Errno last_error_ = Errno::hostunreach;
  EventLoop::Ticket step_, timeout_;
  std::shared_ptr<TcpSocket> socket_;
  std::unique_ptr<Transport> transport_;
  std::optional<MessageReader> reader_;
  std::optional<MessageWriter> writer_;
  uint32_t informational_ = 0;
  bool finished_ = false;  ///< the body, before there was a writer
  std::shared_ptr<Fields> trailers_;
  Signal opened_;  ///< the writer is there, or never will be
};

// ---- The request ------------------------------------------------------------------------------

Http<> Exchange::prepare(const RequestHead& head, bool has_body) {
  CheckedRequest checked = TRY(check_request(head, has_body, limits_));
  is_secure_ = checked.is_secure;
  if (is_secure_ && !guest_.config().tls) return http_fail(HttpErrorCode::tls_protocol_error);
  authority_ = std::move(checked.authority);
  port_ = authority_.port.value_or(is_secure_ ? https_port : http_port);
  to_head_ = checked.to_head;
  framing_ = checked.framing;
  head_text_ = fmt::format("{} {} HTTP/1.1\r\n", head.method, checked.target);
  append_field(head_text_, "Host", authority_.host_and_port);
  for (const Fields::Field& field : head.fields->all()) {
    if (framing_.kind == Framing::Kind::length && equal_names(field.name, "content-length"))
      continue;
    append_field(head_text_, field.name, field.value);
  }
  if (framing_.kind == Framing::Kind::length)
    append_field(head_text_, "Content-Length", std::to_string(framing_.length));
  if (framing_.kind == Framing::Kind::chunked)
    append_field(head_text_, "Transfer-Encoding", "chunked");
  append_field(head_text_, "Connection", "close");
  head_text_ += "\r\n";
  return {};
}

void Exchange::run(const RequestHead& head, bool has_body) {
  has_body_ = has_body;
  fields_ = head.fields;
  place_ = head.place;
  if (const Http<> prepared = prepare(head, has_body); !prepared) return fail(prepared.error());
  if (!guest_.config().network) return fail({.code = HttpErrorCode::request_denied});
  set_timeout(options_.connect_timeout.value_or(limits_.connect_timeout_ns),
              HttpErrorCode::connection_timeout);
  look_up_host();
}

void Exchange::set_timeout(uint64_t after_ns, HttpErrorCode code) {
  const uint64_t now = loop().clock().monotonic_ns();
  timeout_ = loop().at(after_ns > UINT64_MAX - now ? UINT64_MAX : now + after_ns,
                       [this, code] { fail({.code = code}); });
}

void Exchange::fail(const HttpError& error) {
  if (error_) return;
  const auto self = shared_from_this();
  error_ = error;
  step_.reset();
  timeout_.reset();
  if (writer_) writer_->abort(error);
  tell_sent(std::unexpected(error));
  if (const auto answered = std::exchange(answered_, nullptr)) answered(std::unexpected(error));
  opened_.fire();
}

void Exchange::tell_sent(const Http<>& how) {
  head_text_ = {};
  fields_.reset();
  place_.reset();
  if (const auto sent = std::exchange(sent_, nullptr)) sent(how);
}

// ---- Connecting -------------------------------------------------------------------------------

void Exchange::look_up_host() {
  const auto self = shared_from_this();
  auto ticket = look_up(guest_, authority_.host, [this](Outcome<std::vector<IpAddress>> found) {
    if (!found) return fail(HttpError::of_lookup(found.error()));
    addresses_ = *std::move(found);
    std::ranges::reverse(addresses_);
    connect_next();
  });
  if (ticket && !error_ && !socket_) step_ = std::move(ticket);
}

void Exchange::connect_next() {
  step_.reset();
  socket_.reset();
  while (!addresses_.empty()) {
    const SocketAddress to{.ip = addresses_.back(), .port = port_};
    addresses_.pop_back();
    auto socket = TcpSocket::create(guest_, to.ip.family);
    if (!socket) {
      last_error_ = socket.error();
      continue;
    }
    if (const Outcome<> started = (*socket)->start_connect(to); !started) {
      // That an address is not allowed says more than that another is not there.
      if (last_error_ != Errno::acces) last_error_ = started.error();
      continue;
    }
    socket_ = *std::move(socket);
    step_ = socket_->when_ready([this] { finish_connect(); });
    return;
  }
  fail(HttpError::of_connect(last_error_));
}

void Exchange::finish_connect() {
  const Outcome<> result = socket_->finish_connect();
  if (!result && result.error() == Errno::again) {
    step_ = socket_->when_ready([this] { finish_connect(); });
    return;
  }
  if (!result) {
    last_error_ = result.error();
    return connect_next();
  }
  transport_ = make_transport(loop(), socket_->share());
  if (!is_secure_) return connected();
  auto secured =
      TlsTransport::make(loop(), std::move(transport_), *guest_.config().tls, authority_.host);
  if (!secured) return fail(secured.error());
  TlsTransport& secure = **secured;
  transport_ = *std::move(secured);
  shake_hands(secure);
}

/// Under the same time-out as connecting.
void Exchange::shake_hands(TlsTransport& secure) {
  const Http<bool> done = secure.shake_hands();
  if (!done) return fail(done.error());
  if (*done) return connected();
  step_ = secure.when_readable([this, &secure] { shake_hands(secure); });
}

void Exchange::connected() {
  set_timeout(first_byte_ns(), HttpErrorCode::response_timeout);
  const auto self = shared_from_this();
  reader_.emplace(*transport_, MessageReader::Kind::response, limits_);
  reader_->start(to_head_);
  writer_.emplace(*transport_, limits_, HttpErrorCode::request_body_size);
  writer_->start(std::exchange(head_text_, {}), framing_,
                 [this](const Http<>& how) { tell_sent(how); });
  if (!has_body_ || finished_) {
    if (const Http<> finished = writer_->finish(std::move(trailers_)); !finished)
      return fail(finished.error());
  }
  opened_.fire();
  if (!error_) read_head();
}

// ---- The response -----------------------------------------------------------------------------

void Exchange::read_head() {
  const Http<bool> came = reader_->read_head();
  if (!came) {
    // A server that closes without a word has not answered.
    const bool silent =
        reader_->is_untouched() && came.error().code == HttpErrorCode::response_incomplete;
    return fail(silent ? HttpError{.code = HttpErrorCode::connection_terminated} : came.error());
  }
  if (!*came) {
    step_ = reader_->when_ready([this] { read_head(); });
    return;
  }
  const uint16_t status = reader_->head().status;
  if (status == 101) return fail({.code = HttpErrorCode::upgrade_failed});
  if (status < 200) {
    if (++informational_ > limits_.informational_max)
      return fail({.code = HttpErrorCode::protocol_error});
    reader_->start(to_head_);
    return read_head();
  }
  head_came();
}

void Exchange::head_came() {
  const auto self = shared_from_this();
  timeout_.reset();
  step_.reset();
  const MessageHead& head = reader_->head();
  const auto answered = std::exchange(answered_, nullptr);
  if (!answered) return;
  answered(ClientResponse{
      .status = head.status, .fields = head.fields, .body = std::make_shared<ResponseBody>(self)});
}

Http<BodySource::Read> ResponseBody::read(size_t max) {
  Exchange& exchange = *exchange_;
  if (exchange.error_) return std::unexpected(*exchange.error_);
  Http<Read> read = exchange.reader_->read(max);
  if (!read) exchange.fail(read.error());
  return read;
}
bool ResponseBody::ready() { return exchange_->error_ || exchange_->reader_->ready(); }
std::shared_ptr<Fields> ResponseBody::trailers() { return exchange_->reader_->trailers(); }

EventLoop::Ticket ResponseBody::when_ready(EventLoop::Callback run) {
  struct Both final : EventLoop::Wait {
    EventLoop::Ticket ready, late;
  };
  EventLoop& loop = exchange_->loop();
  if (exchange_->error_) return loop.at(0, std::move(run));
  auto both = std::make_unique<Both>();
  const auto shared = std::make_shared<EventLoop::Callback>(std::move(run));
  both->ready = exchange_->reader_->when_ready([shared] { (*shared)(); });
  const uint64_t now = loop.clock().monotonic_ns();
  const uint64_t after = std::min(exchange_->between_bytes_ns(), UINT64_MAX - now);
  both->late = loop.at(now + after, [shared, exchange = exchange_] {
    exchange->fail({.code = HttpErrorCode::connection_read_timeout});
    (*shared)();
  });
  return both;
}

// ---- The request's body -----------------------------------------------------------------------

Http<size_t> RequestBody::write(ByteSpan bytes) {
  if (exchange_->error_) return std::unexpected(*exchange_->error_);
  if (!exchange_->writer_) return size_t{0};
  return exchange_->writer_->write(bytes);
}
bool RequestBody::ready() {
  return exchange_->error_ || (exchange_->writer_ && exchange_->writer_->ready());
}
EventLoop::Ticket RequestBody::when_ready(EventLoop::Callback run) {
  if (exchange_->error_) return exchange_->loop().at(0, std::move(run));
  if (!exchange_->writer_) return exchange_->opened_.wait(std::move(run));
  return exchange_->writer_->when_ready(std::move(run));
}
Http<> RequestBody::finish(std::shared_ptr<Fields> trailers) {
  const auto exchange = exchange_;
  if (exchange->error_) return std::unexpected(*exchange->error_);
  if (!exchange->writer_) {
    // A body without bytes may end before there is a connection.
    exchange->finished_ = true;
    exchange->trailers_ = std::move(trailers);
    return {};
  }
  Http<> finished = exchange->writer_->finish(std::move(trailers));
  if (!finished) exchange->fail(finished.error());
  return finished;
}
void RequestBody::abort(const HttpError& error) {
  const auto exchange = exchange_;
  exchange->fail(error);
}

class Call final : public ClientCall {
 public:
  explicit Call(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  std::shared_ptr<BodySink> body() override { return std::make_shared<RequestBody>(exchange_); }

 private:
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace

std::shared_ptr<ClientCall> send_request(Guest& guest, const RequestHead& head,
                                         const RequestOptions& options, bool has_body,
                                         ClientCall::Answered answered,
                                         std::function<void(Http<>)> sent) {
  if (HttpRelay* const relay = guest.config().http_relay)
    return relay_request(*relay, guest, head, options, has_body, std::move(answered),
                         std::move(sent));
  auto exchange = std::make_shared<Exchange>(guest, options, std::move(answered), std::move(sent));
  exchange->run(head, has_body);
  return std::make_shared<Call>(std::move(exchange));
}

}  // namespace cairn::wasi
