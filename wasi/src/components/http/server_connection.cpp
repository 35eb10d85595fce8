// One client: requests come in, responses go out, one after another.

#include <fmt/format.h>

#include <array>

#include "components/http/server.hpp"
#include "components/http/syntax.hpp"

namespace cairn::wasi {

namespace {
constexpr uint64_t linger_ns = 2'000'000'000;
constexpr uint64_t lingered_bytes_max = uint64_t{16} << 20;
/// Of one client, before others have theirs.
constexpr uint32_t requests_in_turn = 16;
}  // namespace

std::string_view status_phrase(uint16_t status) {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 508: return "Loop Detected";
    default: return "";
  }
}

ServerConnection::ServerConnection(HttpServer::State& server, std::shared_ptr<Socket> socket)
    : server_(server),
      socket_(std::move(socket)),
      transport_(open_transport()),
      reader_(*transport_, MessageReader::Kind::request, server.config.limits),
      writer_(*transport_, server.config.limits, HttpErrorCode::response_body_size) {
  reader_.start();
  const HttpServerLimits& limits = server.config.server_limits;
  set_deadline(greeting_ ? limits.head_timeout_ns : limits.idle_timeout_ns);
}

std::unique_ptr<Transport> ServerConnection::open_transport() {
  auto plain = make_transport(server_.loop(), socket_);
  if (!server_.config.tls) return plain;
  auto secured = TlsTransport::make(server_.loop(), std::move(plain), *server_.config.tls, "");
  // Without memory for a session there is none for a request either.
  CAIRN_ASSERT(secured);
  greeting_ = secured->get();
  return *std::move(secured);
}

/// False: one has to wait, or there is nobody to talk to.
bool ServerConnection::greet() {
  const Http<bool> done = greeting_->shake_hands();
  if (!done) {
    close();
    return false;
  }
  if (!*done) {
    readable_ = greeting_->when_readable([this] { wake(); });
    return false;
  }
  greeting_ = nullptr;
  set_deadline(server_.config.server_limits.idle_timeout_ns);
  return true;
}

// ---- Time -------------------------------------------------------------------------------------

void ServerConnection::set_deadline(std::optional<uint64_t> after_ns) {
  const uint64_t now = server_.now_ns();
  deadline_ns_ = after_ns && *after_ns < UINT64_MAX - now ? now + *after_ns : UINT64_MAX;
}

void ServerConnection::check_time(uint64_t now_ns) {
  if (state_ == State::closed) return;
  if (writer_.progress() != progress_ || !writer_.has_pending()) {
    progress_ = writer_.progress();
    progress_ns_ = now_ns;
  } else if (now_ns - progress_ns_ >= server_.config.server_limits.stall_timeout_ns) {
    return close();
  }
  const bool is_owed = state_ == State::serving && reader_.is_awaited();
  if (reader_.progress() != given_ || !is_owed) {
    given_ = reader_.progress();
    given_ns_ = now_ns;
  } else if (now_ns - given_ns_ >= server_.config.server_limits.stall_timeout_ns) {
    return end_body();
  }
  if (has_late_body(now_ns)) return end_body();
  const auto served = request_;
  if (served) served->check_time(now_ns);
  if (now_ns < deadline_ns_ || state_ == State::closed) return;
  if (state_ == State::serving && request_) {
    const auto request = request_;
    return request->give_up();
  }
  if (state_ == State::reading && !reader_.is_untouched()) {
    method_ = "-";
    target_ = "-";
    return respond_error(408, "the request did not come in time");
  }
  close();
}

/// Time counts only while somebody waits for the body, and only until a response has begun: behind
/// that both may talk for as long as they like.
bool ServerConnection::has_late_body(uint64_t now_ns) {
  constexpr uint64_t ns_per_s = 1'000'000'000;
  const HttpServerLimits& limits = server_.config.server_limits;
  const bool is_owed = state_ == State::serving && status_ == 0 && reader_.is_awaited();
  if (is_owed && owed_since_ns_ != 0) owed_ns_ += now_ns - owed_since_ns_;
  owed_since_ns_ = is_owed ? now_ns : 0;
  if (!is_owed || owed_ns_ < limits.body_timeout_ns) return false;
  const uint64_t given_s = (reader_.progress() - before_body_) / limits.body_bytes_per_s_min;
  return (owed_ns_ - limits.body_timeout_ns) / ns_per_s >= given_s;
}

