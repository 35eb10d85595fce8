// Requests over HTTP, live and when they are run again.

#include "guest/activation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::actor {

namespace {

constexpr std::string_view send_name = "wasi:http#send";

/// What is asked is recorded by its digest: it follows from the message, and has secrets at times.
crypto::Sha256 digest_of(const wasi::HttpQuestion& question) {
  const uint8_t is_secure = question.is_secure ? 1 : 0;
  return crypto::sha256({ByteSpan(&is_secure, 1), question.message});
}

}  // namespace

bool Activation::take_http_bytes(size_t bytes) {
  const size_t max = kind_.settings().handler_limits.effect_bytes_max;
  effect_bytes_ += bytes;
  if (effect_bytes_ <= max) return true;
  fail_later("bytes of effects", max);
  return false;
}

std::shared_ptr<void> Activation::ask_http(wasi::HttpQuestion question,
                                           wasi::HttpRelay::Done done) {
  if (http_ == nullptr) http_ = std::make_shared<HttpRequests>();
  const uint32_t max = kind_.settings().handler_limits.http_requests_max;
  if (++http_->count > max) {
    fail_later("requests over HTTP", max);
    return nullptr;
  }
  const uint64_t number = ++request_count_;
  HttpRequests::Request& request = http_->unanswered[number];
  request = {.asked = digest_of(question), .done = std::move(done)};
  if (replayed_ == nullptr) request.sending = send_http(number, std::move(question));
  // Who lets go of it waits for no answer.
  return {nullptr, [of = std::weak_ptr(http_), number](void*) {
            if (const auto requests = of.lock()) requests->unanswered.erase(number);
          }};
}

std::shared_ptr<void> Activation::send_http(uint64_t number, wasi::HttpQuestion question) {
  if (http_->answers == nullptr) {
    http_->answers = std::make_shared<HttpAnswers>(context_->waker());
  }
  wasi::HttpClient* const client = kind_.world().http;
  const auto& policy = kind_.network();
  if (client == nullptr || !policy) {
    http_->answers->put(number, wasi::http_denied());
    return nullptr;
  }
  return client->send(std::move(question), *policy,
                      kind_.settings().handler_limits.http_response_bytes_max,
                      [to = std::weak_ptr(http_->answers), number](Bytes answer) {
                        if (const auto answers = to.lock()) {
                          answers->put(number, std::move(answer));
                        }
                      });
}

/// A number and an answer; none: there is none yet, or none is next in the record.
Result<std::optional<HttpAnswers::Numbered>> Activation::next_http_answer() {
  if (replayed_ == nullptr) {
    while (auto came = http_->answers->take()) {
      const auto request = http_->unanswered.find(came->first);
      if (request == http_->unanswered.end()) continue;
      Bytes bytes(request->second.asked.begin(), request->second.asked.end());
      append(bytes, came->second);
      TRY(record(numbered(send_name, came->first), bytes));
      return came;
    }
    return std::nullopt;
  }
  for (const auto& [number, request] : http_->unanswered) {
    const std::string name = numbered(send_name, number);
    if (next_ == replayed_->size() || (*replayed_)[next_].name != name) continue;
    Bytes bytes = TRY(recorded(name));
    if (bytes.size() < request.asked.size() ||
        !std::equal(request.asked.begin(), request.asked.end(), bytes.begin())) {
      return fail(ErrorKind::invalid, "it asks over HTTP for something else than it did before");
    }
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(request.asked.size()));
    return HttpAnswers::Numbered(number, std::move(bytes));
  }
  return std::nullopt;
}

Result<bool> Activation::deliver_http() {
  if (http_ == nullptr || http_->unanswered.empty()) return false;
  const std::optional<HttpAnswers::Numbered> answer = TRY(next_http_answer());
  if (!answer) return false;
  const auto request = http_->unanswered.extract(answer->first);
  request.mapped().done(answer->second);
  return true;
}

}  // namespace cairn::actor
