// A request that is sent for somebody else, and its answer as bytes.

#include <cairn/wasi/http_client.hpp>

#include "components/http/client.hpp"
#include "components/http/http_answer.hpp"

#include <utility>

namespace cairn::wasi {
namespace {

class Sending final : public std::enable_shared_from_this<Sending> {
 public:
  Sending(Guest& guest, HttpClient::Done done)
      : guest_(guest),
        body_(std::make_shared<MemorySink>(guest.loop(), guest.http_limits().body_bytes_max)),
        done_(std::move(done)) {}

  void run(const HttpQuestion& question) {
    // Its size was the guest's to bound; the limits here are those of the answer.
    Result<WholeMessage> message =
        parse_whole_request(question.message, HttpLimits::of_known(question.message.size()));
    if (!message) return end({.code = HttpErrorCode::protocol_error});
    const RequestHead head = {.method = message->head.method,
                              .scheme = question.is_secure ? "https" : "http",
                              .authority = message->head.host,
                              .path_with_query = message->head.target,
                              .fields = message->head.fields};
    const RequestOptions options = {.connect_timeout = question.connect_timeout,
                                    .first_byte_timeout = question.first_byte_timeout,
                                    .between_bytes_timeout = question.between_bytes_timeout};
    to_head_ = head.method == "HEAD";
    const bool has_body = message->head.has_body;
    call_ = send_request(
        guest_, head, options, has_body,
        [weak = weak_from_this()](Http<ClientResponse> came) {
          if (const auto self = weak.lock()) self->answered(std::move(came));
        },
        nullptr);
    if (!has_body) return;
    // How that ends, the answer says.
    question_.emplace(
        memory_source(guest_.loop(), std::move(message->body), std::move(message->trailers)),
        call_->body(), [](const Http<>&) {});
    question_->run();
  }

 private:
  void answered(Http<ClientResponse> came) {
    if (!came) return end(came.error());
    status_ = came->status;
    fields_ = came->fields;
    answer_.emplace(std::move(came->body), body_, [this](const Http<>& how) {
      if (!how) return end(how.error());
      if (body_->is_too_large()) return end({.code = HttpErrorCode::response_body_size});
      give(encode_answer(status_, *fields_, to_head_, body_->bytes(), body_->trailers()));
    });
    answer_->run();
  }
  void end(const HttpError& error) { give(encode_answer(error)); }
  void give(Bytes answer) {
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(answer));
  }

  Guest& guest_;
  std::shared_ptr<MemorySink> body_;
  HttpClient::Done done_;
  bool to_head_ = false;
  std::shared_ptr<ClientCall> call_;
  std::optional<BodyCopy> question_, answer_;
  uint16_t status_ = 0;
  std::shared_ptr<Fields> fields_;
};

}  // namespace

std::shared_ptr<void> send_http(Guest& guest, const HttpQuestion& question, HttpClient::Done done) {
  auto sending = std::make_shared<Sending>(guest, std::move(done));
  sending->run(question);
  return sending;
}

}  // namespace cairn::wasi