void ServerConnection::end_body() {
  if (const auto request = request_) return request->end_body();
  close();
}

// ---- Requests ---------------------------------------------------------------------------------

void ServerConnection::run() {
  const auto self = shared_from_this();
  const HttpServer::State::Scope scope(server_);
  if (std::exchange(running_, true)) return;
  // A client that sends one request behind another does not keep the others waiting.
  for (uint32_t i = 0; step(); ++i) {
    if (i + 1 < requests_in_turn) continue;
    readable_ = server_.loop().at(0, [this] { wake(); });
    break;
  }
  running_ = false;
}

void ServerConnection::wake() {
  const auto self = shared_from_this();
  server_.clear();
  run();
}

/// True: there may be more to do at once.
bool ServerConnection::step() {
  if (state_ != State::reading) return false;
  if (greeting_ && !greet()) return false;
  const bool was_untouched = reader_.is_untouched();
  const Http<bool> came = reader_.read_head();
  if (!came) {
    if (reader_.is_untouched() && reader_.has_ended())
      close();
    else
      refuse(came.error());
    return false;
  }
  if (was_untouched && !reader_.is_untouched())
    set_deadline(server_.config.server_limits.head_timeout_ns);
  if (!*came) {
    wait_for_bytes();
    return false;
  }
  dispatch();
  return state_ == State::reading;
}

void ServerConnection::wait_for_bytes() {
  readable_ = reader_.when_ready([this] { wake(); });
}

Http<RequestHead> ServerConnection::take_head() {
  MessageHead& head = reader_.head();
  method_ = head.method;
  target_ = head.target;
  is_http_11_ = head.is_http_11;
  is_last_ = !head.keeps_alive || server_.stopping;
  if (method_ == "CONNECT") return http_fail(HttpErrorCode::request_method_invalid);
  if (head.is_http_11 && !head.host) return http_fail(HttpErrorCode::request_uri_invalid);
  RequestHead request;
  request.method = method_;
  request.scheme = server_.config.tls ? "https" : "http";
  request.fields = head.fields;
  std::string_view target = target_;
  // Absolute form: what proxies are sent (RFC 9112, 3.2.2). It counts more than the field.
  const std::string prefix = *request.scheme + "://";
  if (target.size() > prefix.size() && equal_names(target.substr(0, prefix.size()), prefix)) {
    target.remove_prefix(prefix.size());
    const size_t end = std::min(target.find_first_of("/?"), target.size());
    head.host = target.substr(0, end);
    target.remove_prefix(end);
  } else if (!target.starts_with('/') && !(target == "*" && request.method == "OPTIONS")) {
    return http_fail(HttpErrorCode::request_uri_invalid);
  }
  if (head.host && (!head.host->empty() || head.is_http_11)) {
    // Who asks is no part of a host that is asked (RFC 9110, 4.2.4).
    if (!parse_authority(*head.host) || head.host->contains('@'))
      return http_fail(HttpErrorCode::request_uri_invalid);
    request.authority = std::move(head.host);
  }
  if (!is_path_with_query(target)) return http_fail(HttpErrorCode::request_uri_invalid);
  request.path_with_query = target.empty() ? "/" : std::string(target);
  return request;
}

void ServerConnection::dispatch() {
  state_ = State::serving;
  started_ns_ = server_.now_ns();
  status_ = 0;
  before_body_ = reader_.progress();
  owed_ns_ = owed_since_ns_ = 0;
  set_deadline(server_.config.server_limits.request_timeout_ns);
  Http<RequestHead> head = take_head();
  if (!head) return refuse(head.error());
  if (server_.requests >= server_.config.server_limits.requests_max)
    return respond_error(503, "too many requests at the same time");
  auto taken = server_.take_handling(shared_from_this());
  if (!taken) {
    server_.log_error(taken.error(), describe());
    return respond_error(500, "the guest cannot be started");
  }
  if (reader_.head().expects_continue) {
    reader_.set_before_body([this] {
      if (!writer_.is_busy()) writer_.write_informational("HTTP/1.1 100 Continue\r\n\r\n");
    });
  }
  const auto request = *std::move(taken);
  ++server_.requests;
  request_ = request;
  request->start(*std::move(head));
  if (request_ == request) watch();
}

