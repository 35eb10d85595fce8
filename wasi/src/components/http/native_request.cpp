// From a connection to a native handler and back.

#include "components/http/native_request.hpp"

#include "components/http/syntax.hpp"

namespace cairn::wasi {
namespace {

constexpr size_t read_bytes_max = 65'536;
constexpr uint64_t idle_ns_max = 15'000'000'000;
constexpr uint32_t chunks_in_turn = 16;

class Stream final : public HttpStream {
 public:
  explicit Stream(std::shared_ptr<NativeRequest> request) : request_(std::move(request)) {}
  ~Stream() override { request_->end(); }
  bool send(std::string_view text) override { return request_->send(text); }
  void end() override { request_->end(); }

 private:
  std::shared_ptr<NativeRequest> request_;
};

class Responder final : public HttpResponder {
 public:
  explicit Responder(std::shared_ptr<NativeRequest> request) : request_(std::move(request)) {}
  ~Responder() override { request_->abandon(); }
  void respond(HttpResponse response) override {
    request_->answer(NativeRequest::Form::whole, std::move(response), {});
  }
  std::shared_ptr<HttpStream> stream(HttpResponse begin, HttpStreamSettings settings) override {
    return open(NativeRequest::Form::stream, std::move(begin), std::move(settings));
  }
  std::shared_ptr<HttpStream> upgrade(HttpStreamSettings settings) override {
    return open(NativeRequest::Form::websocket, {}, std::move(settings));
  }

 private:
  std::shared_ptr<HttpStream> open(NativeRequest::Form form, HttpResponse begin,
                                   HttpStreamSettings settings) {
    auto stream = std::make_shared<Stream>(request_);
    request_->answer(form, std::move(begin), std::move(settings));
    return stream;
  }
  std::shared_ptr<NativeRequest> request_;
};

}  // namespace

const std::string* HttpRequest::field(std::string_view name) const {
  return fields ? fields->find(name) : nullptr;
}

size_t HttpRequest::count_fields(std::string_view name) const {
  if (!fields) return 0;
  const auto has_name = [&](const HttpField& field) { return equal_names(field.name, name); };
  return static_cast<size_t>(std::ranges::count_if(fields->all(), has_name));
}

HttpResponse HttpHandler::refusal(uint16_t status, std::string_view reason) {
  return plain_refusal(status, reason);
}

// ---- Bodies -----------------------------------------------------------------------------------

bool HttpBodyBudget::take(const std::string& owner, uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  const auto found = used_by_.find(owner);
  const uint64_t theirs = found == used_by_.end() ? 0 : found->second;
  if (bytes > bytes_max_ - used_ || bytes > share_max_ - theirs) return false;
  used_ += bytes;
  used_by_[owner] = theirs + bytes;
  return true;
}

void HttpBodyBudget::give_back(const std::string& owner, uint64_t bytes) {
  if (bytes == 0) return;
  const std::scoped_lock lock(mutex_);
  used_ -= bytes;
  const auto found = used_by_.find(owner);
  if ((found->second -= bytes) == 0) used_by_.erase(found);
}

// ---- Threads ----------------------------------------------------------------------------------

void Arrivals::push(std::shared_ptr<NativeRequest> request) {
  const std::scoped_lock lock(mutex_);
  if (!loop_) return;
  waiting_.push_back(std::move(request));
  if (waiting_.size() > 1) return;
  loop_->post([self = shared_from_this()] {
    for (const auto& each : self->take()) each->look();
  });
}

std::vector<std::shared_ptr<NativeRequest>> Arrivals::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(waiting_, {});
}

void Arrivals::close() {
  const std::scoped_lock lock(mutex_);
  loop_ = nullptr;
}

void NativeRequest::wake() {
  if (std::this_thread::get_id() == thread_) return look();
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(is_queued_, true)) return;
  }
  arrivals_->push(shared_from_this());
}

bool NativeRequest::answer(Form form, HttpResponse response, HttpStreamSettings settings) {
  {
    const std::scoped_lock lock(mutex_);
    if (answer_ != Form::none) return false;
    answer_ = form;
    is_ended_ = form == Form::whole;
    response_ = std::move(response);
    settings_ = std::move(settings);
  }
  wake();
  return true;
}

