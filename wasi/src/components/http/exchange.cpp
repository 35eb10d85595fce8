#include <cairn/wasi/http_exchange.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "components/http/messages_02.hpp"
#include "components/http/messages_03.hpp"
#include "components/http/server.hpp"
#include "components/http/syntax.hpp"
#include "components/http/whole_message.hpp"

namespace cairn::wasi {
namespace {

/// What both versions of `wasi:http` share.
class Exchange : public HttpExchange {
 public:
  Exchange(EventLoop& loop, RequestHead head, WholeMessage request, const HttpLimits& limits)
      : head_(std::move(head)),
        body_(memory_source(loop, std::move(request.body), std::move(request.trailers))),
        sink_(std::make_shared<MemorySink>(loop, limits.body_bytes_max)) {}

 protected:
  /// What came of it, of a response that the guest gave.
  Result<Bytes> encode(uint16_t status, const Fields* fields, bool has_body) const {
    if (status < 200) return trap("the status of the guest's response is an interim one");
    // A trap is one whatever the limit is.
    if (has_body && !sink_->is_whole()) return trap("the guest gave a part of a response");
    if (has_body && sink_->is_too_large())
      return cairn::fail(ErrorKind::limit, "the body of the response is too large");
    // RFC 9110, 15.3.5 and 15.4.5
    const bool may_have_body = status != 204 && status != 304;
    return encode_whole(fmt::format("HTTP/1.1 {} ", status), fields, may_have_body, sink_->bytes(),
                        sink_->trailers());
  }
  Result<Bytes> encode(const HttpError& error) const {
    return encode(status_of(error), nullptr, false);
  }
  static std::unexpected<Error> trap(std::string why) {
    return cairn::fail(ErrorKind::trap, std::move(why));
  }

  RequestHead head_;
  std::shared_ptr<BodySource> body_;
  std::shared_ptr<MemorySink> sink_;
};

/// The response is told in a call, and its body is written while the handler runs.
class Exchange02 final : public Exchange, public std::enable_shared_from_this<Exchange02> {
 public:
  using Exchange::Exchange;

  std::vector<component::Value> args() override {
    auto request = std::make_shared<IncomingRequest2>(std::move(head_), std::move(body_));
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
  bool goes_on() const override { return false; }
  Result<> returned(component::Store&, const component::Value&) override { return {}; }
  bool is_over() const override { return true; }

  Result<Bytes> response() override {
    if (!answer_) return trap("the guest gave no response");
    if (!*answer_) return encode(answer_->error());
    const OutgoingResponse2& response = ***answer_;
    return encode(response.status, response.fields.get(), response.body != nullptr);
  }

 private:
  void take(Http<std::shared_ptr<OutgoingResponse2>> answer) {
    answer_ = std::move(answer);
    if (*answer_ && (**answer_)->body) (**answer_)->body->attach(sink_);
  }

  std::optional<Http<std::shared_ptr<OutgoingResponse2>>> answer_;
};

/// The response is what the handler returns; its body comes by a stream while the call goes on.
class Exchange03 final : public Exchange {
 public:
  using Exchange::Exchange;

  std::vector<component::Value> args() override {
    auto request = std::make_shared<Request3>();
    request->head = std::move(head_);
    request->contents.source = std::move(body_);
    std::vector<component::Value> args;
    args.push_back(
        component::Typed<HostOwn<Request3>>::to_value(HostOwn<Request3>(std::move(request))));
    return args;
  }
  bool goes_on() const override { return true; }

  Result<> returned(component::Store& store, const component::Value& result) override {
    answer_ = component::Typed<Answer>::from_value(result);
    if (!*answer_) return {};
    Contents3& contents = (**answer_)->contents;
    has_body_ = contents.has_body();
    if (auto sent = std::exchange(contents.sent, std::nullopt)) {
      if (!has_body_)
        (*sent)({});
      else
        sink_->when_over([sent = *std::move(sent)](const Http<>& how) { sent(how); });
    }
    if (!has_body_) return {};
    return contents.send(*store.context().find<Guest>(), store.state(), sink_);
  }
  bool is_over() const override {
    return answer_ && (!*answer_ || !has_body_ || sink_->is_whole());
  }

  Result<Bytes> response() override {
    if (!answer_) return trap("the guest gave no response");
    if (!*answer_) return encode(answer_->error());
    const Response3& response = ***answer_;
    return encode(response.status, response.fields.get(), has_body_);
  }

 private:
  using Answer = std::expected<HostOwn<Response3>, HttpError>;
  std::optional<Answer> answer_;
  bool has_body_ = false;
};

std::unexpected<Error> malformed(std::string_view message) {
  return cairn::fail(ErrorKind::malformed, fmt::format("not a message of HTTP/1.1: {}", message));
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

Result<std::shared_ptr<HttpExchange>> HttpExchange::make(HttpVersion version, EventLoop& loop,
                                                         ByteSpan request,
                                                         const HttpLimits& limits) {
  HttpLimits known = HttpLimits::of_known(request.size());
  known.body_bytes_max = limits.body_bytes_max;
  WholeMessage message = TRY(parse_whole_request(request, known));
  RequestHead head = TRY(request_of(message.head));
  if (version == HttpVersion::proxy_02)
    return std::make_shared<Exchange02>(loop, std::move(head), std::move(message), limits);
  return std::make_shared<Exchange03>(loop, std::move(head), std::move(message), limits);
}

bool HttpExchange::fits(HttpVersion version, const component::Types& types,
                        const component::FuncType& type) {
  using Answer = std::expected<HostOwn<Response3>, HttpError>;
  return version == HttpVersion::proxy_02
             ? component::has_signature<void, HostOwn<IncomingRequest2>, HostOwn<ResponseOutparam>>(
                   types, type)
             : component::has_signature<Answer, HostOwn<Request3>>(types, type);
}

Bytes http_message_of(const HttpRequest& request) {
  Fields fields;
  fields.add_unchecked("host", request.authority.empty() ? "localhost" : request.authority);
  if (request.fields != nullptr) {
    for (const HttpField& field : request.fields->all())
      if (!equal_names(field.name, "content-length")) fields.add_unchecked(field.name, field.value);
  }
  return encode_whole(fmt::format("{} {}{}{} HTTP/1.1", request.method, request.path,
                                  request.query.empty() ? "" : "?", request.query),
                      &fields, !request.body.empty(), request.body, nullptr);
}

Result<HttpResponse> http_response_of(ByteSpan message) {
  // What a guest may answer is bounded elsewhere, and by then it is recorded.
  const WholeMessage whole =
      TRY(parse_whole_response(message, HttpLimits::of_known(message.size()), false));
  HttpResponse response;
  response.status = whole.head.status;
  response.fields = whole.head.fields->all();
  std::erase_if(response.fields,
                [](const HttpField& field) { return equal_names(field.name, "content-length"); });
  response.body = as_text(whole.body);
  return response;
}

}  // namespace cairn::wasi