void ServerConnection::watch() {
  // What a client sends meanwhile is the guest's to read, or has to wait.
  if (!request_ || is_switched_ || !reader_.is_done() || reader_.has_buffered()) return;
  readable_ = reader_.when_ready([this] {
    const auto self = shared_from_this();
    if (!request_ || !reader_.is_done() || reader_.has_buffered()) return;
    const Http<bool> looked = reader_.look_ahead();
    if (!looked || reader_.has_ended()) return close();
    // It was something of TLS's own, or a part of a record.
    if (!*looked) watch();
  });
}

// ---- Responses --------------------------------------------------------------------------------

void ServerConnection::respond(uint16_t status, std::span<const HttpField> fields, bool has_body,
                               std::optional<uint64_t> length) {
  const auto self = shared_from_this();
  status_ = status;
  Framing framing;
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, status_phrase(status));
  bool has_date = false;
  for (const HttpField& field : fields) {
    if (equal_names(field.name, "content-length")) {
      length = parse_length(trimmed(field.value));
      continue;
    }
    has_date = has_date || equal_names(field.name, "date");
    append_field(head, field.name, field.value);
  }
  const bool bodiless = status == 204 || status == 304;
  if (bodiless || method_ == "HEAD") {
    framing.kind = Framing::Kind::discard;
    if (length && !bodiless) append_field(head, "Content-Length", std::to_string(*length));
  } else if (length || !has_body) {
    framing = {.kind = Framing::Kind::length, .length = length.value_or(0)};
    append_field(head, "Content-Length", std::to_string(framing.length));
  } else if (is_http_11_) {
    framing.kind = Framing::Kind::chunked;
    append_field(head, "Transfer-Encoding", "chunked");
  } else {
    framing.kind = Framing::Kind::close;
    is_last_ = true;
  }
  if (!has_date) append_field(head, "Date", server_.date());
  if (is_last_ || server_.stopping) {
    is_last_ = true;
    append_field(head, "Connection", "close");
  } else if (!is_http_11_) {
    append_field(head, "Connection", "keep-alive");
  }
  head += "\r\n";
  writer_.start(head, framing, [this](const Http<>& how) { response_sent(how); });
}

void ServerConnection::respond_error(uint16_t status, std::string_view reason) {
  const auto self = shared_from_this();
  state_ = State::serving;
  // What is left of the request is not worth reading.
  if (!reader_.is_done()) is_last_ = true;
  HttpResponse answer = server_.config.handler ? server_.config.handler->refusal(status, reason)
                                               : plain_refusal(status, reason);
  // What could be upgraded to (RFC 6455, 4.4).
  if (status == 426) answer.fields.push_back({"Sec-WebSocket-Version", "13"});
  respond(answer.status, answer.fields, true, answer.body.size());
  if (writer_.write(as_bytes(answer.body))) [[maybe_unused]]
    const Http<> finished = writer_.finish(nullptr);
}

HttpResponse plain_refusal(uint16_t status, std::string_view reason) {
  return {.status = status,
          .fields = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = fmt::format("{} {}: {}\n", status, status_phrase(status), reason)};
}

void ServerConnection::switch_protocols(std::string_view head) {
  const auto self = shared_from_this();
  status_ = 101;
  is_last_ = true;
  is_switched_ = true;
  readable_.reset();
  lift_deadline();
  writer_.start(head, {.kind = Framing::Kind::close},
                [this](const Http<>& how) { response_sent(how); });
}

const std::string& ServerConnection::remote() {
  if (!remote_) {
    remote_.emplace();
    if (const auto from = socket_->remote_address()) {
      const bool is_v6 = from->ip.family == IpFamily::v6;
      remote_ = fmt::format("{}{}{}:{}", is_v6 ? "[" : "", from->ip.to_string(), is_v6 ? "]" : "",
                            from->port);
    }
  }
  return *remote_;
}

