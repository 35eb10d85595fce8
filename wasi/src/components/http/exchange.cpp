#include <cairn/wasi/http_exchange.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "components/http/message_writer.hpp"
#include "components/http/messages_02.hpp"
#include "components/http/server.hpp"
#include "components/http/syntax.hpp"

namespace cairn::wasi {
namespace {

/// A body that is there.
class MemorySource final : public BodySource {
 public:
  MemorySource(EventLoop& loop, Bytes bytes) : loop_(loop), bytes_(std::move(bytes)) {}
  Http<Read> read(size_t max) override {
    if (at_ == bytes_.size()) return Read{.bytes = {}, .ended = true};
    const ByteSpan next = ByteSpan(bytes_).subspan(at_, std::min(max, bytes_.size() - at_));
    at_ += next.size();
    return Read{.bytes = {next.begin(), next.end()}};
  }
  bool ready() override { return true; }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return loop_.at(0, std::move(run));
  }
  std::shared_ptr<Fields> trailers() override { return nullptr; }

 private:
  EventLoop& loop_;
  Bytes bytes_;
  size_t at_ = 0;
};

/// A body that is kept. A guest is not told of the limit: what it does may not depend on that, as
/// whoever runs it again may have another one.
class MemorySink final : public BodySink {
 public:
  MemorySink(EventLoop& loop, uint64_t bytes_max) : loop_(loop), bytes_max_(bytes_max) {}
  Http<size_t> write(ByteSpan bytes) override {
    if (is_too_large_ || bytes.size() > bytes_max_ - bytes_.size()) {
      is_too_large_ = true;
      bytes_ = {};
    } else {
      bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    return bytes.size();
  }
  bool ready() override { return true; }
  EventLoop::Ticket when_ready(EventLoop::Callback run) override {
    return loop_.at(0, std::move(run));
  }
  Http<> finish(std::shared_ptr<Fields>) override {
    is_whole_ = true;
    return {};
  }
  void abort(const HttpError&) override { is_aborted_ = true; }

  const Bytes& bytes() const { return bytes_; }
  bool is_whole() const { return is_whole_ && !is_aborted_; }
  bool is_too_large() const { return is_too_large_; }

 private:
  EventLoop& loop_;
  uint64_t bytes_max_;
  Bytes bytes_;
  bool is_whole_ = false;
  bool is_aborted_ = false;
  bool is_too_large_ = false;
};

class Exchange final : public HttpExchange, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(EventLoop& loop, RequestHead head, Bytes body, const HttpLimits& limits)
      : loop_(loop),
        head_(std::move(head)),
        body_(std::move(body)),
        sink_(std::make_shared<MemorySink>(loop, limits.body_bytes_max)) {}

  std::vector<component::Value> args() override {
    auto request = std::make_shared<IncomingRequest2>(
        std::move(head_), std::make_shared<MemorySource>(loop_, std::move(body_)));
    auto out = std::make_shared<ResponseOutparam>();
    out->set = [weak = weak_from_this()](Http<std::shared_ptr<OutgoingResponse2>> answer) {
      if (const auto self = weak.lock()) self->take(std::move(answer));
    };
    std::vector<component::Value> args;
    args.push_back(component::Typed<HostOwn<IncomingRequest2>>::to_value(
        HostOwn<IncomingRequest2>(std::move(request))));
    args.push_back(component::Typed<HostOwn<ResponseOutparam>>::to_value(
        HostOwn<ResponseOutparam>(std::move(out))));
    return args;
  }

  Result<Bytes> response() override {
    const auto trap = [](std::string why) { return cairn::fail(ErrorKind::trap, std::move(why)); };
    if (!answer_) return trap("the guest gave no response");
    if (!*answer_) return encode(status_of(answer_->error()), {}, {});
    const OutgoingResponse2& response = ***answer_;
    if (response.status < 200) return trap("the status of the guest's response is an interim one");
    if (!response.body) return encode(response.status, response.fields->all(), {});
    // A trap is one whatever the limit is.
    if (!sink_->is_whole()) return trap("the guest gave a part of a response");
    if (sink_->is_too_large())
      return cairn::fail(ErrorKind::limit, "the body of the response is too large");
    return encode(response.status, response.fields->all(), sink_->bytes());
  }

