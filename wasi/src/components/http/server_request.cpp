// A request between a client and a guest.

#include "components/http/server.hpp"

namespace cairn::wasi {
namespace {

using Answer3 = std::expected<HostOwn<Response3>, HttpError>;

class RequestSource final : public BodySource {
 public:
  explicit RequestSource(std::shared_ptr<ServedRequest> request) : request_(std::move(request)) {}
  Http<Read> read(size_t max) override {
    const auto request = request_;
    const auto connection = request->connection;
    if (!connection) return http_fail(HttpErrorCode::connection_terminated);
    Http<Read> read = connection->reader().read(max);
    // A body that is too large or malformed is the client's fault, whatever a guest makes of it.
    if (!read && read.error().code != HttpErrorCode::connection_terminated)
      request->refuse_body(read.error());
    // Nothing more has to come: from here on a client that goes away is noticed.
    if (read && connection->reader().is_done()) connection->watch();
    return read;
  }
  bool ready() override { return !request_->connection || request_->connection->reader().ready(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    if (!request_->connection) return request_->instance_loop().at(0, std::move(run));
    return request_->connection->reader().when_ready(std::move(run));
  }
  std::shared_ptr<Fields> trailers() override {
    return request_->connection ? request_->connection->reader().trailers() : nullptr;
  }

 private:
  std::shared_ptr<ServedRequest> request_;
};

class ResponseSink final : public BodySink {
 public:
  explicit ResponseSink(std::shared_ptr<ServedRequest> request) : request_(std::move(request)) {}
  Http<size_t> write(ByteSpan bytes) override {
    if (!open()) return http_fail(HttpErrorCode::connection_terminated);
    return request_->connection->writer().write(bytes);
  }
  bool ready() override { return !open() || request_->connection->writer().ready(); }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    if (!open()) return request_->instance_loop().at(0, std::move(run));
    return request_->connection->writer().when_ready(std::move(run));
  }
  Http<> finish(std::shared_ptr<Fields> trailers) override {
    if (!open()) return http_fail(HttpErrorCode::connection_terminated);
    return request_->connection->writer().finish(std::move(trailers));
  }
  void abort(const HttpError& error) override {
    if (!open()) return;
    const auto connection = request_->connection;
    connection->writer().abort(error);
  }