void ServerConnection::refuse(const HttpError& error) {
  is_last_ = true;
  switch (error.code) {
    case HttpErrorCode::connection_terminated:
      if (state_ == State::reading) return close();
      break;
    case HttpErrorCode::request_method_invalid:
      return respond_error(501, "there are no tunnels here");
    case HttpErrorCode::request_uri_invalid:
      return respond_error(400, "the target or the host is malformed");
    case HttpErrorCode::response_transfer_coding:
      return respond_error(501, "the body has a transfer coding that is not known here");
    case HttpErrorCode::protocol_error: return respond_error(400, "the request is malformed");
    default: break;
  }
  respond_error(status_of(error), error.to_string());
}

void ServerConnection::response_sent(const Http<>& how) {
  const auto self = shared_from_this();
  const HttpServer::State::Scope scope(server_);
  if (server_.config.access) {
    server_.config.access({.method = method_,
                           .target = target_,
                           .status = status_,
                           .response_bytes = writer_.body_bytes(),
                           .duration_ns = server_.now_ns() - started_ns_});
  }
  if (const auto request = std::exchange(request_, nullptr)) request->finish(how);
  if (!how) return close();
  if (is_last_ || server_.stopping || !drain()) return say_goodbye();
  state_ = State::reading;
  reader_.set_before_body(nullptr);
  reader_.start();
  set_deadline(server_.config.server_limits.idle_timeout_ns);
  run();
}

bool ServerConnection::drain() {
  reader_.set_before_body(nullptr);
  uint64_t drained = 0;
  while (!reader_.is_done()) {
    const Http<BodySource::Read> read = reader_.read(1 << 16);
    if (!read || (read->bytes.empty() && !read->ended)) return false;
    drained += read->bytes.size();
    if (drained > server_.config.server_limits.drained_bytes_max) return false;
  }
  return true;
}

// ---- The end ----------------------------------------------------------------------------------

/// Behind a whole response.
void ServerConnection::say_goodbye() {
  state_ = State::lingering;
  listens_on_ = is_switched_ || !reader_.is_done() || reader_.has_buffered();
  transport_->shut_down_writing();
  linger();
}

/// What a client still sends is taken for a while: were the connection closed before it was read,
/// the system would take back the response. TLS's own goodbye waits for its place as the response
/// has done: without it, that is not known to be whole.
void ServerConnection::linger() {
  const auto self = shared_from_this();
  std::array<uint8_t, 16'384> scratch;
  while (listens_on_) {
    const Outcome<size_t> got = transport_->read(scratch);
    if (!got && got.error() == Errno::again) {
      readable_ = transport_->when_readable([this] { linger(); });
      break;
    }
    lingered_ += got.value_or(0);
    listens_on_ = got.value_or(0) > 0 && lingered_ < lingered_bytes_max;
  }
  if (transport_->has_pending()) {
    const Outcome<size_t> put = transport_->write({});
    if (!put && put.error() == Errno::again) {
      writable_ = transport_->when_writable([this] { linger(); });
      return;
    }
  }
  if (!listens_on_) return close();
  if (!std::exchange(has_said_goodbye_, true)) set_deadline(linger_ns);
}

void ServerConnection::close() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  const HttpServer::State::Scope scope(server_);
  const State before = std::exchange(state_, State::closed);
  readable_.reset();
  writable_.reset();
  writer_.close();
  // Who speaks TLS says that this is the end, if it is none in the middle of a response: a body may
  // be known to be whole by that alone (RFC 9112, 8).
  if (before == State::reading && server_.config.tls && !greeting_) transport_->shut_down_writing();
  // A guest that still waits for more of the request has the socket, too.
  transport_->shut_down();
  if (const auto request = std::exchange(request_, nullptr))
    request->finish(http_fail(HttpErrorCode::connection_terminated));
  server_.connections.erase(self);
  server_.retired.push_back(self);
  if (server_.listener && !server_.accepting && !server_.stopping)
    server_.accepting = server_.loop().at(0, [to = &server_] { to->accept(); });
}

bool ServerConnection::is_late() const { return server_.now_ns() >= deadline_ns_; }

void ServerConnection::shut_down() {
  is_last_ = true;
  if (state_ == State::reading && reader_.is_untouched()) return close();
  if (const auto request = request_) request->shut_down();
}

}  // namespace cairn::wasi