 private:
  void take(Http<std::shared_ptr<OutgoingResponse2>> answer) {
    answer_ = std::move(answer);
    if (*answer_ && (**answer_)->body) (**answer_)->body->attach(sink_);
  }

  static Bytes encode(uint16_t status, const std::vector<HttpField>& fields, ByteSpan body) {
    std::string head = fmt::format("HTTP/1.1 {} \r\n", status);
    for (const HttpField& field : fields)
      if (!equal_names(field.name, "content-length")) append_field(head, field.name, field.value);
    const bool has_body = status != 204 && status != 304;  // RFC 9110, 15.3.5 and 15.4.5
    if (has_body) append_field(head, "content-length", std::to_string(body.size()));
    head += "\r\n";
    Bytes message(head.begin(), head.end());
    if (has_body) message.insert(message.end(), body.begin(), body.end());
    return message;
  }

  EventLoop& loop_;
  RequestHead head_;
  Bytes body_;
  std::shared_ptr<MemorySink> sink_;
  std::optional<Http<std::shared_ptr<OutgoingResponse2>>> answer_;
};

std::unexpected<Error> malformed(std::string message) {
  return cairn::fail(ErrorKind::malformed, "not a message of HTTP/1.1: " + std::move(message));
}

/// All of it; the body.
Result<Bytes> parse(MessageParser& parser, ByteSpan bytes) {
  Bytes body;
  while (!parser.is_done()) {
    const Http<MessageParser::Progress> progress = parser.put(bytes, SIZE_MAX);
    if (!progress) return malformed(progress.error().to_string());
    bytes = bytes.subspan(progress->used);
    const Bytes piece = parser.take_body();
    body.insert(body.end(), piece.begin(), piece.end());
    if (!parser.is_done() && progress->used == 0) return malformed("it ends too early");
  }
  if (!bytes.empty()) return malformed("something stands behind it");
  return body;
}

Result<RequestHead> request_of(MessageHead& head) {
  if (!head.host || !parse_authority(*head.host) || head.host->contains('@'))
    return malformed("a request names its host");
  if (!head.target.starts_with('/') || !is_path_with_query(head.target))
    return malformed("a request's target begins with '/'");
  RequestHead request;
  request.method = head.method;
  request.scheme = "http";
  request.authority = std::move(head.host);
  request.path_with_query = head.target;
  request.fields = head.fields;
  return request;
}

}  // namespace

Result<std::shared_ptr<HttpExchange>> HttpExchange::make(EventLoop& loop, ByteSpan request,
                                                         const HttpLimits& limits) {
  const auto parser = MessageParser::of_request(limits);
  Bytes body = TRY(parse(*parser, request));
  return std::make_shared<Exchange>(loop, TRY(request_of(parser->head())), std::move(body), limits);
}

bool HttpExchange::fits(const component::Types& types, const component::FuncType& type) {
  return component::has_signature<void, HostOwn<IncomingRequest2>, HostOwn<ResponseOutparam>>(types,
                                                                                              type);
}

Bytes http_message_of(const HttpRequest& request) {
  std::string head = fmt::format("{} {}{}{} HTTP/1.1\r\n", request.method, request.path,
                                 request.query.empty() ? "" : "?", request.query);
  append_field(head, "host", request.authority.empty() ? "localhost" : request.authority);
  if (request.fields != nullptr) {
    for (const HttpField& field : request.fields->all())
      if (!equal_names(field.name, "content-length")) append_field(head, field.name, field.value);
  }
  if (!request.body.empty())
    append_field(head, "content-length", std::to_string(request.body.size()));
  head += "\r\n";
  Bytes message(head.begin(), head.end());
  message.insert(message.end(), request.body.begin(), request.body.end());
  return message;
}

Result<HttpResponse> http_response_of(ByteSpan message, const HttpLimits& limits) {
  const auto parser = MessageParser::of_response(limits, false);
  const Bytes body = TRY(parse(*parser, message));
  HttpResponse response;
  response.status = parser->head().status;
  response.fields = parser->head().fields->all();
  std::erase_if(response.fields,
                [](const HttpField& field) { return equal_names(field.name, "content-length"); });
  response.body = as_text(body);
  return response;
}

}  // namespace cairn::wasi