 private:
  bool open() const { return request_->connection && !request_->sent && !request_->given_up; }
  std::shared_ptr<ServedRequest> request_;
};

}  // namespace

std::shared_ptr<BodySource> request_body(std::shared_ptr<ServedRequest> request) {
  return std::make_shared<RequestSource>(std::move(request));
}
std::shared_ptr<BodySink> response_body(std::shared_ptr<ServedRequest> request) {
  return std::make_shared<ResponseSink>(std::move(request));
}

uint16_t status_of(const HttpError& error) {
  using Code = HttpErrorCode;
  switch (error.code) {
    case Code::request_body_size: return 413;
    case Code::request_header_section_size:
    case Code::request_header_size:
    case Code::request_trailer_section_size:
    case Code::request_trailer_size: return 431;
    case Code::request_uri_too_long: return 414;
    case Code::request_length_required: return 411;
    case Code::request_denied: return 403;
    case Code::dns_timeout:
    case Code::connection_timeout:
    case Code::connection_read_timeout:
    case Code::connection_write_timeout:
    case Code::response_timeout: return 504;
    case Code::dns_error:
    case Code::destination_not_found:
    case Code::destination_unavailable:
    case Code::destination_ip_prohibited:
    case Code::destination_ip_unroutable:
    case Code::connection_refused:
    case Code::connection_terminated:
    case Code::connection_limit_reached:
    case Code::tls_protocol_error:
    case Code::tls_certificate_error:
    case Code::tls_alert_received:
    case Code::response_incomplete:
    case Code::response_header_section_size:
    case Code::response_header_size:
    case Code::response_body_size:
    case Code::response_trailer_section_size:
    case Code::response_trailer_size:
    case Code::response_transfer_coding:
    case Code::response_content_coding: return 502;
    case Code::loop_detected: return 508;
    default: return 500;
  }
}

uint16_t status_of_body(const HttpError& error) {
  const uint16_t status = status_of(error);
  return status >= 500 ? 400 : status;
}

std::string fault_of_body(const HttpError& error) {
  switch (error.code) {
    case HttpErrorCode::request_body_size: return "the body is larger than allowed";
    case HttpErrorCode::request_trailer_section_size:
      return "the fields behind the body are larger than allowed";
    case HttpErrorCode::protocol_error:
      return "the body is malformed: expected chunks (RFC 9112, 7.1)";
    default: return error.to_string();
  }
}

// ---- Calling ----------------------------------------------------------------------------------

Result<component::PendingCall> ServedRequest::call_guest(RequestHead head) {
  const HttpServer::State::Running guard(instance->server, instance->store);
  std::vector<component::Value> args;
  if (instance->is_02) {
    auto message =
        std::make_shared<IncomingRequest2>(std::move(head), request_body(shared_from_this()));
    auto out = std::make_shared<ResponseOutparam>();
    out->set = [weak = weak_from_this()](Http<std::shared_ptr<OutgoingResponse2>> answer) {
      if (const auto self = weak.lock()) self->take_answer_02(std::move(answer));
    };
    args.push_back(component::Typed<HostOwn<IncomingRequest2>>::to_value(
        HostOwn<IncomingRequest2>(std::move(message))));
    args.push_back(component::Typed<HostOwn<ResponseOutparam>>::to_value(
        HostOwn<ResponseOutparam>(std::move(out))));
  } else {
    auto message = std::make_shared<Request3>();
    message->head = std::move(head);
    message->contents.source = request_body(shared_from_this());
    args.push_back(
        component::Typed<HostOwn<Request3>>::to_value(HostOwn<Request3>(std::move(message))));
  }
  return component::PendingCall::start(instance->store, instance->handle, std::move(args));
}

void ServedRequest::start(RequestHead head) {
  // Both may go away while the guest runs: the client has to take what the guest writes.
  const auto in = instance;
  const auto to = connection;
  to->writer().cork();
  in->running = true;
  Result<component::PendingCall> started = call_guest(std::move(head));
  in->running = false;
  if (!started) {
    in->broken = true;
    in->server.log_error(started.error(), to->describe());
    give_up();
    to->writer().uncork();
    // Others may have been in it.
    return in->run();
  }
  if (instance) call = *std::move(started);
  in->run();
}

// ---- What comes of it -------------------------------------------------------------------------

void ServedRequest::take_answer_02(Http<std::shared_ptr<OutgoingResponse2>> answer) {
  if (answered || sent || !connection) return;
  if (!answer) return fail(answer.error());
  if (refuse_interim((*answer)->status)) return;
  answer_02 = *std::move(answer);
  answered = true;
  // It lets go of this when the client turns out to have gone.
  const auto to = connection;
  to->respond(answer_02->status, answer_02->fields->all(), answer_02->body != nullptr);
  if (answer_02->body) return answer_02->body->attach(response_body(shared_from_this()));
  if (sent) return;
  [[maybe_unused]] const Http<> finished = to->writer().finish(nullptr);
}

/// Those below 200 stand before a response and are none (RFC 9110, 15.2).
bool ServedRequest::refuse_interim(uint16_t status) {
  if (status >= 200) return false;
  instance->server.log_error(
      {.kind = ErrorKind::trap, .message = "the status of the guest's response is an interim one"},
      connection->describe());
  give_up();
  return true;
}

void ServedRequest::take_answer_03() {
  Result<std::vector<component::Value>> results = call->wait(instance->store);
  if (!results || results->empty()) return fail({.code = HttpErrorCode::internal_error});
  const Answer3 answer = component::Typed<Answer3>::from_value(results->front());
  if (!answer) return fail(answer.error());
  Response3& response = **answer;
  if (refuse_interim(response.status)) return;
  answered = true;
  report_sent = std::exchange(response.contents.sent, std::nullopt);
  const bool has_body = response.contents.has_body();
  const auto to = connection;
  to->respond(response.status, response.fields->all(), has_body);
  if (sent) return;
  if (!has_body) {
    [[maybe_unused]] const Http<> finished = to->writer().finish(nullptr);
    return;
  }
  const Result<> sending = response.contents.send(*instance->guest, instance->store.state(),
                                                  response_body(shared_from_this()));
  if (!sending) {
    instance->server.log_error(sending.error(), connection->describe());
    fail({.code = HttpErrorCode::internal_error});
  }
}

void ServedRequest::look() {
  const auto self = shared_from_this();
  if (!instance) return;
  if (!sent && instance->broken) {
    if (!given_up) give_up();
    return;
  }
  if (!sent && call && call->is_done()) {
    if (!instance->is_02) {
      if (!answered) take_answer_03();
    } else if (!answered) {
      instance->server.log_error({.kind = ErrorKind::trap, .message = "the guest gave no response"},
                                 connection->describe());
      return give_up();
    } else if (answer_02 && answer_02->body && call->has_ended()) {
      // Nothing of the guest runs any more that could finish it.
      answer_02->body->abort({.code = HttpErrorCode::response_incomplete});
    }
  }
  if (instance && sent && (instance->broken || !call || call->has_ended()))
    instance->server.release(self);
}

void ServedRequest::finish(const Http<>& how) {
  const auto self = shared_from_this();
  sent = true;
  connection.reset();
  if (report_sent) (*std::exchange(report_sent, std::nullopt))(how);
  if (!instance) return;
  HttpServer::State& server = instance->server;
  if (instance->broken || !call || call->has_ended()) return server.release(self);
  // One of 0.3 that has given its response learns from its streams that nobody wants that any more.
  const bool learns = !instance->is_02 && call->is_done() && instance->has_others();
  if ((how && !given_up) || learns) {
    sent_ns = server.now_ns();
    server.afterwards.push_back(self);
    return;
  }
  end_guest();
}

void ServedRequest::end_guest() {
  const auto self = shared_from_this();
  const auto in = instance;
  if (!in) return;
  HttpServer::State& server = in->server;
  if (in->has_others() && !in->broken && call && !call->has_ended()) {
    if (in->is_02 || in->running || call->is_done()) {
      // It cannot be asked to stop. Nobody new comes to it, and it ends with the last of the
      // others.
      if (server.shared == in) server.shared.reset();
    } else if (!call->cancel()) {
      in->broken = true;
      in->run_soon();
    }
  }
  server.release(self);
}

void ServedRequest::give_up() {
  const bool late = connection && connection->is_late();
  fail({.code = late ? HttpErrorCode::response_timeout : HttpErrorCode::internal_error});
}

void ServedRequest::end_body() { fail(408, late_body); }

void ServedRequest::refuse_body(const HttpError& why) {
  fail(status_of_body(why), fault_of_body(why));
}

void ServedRequest::fail(const HttpError& why) {
  const bool is_ours = why.code == HttpErrorCode::internal_error;
  fail(status_of(why), is_ours ? "the guest has failed" : why.to_string());
}

void ServedRequest::fail(uint16_t status, std::string_view why) {
  const auto self = shared_from_this();
  const auto to = connection;
  if (sent || !to) return;
  given_up = true;
  if (std::exchange(answered, true) && !to->writer().take_back()) return to->close();
  to->respond_error(status, why);
}

EventLoop& ServedRequest::instance_loop() const { return *loop; }

}  // namespace cairn::wasi
