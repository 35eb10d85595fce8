#include "http_sender.hpp"

#include <system_error>
#include <utility>

#include "world.hpp"

namespace cairn::cli {

struct HttpSender::Sending {
  wasi::HttpQuestion question;
  wasi::NetworkPolicy policy;
  uint64_t body_bytes_max = 0;
  Done done;
  std::atomic<bool> is_wanted = true;
  // Of the thread:
  std::shared_ptr<wasi::Guest> guest;
  std::shared_ptr<void> call;

  void end() {
    call.reset();
    guest.reset();
  }
};

HttpSender::HttpSender()
    : tls_(wasi::TlsContext::client([this] { return read_roots(files_, {}); }, clock_)),
      alive_(loop_->at(UINT64_MAX, [] {})) {}

bool HttpSender::is_started() {
  const std::lock_guard lock(starting_);
  if (is_ending_ || thread_.joinable()) return true;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // too many: the next request may find room
    return false;
  }
  return true;
}

void HttpSender::run() {
  while (!is_ending_) {
    if (const Result<bool> ran = loop_->run_one(); !ran) break;
  }
  for (const auto& sending : std::exchange(sendings_, {})) sending->end();
}

void HttpSender::stop() {
  is_ending_ = true;
  std::unique_lock lock(starting_);
  std::thread ending = std::move(thread_);
  lock.unlock();
  if (!ending.joinable()) return;
  loop_->interrupt();
  ending.join();
}

std::shared_ptr<void> HttpSender::send(wasi::HttpQuestion question,
                                       const wasi::NetworkPolicy& policy, uint64_t body_bytes_max,
                                       Done done) {
  if (!is_started()) {
    done(wasi::http_denied());
    return nullptr;
  }
  auto sending = std::make_shared<Sending>();
  sending->question = std::move(question);
  sending->policy = policy;
  sending->body_bytes_max = body_bytes_max;
  sending->done = std::move(done);
  loop_->post([this, sending] { begin(sending); });
  // Who lets go of it wants no answer.
  return {nullptr, [this, sending](void*) {
            sending->is_wanted = false;
            loop_->post([this, sending] { end(sending); });
          }};
}

void HttpSender::begin(const std::shared_ptr<Sending>& sending) {
  if (!sending->is_wanted || is_ending_) return;
  wasi::GuestConfig config;
  config.loop = loop_.get();
  config.random = &random_;
  config.network = network_.get();
  config.network_policy = sending->policy;
  config.tls = tls_.get();
  config.http_limits.body_bytes_max = sending->body_bytes_max;
  sending->guest = std::make_shared<wasi::Guest>(std::move(config));
  sendings_.push_back(sending);
  sending->call = wasi::send_http(*sending->guest, sending->question,
                                  [this, weak = std::weak_ptr(sending)](Bytes answer) {
                                    const auto self = weak.lock();
                                    if (!self || !self->is_wanted) return;
                                    self->done(std::move(answer));
                                    // It is still running.
                                    loop_->post([this, self] { end(self); });
                                  });
}

void HttpSender::end(const std::shared_ptr<Sending>& sending) {
  sending->end();
  std::erase(sendings_, sending);
}

}  // namespace cairn::cli