bool NativeRequest::send(std::string_view text) {
  {
    const std::scoped_lock lock(mutex_);
    if (is_gone_ || is_ended_ || is_cut_) return false;
    const size_t before = news_.size();
    if (answer_ == Form::websocket)
      news_ += websocket_frame(WebSocketKind::text, text);
    else
      news_ += text;
    backlog_ += news_.size() - before;
    is_cut_ = backlog_ > settings_.buffer_bytes_max;
  }
  wake();
  return true;
}

void NativeRequest::end() {
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(is_ended_, true) || is_gone_) return;
  }
  wake();
}

void NativeRequest::abandon() {
  {
    const std::scoped_lock lock(mutex_);
    if (answer_ != Form::none) return;
    answer_ = Form::whole;
    is_abandoned_ = true;
  }
  wake();
}

// ---- The request ------------------------------------------------------------------------------

NativeRequest::NativeRequest(HttpServer::State& server,
                             std::shared_ptr<ServerConnection> connection)
    : server_(server),
      handler_(*server.config.handler),
      bodies_(server.config.bodies),
      arrivals_(server.arrivals),
      thread_(std::this_thread::get_id()),
      connection_(std::move(connection)) {}

/// When nobody has it any more, nor its body.
NativeRequest::~NativeRequest() {
  if (bodies_) bodies_->give_back(body_owner_, body_bytes_);
}

bool NativeRequest::take_bytes(uint64_t bytes) {
  if (!bodies_) return true;
  if (!bodies_->take(body_owner_, bytes)) return false;
  body_bytes_ += bytes;
  return true;
}

void NativeRequest::start(RequestHead head) {
  const auto self = shared_from_this();
  std::string path = std::move(head.path_with_query).value_or("/");
  if (const size_t mark = path.find('?'); mark != path.npos) {
    request_.query = path.substr(mark + 1);
    path.resize(mark);
  }
  request_.path = path.empty() ? "/" : std::move(path);
  request_.method = std::move(head.method);
  request_.authority = std::move(head.authority).value_or("");
  request_.remote = connection_->remote();
  request_.fields = std::move(head.fields);
  if (!read_upgrade()) return;
  const MessageHead& message = connection_->reader().head();
  if (!message.has_body) return hand_over();
  body_bytes_max_ = handler_.body_bytes_max(request_);
  body_owner_ = handler_.body_owner(request_);
  // Before the client is told to go on.
  if (message.content_length && *message.content_length > body_bytes_max_)
    return refuse(413, "the body is larger than allowed");
  read_body();
}

/// False: it wants a WebSocket, and not in the way of the one version there is.
bool NativeRequest::read_upgrade() {
  const MessageHead& message = connection_->reader().head();
  if (!list_has(message.upgrade, "websocket") || request_.method != "GET" || message.has_body)
    return true;
  const std::string* const version = request_.field("sec-websocket-version");
  const std::string* const key = request_.field("sec-websocket-key");
  if (!version || trimmed(*version) != "13") {
    refuse(426, "WebSockets are spoken in version 13");
    return false;
  }
  if (!key || !is_websocket_key(trimmed(*key))) {
    refuse(400, "Sec-WebSocket-Key: expected 16 bytes in base 64");
    return false;
  }
  request_.wants_websocket = true;
  websocket_key_ = trimmed(*key);
  return true;
}

void NativeRequest::read_body() {
  const auto self = shared_from_this();
  const auto from = connection_;
  if (!from) return;
  const HttpServer::State::Scope scope(server_);
  MessageReader& reader = from->reader();
  Bytes& body = request_.body;
  while (!reader.is_done()) {
    Http<BodySource::Read> read = reader.read(read_bytes_max);
    if (!read) {
      if (read.error().code == HttpErrorCode::connection_terminated) return from->close();
      return refuse(status_of_body(read.error()), fault_of_body(read.error()));
    }
    if (read->bytes.empty() && !read->ended) {
      reading_ = reader.when_ready([this] { read_on(); });
      return;
    }
    if (read->bytes.size() > body_bytes_max_ - body.size())
      return refuse(413, "the body is larger than allowed");
    if (!take_bytes(read->bytes.size()))
      return refuse(503, "too many bytes are being received at the same time");
    if (body.empty())
      body = std::move(read->bytes);
    else
      append(body, read->bytes);
  }
  reading_.reset();
  hand_over();
}

