#include "components/http/relay.hpp"

#include "components/http/http_answer.hpp"
#include "components/http/request_check.hpp"

#include <fmt/format.h>

#include <utility>

namespace cairn::wasi {
namespace {

/// Keeps what the relay lets a guest send; who may not is not told, and ends.
class RelaySink final : public MemorySink {
 public:
  RelaySink(HttpRelay& relay, Guest& guest) : MemorySink(guest.loop(), UINT64_MAX), relay_(relay) {}
  Http<size_t> write(ByteSpan bytes) override {
    return relay_.take(bytes.size()) ? MemorySink::write(bytes) : bytes.size();
  }

 private:
  HttpRelay& relay_;
};

class Relayed final : public ClientCall, public std::enable_shared_from_this<Relayed> {
 public:
  Relayed(HttpRelay& relay, Guest& guest, Answered answered, std::function<void(Http<>)> sent)
      : relay_(relay),
        guest_(guest),
        sink_(std::make_shared<RelaySink>(relay, guest)),
        answered_(std::move(answered)),
        sent_(std::move(sent)) {}
  ~Relayed() override { tell_sent(http_fail(HttpErrorCode::connection_terminated)); }
  Relayed(const Relayed&) = delete;
  Relayed& operator=(const Relayed&) = delete;

  void run(const RequestHead& head, const RequestOptions& options, bool has_body) {
    const Http<CheckedRequest> checked = check_request(head, has_body, guest_.http_limits());
    if (!checked) return fail(checked.error());
    question_ = {.message = {},
                 .is_secure = checked->is_secure,
                 .connect_timeout = options.connect_timeout,
                 .first_byte_timeout = options.first_byte_timeout,
                 .between_bytes_timeout = options.between_bytes_timeout};
    start_line_ = fmt::format("{} {} HTTP/1.1", head.method, checked->target);
    to_head_ = checked->to_head;
    framing_ = checked->framing;
    fields_.add_unchecked("Host", checked->authority.host_and_port);
    size_t bytes = start_line_.size();
    for (const HttpField& field : head.fields->all()) {
      bytes += field.name.size() + field.value.size();
      fields_.add_unchecked(field.name, field.value);
    }
    place_ = head.place;
    if (!relay_.take(bytes)) return;
    if (!has_body) return send(false);
    sink_->when_over([weak = weak_from_this()](const Http<>& how) {
      const auto self = weak.lock();
      if (self) how ? self->send(true) : self->fail(how.error());
    });
  }
  std::shared_ptr<BodySink> body() override { return sink_; }

 private:
  void send(bool has_body) {
    if (framing_.kind == Framing::Kind::length && framing_.length != sink_->bytes().size())
      return fail({.code = HttpErrorCode::request_body_size, .number = sink_->bytes().size()});
    question_.message =
        encode_whole(std::move(start_line_), &fields_, has_body, sink_->bytes(), sink_->trailers());
    ticket_ = relay_.ask(std::move(question_), [weak = weak_from_this()](ByteSpan answer) {
      if (const auto self = weak.lock()) self->take(answer);
    });
  }

  void take(ByteSpan answer) {
    Http<WholeMessage> message = decode_answer(answer, to_head_);
    if (!message) return fail(message.error());
    // Before it is answered, nobody knows.
    tell_sent({});
    const auto answered = std::exchange(answered_, nullptr);
    if (!answered) return;
    answered(ClientResponse{.status = message->head.status,
                            .fields = std::move(message->head.fields),
                            .body = memory_source(guest_.loop(), std::move(message->body),
                                                  std::move(message->trailers))});
  }

  void fail(const HttpError& error) {
    tell_sent(std::unexpected(error));
    if (const auto answered = std::exchange(answered_, nullptr)) answered(std::unexpected(error));
  }
  void tell_sent(const Http<>& how) {
    place_.reset();
    if (const auto sent = std::exchange(sent_, nullptr)) sent(how);
  }

  HttpRelay& relay_;
  Guest& guest_;
  std::shared_ptr<RelaySink> sink_;
  Answered answered_;
  std::function<void(Http<>)> sent_;
  HttpQuestion question_;
  std::string start_line_;
  Fields fields_;
  Framing framing_;
  bool to_head_ = false;
  Guest::Place place_;
  std::shared_ptr<void> ticket_;
};

}  // namespace

std::shared_ptr<ClientCall> relay_request(HttpRelay& relay, Guest& guest, const RequestHead& head,
                                          const RequestOptions& options, bool has_body,
                                          ClientCall::Answered answered,
                                          std::function<void(Http<>)> sent) {
  auto call = std::make_shared<Relayed>(relay, guest, std::move(answered), std::move(sent));
  call->run(head, options, has_body);
  return call;
}

}  // namespace cairn::wasi