void NativeRequest::read_on() {
  const auto self = shared_from_this();
  read_body();
  // Nothing more has to come: from here on a client that goes away is noticed.
  if (connection_) connection_->watch();
}

void NativeRequest::hand_over() {
  handler_.handle(std::move(request_), std::make_shared<Responder>(shared_from_this()));
}

/// Instead of the handler, or because that takes too long.
void NativeRequest::refuse(uint16_t status, std::string_view why) {
  const auto self = shared_from_this();
  const auto to = connection_;
  if (!to) return;
  reading_.reset();
  {
    const std::scoped_lock lock(mutex_);
    answer_ = Form::whole;
    response_.reset();
    is_ended_ = true;
  }
  if (form_ != Form::none && !to->writer().take_back()) return to->close();
  writing_.reset();
  out_.clear();
  written_ = 0;
  form_ = Form::whole;
  is_finished_ = true;
  to->respond_error(status, why);
}

void NativeRequest::give_up() {
  if (connection_ && !connection_->reader().is_done()) return end_body();
  refuse(504, "it took too long");
}

void NativeRequest::end_body() { refuse(408, late_body); }

void NativeRequest::finish(const Http<>& /*how*/) {
  const auto self = shared_from_this();
  connection_.reset();
  reading_.reset();
  writing_.reset();
  if (std::exchange(is_counted_, false)) --server_.requests;
  std::function<void()> ended;
  std::function<void(std::string_view)> received;
  {
    const std::scoped_lock lock(mutex_);
    is_gone_ = true;
    ended = std::exchange(settings_.ended, nullptr);
    received = std::exchange(settings_.received, nullptr);
  }
  if (ended) ended();
}

// ---- The answer -------------------------------------------------------------------------------

void NativeRequest::look() {
  const auto self = shared_from_this();
  std::optional<HttpResponse> response;
  std::string news;
  Form form = Form::none;
  bool is_cut = false, is_abandoned = false;
  {
    const std::scoped_lock lock(mutex_);
    is_queued_ = false;
    response = std::exchange(response_, std::nullopt);
    news = std::exchange(news_, {});
    form = answer_;
    is_complete_ = is_ended_;
    is_cut = is_cut_;
    is_abandoned = is_abandoned_;
  }
  const auto to = connection_;
  if (!to) {
    // It was over before it was answered.
    if (response) finish({});
    return;
  }
  const HttpServer::State::Scope scope(server_);
  if (is_cut) return to->close();
  if (is_abandoned) {
    if (form_ == Form::none) refuse(500, "there is no answer");
    return;
  }
  to->writer().cork();
  if (response) begin(form, *std::move(response));
  if (form_ == Form::websocket && is_complete_ && frames_) {
    out_ += news;
    end_websocket(websocket_close::going_away);
  } else {
    send_out(std::move(news));
  }
  to->writer().uncork();
}

void NativeRequest::begin(Form form, HttpResponse response) {
  const auto to = connection_;
  form_ = form;
  if (form == Form::whole) {
    to->respond(response.status, response.fields, true, response.body.size());
    out_ = std::move(response.body);
    return;
  }
  sent_ns_ = server_.now_ns();
  // It may go on for days; who has it bounds how many there are.
  if (std::exchange(is_counted_, false)) --server_.requests;
  to->lift_deadline();
  if (form == Form::stream) {
    to->respond(response.status, response.fields, true);
    out_ = std::move(response.body);
    return;
  }
  CAIRN_ASSERT(!websocket_key_.empty());
  frames_.emplace(settings_.received_bytes_max);
  to->switch_protocols(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
      websocket_accept(websocket_key_) + "\r\n\r\n");
  // The first frames may have come behind the request.
  reading_ = server_.loop().at(0, [this] { read_frames(); });
}

void NativeRequest::send_out(std::string bytes) {
  if (out_.empty())
    out_ = std::move(bytes);
  else
    out_ += bytes;
  pump();
}

void NativeRequest::pump() {
  const auto self = shared_from_this();
  const HttpServer::State::Scope scope(server_);
  size_t taken = 0;
  bool is_full = false;
  while (connection_ && written_ < out_.size() && !is_full) {
    const auto to = connection_;
    const Http<size_t> put = to->writer().write(as_bytes(out_).subspan(written_));
    if (!put) return;
    written_ += *put;
    taken += *put;
    is_full = *put == 0;
    if (is_full) writing_ = to->writer().when_ready([this] { pump(); });
  }
  if (taken > 0 && form_ != Form::whole && connection_) {
    sent_ns_ = server_.now_ns();
    const std::scoped_lock lock(mutex_);
    backlog_ -= std::min(backlog_, taken);
  }
  if (is_full || !connection_ || is_finished_ || form_ == Form::none) return;
  writing_.reset();
  out_.clear();
  written_ = 0;
  const auto to = connection_;
  is_finished_ = is_complete_;
  if (is_finished_) [[maybe_unused]]
    const Http<> finished = to->writer().finish(nullptr);
}

// ---- Streams ----------------------------------------------------------------------------------

void NativeRequest::shut_down() {
  if (form_ == Form::stream || form_ == Form::websocket) end();
}

void NativeRequest::check_time(uint64_t now_ns) {
  if (form_ != Form::stream && form_ != Form::websocket) return;
  if (is_complete_ || !out_.empty() || now_ns - sent_ns_ < idle_ns_max) return;
  const auto self = shared_from_this();
  sent_ns_ = now_ns;
  send_out(form_ == Form::websocket ? websocket_frame(WebSocketKind::ping, {})
                                    : settings_.idle_text);
}

void NativeRequest::read_frames() {
  const auto self = shared_from_this();
  const HttpServer::State::Scope scope(server_);
  for (uint32_t chunks = 0; connection_ && frames_; ++chunks) {
    // A client that is always ahead does not keep the others waiting.
    if (chunks == chunks_in_turn) {
      reading_ = server_.loop().at(0, [this] { read_frames(); });
      return;
    }
    const auto from = connection_;
    const Http<Bytes> bytes = from->reader().read_raw();
    if (!bytes || (bytes->empty() && from->reader().has_ended())) return from->close();
    if (bytes->empty()) {
      reading_ = from->reader().when_ready([this] { read_frames(); });
      return;
    }
    std::vector<WebSocketMessage> messages;
    const bool is_sound = frames_->put(*bytes, messages);
    for (const WebSocketMessage& message : messages)
      if (connection_ && frames_) receive(message);
    if (!is_sound && connection_ && frames_) end_websocket(frames_->error());
  }
}

void NativeRequest::receive(const WebSocketMessage& message) {
  switch (message.kind) {
    case WebSocketKind::ping:
      // One answer does for those that came before it could go out (RFC 6455, 5.5.3).
      if (out_.empty()) send_out(websocket_frame(WebSocketKind::pong, message.payload));
      return;
    case WebSocketKind::close:
      return end_websocket(message.code == websocket_close::none ? websocket_close::normal
                                                                 : message.code);
    case WebSocketKind::text:
    case WebSocketKind::binary:
      if (const auto received = settings_.received) received(message.payload);
      return;
    case WebSocketKind::pong: return;
  }
}

/// Nothing that comes from here on is read.
void NativeRequest::end_websocket(uint16_t code) {
  frames_.reset();
  reading_.reset();
  {
    const std::scoped_lock lock(mutex_);
    is_ended_ = true;
    out_ += std::exchange(news_, {});
  }
  is_complete_ = true;
  send_out(websocket_close_frame(code));
}

}  // namespace cairn::wasi
